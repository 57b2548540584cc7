"""Dismissal of a failure: it leaves the counts and the dead letters, and can be undone."""

from unittest.mock import patch

import pytest

from services.api.actions.dismissal import dismiss_video, restore_failure
from services.api.actions.reindex import ReindexContext, reindex_table
from services.api.schema.problems import ConflictError, NotFoundError
from services.aws.videos import VideosTable
from services.contract.events import make_notification_body
from services.contract.records import Decision, VideoRecord, VideoState
from services.worker.process import ProcessingError, Skipped
from tests.services.api.records import store
from tests.support.place import Place
from tests.support.processing import BROKEN, a_worker, delivery, record_of, upload, work
from tests.support.stores import stores_of

KEY = "uploads/a.mp4"


@pytest.fixture
def place(simulated: Place) -> Place:
    return simulated


def failed(place: Place, key: str = KEY) -> VideoRecord:
    """Let a broken video fail for good, with its dead letter, as the loop does."""
    event, sent = upload(place, BROKEN, key), delivery(f"message of {key}")
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as caught:
        worker.process(event, sent)
    put = make_notification_body(event)
    place.dead_letters.put(put, reason_code=caught.value.code, reason=caught.value.reason, attempts=1)
    worker.record_failure(event, sent, caught.value)
    return record_of(place, key)


def letters(place: Place) -> list[tuple[str, str, str]]:
    found = stores_of(place).dead_letters.receive_all()
    return sorted((letter.key, letter.reason_code.value, letter.reason) for letter in found)


def counts(place: Place) -> dict[str, int]:
    return {name: count for name, count in place.videos.totals().items() if count and name.startswith("videos_")}


def test_a_dismissed_failure_has_no_letter_and_no_count(place: Place) -> None:
    failed(place)
    failed(place, "uploads/b.mp4")

    dismiss_video(stores_of(place), KEY)

    assert [key for key, _, _ in letters(place)] == ["uploads/b.mp4"]
    assert counts(place) == {"videos_dismissed": 1, "videos_failed": 1}
    assert record_of(place).reason == "The video is damaged."


def test_an_undone_dismissal_has_its_dead_letter_again(place: Place) -> None:
    before = failed(place)
    known = letters(place)
    dismiss_video(stores_of(place), KEY)

    restore_failure(stores_of(place), record_of(place))

    assert letters(place) == known
    assert record_of(place) == before.model_copy(
        update={name: getattr(record_of(place), name) for name in ("revision", "updated_at")}
    )
    with pytest.raises(ConflictError, match="not dismissed"):
        restore_failure(stores_of(place), record_of(place))


def test_a_late_duplicate_opens_no_dismissed_failure(place: Place) -> None:
    event = upload(place, BROKEN)
    failed(place)
    dismiss_video(stores_of(place), KEY)

    worker = a_worker(place)
    assert work(worker, event, f"message of {KEY}") == Skipped(Decision.ALREADY_FAILED)
    error = ProcessingError(record_of(place).reason_code, "late", retryable=False)  # type: ignore[arg-type]
    assert worker.find_failed_upload(event, delivery(f"message of {KEY}"), error) is None


def test_a_reindex_leaves_a_dismissed_failure_dismissed(place: Place) -> None:
    failed(place)
    dismiss_video(stores_of(place), KEY)
    context = ReindexContext(place.bucket, place.videos, place.queue, stores_of(place).dead_letters, "thumbnails/", 3)

    assert reindex_table(context, lambda _: None).kept == 1
    assert record_of(place).state is VideoState.DISMISSED


def test_a_gone_video_s_dead_letter_can_be_dismissed(place: Place) -> None:
    event = upload(place, BROKEN)
    place.dead_letters.put(make_notification_body(event), reason_code="crashed", reason="It crashed.", attempts=1)
    with pytest.raises(NotFoundError):
        # Its worker may be about to write the record.
        dismiss_video(stores_of(place), KEY)
    assert [key for key, _, _ in letters(place)] == [KEY]
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)

    dismiss_video(stores_of(place), KEY)

    assert letters(place) == []
    with pytest.raises(NotFoundError):
        dismiss_video(stores_of(place), KEY)


def test_a_letter_of_a_later_failure_stays(place: Place) -> None:
    failed(place)
    stores = stores_of(place)
    dismiss_video(stores, KEY)
    before = record_of(place)
    # The video fails again, after a dismissal has read its record.
    place.videos.replace(before, before.model_copy(update={"state": VideoState.FAILED}))
    event = upload(place, BROKEN)
    place.dead_letters.put(make_notification_body(event), reason_code="crashed", reason="It crashed.", attempts=1)

    with patch.object(VideosTable, "get", side_effect=[before, record_of(place)]):
        dismiss_video(stores, KEY)

    assert [key for key, _, _ in letters(place)] == [KEY]


def test_a_good_video_has_no_failure_to_dismiss(place: Place) -> None:
    store(place, KEY)
    with pytest.raises(ConflictError, match="has not failed"):
        dismiss_video(stores_of(place), KEY)
