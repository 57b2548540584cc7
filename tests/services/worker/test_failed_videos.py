"""The life of a record whose video fails, against the embedded AWS."""

from datetime import timedelta

import pytest

from services.contract.events import RETRY, UploadEvent
from services.contract.records import ReasonCode, VideoState
from services.worker.process import ProcessingError, Skipped
from tests.support.place import Place
from tests.support.processing import (
    BROKEN,
    a_worker,
    delete,
    delivery,
    die,
    record_of,
    upload,
    work,
)

KEY = "uploads/a.mp4"


def fail(place: Place, event: UploadEvent, message_id: str = "message-1", **options: timedelta) -> None:
    """Have a worker give a video up."""
    worker = a_worker(place, clock_ahead=options.get("clock_ahead", timedelta()))
    taken = delivery(message_id)
    with pytest.raises(ProcessingError) as failure:
        worker.process(event, taken)
    worker.record_failure(event, taken, failure.value)


@pytest.fixture
def versioned(place: Place) -> Place:
    """Enable versioning of the bucket."""
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    return place


def test_a_duplicate_during_an_outage_leaves_a_done_video(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    before = record_of(place)
    outage = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)

    a_worker(place).record_failure(event, delivery("message-2", receive_count=5), outage)

    assert record_of(place) == before


def test_a_duplicate_during_an_outage_leaves_a_deleted_video(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    # The clock of the api that deleted it is behind that of S3.
    changes = {"state": VideoState.DELETED, "updated_at": event.time - timedelta(seconds=90)}
    place.videos.replace(record_of(place), record_of(place).model_copy(update=changes))
    outage = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)

    assert a_worker(place).find_failed_upload(event, delivery("message-2", receive_count=5), outage) is None


def test_a_failure_without_a_record_is_recorded(place: Place) -> None:
    event = upload(place, b"film")
    outage = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)

    a_worker(place).record_failure(event, delivery("message-1", receive_count=5), outage)

    record = record_of(place)
    assert (record.state, record.reason_code, record.etag) == (VideoState.FAILED, "storage", event.etag)


def test_a_failure_without_record_and_upload_is_not_recorded(place: Place) -> None:
    event = upload(place, b"film")
    outage = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)
    # A purge, while the worker was stopped after it had sent the dead letter.
    delete(place)

    a_worker(place).record_failure(event, delivery("message-1", receive_count=5), outage)

    assert place.videos.get(KEY) is None


def test_a_newer_upload_s_failure_leaves_older_pictures_unclaimed(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    newer = upload(place, b"new")
    outage = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)

    a_worker(place).record_failure(newer, delivery("message-2", receive_count=5), outage)

    record = record_of(place)
    assert (record.state, record.etag, record.thumbnails) == (VideoState.FAILED, newer.etag, ())


def test_an_older_upload_s_failure_leaves_the_newer_record(place: Place) -> None:
    event = upload(place, BROKEN)
    taken = delivery("message-1")
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as failure:
        worker.process(event, taken)
    work(a_worker(place), upload(place, b"new"), "message-2")

    worker.record_failure(event, taken, failure.value)

    assert record_of(place).state is VideoState.DONE


def test_an_overwritten_upload_s_failure_leaves_the_newer_record(place: Place) -> None:
    first = upload(place, b"first")
    second = upload(place, b"second")
    upload(place, b"third")
    work(a_worker(place), first)
    before = record_of(place)
    outage = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)

    assert a_worker(place).find_failed_upload(second, delivery("message-2", receive_count=5), outage) is None
    a_worker(place).record_failure(second, delivery("message-2", receive_count=5), outage)

    assert record_of(place) == before


def test_a_failure_is_of_the_object_that_was_found(place: Place) -> None:
    old = upload(place, b"old")
    newer = upload(place, BROKEN)
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as failure:
        worker.process(old, delivery("message-1"))

    failed = worker.find_failed_upload(old, delivery("message-1"), failure.value)

    assert failed is not None
    assert (failed.etag, failed.size_bytes, failed.sequencer) == (newer.etag, newer.size_bytes, "")


def test_a_failure_has_the_time_of_the_same_content_put_again(place: Place) -> None:
    put_again = upload(place, BROKEN)
    first = put_again.model_copy(update={"time": put_again.time - timedelta(minutes=1), "sequencer": "0"})
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as failure:
        worker.process(first, delivery("message-1"))

    failed = worker.find_failed_upload(first, delivery("message-1"), failure.value)

    # A purge discards the letters of uploads from before its count, and would leave this one without a letter.
    assert failed is not None
    assert failed.time == place.bucket.head(KEY).modified_at


def test_a_failure_has_the_time_of_the_later_claim(place: Place) -> None:
    event = upload(place, BROKEN)
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as failure:
        worker.process(event, delivery("message-1"))
    claimed = record_of(place)
    put_again_at = event.time + timedelta(minutes=1)
    place.videos.replace(claimed, claimed.model_copy(update={"modified_at": put_again_at}))

    failed = worker.find_failed_upload(event, delivery("message-1"), failure.value)

    # The other attempt leaves the failure to this one, whose letter a purge between the two uploads must not discard.
    assert failed is not None
    assert (failed.time, failed.size_bytes) == (put_again_at, event.size_bytes)


