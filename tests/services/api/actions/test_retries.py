"""Regeneration of one video: new thumbnails with the workers' present settings."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.actions.deletion import delete_video
from services.api.actions.retries import regenerate_record, retry_record
from services.api.schema.problems import ConflictError
from services.contract.records import Decision, VideoState
from services.worker.process import Skipped, Stored
from tests.services.api.process import Api
from tests.services.api.records import a_record, store, write
from tests.support.place import Place
from tests.support.processing import a_worker, delivery, record_of, upload, work
from tests.support.stores import empty_queue, sent_events, stores_of

KEY = "uploads/a.mp4"


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

    assert [event.is_regeneration for event in sent_events(place)] == [True]


def test_regenerations_over_http(place: Place, own_api: Api) -> None:
    store(place, KEY)
    place.bucket.put("uploads/b.mp4", b"film", content_type="video/mp4")
    write(place, a_record("uploads/b.mp4", VideoState.PROCESSING))
    write(place, a_record("uploads/gone.mp4"))
    empty_queue(place)
    with own_api.client() as client:
        accepted = client.post(f"/api/videos/{KEY}/regenerations")
        assert (accepted.status_code, accepted.json()) == (202, {"key": KEY})
        assert [(event.key, event.is_regeneration) for event in sent_events(place)] == [(KEY, True)]
        refused = [client.post(f"/api/videos/uploads/{name}.mp4/regenerations") for name in ("b", "gone", "none")]
        assert [answer.status_code for answer in refused] == [409, 409, 404]
