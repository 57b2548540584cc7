"""Regeneration of one video: new thumbnails with the workers' present settings, or with options of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.actions.deletion import delete_video, restore_video
from services.api.actions.retries import regenerate_record, retry_record
from services.api.schema.problems import ConflictError
from services.contract.events import Delivery, UploadEvent, make_notification_body
from services.contract.records import Decision, ReasonCode, VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions, ThumbnailOverrides
from services.worker.process import ProcessingError, Processor, Skipped, Stored
from tests.support.place import Place
from tests.support.processing import BROKEN, a_worker, delivery, die, event_of, record_of, upload, work
from tests.support.stores import empty_queue, sent_events, stores_of

KEY = "uploads/a.mp4"
LATER = datetime.now(UTC) + timedelta(days=1)
CHOSEN = ThumbnailOverrides(positions_pct=(5.0, 50.0), format=ImageFormat.WEBP)
FINGERPRINT = ThumbnailOptions(positions_pct=(5.0, 50.0), format=ImageFormat.WEBP).fingerprint


@pytest.fixture
def place(simulated: Place) -> Place:
    return simulated


def test_a_regeneration_applies_the_workers_present_settings(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    before = record_of(place)
    empty_queue(place)

    regenerate_record(stores_of(place), before)
    (event,) = sent_events(place)
    later = delivery("message-2", sent_at=datetime.now(UTC) + timedelta(seconds=1))
    worker = a_worker(place, thumbnail_width_px="320")
    result = worker.process(event, later)

    assert isinstance(result, Stored)
    assert result.record.settings_hash != before.settings_hash
    assert (result.record.attempt, result.record.uploaded_at) == (2, before.queued_at)
    # SQS can deliver it twice.
    assert worker.process(event, later) == Skipped(Decision.ALREADY_DONE)


def test_a_deleted_video_is_restored_by_a_regeneration(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    delete_video(stores_of(place), KEY, with_upload=False)
    empty_queue(place)

    with pytest.raises(ConflictError, match="Restore it"):
        retry_record(stores_of(place), record_of(place))
    regenerate_record(stores_of(place), record_of(place))

    (event,) = sent_events(place)
    assert isinstance(a_worker(place).process(event, delivery("message-2", sent_at=LATER)), Stored)


def test_a_regeneration_from_before_a_deletion_restores_nothing(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    empty_queue(place)
    regenerate_record(stores_of(place), record_of(place))
    (event,) = sent_events(place)

    delete_video(stores_of(place), KEY, with_upload=False)

    late = a_worker(place).process(event, delivery("message-2", sent_at=LATER))
    assert late == Skipped(Decision.ALREADY_DELETED)


def test_a_deletion_undoes_the_restoration_before_it(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    delete_video(stores_of(place), KEY, with_upload=False)
    empty_queue(place)
    regenerate_record(stores_of(place), record_of(place))
    (event,) = sent_events(place)

    delete_video(stores_of(place), KEY, with_upload=False)

    late = a_worker(place).process(event, delivery("message-2", sent_at=LATER))
    assert late == Skipped(Decision.ALREADY_DELETED)


def settle(place: Place, event: UploadEvent, number: int, *, width_px: str = "640") -> Stored | Skipped:
    """Process an event as one that was sent after those with lower numbers."""
    sent_at = datetime.now(UTC) + timedelta(seconds=number)
    worker = a_worker(place, thumbnail_width_px=width_px)
    return worker.process(event, delivery(f"message-{number}", sent_at=sent_at))


def regenerate(place: Place, number: int, overrides: ThumbnailOverrides | None) -> Stored | Skipped:
    empty_queue(place)
    regenerate_record(stores_of(place), record_of(place), overrides)
    (event,) = sent_events(place)
    return settle(place, event, number)


def test_a_regeneration_with_options_records_and_uses_them(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))

    assert isinstance(regenerate(place, 2, CHOSEN), Stored)

    record = record_of(place)
    assert (record.options, record.settings_hash) == (CHOSEN, FINGERPRINT)
    assert [one.options for one in record.attempts] == [None, CHOSEN]
    assert [thumbnail.key for thumbnail in record.thumbnails] == ["thumbnails/a_1.webp", "thumbnails/a_2.webp"]


def test_options_stay_with_the_content_until_another_regeneration(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    regenerate(place, 2, CHOSEN)

    # The same content again, and a repeated event, need no other pictures.
    place.bucket.put(KEY, b"film", content_type="video/mp4")
    settle(place, event_of(place), 3)
    assert (record_of(place).options, record_of(place).attempt) == (CHOSEN, 2)
    # Other settings of the workers concern what was not chosen.
    delete_video(stores_of(place), KEY, with_upload=False)
    empty_queue(place)
    restore_video(stores_of(place), KEY)
    settle(place, sent_events(place)[0], 4, width_px="320")
    assert record_of(place).options == CHOSEN
    assert record_of(place).settings_hash == ThumbnailOptions(width_px=320).replace(CHOSEN).fingerprint

    regenerate(place, 5, None)
    assert (record_of(place).options, record_of(place).settings_hash) == (None, ThumbnailOptions().fingerprint)
    regenerate(place, 6, CHOSEN)
    work(a_worker(place), upload(place, b"another film"), "message-7")
    assert (record_of(place).options, record_of(place).settings_hash) == (None, ThumbnailOptions().fingerprint)


def test_a_failed_regeneration_leaves_the_options_of_the_pictures(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    regenerate(place, 2, CHOSEN)
    empty_queue(place)
    regenerate_record(stores_of(place), record_of(place), ThumbnailOverrides(width_px=100))
    (event,) = sent_events(place)
    later = delivery("message-3", sent_at=datetime.now(UTC) + timedelta(seconds=3))
    worker = a_worker(place, die)
    error = failure_of(worker, event, later)
    assert worker.bring_back_result(event, later, error)

    record = record_of(place)
    assert (record.state, record.options, record.settings_hash) == (VideoState.DONE, CHOSEN, FINGERPRINT)
    assert [one.options for one in record.attempts] == [None, CHOSEN, ThumbnailOverrides(width_px=100)]


def test_a_failed_video_gets_its_options_instead_of_its_letter(place: Place) -> None:
    event = upload(place, BROKEN)
    error = failure_of(a_worker(place), event, delivery("message-1"))
    a_worker(place).record_failure(event, delivery("message-1"), error)
    place.dead_letters.put(make_notification_body(event), reason_code=ReasonCode.DAMAGED, reason="It is.", attempts=1)
    empty_queue(place)

    regenerate_record(stores_of(place), record_of(place), CHOSEN)

    (sent,) = sent_events(place)
    assert (sent.is_regeneration, sent.options) == (True, CHOSEN)
    assert stores_of(place).dead_letters.receive_all() == []
    # The next failure has them in its record and its letter, so that a redrive uses them again.
    later = delivery("message-2", sent_at=datetime.now(UTC) + timedelta(seconds=2))
    worker = a_worker(place)
    error = failure_of(worker, sent, later)
    failed = worker.find_failed_upload(sent, later, error)
    assert failed is not None
    worker.record_failure(failed, later, error)
    assert (failed.options, record_of(place).options, record_of(place).state) == (CHOSEN, CHOSEN, VideoState.FAILED)


def failure_of(worker: Processor, event: UploadEvent, given: Delivery) -> ProcessingError:
    with pytest.raises(ProcessingError) as caught:
        worker.process(event, given)
    return caught.value
