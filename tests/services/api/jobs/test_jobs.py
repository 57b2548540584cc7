"""Bulk jobs: what they change, what they report, and that another process continues them."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from services.api.jobs import job as stored
from services.api.jobs import jobs, run
from services.api.jobs.batches import change_videos
from services.api.jobs.jobs import MAX_OPEN, Jobs
from services.api.jobs.run import JobContext
from services.api.live.sources.jobs import JobsReader
from services.api.schema.action_models import Job, JobFilter, JobRequest
from services.api.schema.problems import ConflictError, NotFoundError
from services.aws.errors import ServiceError
from services.aws.shared import SharedItems
from services.aws.table.listing import VideoListing
from services.aws.videos import VideosTable
from services.contract.events import make_notification_body
from services.contract.records import ReasonCode, VideoState
from services.contract.resources import JOB_PREFIX
from tests.services.api.records import START, a_record, store, write
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.processing import record_of, upload
from tests.support.purging import shared_items
from tests.support.stores import empty_queue, sent_events, stores_of

SMALL = 2
"""Videos of one step here, so that a few videos make several steps."""


@pytest.fixture
def place(simulated: Place) -> Place:
    return simulated


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stored, jobs, run):
        monkeypatch.setattr(module, "BATCH", SMALL)
    # The simulated AWS is for one thread at a time.
    monkeypatch.setattr("services.api.jobs.batches._THREADS", 1)


def a_process(place: Place) -> Jobs:
    """Return the jobs as a process of the api has them, without its watch."""
    listing = VideoListing(place.clients.dynamodb, place.resources.table.name)
    context = JobContext(stores_of(place), listing, shared_items(place), lambda: None)
    return Jobs(context, context)


def ended(own: Jobs, job: Job) -> Job:
    eventually(lambda: own.find(job.id).finished_at, "the end of the job")
    return own.find(job.id)


def change(place: Place, keys: list[str] | None = None, **request: Any) -> Job:
    """Create a job; return it as it has ended."""
    own = a_process(place)
    return ended(own, own.create(JobRequest(keys=keys, **request), keys))


def failed(place: Place, name: str, code: ReasonCode = ReasonCode.TIMEOUT) -> str:
    """Store a failed video with its dead letter."""
    event = upload(place, name.encode(), f"uploads/{name}.mp4")
    record = a_record(event.key, VideoState.FAILED, etag=event.etag)
    write(place, record.model_copy(update={"reason_code": code}))
    place.dead_letters.put(make_notification_body(event), reason_code=code, reason="It is.", attempts=1)
    return event.key


def letters(place: Place) -> list[str]:
    return sorted(letter.key for letter in stores_of(place).dead_letters.receive_all())


def documents(place: Place) -> set[str]:
    return {item["pk"] for item in place.videos.scan() if item["pk"].startswith(JOB_PREFIX)}


def test_each_refused_video_has_its_reason_and_the_others_go_on(place: Place) -> None:
    keys = [failed(place, "a"), "uploads/none.mp4", store(place, "uploads/good.mp4").key, failed(place, "b")]
    place.dead_letters.delete_all(place.dead_letters.receive(1, wait_s=0, visibility_timeout_s=60))
    empty_queue(place)

    job = change(place, keys, kind="retry")

    assert (job.state, job.total, job.done, job.failed, job.remaining) == ("done", 4, 2, 2, 0)
    assert {failure.key: failure.reason.split(".")[0] for failure in job.failures} == {
        "uploads/none.mp4": "There is no such video",
        "uploads/good.mp4": "The video has its thumbnails",
    }
    assert job.failures_complete
    # One had a dead letter, the other gets a new event.
    assert sorted((event.key, event.is_retry) for event in sent_events(place)) == [(keys[0], True), (keys[3], True)]
    assert letters(place) == []


def test_a_deletion_by_a_filter_takes_what_matches_and_nothing_else(place: Place) -> None:
    for number in range(5):
        store(place, f"uploads/trip/{number}.mp4")
    store(place, "uploads/other.mp4")
    failed(place, "trip/failed")

    chosen = JobFilter(prefix="uploads/trip/")
    job = change(place, kind="delete", filter=chosen, upload=True, max_videos=6)

    assert (job.state, job.total, job.done, job.failed) == ("done", 6, 6, 0)
    assert {info.key.partition("_")[0] for info in place.bucket.list("")} == {"uploads/other.mp4", "thumbnails/other"}
    assert letters(place) == []


@pytest.mark.parametrize(
    "chosen",
    [
        {"q": "HARBOUR B"},
        {"extension": ".MKV"},
        {"folder": "/trip/harbour"},
        {"since": START + timedelta(minutes=1)},
        {"until": START + timedelta(minutes=9), "prefix": "uploads/trip/h", "state": "failed"},
    ],
)
def test_a_filter_takes_what_the_list_of_videos_has(place: Place, chosen: dict[str, Any]) -> None:
    wanted, late, others = "uploads/trip/harbour/harbour b.mkv", START + timedelta(minutes=2), ("a", "trip/b")
    write(place, a_record(wanted, VideoState.FAILED).model_copy(update={"queued_at": late}))
    for name in others:
        write(place, a_record(f"uploads/{name}.mp4", VideoState.FAILED))

    assert change(place, kind="dismiss", filter=JobFilter.model_validate(chosen)).total == 1
    assert record_of(place, wanted).state is VideoState.DISMISSED


def test_a_job_of_more_videos_than_expected_changes_nothing(place: Place) -> None:
    for number in range(5):
        store(place, f"uploads/{number}.mp4")

    job = change(place, kind="delete", filter=JobFilter(), max_videos=4)

    assert (job.state, job.done, job.error) == (
        "failed",
        0,
        "More than 4 videos match the filter. Nothing was changed.",
    )
    assert {record_of(place, f"uploads/{number}.mp4").state for number in range(5)} == {VideoState.DONE}
    assert documents(place) == {JOB_PREFIX + job.id}


def test_failures_of_one_reason_are_dismissed(place: Place) -> None:
    dismissed, kept = failed(place, "a", ReasonCode.DAMAGED), failed(place, "b")

    job = change(place, kind="dismiss", filter=JobFilter(reason_code=ReasonCode.DAMAGED))

    assert (job.done, job.failed) == (1, 0)
    assert record_of(place, dismissed).state is VideoState.DISMISSED
    assert letters(place) == [kept]


def test_a_regeneration_without_a_state_takes_videos_with_thumbnails(place: Place) -> None:
    store(place, "uploads/good.mp4")
    failed(place, "bad")
    empty_queue(place)

    assert change(place, kind="regenerate", filter=JobFilter()).done == 1
    assert [(event.key, event.is_regeneration) for event in sent_events(place)] == [("uploads/good.mp4", True)]


def test_another_process_continues_an_interrupted_job(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [store(place, f"uploads/{number}.mp4").key for number in range(5)]
    monkeypatch.setattr(jobs, "SILENT_AFTER_S", -1)
    steps: list[list[str]] = []

    def die_in_the_second_step(*arguments: Any, **options: Any) -> Any:
        steps.append(arguments[2])
        failures = change_videos(*arguments, **options)
        if len(steps) == 2:
            raise ServiceError("the process ends after its changes")
        return failures

    first, second = a_process(place), a_process(place)
    with patch.object(run, "change_videos", die_in_the_second_step):
        job = first.create(JobRequest(kind="delete", keys=keys, upload=True), keys)
        eventually(lambda: not first._runs[job.id].is_alive(), "the end of the run")  # noqa: SLF001
        interrupted = first.find(job.id)
        second.look()
        finished = ended(second, job)

    assert (interrupted.state, interrupted.done, interrupted.remaining) == ("running", 2, 3)
    assert (finished.state, finished.done, finished.failed) == ("done", 5, 0)
    assert steps == [keys[:2], keys[2:4], keys[2:4], keys[4:]]
    assert list(place.bucket.list("")) == []


def test_a_running_job_is_taken_over_by_nobody(place: Place) -> None:
    own = a_process(place)
    with patch.object(run.JobRun, "run"):
        job = own.create(JobRequest(kind="retry", keys=["uploads/a.mp4"]), ["uploads/a.mp4"])
        other = a_process(place)
        other.look()
        other.look()
    assert other._runs == {}  # noqa: SLF001 - a run would be here
    assert other.find(job.id).state == "running"


def test_another_process_cancels_a_job_after_its_step(place: Place) -> None:
    keys = [failed(place, f"{number}") for number in range(5)]
    first, second = a_process(place), a_process(place)

    def cancel_meanwhile(*arguments: Any, **options: Any) -> Any:
        assert second.cancel(first.list_jobs()[0].id).cancel_requested
        return change_videos(*arguments, **options)

    with patch.object(run, "change_videos", cancel_meanwhile):
        job = ended(first, first.create(JobRequest(kind="dismiss", keys=keys), keys))

    assert (job.state, job.done, job.remaining) == ("cancelled", SMALL, 3)
    assert letters(place) == keys[SMALL:]
    with pytest.raises(ConflictError, match="has ended"):
        second.cancel(job.id)
    assert documents(place) == {JOB_PREFIX + job.id, f"{JOB_PREFIX}{job.id}:0"}


def test_a_table_that_fails_once_refuses_no_video(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    key = failed(place, "a")
    monkeypatch.setattr("services.api.jobs.batches._PAUSES_S", (0.0,))
    answers = iter([ServiceError("DynamoDB does not answer")])
    real = VideosTable.get

    def fail_once(table: VideosTable, given: str) -> Any:
        for error in answers:
            raise error
        return real(table, given)

    with patch.object(VideosTable, "get", fail_once):
        assert change(place, [key], kind="retry").done == 1


def test_live_jobs_are_read_only_until_they_have_ended(place: Place) -> None:
    keys = [failed(place, f"{number}") for number in range(3)]
    own, shared = a_process(place), shared_items(place)
    reader = JobsReader(shared)
    pushed: list[tuple[str, int, int | None]] = []

    def look_meanwhile(*arguments: Any, **options: Any) -> Any:
        [job] = reader.read(shared.read().jobs)
        pushed.append((job.state, job.done, job.remaining))
        return change_videos(*arguments, **options)

    with patch.object(run, "change_videos", look_meanwhile):
        ended(own, own.create(JobRequest(kind="dismiss", keys=keys), keys))
    [job] = reader.read(shared.read().jobs)

    assert pushed == [("running", 0, 3), ("running", 2, 1)]
    assert (job.state, job.done) == ("done", 3)
    with patch.object(SharedItems, "document", side_effect=AssertionError("a read of a job that has ended")):
        assert reader.read(shared.read().jobs) == [job]
        with patch("services.api.live.sources.jobs._SHOWN_AFTER_END", timedelta()):
            assert reader.read(shared.read().jobs) == []


def test_only_some_jobs_are_open_at_once_and_twenty_are_kept(place: Place) -> None:
    own = a_process(place)
    request = JobRequest(kind="retry", keys=["uploads/a.mp4"])
    with patch.object(run.JobRun, "run"):
        made = [own.create(request, ["uploads/a.mp4"]) for _ in range(MAX_OPEN)]
        with pytest.raises(ConflictError, match="are open"):
            own.create(request, ["uploads/a.mp4"])
    with patch.object(jobs, "MAX_OPEN", 100), patch.object(run.JobRun, "run"):
        for _ in range(20):
            last = own.create(request, ["uploads/a.mp4"])

    assert len(own.list_jobs()) == 20
    assert own.list_jobs()[0].id == last.id
    with pytest.raises(NotFoundError):
        own.find(made[0].id)


def test_the_undo_of_a_filter_restores_what_was_deleted(place: Place) -> None:
    keys = [upload(place, b"film", f"uploads/trip/{number}.mp4").key for number in range(5)]
    for key in keys:
        write(place, a_record(key, etag=place.bucket.head(key).etag))
    kept = store(place, "uploads/trip/kept.mp4")
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=kept.key)
    own = a_process(place)
    deleted = change(place, kind="delete", filter=JobFilter(prefix="uploads/trip/"), max_videos=6)
    empty_queue(place)

    undo = ended(own, own.undo(deleted.id))

    assert (deleted.done, deleted.undoable) == (6, True)
    assert (undo.kind, undo.state, undo.total, undo.done, undo.undoable) == ("restore", "done", 5, 5, False)
    assert {event.key for event in sent_events(place)} == set(keys)
    assert all(record_of(place, key).restored_at for key in keys)
    assert documents(place) == {JOB_PREFIX + deleted.id, JOB_PREFIX + undo.id}


def test_the_undo_of_a_dismissal_brings_the_letters_back(place: Place) -> None:
    keys = [failed(place, f"{number}") for number in range(3)]
    own = a_process(place)
    dismissed = change(place, [*keys, "uploads/none.mp4"], kind="dismiss")
    left = letters(place)

    undo = ended(own, own.undo(dismissed.id))

    assert (dismissed.done, dismissed.failed, left) == (3, 1, [])
    assert (undo.kind, undo.done, undo.failed) == ("undismiss", 3, 0)
    assert letters(place) == keys
    assert {record_of(place, key).state for key in keys} == {VideoState.FAILED}


def test_a_job_is_undone_once_and_not_before_its_end(place: Place) -> None:
    keys = [failed(place, "a")]
    own = a_process(place)

    def undo_meanwhile(*arguments: Any, **options: Any) -> Any:
        with pytest.raises(ConflictError, match="The job runs"):
            own.undo(own.list_jobs()[0].id)
        return change_videos(*arguments, **options)

    with patch.object(run, "change_videos", undo_meanwhile):
        job = ended(own, own.create(JobRequest(kind="dismiss", keys=keys), keys))
    ended(own, own.undo(job.id))

    assert not own.find(job.id).undoable
    with pytest.raises(ConflictError, match="undone already"):
        own.undo(job.id)


@pytest.mark.parametrize(
    ("kind", "more"), [("delete", {"upload": True}), ("retry", {}), ("regenerate", {})], ids=["lost", "retry", "again"]
)
def test_a_job_that_cannot_be_undone_says_so(place: Place, kind: Any, more: dict[str, Any]) -> None:
    name = place.bucket.name
    place.clients.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    key = store(place, "uploads/a.mp4").key if kind != "retry" else failed(place, "a")
    own = a_process(place)
    job = change(place, [key], kind=kind, **more)

    assert (job.done, job.undoable) == (1, False)
    with pytest.raises(ConflictError, match="Nothing of the job"):
        own.undo(job.id)


def test_a_job_of_too_many_videos_keeps_no_keys(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MAX_UNDOABLE", 2)
    job = change(place, [failed(place, f"{number}") for number in range(3)], kind="dismiss")

    assert (job.done, job.undoable) == (3, False)
    assert documents(place) == {JOB_PREFIX + job.id}


def test_an_interrupted_undo_is_continued_without_failures(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [failed(place, f"{number}") for number in range(3)]
    monkeypatch.setattr(jobs, "SILENT_AFTER_S", -1)
    first, second = a_process(place), a_process(place)
    dismissed = change(place, keys, kind="dismiss")

    def die(*arguments: Any, **options: Any) -> Any:
        change_videos(*arguments, **options)
        raise ServiceError("the process ends after its changes")

    with patch.object(run, "change_videos", die):
        undo = first.undo(dismissed.id)
        eventually(lambda: not first._runs[undo.id].is_alive(), "the end of the run")  # noqa: SLF001
    second.look()
    second.look()

    assert (ended(second, undo).done, ended(second, undo).failed) == (3, 0)
    assert letters(place) == keys


def test_a_forgotten_job_leaves_no_keys(place: Place) -> None:
    dismissed = change(place, [failed(place, "a")], kind="dismiss")
    undone = change(place, [failed(place, "b")], kind="dismiss")
    own = a_process(place)
    with patch.object(run.JobRun, "run"):
        undo = own.undo(undone.id)
    with patch.object(jobs, "MAX_OPEN", 100), patch.object(run.JobRun, "run"):
        for _ in range(jobs._KEPT):  # noqa: SLF001
            own.create(JobRequest(kind="retry", keys=["uploads/a.mp4"]), ["uploads/a.mp4"])

    # Whoever undoes a job needs its keys still.
    left = {key for key in documents(place) if key.partition(":")[2].startswith((dismissed.id, undone.id, undo.id))}
    assert left == {f"{JOB_PREFIX}{undone.id}:0"}
