"""The job of a reconciliation: its confirmation, its position, its end, and its successor."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.reconciliation import reconciliations, run
from services.api.reconciliation.job import ReconciliationJob, dump_job, read_job
from services.api.schema.problems import ConflictError, NotFoundError, UnconfirmedError
from services.api.schema.reconciliation_models import Reconciliation, ReconciliationCounts, ReconciliationRequest
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.queue import MessageQueue
from services.contract.resources import RECONCILIATION_KEY
from tests.services.api.reconciliation.conftest import Reconciling, work_all
from tests.services.api.reconciliation.test_reconciliation import delete, forget_messages
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.processing import a_worker, upload, work
from tests.support.purging import shared_items


def job_in(place: Place) -> ReconciliationJob:
    job = read_job(shared_items(place).document(RECONCILIATION_KEY))
    assert job is not None
    return job


def write_job(place: Place, **changes: Any) -> None:
    """Change the progress of the stored job."""
    shared, job = shared_items(place), job_in(place)
    changed = job.model_copy(update={"progress": job.progress.model_copy(update=changes)})
    shared.write(RECONCILIATION_KEY, shared.document(RECONCILIATION_KEY), dump_job(changed))


def put_videos(place: Place, count: int) -> list[str]:
    keys = [f"uploads/{number:03}.mp4" for number in range(count)]
    for key in keys:
        place.bucket.put(key, b"film", content_type="video/mp4")
    forget_messages(place)
    return keys


@pytest.mark.parametrize("problem", ["missing", "wrong", "expired", "of a run"])
def test_a_run_needs_the_confirmation_of_the_latest_dry_run(
    place: Place, reconciling: Reconciling, problem: str
) -> None:
    plan = reconciling.plan()
    given = {"missing": None, "wrong": "another"}.get(problem, plan.confirmation)
    if problem == "expired":
        write_job(place, confirmation_until=datetime.now(UTC) - timedelta(seconds=1))
    if problem == "of a run":
        reconciling.run(plan)

    with pytest.raises(UnconfirmedError, match="Nothing was changed"):
        reconciling.service.start(ReconciliationRequest(dry_run=False, confirmation=given))


def test_a_running_reconciliation_refuses_another_and_can_be_cancelled(place: Place, reconciling: Reconciling) -> None:
    put_videos(place, 3)
    plan = reconciling.plan()
    service = reconciling.service

    # A window of one, and no worker: the run waits behind the first video.
    started = service.start(ReconciliationRequest(dry_run=False, confirmation=plan.confirmation, window=1))
    with pytest.raises(ConflictError, match="is running"):
        reconciling.service.start(ReconciliationRequest())
    with pytest.raises(NotFoundError, match="latest"):
        reconciling.service.cancel("another")
    eventually(lambda: place.queue.depth().visible == 1, "the first video in the queue")
    reconciling.service.cancel(started.id)
    service.join()

    ended = service.find(started.id)
    assert ended is not None
    assert (ended.state, ended.counts.missing) == ("cancelled", 1)
    with pytest.raises(ConflictError, match="it is cancelled"):
        service.cancel(started.id)
    assert work_all(place) == 1
    assert reconciling.plan().counts.missing == 2


class FailingQueue(MessageQueue):
    """A queue that takes the given number of batches, and then closes the api."""

    def __init__(self, place: Place, batches: int, closed: threading.Event) -> None:
        super().__init__(place.clients.sqs, place.queues.url)
        self._left, self._closed = batches, closed

    def send(self, bodies: Any) -> None:
        if self._left == 0:
            self._closed.set()
            raise ServiceError("SQS does not answer")
        self._left -= 1
        super().send(bodies)


def test_another_process_goes_on_behind_the_last_queued_video(place: Place, reconciling: Reconciling) -> None:
    keys = put_videos(place, 35)
    plan = reconciling.plan()
    first = reconciling.service
    patient = first._patient  # noqa: SLF001 - the queue that closes this api
    first._patient = run.ReconciliationContext(  # noqa: SLF001
        patient.reconciler,
        patient.shared,
        FailingQueue(place, 2, first._closed),  # noqa: SLF001 - two pages of three uploads
        patient.filter_bits,
    )
    first.start(ReconciliationRequest(dry_run=False, confirmation=plan.confirmation, window=1000))
    first.join()
    left = job_in(place)
    assert (left.is_running, left.progress.position) == (True, keys[5])

    successor = reconciling.service
    successor.take_over(shared_items(place).document(RECONCILIATION_KEY), left)
    successor.join()

    ended = job_in(place).progress
    assert (ended.state, ended.counts.missing, ended.position) == ("done", 35, keys[-1])
    assert work_all(place) == 35


def test_a_reconciliation_that_was_interrupted_too_often_fails(place: Place, reconciling: Reconciling) -> None:
    reconciling.plan()
    write_job(place, state="running")
    document = shared_items(place).document(RECONCILIATION_KEY)

    reconciling.service.take_over(document, job_in(place).model_copy(update={"attempts": run.MAX_ATTEMPTS}))

    ended = job_in(place).progress
    assert (ended.state, ended.error and ended.error[:31]) == ("failed", "It was interrupted too often. T")


def test_a_run_stops_before_it_removes_much_more_than_confirmed(
    place: Place, reconciling: Reconciling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_SPARE_REMOVALS", 1)
    worker = a_worker(place)
    for number in range(5):
        work(worker, upload(place, b"film", f"uploads/{number}.mp4"), str(number))
    plan = reconciling.plan()
    for number in range(5):
        delete(place, f"uploads/{number}.mp4")

    ended = reconciling.run(plan)

    assert ended.state == "failed"
    assert ended.error is not None
    assert "more to remove than was confirmed" in ended.error
    assert ended.counts.gone < 5


def test_a_run_that_lost_its_job_changes_nothing_more(place: Place, reconciling: Reconciling) -> None:
    put_videos(place, 2)
    plan = reconciling.plan()
    service = reconciling.service
    service.start(ReconciliationRequest(dry_run=False, confirmation=plan.confirmation, window=1))

    shared = shared_items(place)
    other = job_in(place).model_copy(update={"owner": "another process"})
    while job_in(place).owner != "another process":
        try:
            shared.write(RECONCILIATION_KEY, shared.document(RECONCILIATION_KEY), dump_job(other))
        except WriteConflictError:
            continue
    service.join()

    assert (job_in(place).owner, job_in(place).is_running) == ("another process", True)


def test_removal_is_off_by_default_where_uploads_expire(place: Place) -> None:
    context = Reconciling(place).service._context  # noqa: SLF001 - the same services
    service = reconciliations.Reconciliations(context, context, removes_by_default=False)

    assert service.start(ReconciliationRequest()).remove is False
    service.join()
    assert service.start(ReconciliationRequest(remove=True)).remove is True
    service.join()


def test_counts_of_a_dry_run_begin_again_after_an_error(place: Place) -> None:
    put_videos(place, 3)
    failures = iter([True])

    class Bucket(type(place.bucket)):  # type: ignore[misc]
        def pages(self, prefix: str, *, after: str = "") -> Any:
            for page in super().pages(prefix, after=after):
                yield page
                if prefix == "thumbnails/" and next(failures, False):
                    raise ServiceError("S3 does not answer")

    bucket = Bucket(place.clients.s3, place.bucket.name)
    bucket.put("thumbnails/x_1.jpg", b"picture", content_type="image/jpeg")

    plan = Reconciling(place, changes={"bucket": bucket}).plan()

    assert (plan.state, plan.counts.uploads, plan.counts.surplus) == ("done", 3, 1)


def test_a_stored_job_survives_json() -> None:
    progress = Reconciliation(
        id="1",
        dry_run=True,
        create=True,
        remove=True,
        window=4,
        state="done",
        counts=ReconciliationCounts(missing=2),
        started_at=datetime.now(UTC),
    )
    job = ReconciliationJob(progress=progress, owner="me")
    assert ReconciliationJob.model_validate(dump_job(job)) == job