def test_giving_up_without_an_attempt_names_the_present_object(place: Place) -> None:
    old = upload(place, b"old")
    newer = upload(place, b"newer")
    endless = ProcessingError(ReasonCode.INTERNAL, "It was received 9 times.", retryable=False)

    failed = a_worker(place).find_failed_upload(old, delivery("message-1", receive_count=9), endless)

    assert failed is not None
    assert failed.etag == newer.etag


def test_giving_up_a_deleted_video_closes_its_record(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(event, delivery("message-1"))
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
    endless = ProcessingError(ReasonCode.INTERNAL, "It was received 9 times.", retryable=False)

    worker = a_worker(place, delete_follows_source="false")
    assert worker.find_failed_upload(event, delivery("message-1", receive_count=9), endless) is None

    assert (record_of(place).state, record_of(place).reason_code) == (VideoState.FAILED, ReasonCode.DELETED)


def test_a_failure_of_a_purged_video_is_not_recorded(place: Place) -> None:
    event = upload(place, BROKEN)
    worker = a_worker(place, lambda: place.videos.remove([record_of(place)]))
    with pytest.raises(ProcessingError) as failure:
        worker.process(event, delivery("message-1"))

    assert worker.find_failed_upload(event, delivery("message-1"), failure.value) is None
    worker.record_failure(event, delivery("message-1"), failure.value)

    assert place.videos.get(KEY) is None


def test_the_same_message_never_retries_a_failed_video(place: Place) -> None:
    event = upload(place, BROKEN)
    fail(place, event)

    assert work(a_worker(place), event, "message-1") == Skipped("already_failed")


def test_a_late_duplicate_of_a_retry_opens_no_failed_record(place: Place) -> None:
    event = upload(place, BROKEN)
    late = delivery("message-1")
    fail(place, event, "message-2")
    before = record_of(place)

    retry = event.model_copy(update={"name": RETRY})
    assert a_worker(place, die).process(retry, late) == Skipped("already_failed")

    assert record_of(place) == before


ENDLESS = ProcessingError(ReasonCode.INTERNAL, "It was received 9 times.", retryable=False)


def test_a_late_duplicate_opens_no_video_given_up_unclaimed(place: Place) -> None:
    event, late = upload(place, b"film"), delivery("message-1")
    a_worker(place).record_failure(event, delivery("message-2", receive_count=9), ENDLESS)

    assert a_worker(place, die).process(event, late) == Skipped("already_failed")


def test_a_late_duplicate_opens_no_video_given_up_after_a_claim(place: Place) -> None:
    event, late = upload(place, b"film"), delivery("message-1")
    with pytest.raises(ProcessingError):
        work(a_worker(place, die), event, "message-1")
    a_worker(place).record_failure(event, delivery("message-2", receive_count=9), ENDLESS)

    assert a_worker(place, die).process(event, late) == Skipped("already_failed")


def test_a_slow_failure_leaves_the_claim_of_a_redrive(place: Place) -> None:
    event, first = upload(place, BROKEN), delivery("message-1")
    slow = a_worker(place)
    with pytest.raises(ProcessingError) as failure:
        slow.process(event, first)
    # The slow worker has sent its letter. A redrive takes the letter before the worker writes the record.
    second = delivery("message-2")
    with pytest.raises(ProcessingError) as failure_of_redrive:
        a_worker(place).process(event.model_copy(update={"name": RETRY}), second)

    assert slow.find_failed_upload(event, first, failure.value) is None
    slow.record_failure(event, first, failure.value)

    assert (record_of(place).state, record_of(place).message_id) == (VideoState.PROCESSING, "message-2")
    assert a_worker(place).find_failed_upload(event, second, failure_of_redrive.value) is not None


def test_a_slow_failure_leaves_a_dismissed_video(place: Place) -> None:
    event, first = upload(place, BROKEN), delivery("message-1")
    slow = a_worker(place)
    with pytest.raises(ProcessingError) as failure:
        slow.process(event, first)
    # The slow worker has sent its letter. Another one records the failure, and a person dismisses it.
    fail(place, event, "message-2")
    dismissed = record_of(place).model_copy(update={"state": VideoState.DISMISSED})
    place.videos.replace(record_of(place), dismissed)

    slow.record_failure(event, first, failure.value)

    assert record_of(place).state is VideoState.DISMISSED


def test_a_slow_failure_keeps_the_version_of_a_later_upload(versioned: Place) -> None:
    first, late = delivery("message-1"), delivery("message-2")
    event = upload(versioned, BROKEN)
    slow = a_worker(versioned)
    with pytest.raises(ProcessingError) as failure:
        slow.process(event, first)
    put_again = upload(versioned, BROKEN)
    fail(versioned, put_again, "message-3")

    slow.record_failure(event, first, failure.value)

    assert record_of(versioned).version_id == versioned.bucket.head(KEY).version_id
    assert a_worker(versioned, die).process(put_again, late) == Skipped("already_failed")


def test_a_redrive_is_processed_despite_a_fast_worker_clock(place: Place) -> None:
    event = upload(place, BROKEN)
    fail(place, event, clock_ahead=timedelta(seconds=30))

    with pytest.raises(ProcessingError):
        work(a_worker(place), event.model_copy(update={"name": RETRY}), "message-2")


def test_the_same_broken_content_uploaded_again_is_tried_again(versioned: Place) -> None:
    fail(versioned, upload(versioned, BROKEN))

    with pytest.raises(ProcessingError):
        work(a_worker(versioned), upload(versioned, BROKEN), "message-2")
