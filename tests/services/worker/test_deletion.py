"""Videos whose uploads are deleted: events that come late, twice and out of order, and workers that die."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ServiceError
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.resources import PURGE_KEY, PURGER, pipeline_resources
from services.worker.process import ProcessingError, Skipped, Stored
from tests.model.place import simulated_place
from tests.support.place import Place
from tests.support.processing import (
    DyingBucket,
    a_worker,
    delete,
    delivery,
    die,
    is_empty,
    list_frames,
    pictures_of,
    put_frames,
    record_of,
    shown,
    upload,
    work,
)

KEY = "uploads/a.mp4"
REMOVED = Skipped("removed")


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("deleted")) as simulated:
        yield simulated


def test_a_deleted_upload_takes_record_claim_and_all_pictures_with_it(place: Place) -> None:
    worker = a_worker(place)
    work(worker, upload(place, b"before"), "message-0")
    work(worker, upload(place, b"film"))
    _, other = put_frames(place, KEY, "uploads/b.mp4")

    assert work(worker, delete(place), "message-2") == REMOVED

    assert is_empty(place)
    assert list_frames(place) == {other}
    assert work(worker, delete(place), "message-3") == Skipped("no_record")


def test_a_late_deletion_leaves_a_video_put_again(place: Place) -> None:
    worker = a_worker(place)
    work(worker, upload(place, b"old"))
    late = delete(place)
    again = upload(place, b"new")

    # Before the event of the new upload, and after it; the second time its sequencer suffices.
    assert work(worker, late, "message-2") == Skipped("uploaded_again")
    work(worker, again, "message-3")
    assert work(worker, late, "message-2") == Skipped("uploaded_again")

    assert shown(place, record_of(place)) == pictures_of(b"new")


def test_the_last_of_several_deletions_removes_the_video(place: Place) -> None:
    worker = a_worker(place)
    first = upload(place, b"old")
    early = delete(place)
    second = upload(place, b"new")
    work(worker, second, "message-2")
    last = delete(place)

    assert work(worker, early, "message-3") == Skipped("uploaded_again")
    assert work(worker, last, "message-4") == REMOVED
    assert work(worker, first) == Skipped("object_gone")

    assert is_empty(place)


class ReturningBucket(Bucket):
    """A bucket in which the video is put again, and processed, after a worker has found that it is gone."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self._place = place
        self._is_back = False

    def head(self, key: str) -> ObjectInfo:
        try:
            return super().head(key)
        finally:
            if not self._is_back:
                self._is_back = True
                work(a_worker(self._place), upload(self._place, b"new", key), "again")


def test_a_video_that_returns_after_the_look_keeps_its_record(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))

    found = work(a_worker(place, bucket=ReturningBucket(place)), delete(place), "message-2")

    assert found == Skipped("uploaded_again")
    assert shown(place, record_of(place)) == pictures_of(b"new")


def test_a_video_deleted_in_progress_is_removed_at_its_end(place: Place) -> None:
    results = []

    def meanwhile() -> None:
        results.append(work(a_worker(place), delete(place), "message-2"))

    assert work(a_worker(place, meanwhile), upload(place, b"film")) == Skipped("object_gone")

    assert results == [Skipped("in_progress")]
    assert is_empty(place)


def test_a_video_that_fails_in_progress_is_removed_as_well(place: Place) -> None:
    event = upload(place, b"broken")
    worker = a_worker(place, lambda: work(a_worker(place), delete(place), "message-2"))
    with pytest.raises(ProcessingError) as failed:
        work(worker, event)

    worker.record_failure(event, delivery("message-1"), failed.value)

    assert is_empty(place)


