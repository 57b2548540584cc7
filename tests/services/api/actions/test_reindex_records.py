"""The records that a reindex makes, field by field, and what it counts."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.reindex import ReindexContext, ReindexResult, reindex_table
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body, parse_notification
from services.contract.origin import origin_metadata
from services.contract.records import VideoState
from services.contract.resources import pipeline_resources
from services.contract.thumbnails import ThumbnailOverrides
from tests.model.place import simulated_place
from tests.services.api.records import a_record, store, write
from tests.support.place import Place
from tests.support.processing import a_worker, record_of, upload, work

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("reindexed")) as simulated:
        yield simulated


def context_of(place: Place) -> ReindexContext:
    letters = DeadLetterStore(place.queue, place.dead_letters)
    return ReindexContext(place.bucket, place.videos, place.queue, letters, "thumbnails/", 3)


def reindex(place: Place) -> ReindexResult:
    return reindex_table(context_of(place), lambda _: None)


def forget(place: Place) -> None:
    """Lose the table, and the events of the uploads."""
    place.videos.delete([item["pk"] for item in place.videos.scan()])
    place.clients.sqs.purge_queue(QueueUrl=place.queues.url)


def test_a_record_from_thumbnails_has_the_times_of_the_objects(place: Place) -> None:
    before = store(place, "uploads/a.mp4")
    upload, last = place.bucket.head("uploads/a.mp4"), place.bucket.head(before.thumbnails[-1].key)
    forget(place)

    reindex(place)

    found = place.videos.get("uploads/a.mp4")
    assert found is not None
    assert found.model_dump(exclude_defaults=True, exclude={"thumbnails", "revision"}) == {
        "key": "uploads/a.mp4",
        "state": VideoState.DONE,
        "etag": before.etag,
        "settings_hash": "settings",
        "base": "thumbnails/a",
        "size_bytes": 7,
        "queued_at": upload.modified_at,
        "started_at": upload.modified_at,
        "updated_at": last.modified_at,
        "finished_at": last.modified_at,
    }
    assert found.thumbnails == before.thumbnails


def test_a_record_from_thumbnails_has_the_chosen_options(place: Place) -> None:
    event = upload(place, b"film")
    chosen = ThumbnailOverrides(positions_pct=(5.0, 50.0), background="#ffffff", smart=False)
    work(a_worker(place), event.model_copy(update={"options": chosen}))
    before = record_of(place)
    forget(place)

    reindex(place)

    found = record_of(place)
    assert (found.options, found.settings_hash) == (chosen, before.settings_hash)


def test_a_record_with_a_noted_thumbnail_is_degraded(place: Place) -> None:
    place.bucket.put("uploads/a.mp4", b"a video", content_type="video/mp4")
    record = a_record("uploads/a.mp4", etag=place.bucket.head("uploads/a.mp4").etag)
    for number, thumbnail in enumerate(record.thumbnails):
        noted = thumbnail.model_copy(update={"note": "nearby" if number == 1 else None})
        place.bucket.put(
            noted.key, b"picture", content_type="image/jpeg", metadata=origin_metadata(record, noted, count=3)
        )

    reindex(place)

    found = place.videos.get("uploads/a.mp4")
    assert found is not None
    assert (found.state, found.thumbnails[1].note) == (VideoState.DEGRADED, "nearby")
    assert (found.reason or "").startswith("Rebuilt from the bucket")


def test_a_record_from_a_letter_has_its_reason_and_attempts(place: Place) -> None:
    place.bucket.put("uploads/a.mp4", b"a video", content_type="video/mp4")
    info = place.bucket.head("uploads/a.mp4")
    event = UploadEvent(
        name="ObjectCreated:Put", time=START, bucket=place.bucket.name, key="uploads/a.mp4", etag=info.etag
    )
    place.dead_letters.put(make_notification_body(event), reason_code="damaged", reason="It is damaged.", attempts=4)
    (letter,) = DeadLetterStore(place.queue, place.dead_letters).receive_all()

    assert reindex(place).failed == 1

    found = place.videos.get("uploads/a.mp4")
    assert found is not None
    assert found.model_dump(exclude_defaults=True, exclude={"revision"}) == {
        "key": "uploads/a.mp4",
        "state": VideoState.FAILED,
        "attempt": 4,
        "etag": info.etag,
        "settings_hash": "",
        "base": "",
        "size_bytes": 7,
        "queued_at": letter.at,
        "started_at": letter.at,
        "updated_at": letter.at,
        "finished_at": letter.at,
        "reason_code": "damaged",
        "reason": "It is damaged.",
    }


def test_a_letter_of_another_upload_is_no_reason(place: Place) -> None:
    place.bucket.put("uploads/a.mp4", b"a video", content_type="video/mp4")
    event = UploadEvent(
        name="ObjectCreated:Put", time=START, bucket=place.bucket.name, key="uploads/a.mp4", etag="older"
    )
    place.dead_letters.put(make_notification_body(event), reason_code="damaged", reason="It is damaged.", attempts=4)

    result = reindex(place)

    assert (result.failed, result.queued) == (0, 1)


def test_a_video_without_thumbnails_is_queued_as_it_is(place: Place) -> None:
    place.bucket.put("uploads/a.mp4", b"a video", content_type="video/mp4")
    place.bucket.put("uploads/readme.txt", b"text", content_type="text/plain")
    info = place.bucket.head("uploads/a.mp4")
    forget(place)
    counts: list[int] = []

    result = reindex_table(context_of(place), lambda so_far: counts.append(so_far.uploads))

    (message,) = place.queue.receive(10, wait_s=0, visibility_timeout_s=0)
    (event,) = parse_notification(message.body)
    assert (event.name, event.bucket, event.key) == ("ObjectCreated:Reindex", place.bucket.name, "uploads/a.mp4")
    assert (event.time, event.etag, event.size_bytes, event.sequencer) == (info.modified_at, info.etag, 7, "")
    assert asdict(result) == {
        "uploads": 1,
        "kept": 0,
        "rebuilt": 0,
        "failed": 0,
        "queued": 1,
        "removed": 0,
        "totals_corrected": True,
        "shards_applied": True,
    }
    assert counts == [1, 1, 1]


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_video_that_lacks_a_thumbnail_is_queued(place: Place, missing: int) -> None:
    record = store(place, "uploads/a.mp4")
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=record.thumbnails[missing - 1].key)
    forget(place)

    assert reindex(place).queued == 1


def test_the_stored_number_of_thumbnails_counts_more_than_the_setting(place: Place) -> None:
    store(place, "uploads/a.mp4")
    forget(place)

    result = reindex_table(replace(context_of(place), count=1), lambda _: None)

    found = place.videos.get("uploads/a.mp4")
    assert (result.rebuilt, found and len(found.thumbnails)) == (1, 3)


def test_a_record_that_a_worker_writes_meanwhile_is_kept(place: Place) -> None:
    store(place, "uploads/a.mp4")
    forget(place)
    replace_record = VideosTable.replace

    def lose(videos: VideosTable, before: None, after: object, *, claims: bool = False) -> object:
        del claims
        replace_record(videos, before, after)  # type: ignore[arg-type]
        raise WriteConflictError("a worker has just written it")

    with patch.object(VideosTable, "replace", lose):
        result = reindex(place)

    assert (result.kept, result.rebuilt) == (1, 0)


def test_a_name_that_another_record_has_is_an_error(place: Place) -> None:
    store(place, "uploads/a.mp4")
    forget(place)
    write(place, a_record("uploads/other.mp4", base="thumbnails/a"))

    with pytest.raises(WriteConflictError):
        reindex(place)


def test_totals_that_keep_changing_are_not_corrected(place: Place) -> None:
    place.videos.correct(place.videos.counters(), {"videos_done": 5})
    tries: list[None] = []

    def conflict(*_: object) -> None:
        tries.append(None)
        raise WriteConflictError("another process has changed them")

    with patch.object(VideosTable, "correct", conflict):
        result = reindex(place)

    assert (result.totals_corrected, len(tries)) == (False, 5)


def test_a_fold_that_is_refused_is_reported(place: Place) -> None:
    store(place, "uploads/a.mp4")

    with patch.object(VideosTable, "move_in_index", lambda *_: False):
        assert reindex(place).shards_applied is False


def test_a_video_that_was_deleted_after_the_listing_is_left(place: Place) -> None:
    record = write(place, a_record("uploads/a.mp4"))
    place.bucket.put("uploads/a.mp4", b"another", content_type="video/mp4")
    listed = list(place.bucket.list("uploads/"))
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key="uploads/a.mp4")

    def list_late(_: Bucket, prefix: str) -> Iterator[ObjectInfo]:
        return iter(listed if prefix == "uploads/" else ())

    with patch.object(Bucket, "list", list_late):
        result = reindex(place)

    assert (result.uploads, result.kept, result.queued, result.removed) == (1, 0, 0, 0)
    assert place.videos.get("uploads/a.mp4") == record


def test_a_finished_record_of_a_deleted_video_releases_its_name(place: Place) -> None:
    gone = write(place, a_record("uploads/gone.mp4"))
    nameless = place.videos.replace(None, a_record("uploads/nameless.mp4").model_copy(update={"base": ""}))

    result = reindex(place)

    assert (result.removed, place.videos.get(gone.key), place.videos.get(nameless.key)) == (2, None, None)
    assert place.videos.claim_owner(gone.base) is None


class LateDeletionBucket(Bucket):
    """A bucket whose upload is deleted after a look at `seen`, and whose removal is followed before its record."""

    seen = "uploads/a.mp4"

    def head(self, key: str) -> ObjectInfo:
        info = super().head(key)
        if key == self.seen:
            self._s3.delete_object(Bucket=self.name, Key="uploads/a.mp4")
        return info


def late_deletion(place: Place, *, seen: str) -> ReindexContext:
    store(place, "uploads/a.mp4")
    forget(place)
    bucket = LateDeletionBucket(place.clients.s3, place.bucket.name)
    bucket.seen = seen
    return replace(context_of(place), bucket=bucket)


def test_no_record_is_made_of_a_video_deleted_meanwhile(place: Place) -> None:
    result = reindex_table(late_deletion(place, seen="uploads/a.mp4"), lambda _: None)

    assert (place.videos.get("uploads/a.mp4"), place.videos.claim_owner("thumbnails/a")) == (None, None)
    assert (result.uploads, result.rebuilt, result.removed) == (1, 0, 0)
    assert not any(place.videos.totals().values())


def test_a_reindex_killed_after_a_write_leaves_no_deleted_video(place: Place) -> None:
    context = late_deletion(place, seen="thumbnails/a_3.jpg")

    # It would end at its first write: there is none.
    with patch.object(VideosTable, "replace", side_effect=AssertionError("killed")):
        result = reindex_table(context, lambda _: None)

    assert (result.uploads, result.rebuilt, result.removed) == (1, 0, 0)
