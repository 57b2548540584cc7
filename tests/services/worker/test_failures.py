"""The end of a video that has failed: which upload it is, and what its record says."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent
from services.contract.records import ReasonCode, VideoState, close_deleted
from services.worker.process import ProcessingError, Skipped
from tests.support.place import Place
from tests.support.processing import (
    BROKEN,
    MEASURED,
    OUTAGE,
    a_worker,
    conflicting,
    delete,
    delivery,
    die,
    event_of,
    is_empty,
    record_of,
    silent,
    upload,
    work,
    worker_at,
)

KEY = "uploads/a.mp4"
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
SENT = NOW - timedelta(minutes=3)


def test_a_failed_record_names_reason_and_measurements(place: Place) -> None:
    event = upload(place, BROKEN)
    now = NOW - timedelta(seconds=2)
    worker = worker_at(place, lambda: now)
    with pytest.raises(ProcessingError, match=r"^The video is damaged\.$") as raised:
        worker.process(event, delivery("message-1", sent_at=SENT))
    assert (raised.value.code, raised.value.retryable) == (ReasonCode.DAMAGED, False)

    now = NOW
    worker.record_failure(event, delivery("message-1", sent_at=SENT), raised.value)

    found = record_of(place)
    assert (found.state, found.reason_code, found.reason) == (VideoState.FAILED, "damaged", "The video is damaged.")
    assert (found.updated_at, found.finished_at, found.attempt, found.base) == (NOW, NOW, 1, "thumbnails/a")
    assert {name: getattr(found, name) for name in MEASURED} == MEASURED


def test_a_failure_before_the_claim_names_the_upload(place: Place) -> None:
    event = upload(place, b"film")

    worker_at(place, lambda: NOW).record_failure(event, delivery("message-1", sent_at=SENT), OUTAGE)

    found = record_of(place)
    assert (found.key, found.etag, found.size_bytes, found.base) == (KEY, event.etag, 4, "")
    assert (found.queued_at, found.sequencer, found.attempt) == (SENT, event.sequencer, 1)


def test_a_failure_before_the_claim_counts_the_attempts_before(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(event, delivery("message-1"))

    claimed = record_of(place)

    silent(place).record_failure(event, delivery("message-2"), OUTAGE)

    found = record_of(place)
    assert (found.state, found.attempt, found.base) == (VideoState.FAILED, 2, "thumbnails/a")
    assert found.identity == claimed.identity


def test_a_failure_of_other_content_counts_from_one(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    newer = upload(place, b"new")

    a_worker(place).record_failure(newer, delivery("message-2"), OUTAGE)

    assert (record_of(place).attempt, record_of(place).size_bytes) == (1, 3)


def test_a_failure_of_other_content_has_no_mark_of_a_purge(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    place.videos.replace(record_of(place), record_of(place).model_copy(update={"purged_at": NOW}))
    newer = upload(place, b"new")

    a_worker(place).record_failure(newer, delivery("message-2"), OUTAGE)

    assert (record_of(place).state, record_of(place).purged_at) == (VideoState.FAILED, None)


def test_a_failure_whose_record_keeps_changing_is_an_error(place: Place) -> None:
    event = upload(place, b"film")

    with pytest.raises(WriteConflictError, match=r"the record of uploads/a\.mp4 kept changing"):
        a_worker(place, videos=conflicting(place)).record_failure(event, delivery("message-1"), OUTAGE)


def test_a_failure_is_written_over_a_record_that_has_changed(place: Place) -> None:
    event = upload(place, BROKEN)
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as raised:
        worker.process(event, delivery("message-1"))
    replace_record = VideosTable.replace
    refused: list[bool] = []

    def conflict_once(table: VideosTable, *arguments: object, **options: object) -> object:
        if not refused:
            refused.append(True)
            marked = record_of(place).model_copy(update={"purged_at": NOW})
            replace_record(table, record_of(place), marked)
            raise WriteConflictError("it has just changed")
        return replace_record(table, *arguments, **options)  # type: ignore[arg-type]

    with patch.object(VideosTable, "replace", conflict_once):
        worker.record_failure(event, delivery("message-1"), raised.value)

    found = record_of(place)
    assert (found.state, found.purged_at) == (VideoState.FAILED, NOW)


def test_without_s3_the_failed_upload_is_the_event_s(place: Place) -> None:
    event = upload(place, b"film")

    assert silent(place).find_failed_upload(event, delivery("message-1"), OUTAGE) == event


def test_a_present_failed_upload_stays_as_the_event_s(place: Place) -> None:
    event = upload(place, b"film")

    assert a_worker(place).find_failed_upload(event, delivery("message-1"), OUTAGE) == event


def test_a_newer_object_that_failed_has_its_own_time(place: Place) -> None:
    old = upload(place, b"old").model_copy(update={"time": NOW})
    upload(place, b"newer")
    info = place.bucket.head(KEY)

    failed = a_worker(place).find_failed_upload(old, delivery("message-1"), OUTAGE)

    assert failed is not None
    assert (failed.etag, failed.size_bytes, failed.time) == (info.etag, 5, info.modified_at)


def test_a_failure_is_settled_if_another_message_has_finished_the_video(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)

    assert a_worker(place).find_failed_upload(event, delivery("message-2"), OUTAGE) is None


def test_an_older_upload_fails_by_its_sequencer_while_s3_is_silent(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    before = record_of(place)
    newer = event_of(place, sequencer="F" + before.sequencer).model_copy(update={"etag": "newer"})
    older = newer.model_copy(update={"sequencer": "0"})

    silent(place).record_failure(older, delivery("message-2"), OUTAGE)
    assert record_of(place) == before
    silent(place).record_failure(newer, delivery("message-3"), OUTAGE)
    assert (record_of(place).state, record_of(place).etag) == (VideoState.FAILED, "newer")


def test_without_a_sequencer_a_silent_bucket_leaves_the_record(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    before = record_of(place)
    unknown = event_of(place).model_copy(update={"etag": "another"})

    with pytest.raises(ServiceError, match="does not answer"):
        silent(place).record_failure(unknown, delivery("message-2"), OUTAGE)

    assert record_of(place) == before


def claim_newer(place: Place, message: Delivery) -> tuple[UploadEvent, UploadEvent]:
    """Have a worker die with the claim of a video that replaces another; return the events of both, the older first."""
    older, newer = upload(place, b"old"), upload(place, b"newer")
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(older if message.message_id == "late" else newer, message)
    return older, newer


def test_without_s3_a_failure_is_of_its_claim(place: Place) -> None:
    late = delivery("late")
    older, newer = claim_newer(place, late)

    failed = silent(place).find_failed_upload(older, late, OUTAGE)
    assert failed is not None
    silent(place).record_failure(failed, late, OUTAGE)

    assert (failed.etag, failed.size_bytes) == (newer.etag, newer.size_bytes)
    assert (record_of(place).state, record_of(place).etag) == (VideoState.FAILED, newer.etag)


def test_a_message_stays_while_an_earlier_claim_is_open(place: Place) -> None:
    early, late = delivery("early"), delivery("late")
    older, newer = claim_newer(place, early)
    before = record_of(place)

    # Without this message, a delivery of it that was stopped could claim the video, and the earlier one leaves that.
    with pytest.raises(WriteConflictError, match="no later message than late"):
        silent(place).find_failed_upload(older, late, OUTAGE)
    assert record_of(place) == before

    a_worker(place).record_failure(newer, early, OUTAGE)
    failed = a_worker(place).find_failed_upload(older, late, OUTAGE)
    assert failed is not None
    assert failed.etag == newer.etag


@pytest.mark.parametrize("answers", [True, False], ids=["s3", "no_s3"])
def test_a_message_stays_if_the_video_was_claimed_meanwhile(place: Place, *, answers: bool) -> None:
    early, late = delivery("early"), delivery("late")
    older, _ = claim_newer(place, early)
    before = record_of(place)

    with pytest.raises(WriteConflictError, match="no later message than late"):
        (a_worker(place) if answers else silent(place)).record_failure(older, late, OUTAGE)

    assert record_of(place) == before


def test_a_message_leaves_a_later_claim(place: Place) -> None:
    early = delivery("early")
    older, _ = claim_newer(place, delivery("late"))

    assert silent(place).find_failed_upload(older, early, OUTAGE) is None
    a_worker(place).record_failure(older, early, OUTAGE)

    assert (record_of(place).state, record_of(place).message_id) == (VideoState.PROCESSING, "late")


def test_a_failing_worker_removes_a_deleted_video_that_was_ended(place: Place) -> None:
    event, message = upload(place, BROKEN), delivery("message-1")

    def end_as_a_reindex_does() -> None:
        assert work(a_worker(place), delete(place), "message-2") == Skipped("in_progress")
        before = record_of(place)
        place.videos.replace(before, close_deleted(before, NOW))

    worker = a_worker(place, end_as_a_reindex_does)
    with pytest.raises(ProcessingError) as raised:
        worker.process(event, message)

    assert worker.find_failed_upload(event, message, raised.value) is None

    assert is_empty(place)


def test_the_own_event_of_a_deleted_video_leaves_it(place: Place) -> None:
    older, newer = upload(place, b"old"), upload(place, b"newer")
    early = delivery("early")
    work(a_worker(place), older, "late")
    place.videos.replace(record_of(place), record_of(place).model_copy(update={"state": VideoState.DELETED}))
    event = newer.model_copy(update={"time": record_of(place).modified_at})

    assert silent(place).find_failed_upload(event, early, OUTAGE) is None


def test_a_message_stays_that_could_open_a_failed_record(place: Place) -> None:
    early, late = delivery("early"), delivery("late")
    older, newer = claim_newer(place, early)
    a_worker(place).record_failure(newer, early, OUTAGE)

    # A stopped delivery of the later message could still open this record.
    for state in (VideoState.FAILED, VideoState.DISMISSED):
        place.videos.replace(record_of(place), record_of(place).model_copy(update={"state": state}))
        with pytest.raises(WriteConflictError, match="no later message than late"):
            silent(place).find_failed_upload(older, late, OUTAGE)

    assert silent(place).find_failed_upload(older, early, OUTAGE) is None
    assert a_worker(place).find_failed_upload(older, late, OUTAGE) is not None


class FollowedBucket(Bucket):
    """A bucket in which another worker follows a deletion just after the second look at the object."""

    def __init__(self, place: Place, deletion: UploadEvent) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self.place, self.deletion, self.looks = place, deletion, 0

    def head(self, key: str) -> ObjectInfo:
        try:
            return super().head(key)
        finally:
            self.looks += 1
            if self.looks == 2:
                assert work(a_worker(self.place), self.deletion, "message-2") == Skipped("in_progress")


def test_the_last_attempt_stays_if_a_deletion_marks_its_claim(place: Place) -> None:
    event, message = upload(place, b"film"), delivery("message-1")
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(event, message)
    bucket = FollowedBucket(place, delete(place))

    with pytest.raises(WriteConflictError, match="changed while it was closed"):
        a_worker(place, bucket=bucket).find_failed_upload(event, message, OUTAGE)

    assert a_worker(place).find_failed_upload(event, message, OUTAGE) is None
    assert is_empty(place)
