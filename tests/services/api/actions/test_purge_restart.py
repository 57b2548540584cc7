"""A purge whose process dies, fails or is taken over."""

from pathlib import Path

import pytest

from services.api.actions.purge_run import MAX_ATTEMPTS
from services.aws.bucket import Bucket
from services.aws.errors import ServiceError
from services.contract.resources import PURGE_KEY
from services.worker.process import Skipped
from tests.services.api.actions.test_actions import HeldSandbox, Work, leftovers, purge, purge_until_done
from tests.services.api.process import running
from tests.services.api.records import a_record, store, write
from tests.support.driver import PATIENCE_S, eventually
from tests.support.place import Place
from tests.support.purging import (
    PHASES,
    Gate,
    ended,
    job_in,
    purge_of,
    shared_items,
    start,
)


class DiesError(BaseException):
    """The death of the process that runs the purge: nothing catches it, and nothing is written any more."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("phase", PHASES)
def test_a_purge_that_died_in_any_phase_continues(place: Place, phase: str) -> None:
    for number in range(3):
        store(place, f"uploads/{number}.mp4")
    write(place, a_record("uploads/orphan.mp4", base="thumbnails/orphan"))

    def die() -> None:
        raise DiesError

    dying = purge_of(place, Gate(place, phase, die))
    identity = start(dying).id
    assert dying._thread is not None  # noqa: SLF001
    dying._thread.join()  # noqa: SLF001
    assert (job_in(place).progress.running, job_in(place).progress.phase) == (True, phase)

    document = shared_items(place).document(PURGE_KEY)
    heirs = [purge_of(place), purge_of(place)]
    for heir in heirs:
        heir.take_over(document, job_in(place))

    assert sum(heir._thread is not None for heir in heirs) == 1  # noqa: SLF001
    done = ended(place)
    assert (done.id, done.phase, done.deleted, done.records) == (identity, "done", 12, 4)
    assert leftovers(place) == []


def test_a_run_that_was_taken_over_stops(place: Place) -> None:
    store(place, "uploads/a.mp4")
    heir = purge_of(place)
    own: list[str] = []

    def take_over() -> None:
        heir.take_over(shared_items(place).document(PURGE_KEY), job_in(place))
        eventually(lambda: not job_in(place).progress.running, "the end of the heir's run")
        own.append(job_in(place).owner)

    stalled = purge_of(place, Gate(place, "records", take_over))
    start(stalled)
    assert stalled._thread is not None  # noqa: SLF001
    stalled._thread.join()  # noqa: SLF001

    assert [job_in(place).owner] == own
    assert job_in(place).progress.phase == "done"


def test_a_purge_that_always_dies_is_given_up(place: Place) -> None:
    start(purge_of(place))
    ended(place)
    job = job_in(place)
    progress = job.progress.model_copy(update={"running": True, "phase": "records", "finished_at": None})
    job = job.model_copy(update={"progress": progress, "attempts": MAX_ATTEMPTS})
    shared = shared_items(place)
    written = shared.write(PURGE_KEY, shared.document(PURGE_KEY), job.model_dump(mode="json"))

    purge_of(place).take_over(written, job)

    assert (job_in(place).progress.phase, job_in(place).progress.running) == ("failed", False)


class FailingBucket(Bucket):
    """A bucket that fails the first times that something is deleted."""

    failures = 2

    def delete(self, versions: object) -> object:  # type: ignore[override]
        if self.failures > 0:
            self.failures -= 1
            raise ServiceError("S3 does not answer")
        return super().delete(versions)  # type: ignore[arg-type]


def test_a_purge_goes_on_after_aws_has_failed(place: Place) -> None:
    store(place, "uploads/a.mp4")
    start(purge_of(place, bucket=FailingBucket(place.clients.s3, place.resources.bucket)))
    assert ended(place).phase == "done"
    assert leftovers(place) == []


@pytest.mark.usefixtures("aws_endpoint")
def test_another_api_finishes_the_purge_of_a_killed_one(place: Place, tmp_path: Path) -> None:
    for number in range(60):
        store(place, f"uploads/{number}.mp4")
    place.bucket.put("uploads/busy.mp4", b"a video", content_type="video/mp4")
    held = HeldSandbox()
    work = Work(place, "uploads/busy.mp4", held)
    work.start()
    try:
        assert held.begun.wait(PATIENCE_S)
        with running(place, tmp_path) as first, first.client() as client:
            identity = purge(client).json()["progress"]["id"]
            eventually(lambda: job_in(place).progress.phase == "in_work", "the wait for the worker")
            first.kill()
    finally:
        held.may_end.set()
        work.join()
    assert work.result == Skipped("purged")
    assert len(leftovers(place)) > 180

    with running(place, tmp_path) as second, second.client() as client:
        shown = client.get("/api/purge").json()["last"]
        assert shown["id"] == identity
        last = purge_until_done(client)
        assert (last["id"], last["phase"], last["records"]) == (identity, "done", 61)
    assert leftovers(place) == []
