"""The life of a record where workers, uploads and a purge meet, against the embedded AWS."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.bucket import Bucket
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import REGENERATE
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import VideoSource
from services.worker.process import ProcessingError, Skipped, Stored
from tests.support.place import Place
from tests.support.processing import (
    PlayedSandbox,
    a_worker,
    delivery,
    die,
    event_of,
    pictures_of,
    record_of,
    shown,
    upload,
    work,
)

KEY = "uploads/a.mp4"


def extractions(worker: object) -> int:
    sandbox = worker._sandbox  # type: ignore[attr-defined]  # noqa: SLF001 - counts what the worker asked for
    assert isinstance(sandbox, PlayedSandbox)
    return sandbox.extractions


@pytest.fixture
def versioned(place: Place) -> Place:
    """Enable versioning of the bucket."""
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    return place


# Uploads over uploads.


def test_an_event_without_sequencer_processes_an_overwritten_video(place: Place) -> None:
    assert isinstance(work(a_worker(place), upload(place, b"old")), Stored)
    upload(place, b"new")

    assert isinstance(work(a_worker(place), event_of(place)), Stored)

    assert shown(place, record_of(place)) == pictures_of(b"new")


def test_a_late_event_of_an_overwritten_video_changes_nothing(place: Place) -> None:
    late = upload(place, b"old")
    work(a_worker(place), upload(place, b"new"), "message-2")
    before = record_of(place)

    assert work(a_worker(place), late) == Skipped("already_done")

    assert record_of(place) == before
    assert shown(place, before) == pictures_of(b"new")


def test_a_setting_selects_the_extensions(place: Place) -> None:
    worker = a_worker(place, video_extensions=".mov,.mxf")
    assert work(worker, upload(place, b"film")) == Skipped("not_a_video_name")
    assert isinstance(work(worker, upload(place, b"film", "uploads/a.MXF"), "message-2"), Stored)


def test_a_duplicate_event_of_a_done_video_writes_nothing(versioned: Place) -> None:
    event = upload(versioned, b"film")
    work(a_worker(versioned), event)
    before = record_of(versioned)

    assert work(a_worker(versioned), event, "message-2") == Skipped("already_done")

    assert record_of(versioned) == before


def test_an_upload_under_changed_settings_gets_new_thumbnails(versioned: Place) -> None:
    work(a_worker(versioned), upload(versioned, b"film"))

    again = upload(versioned, b"film")

    assert isinstance(work(a_worker(versioned, thumbnail_width_px="320"), again, "message-2"), Stored)


def test_a_duplicate_under_changed_settings_opens_no_done_record(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    before = record_of(place)

    assert work(a_worker(place, die, thumbnail_width_px="320"), event, "message-2") == Skipped("already_done")

    assert record_of(place) == before


def test_a_regeneration_replaces_thumbnails_of_other_settings_once(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    asked = event.model_copy(update={"name": REGENERATE})
    worker = a_worker(place, thumbnail_width_px="320")

    assert isinstance(work(worker, asked, "message-2"), Stored)
    assert work(worker, asked, "message-2") == Skipped("already_done")

    assert record_of(place).settings_hash == ThumbnailOptions(width_px=320).fingerprint
    assert extractions(worker) == 1


def test_older_pictures_do_not_replace_newer_ones(place: Place) -> None:
    def meanwhile() -> None:
        work(a_worker(place), upload(place, b"new"), "message-2")

    slow = a_worker(place, meanwhile)

    assert work(slow, upload(place, b"old")) == Skipped("already_done")

    assert shown(place, record_of(place)) == pictures_of(b"new")
    assert extractions(slow) == 1


class DyingBucket(Bucket):
    """A bucket in the hands of a worker that dies before its third thumbnail."""

    def put(self, key: str, *arguments: object, **options: object) -> None:
        if key.endswith("_3.jpg"):
            raise ServiceError("the worker died")
        super().put(key, *arguments, **options)  # type: ignore[arg-type]


def test_a_worker_that_dies_storing_leaves_newer_pictures(place: Place) -> None:
    def meanwhile() -> None:
        work(a_worker(place), upload(place, b"new"), "message-2")

    dying = a_worker(place, meanwhile, bucket=DyingBucket(place.clients.s3, place.bucket.name))

    assert work(dying, upload(place, b"old")) == Skipped("already_done")

    record = record_of(place)
    assert (record.state, shown(place, record)) == (VideoState.DONE, pictures_of(b"new"))


def test_pictures_replace_those_of_an_older_upload(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    work(a_worker(place), upload(place, b"new"), "message-2")

    assert shown(place, record_of(place)) == pictures_of(b"new")


def test_two_workers_with_one_upload_store_one_result(place: Place) -> None:
    event = upload(place, b"film")
    slow = a_worker(place, lambda: work(a_worker(place), event, "message-2"))

    assert work(slow, event) == Skipped("already_done")

    assert shown(place, record_of(place)) == pictures_of(b"film")
    assert place.videos.totals()["videos_done"] == 1


# Uploads and a purge.


def test_the_same_content_uploaded_again_renews_the_record(versioned: Place) -> None:
    work(a_worker(versioned), upload(versioned, b"film"))
    seen_by_purge = record_of(versioned)

    assert work(a_worker(versioned), upload(versioned, b"film"), "message-2") == Skipped("already_done")

    with pytest.raises(WriteConflictError):
        versioned.videos.remove([seen_by_purge])
    assert record_of(versioned).version_id != seen_by_purge.version_id


def test_an_upload_after_its_record_was_purged_is_processed(versioned: Place) -> None:
    work(a_worker(versioned), upload(versioned, b"film"))
    purged = record_of(versioned)
    versioned.videos.remove([purged])
    versioned.videos.release([purged.base])

    assert isinstance(work(a_worker(versioned), upload(versioned, b"film"), "message-2"), Stored)


def test_a_video_purged_during_processing_leaves_no_record(place: Place) -> None:
    worker = a_worker(place, lambda: place.videos.remove([record_of(place)]))

    assert work(worker, upload(place, b"film")) == Skipped("purged")

    assert place.videos.get(KEY) is None
    assert place.videos.totals().get("videos_done", 0) == 0


def test_a_slow_worker_stores_nothing_for_a_purged_video(place: Place) -> None:
    def purge() -> None:
        place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
        place.videos.remove([record_of(place)])
        place.videos.release(["thumbnails/a"])
        worker._now = lambda: datetime.now(UTC) + timedelta(seconds=10)  # noqa: SLF001 - the extraction took so long

    worker = a_worker(place, purge)

    assert work(worker, upload(place, b"film")) == Skipped("object_gone")

    assert list(place.bucket.list("thumbnails/")) == []


def test_a_finished_record_keeps_the_mark_of_a_purge(place: Place) -> None:
    def mark() -> None:
        record = record_of(place)
        place.videos.replace(record, record.model_copy(update={"purged_at": datetime.now(UTC)}))

    assert work(a_worker(place, mark), upload(place, b"film")) == Skipped("purged")

    record = record_of(place)
    assert (record.state, record.purged_at is not None, len(record.thumbnails)) == (VideoState.DONE, True, 3)


def test_a_deleted_video_closes_its_record(place: Place) -> None:
    event = upload(place, b"film")
    worker = a_worker(place, lambda: place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY))
    work(worker, event)
    record = record_of(place)
    place.videos.replace(record, record.model_copy(update={"state": VideoState.PROCESSING, "finished_at": None}))

    assert work(a_worker(place, delete_follows_source="false"), event) == Skipped("object_gone")

    assert (record_of(place).state, record_of(place).reason_code) == (VideoState.FAILED, ReasonCode.DELETED)


def test_another_message_never_closes_a_record_in_progress(place: Place) -> None:
    first = upload(place, b"film")
    second = upload(place, b"other")
    results: list[Stored | Skipped] = []
    states: list[VideoState] = []

    def meanwhile() -> None:
        place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
        results.append(work(a_worker(place), second, "message-2"))
        states.append(record_of(place).state)

    work(a_worker(place, meanwhile), first, "message-1")

    assert (results, states) == ([Skipped("object_gone")], [VideoState.PROCESSING])


class UnreadableSandbox(PlayedSandbox):
    """A sandbox that cannot read the video, once the test has done what happens meanwhile."""

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        if self.extractions:
            return super().extract(source, options)
        super().extract(source, options)
        return Outcome(VideoState.FAILED, reason_code=ReasonCode.STORAGE, reason="It changed.", retryable=True)


def test_a_video_deleted_while_it_is_read_closes_its_record(place: Place) -> None:
    event = upload(place, b"film")
    worker = a_worker(place, delete_follows_source="false")
    worker._sandbox = UnreadableSandbox(lambda: place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY))  # noqa: SLF001 - there is no other way to a sandbox of the test

    assert work(worker, event) == Skipped("object_gone")

    assert (record_of(place).state, record_of(place).reason_code) == (VideoState.FAILED, ReasonCode.DELETED)


def test_a_video_overwritten_while_it_is_read_is_processed_at_once(place: Place) -> None:
    event = upload(place, b"old")
    worker = a_worker(place)
    worker._sandbox = UnreadableSandbox(lambda: upload(place, b"new"))  # noqa: SLF001 - as above

    work(worker, event)

    assert shown(place, record_of(place)) == pictures_of(b"new")


class HookedTable(VideosTable):
    """A table that lets a test act just before a record is read for the first time."""

    def __init__(self, place: Place, before_read: Callable[[], object]) -> None:
        super().__init__(place.clients.dynamodb, place.resources.table.name)
        self._before_read: list[Callable[[], object]] = [before_read]

    def get(self, key: str) -> VideoRecord | None:
        if self._before_read:
            self._before_read.pop()()
        return super().get(key)


def test_a_video_uploaded_during_its_close_is_processed(place: Place) -> None:
    event = upload(place, b"film")
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
    again = []

    def come_back() -> None:
        again.append((upload(place, b"film"), delivery("message-2")))
        with pytest.raises(ProcessingError):
            a_worker(place, die).process(*again[0])

    work(a_worker(place, videos=HookedTable(place, come_back)), event)
    a_worker(place).process(*again[0])

    assert record_of(place).state is VideoState.DONE


def test_a_video_uploaded_just_before_its_close_is_processed(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(event, delivery("message-1"))
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)

    hooked = HookedTable(place, lambda: upload(place, b"film"))

    assert isinstance(work(a_worker(place, videos=hooked), event), Stored)
