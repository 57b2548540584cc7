"""Deletion of one video, while nothing else happens and in the middle of everything, and its restoration."""

import threading
import time
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from services.api.actions.deletion import delete_video, restore_video
from services.api.actions.reindex import ReindexContext, reindex_table
from services.api.actions.retries import regenerate_record
from services.api.schema.problems import ConflictError, NotFoundError
from services.aws.bucket import Bucket
from services.aws.errors import ServiceError
from services.aws.queue import MessageQueue
from services.aws.sources import SourcedBucket
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import Decision, VideoState
from services.contract.resources import CLAIM_PREFIX, PURGER
from services.worker.process import ProcessingError, Skipped, Stored
from tests.services.api.records import a_record, store, with_overview, write
from tests.support.driver import PATIENCE_S
from tests.support.place import Place
from tests.support.processing import (
    BROKEN,
    PlayedSandbox,
    a_worker,
    delivery,
    die,
    event_of,
    list_frames,
    pictures_of,
    put_frames,
    record_of,
    shown,
    upload,
    work,
    worker_at,
)
from tests.support.processing import delete as delete_upload
from tests.support.purging import ended, purge_of, shared_items, start
from tests.support.stores import empty_queue, sent_events, stores_of

KEY = "uploads/a.mp4"


@pytest.fixture
def place(simulated: Place) -> Place:
    return simulated


def delete(place: Place, key: str = KEY, *, with_upload: bool = False, wait_s: float = PATIENCE_S) -> bool:
    """Delete a video; return True if it can be restored."""
    return delete_video(stores_of(place), key, with_upload=with_upload, wait_s=wait_s).restorable


def pictures(place: Place) -> list[str]:
    return [info.key for info in place.bucket.list("thumbnails/")]


def claims(place: Place) -> dict[str, str]:
    return {item["pk"]: item["upload"] for item in place.videos.scan() if item["pk"].startswith(CLAIM_PREFIX)}


def keep_versions(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})


def counts(place: Place) -> dict[str, int]:
    return {name: count for name, count in place.videos.totals().items() if count}


def test_a_deletion_removes_every_picture_and_keeps_the_upload(place: Place) -> None:
    with_overview(place, KEY, sheets=3)
    store(place, "uploads/a_b.mp4")
    _, other = put_frames(place, KEY, "uploads/a_b.mp4")

    assert delete(place)

    assert list_frames(place) == {other}
    assert {key.rpartition("_")[0] for key in pictures(place)} == {"thumbnails/a_b"}
    assert place.bucket.head(KEY).size_bytes == 7
    record = record_of(place)
    assert (record.state, record.thumbnails, record.storyboard) == (VideoState.DELETED, (), None)
    assert claims(place) == {CLAIM_PREFIX + "thumbnails/a_b": "uploads/a_b.mp4"}
    assert (counts(place)["videos_deleted"], counts(place)["videos_done"], counts(place)["thumbnails"]) == (1, 1, 3)


def test_a_deletion_with_the_upload_leaves_nothing(place: Place) -> None:
    keep_versions(place)
    with_overview(place, KEY)
    shared, now_s = shared_items(place), time.time()
    assert shared.reserve(KEY, now_s=now_s, until_s=now_s + 3600)

    assert delete(place, with_upload=True)

    assert (list(place.bucket.list("")), place.videos.get(KEY)) == ([], None)
    assert (claims(place), counts(place)) == ({}, {})
    assert shared.reserve(KEY, now_s=now_s + 60, until_s=now_s + 3600)


