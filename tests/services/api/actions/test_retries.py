"""Regeneration of one video: new thumbnails with the workers' present settings."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.actions.deletion import delete_video
from services.api.actions.retries import regenerate_record, retry_record
from services.api.schema.problems import ConflictError
from services.contract.records import Decision
from services.worker.process import Skipped, Stored
from tests.support.place import Place
from tests.support.processing import a_worker, delivery, record_of, upload, work
from tests.support.stores import empty_queue, sent_events, stores_of

KEY = "uploads/a.mp4"
LATER = datetime.now(UTC) + timedelta(seconds=60)


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


def test_a_deletion_undoes_the_restoration_before_it(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    delete_video(stores_of(place), KEY, with_upload=False)
    empty_queue(place)
    regenerate_record(stores_of(place), record_of(place))
    (event,) = sent_events(place)

    delete_video(stores_of(place), KEY, with_upload=False)

    late = a_worker(place).process(event, delivery("message-2", sent_at=LATER))
    assert late == Skipped(Decision.ALREADY_DELETED)
