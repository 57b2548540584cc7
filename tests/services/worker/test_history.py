"""History of a record: every attempt at the same content, which no retry rewrites."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.actions.deletion import delete_video, restore_video
from services.contract.history import MAX_ATTEMPTS_KEPT, close_history, continue_history
from services.contract.records import Attempt, ReasonCode, VideoState
from services.worker.process import ProcessingError, Processor
from tests.services.api.records import a_record
from tests.support.place import Place
from tests.support.processing import BROKEN, a_worker, delivery, die, record_of, upload, work
from tests.support.stores import sent_events, stores_of

SENT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
TIMEOUT = "The video took too long."


def fail(worker: Processor, place: Place, message_id: str, *, later_s: float = 0) -> None:
    """Let a broken video fail for good, as the loop does."""
    event = upload(place, BROKEN)
    sent = delivery(message_id, sent_at=SENT + timedelta(seconds=later_s))
    with pytest.raises(ProcessingError) as caught:
        worker.process(event, sent)
    failed = worker.find_failed_upload(event, sent, caught.value)
    assert failed is not None
    worker.record_failure(failed, sent, caught.value)


def test_a_redrive_keeps_upload_time_and_earlier_attempts(place: Place) -> None:
    fail(a_worker(place, worker_name="worker-1"), place, "message-1")
    first = record_of(place)
    fail(a_worker(place, worker_name="worker-2"), place, "message-2", later_s=60)
    second = record_of(place)

    assert (second.uploaded_at, second.queued_at) == (SENT, SENT + timedelta(seconds=60))
    assert [(one.number, one.worker, one.state) for one in second.attempts] == [
        (1, "worker-1", VideoState.FAILED),
        (2, "worker-2", VideoState.FAILED),
    ]
    (earlier,) = second.earlier_attempts
    assert (earlier.started_at, earlier.ended_at) == (first.started_at, first.finished_at)
    assert (earlier.reason_code, earlier.reason) == (first.reason_code, first.reason)


def test_a_deletion_and_its_undo_leave_each_attempt_its_own_end(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place, worker_name="worker-1"), event)
    done = record_of(place)
    delete_video(stores_of(place), event.key, with_upload=False, wait_s=0)

    deleted = record_of(place)
    assert deleted.state is VideoState.DELETED
    assert deleted.attempts == done.attempts

    restore_video(stores_of(place), event.key)
    (restored,) = (event for event in sent_events(place) if event.is_regeneration)
    work(a_worker(place, worker_name="worker-2"), restored, "message-2")
    assert [(one.number, one.worker, one.state) for one in record_of(place).attempts] == [
        (1, "worker-1", VideoState.DONE),
        (2, "worker-2", VideoState.DONE),
    ]
    assert record_of(place).attempts[0].ended_at == done.finished_at


def test_a_deletion_keeps_a_failed_regeneration_behind_the_result() -> None:
    failed = Attempt(number=2, state=VideoState.FAILED, started_at=SENT, ended_at=SENT)
    record = a_record("uploads/a.mp4").model_copy(update={"earlier_attempts": (failed,)})
    deleted = record.model_copy(update={"state": VideoState.DELETED, **close_history(record)})

    assert [(one.number, one.state) for one in deleted.attempts] == [(1, VideoState.DONE), (2, VideoState.FAILED)]
    assert continue_history(deleted, record.etag)["attempt"] == 3


def test_a_dismissed_failure_is_still_the_end_of_its_attempt() -> None:
    record = a_record("uploads/a.mp4", VideoState.DISMISSED)
    assert [one.state for one in record.attempts] == [VideoState.FAILED]


def test_an_attempt_of_a_dead_worker_has_no_end(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        work(a_worker(place, die, worker_name="worker-1"), event)
    work(a_worker(place, worker_name="worker-2"), event)

    record = record_of(place)
    assert [(one.number, one.state, one.ended_at) for one in record.attempts] == [
        (1, VideoState.PROCESSING, None),
        (2, VideoState.DONE, record.finished_at),
    ]


def test_a_failed_attempt_to_be_repeated_keeps_its_reason(place: Place) -> None:
    event = upload(place, b"film")
    worker = a_worker(place, die)
    with pytest.raises(ProcessingError):
        work(worker, event)
    claimed = record_of(place)

    worker.note_attempt(ProcessingError(ReasonCode.TIMEOUT, TIMEOUT, retryable=True, record=claimed))
    noted = record_of(place)
    work(a_worker(place), event)

    (attempt,) = noted.attempts
    assert (noted.state, attempt.reason, attempt.reason_code) == (VideoState.PROCESSING, TIMEOUT, ReasonCode.TIMEOUT)
    assert attempt.ended_at is not None
    assert [one.reason for one in record_of(place).attempts] == [TIMEOUT, None]


def test_noting_an_attempt_replaces_no_other_write(place: Place) -> None:
    event = upload(place, b"film")
    worker = a_worker(place, die)
    with pytest.raises(ProcessingError):
        work(worker, event)
    claimed = record_of(place)
    work(a_worker(place), event)

    worker.note_attempt(ProcessingError(ReasonCode.TIMEOUT, TIMEOUT, retryable=True, record=claimed))

    assert record_of(place).state is VideoState.DONE


def test_a_slower_attempt_decreases_no_number_of_attempts(place: Place) -> None:
    event = upload(place, b"film")

    def repeat() -> None:
        with pytest.raises(ProcessingError):
            work(a_worker(place, die, worker_name="worker-2"), event)

    work(a_worker(place, repeat, worker_name="worker-1"), event)

    record = record_of(place)
    assert (record.state, record.attempt, len(record.attempts)) == (VideoState.DONE, 2, 2)


def test_a_slower_failure_decreases_no_number_of_attempts(place: Place) -> None:
    event, message = upload(place, BROKEN), delivery("message-1")

    def repeat() -> None:
        with pytest.raises(ProcessingError):
            a_worker(place, die, worker_name="worker-2").process(event, message)

    worker = a_worker(place, repeat, worker_name="worker-1")
    with pytest.raises(ProcessingError) as caught:
        worker.process(event, message)
    worker.record_failure(event, message, caught.value)

    record = record_of(place)
    assert (record.state, record.attempt, len(record.attempts)) == (VideoState.FAILED, 2, 2)


def test_a_failure_without_a_claim_adds_no_attempt(place: Place) -> None:
    event, sent = upload(place, b"film"), delivery("message-1")
    worker = a_worker(place, die)
    with pytest.raises(ProcessingError) as caught:
        worker.process(event, sent)
    failed = worker.find_failed_upload(event, sent, caught.value)
    assert failed is not None
    worker.record_failure(failed, sent, caught.value)

    (attempt,) = record_of(place).attempts
    assert (attempt.number, attempt.state, attempt.reason) == (1, VideoState.FAILED, "the worker died")


def test_a_record_keeps_the_latest_attempts_only() -> None:
    record = a_record("uploads/a.mp4", VideoState.FAILED)
    for _ in range(30):
        record = record.model_copy(update=continue_history(record, record.etag))

    assert len(record.attempts) == MAX_ATTEMPTS_KEPT
    assert (record.attempts[-1].number, record.attempts[0].number) == (31, 12)
    assert continue_history(record, "other content") == {}