def test_a_second_deletion_is_of_the_upload_put_since(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    delete(place)
    event = upload(place, b"another film")

    assert delete(place)

    assert work(a_worker(place), event, "message-2") == Skipped(Decision.ALREADY_DELETED)
    assert (record_of(place).etag, record_of(place).size_bytes) == (event.etag, 12)
    assert counts(place)["videos_deleted"] == 1


def test_a_deletion_ends_the_removal_of_an_upload_before_it(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    record = record_of(place)
    place.videos.replace(record, record.model_copy(update={"deleted_at": datetime.now(UTC)}))
    event = upload(place, b"another film")

    delete(place)

    assert work(a_worker(place), event, "message-2") == Skipped(Decision.ALREADY_DELETED)


def test_a_deletion_ends_the_purge_of_an_upload_before_it(place: Place) -> None:
    keep_versions(place)
    work(a_worker(place), upload(place, b"film"))
    record = record_of(place)
    place.videos.replace(record, record.model_copy(update={"purged_at": datetime.now(UTC)}))
    upload(place, b"another film")

    delete(place)
    work(a_worker(place), delete_upload(place), "message-2")

    assert place.videos.get(KEY) is None


def test_a_late_event_brings_no_deleted_video_back(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    delete(place)

    assert work(a_worker(place), event, "message-1") == Skipped(Decision.ALREADY_DELETED)
    assert work(a_worker(place), event_of(place), "message-2") == Skipped(Decision.ALREADY_DELETED)
    assert (record_of(place).state, pictures(place)) == (VideoState.DELETED, [])


@pytest.mark.parametrize("content", [b"film", b"another film"])
def test_a_new_upload_is_processed_after_a_deletion(place: Place, content: bytes) -> None:
    keep_versions(place)
    work(a_worker(place), upload(place, b"film"))
    delete(place)

    assert isinstance(work(a_worker(place), upload(place, content), "message-2"), Stored)
    assert shown(place, record_of(place)) == pictures_of(content)


def test_an_upload_that_no_worker_has_received_is_deleted_too(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    waiting = upload(place, b"another film")
    delete(place)

    assert work(a_worker(place), waiting, "message-2") == Skipped(Decision.ALREADY_DELETED)


def test_a_deletion_waits_for_the_worker_of_the_video(place: Place) -> None:
    errors: list[BaseException] = []
    deletions: list[threading.Thread] = []

    def run() -> None:
        try:
            delete(place)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            errors.append(error)

    def begin() -> None:
        thread = threading.Thread(target=run)
        thread.start()
        deletions.append(thread)

    result = work(a_worker(place, begin), upload(place, b"film"))
    deletions[0].join(PATIENCE_S)

    assert isinstance(result, Stored)
    assert (errors, deletions[0].is_alive()) == ([], False)
    assert (record_of(place).state, pictures(place)) == (VideoState.DELETED, [])


@pytest.mark.parametrize("with_upload", [False, True])
def test_a_video_put_again_while_a_deletion_waits_stays(place: Place, *, with_upload: bool) -> None:
    keep_versions(place)
    again: list[UploadEvent] = []

    def put_again(_: float) -> None:
        again.append(upload(place, b"another film"))
        work(a_worker(place), again[0], "message-2")

    def remove() -> None:
        with patch("services.api.actions.deletion.time.sleep", put_again):
            delete(place, with_upload=with_upload)

    work(a_worker(place, remove), upload(place, b"film"))

    assert len(again) == 1
    assert shown(place, record_of(place)) == pictures_of(b"another film")


def test_a_deletion_refuses_while_a_worker_takes_too_long(place: Place) -> None:
    def refuse() -> None:
        with pytest.raises(ConflictError, match="worker is processing"):
            delete(place, wait_s=0)

    assert isinstance(work(a_worker(place, refuse), upload(place, b"film")), Stored)
    assert len(pictures(place)) == 3 + 1, "three thumbnails and the manifest"


@pytest.mark.parametrize("with_upload", [False, True])
def test_a_lost_worker_that_returns_stores_nothing(place: Place, *, with_upload: bool) -> None:
    lost = [datetime.now(UTC) - timedelta(minutes=6)]

    def remove() -> None:
        delete(place, with_upload=with_upload, wait_s=0)
        lost.clear()

    worker = worker_at(place, lambda: lost[0] if lost else datetime.now(UTC), PlayedSandbox(remove))
    result = work(worker, upload(place, b"film"))

    assert result == Skipped("object_gone" if with_upload else Decision.ALREADY_DELETED)
    assert (pictures(place), claims(place), place.videos.get(KEY) is None) == ([], {}, with_upload)


def test_an_interrupted_deletion_is_continued_by_the_next_request(place: Place) -> None:
    store(place, KEY)
    with patch.object(Bucket, "delete", side_effect=ServiceError("S3 does not answer")), pytest.raises(ServiceError):
        delete(place)
    assert claims(place) == {CLAIM_PREFIX + "thumbnails/a": PURGER}

    delete(place)

    assert (pictures(place), claims(place)) == ([], {})


def test_a_repeated_deletion_leaves_the_next_owner_of_the_name(place: Place) -> None:
    store(place, KEY)
    delete(place)
    work(a_worker(place), upload(place, b"other", "uploads/a.mov"))

    delete(place)

    assert shown(place, record_of(place, "uploads/a.mov")) == pictures_of(b"other")


def test_a_deletion_discards_the_dead_letters_of_its_video(place: Place) -> None:
    for key in (KEY, "uploads/b.mp4"):
        event = upload(place, BROKEN, key)
        write(place, a_record(key, VideoState.FAILED, etag=event.etag))
        place.dead_letters.put(make_notification_body(event), reason_code="damaged", reason="It is.", attempts=1)

    delete(place)

    assert [letter.key for letter in stores_of(place).dead_letters.receive_all()] == ["uploads/b.mp4"]


def test_a_restoration_brings_upload_and_thumbnails_back(place: Place) -> None:
    keep_versions(place)
    work(a_worker(place), upload(place, b"film"))
    delete(place, with_upload=True)

    (event,) = restored(place)

    assert isinstance(a_worker(place).process(event, delivery("message-2")), Stored)
    assert shown(place, record_of(place)) == pictures_of(b"film")


def test_a_restoration_of_a_kept_upload_makes_its_thumbnails_again(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    delete(place)

    (event,) = restored(place)
    later = delivery("message-2", sent_at=datetime.now(UTC) + timedelta(seconds=1))

    assert isinstance(a_worker(place).process(event, later), Stored)
    assert [one.state for one in record_of(place).attempts] == [VideoState.DONE, VideoState.DONE]


def restored(place: Place) -> list[UploadEvent]:
    """Restore the video; return the events that this sends."""
    empty_queue(place)
    restore_video(stores_of(place), KEY)
    return [event for event in sent_events(place) if event.is_regeneration]


def test_only_a_deleted_video_that_is_kept_can_be_restored(place: Place) -> None:
    store(place, KEY)
    with pytest.raises(ConflictError, match="not deleted"):
        restore_video(stores_of(place), KEY)
    with pytest.raises(NotFoundError, match="keeps no version"):
        restore_video(stores_of(place), "uploads/none.mp4")


def restore_without_event(place: Place, *, with_upload: bool) -> None:
    """Restore a video by an api that ends before it has sent the event. A late worker claims it, and dies."""
    keep_versions(place)
    event = upload(place, b"film")
    work(a_worker(place), event)
    delete(place, with_upload=with_upload)
    with patch.object(MessageQueue, "send", side_effect=ServiceError("killed")), pytest.raises(ServiceError):
        restore_video(stores_of(place), KEY)
    # The worker was stopped with a duplicate, which another one has deleted.
    late = delivery("message-2", sent_at=datetime.now(UTC) + timedelta(seconds=1))
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(event, late)
    assert record_of(place).state is VideoState.PROCESSING
    empty_queue(place)


def test_a_repeated_restoration_queues_what_a_late_worker_claimed(place: Place) -> None:
    restore_without_event(place, with_upload=True)

    restore_video(stores_of(place), KEY)

    (event,) = sent_events(place)
    assert isinstance(a_worker(place).process(event, delivery("message-3")), Stored)
    assert shown(place, record_of(place)) == pictures_of(b"film")


def test_a_repeated_regeneration_queues_what_a_late_worker_claimed(place: Place) -> None:
    restore_without_event(place, with_upload=False)

    with pytest.raises(ConflictError, match="is processing"):
        regenerate_record(stores_of(place), record_of(place))

    (event,) = sent_events(place)
    assert isinstance(a_worker(place).process(event, delivery("message-3")), Stored)


def test_an_upload_in_a_source_bucket_is_never_deleted(place: Place) -> None:
    source = SourcedBucket(place.clients.s3, place.bucket.name, [place.bucket.name])
    place.bucket.put("a.mp4", b"film", content_type="video/mp4")
    key = f"uploads/{place.bucket.name}/a.mp4"
    write(place, a_record(key, etag=source.head(key).etag))

    with pytest.raises(ConflictError, match="source bucket"):
        delete_video(stores_of(place, source), key, with_upload=True)
    assert delete_video(stores_of(place, source), key, with_upload=False).restorable
    assert source.head(key).size_bytes == 4


def test_a_reindex_leaves_a_deleted_video_deleted(place: Place) -> None:
    store(place, KEY)
    delete(place)
    parts = stores_of(place)
    context = ReindexContext(place.bucket, place.videos, place.queue, parts.dead_letters, "thumbnails/", 3)

    result = reindex_table(context, lambda _: None)

    assert (result.kept, result.queued, record_of(place).state) == (1, 0, VideoState.DELETED)


def test_a_purge_removes_the_record_of_a_deleted_video(place: Place) -> None:
    store(place, KEY)
    delete(place)

    start(purge_of(place))

    assert ended(place).phase == "done"
    assert (place.videos.get(KEY), list(place.bucket.list(""))) == (None, [])