def test_the_next_delivery_removes_what_a_dead_worker_left(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        work(a_worker(place, die), event)
    assert work(a_worker(place), delete(place), "message-2") == Skipped("in_progress")

    assert work(a_worker(place), event) == Skipped("object_gone")

    assert is_empty(place)


def interrupt_purge(place: Place) -> tuple[UploadEvent, UploadEvent]:
    """Leave a claim and pictures without a record, as a purge or an older worker; return the two events."""
    put = upload(place, b"film")
    work(a_worker(place), put)
    event = delete(place)
    place.videos.remove([record_of(place)])
    return put, event


def test_a_delivery_without_a_record_finishes_an_interrupted_removal(place: Place) -> None:
    put, _ = interrupt_purge(place)

    # Its message is that of the interrupted delivery, which will not come again.
    assert work(a_worker(place), put, "message-2") == Skipped("object_gone")

    assert is_empty(place)


def test_a_repeated_deletion_finishes_an_interrupted_removal(place: Place) -> None:
    _, event = interrupt_purge(place)

    assert work(a_worker(place), event, "message-2") == Skipped("no_record")

    assert is_empty(place)


@pytest.mark.parametrize(("phase", "is_left"), [("records", True), ("thumbnails", False), ("dead_letters", False)])
def test_a_running_purge_finishes_only_what_it_will_still_find(place: Place, phase: str, *, is_left: bool) -> None:
    _, event = interrupt_purge(place)
    _write_purge(place, phase=phase, cutoff=datetime.now(UTC))

    work(a_worker(place), event, "message-2")

    assert (place.videos.claim_owner("thumbnails/a") == PURGER) is is_left


def test_a_removal_that_aws_interrupts_does_not_settle_a_failure(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        work(a_worker(place, die), event)
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
    worker = a_worker(place, bucket=DyingBucket(place))
    place.clients.s3.put_object(Bucket=place.bucket.name, Key="thumbnails/a_1.jpg", Body=b"a picture")

    with pytest.raises(ServiceError):
        worker.find_failed_upload(event, delivery("message-1"), ProcessingError(ReasonCode.STORAGE, "", retryable=True))


def test_a_video_that_returns_takes_the_base_of_an_interrupted_removal(place: Place) -> None:
    _, event = interrupt_purge(place)
    work(a_worker(place), upload(place, b"new"), "message-3")

    again = delivery("message-2", receive_count=2)
    assert a_worker(place).process(event, again) == Skipped("uploaded_again")

    assert (record_of(place).base, place.videos.claim_owner("thumbnails/a")) == ("thumbnails/a", KEY)
    assert shown(place, record_of(place)) == pictures_of(b"new")


class ContestedTable(VideosTable):
    """A table in which another upload takes a base as soon as its claim is released."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.dynamodb, place.resources.table.name)
        self._place: Place | None = place

    def replace(self, before: VideoRecord | None, after: VideoRecord, **options: bool) -> VideoRecord:
        place = self._place
        if place is not None and self.claim_owner(after.base) is None:
            self._place = None
            work(a_worker(place), upload(place, b"other", "uploads/a.mov"), "other")
        return super().replace(before, after, **options)


def test_a_video_gets_another_base_if_a_freed_one_is_taken(place: Place) -> None:
    interrupt_purge(place)

    work(a_worker(place, videos=ContestedTable(place)), upload(place, b"new"), "message-3")

    assert place.videos.claim_owner("thumbnails/a") == "uploads/a.mov"
    assert (record_of(place).base, shown(place, record_of(place))) == ("thumbnails/a.mp4", pictures_of(b"new"))


def test_a_deleted_record_is_removed_although_another_upload_has_its_base(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    record = record_of(place)
    gone = {"state": VideoState.DELETED, "thumbnails": ()}
    place.videos.replace(record, record.model_copy(update=gone), seizes=True)
    place.videos.release([record.base])
    work(a_worker(place), upload(place, b"other", "uploads/a.mov"), "message-2")

    assert work(a_worker(place), delete(place), "message-3") == REMOVED

    assert place.videos.get(KEY) is None
    assert place.videos.claim_owner("thumbnails/a") == "uploads/a.mov"


def _write_purge(place: Place, *, phase: str, cutoff: datetime) -> None:
    job = {"progress": {"running": True, "phase": phase}, "cutoff": cutoff.isoformat()}
    item: Any = {"pk": {"S": PURGE_KEY}, "revision": {"N": "1"}, "content": {"S": json.dumps(job)}}
    place.clients.dynamodb.put_item(TableName=place.resources.table.name, Item=item)


@pytest.mark.parametrize(
    ("phase", "ahead", "expected"),
    [
        ("uploads", timedelta(minutes=1), Skipped("left_to_purge")),
        ("uploads", -timedelta(minutes=1), REMOVED),
        ("records", timedelta(minutes=1), REMOVED),
    ],
    ids=["counted", "uploaded after the count", "scanned already"],
)
def test_only_what_a_purge_will_find_is_left_to_it(
    place: Place, phase: str, ahead: timedelta, expected: Skipped
) -> None:
    work(a_worker(place), upload(place, b"film"))
    _write_purge(place, phase=phase, cutoff=datetime.now(UTC) + ahead)

    assert work(a_worker(place), delete(place), "message-2") == expected


def test_without_the_setting_nothing_is_removed(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))

    worker = a_worker(place, delete_follows_source="false")
    assert work(worker, delete(place), "message-2") == Skipped("deletion_not_followed")

    assert record_of(place).state is VideoState.DONE


def test_same_content_put_again_in_progress_is_kept(place: Place) -> None:
    again: list[Stored | Skipped] = []

    def meanwhile() -> None:
        work(a_worker(place), delete(place), "message-2")
        again.append(work(a_worker(place), upload(place, b"film"), "message-3"))

    work(a_worker(place, meanwhile), upload(place, b"film"))

    assert isinstance(again[0], Stored)
    assert shown(place, record_of(place)) == pictures_of(b"film")


def test_a_failed_video_goes_with_its_upload(place: Place) -> None:
    event = upload(place, b"broken")
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as failed:
        work(worker, event)
    worker.record_failure(event, delivery("message-1"), failed.value)
    assert record_of(place).reason_code is ReasonCode.DAMAGED

    assert work(worker, delete(place), "message-2") == REMOVED

    assert is_empty(place)
