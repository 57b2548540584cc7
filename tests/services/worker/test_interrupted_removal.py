"""Removals that AWS or a death interrupts: the record stays until the pictures and the claim are gone."""

from collections.abc import Iterator, Sequence
from unittest.mock import patch

import pytest

from services.api.actions.deletion import delete_video
from services.aws.bucket import Bucket, ObjectVersion
from services.aws.errors import ServiceError
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import PURGER, pipeline_resources
from services.worker.process import ProcessingError, Skipped, Stored
from tests.model.place import simulated_place
from tests.support.place import Place
from tests.support.processing import (
    DyingBucket,
    a_worker,
    delete,
    delivery,
    is_empty,
    pictures_of,
    record_of,
    shown,
    upload,
    work,
)
from tests.support.stores import stores_of

KEY = "uploads/a.mp4"
REMOVED = Skipped("removed")


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("interrupted")) as simulated:
        yield simulated


class DyingTable(VideosTable):
    """A table of a worker that dies before it removes a record."""

    def remove(self, records: Sequence[VideoRecord], *, releases: bool = False) -> None:
        raise ServiceError(f"the worker died before it removed {len(records)} records, {releases}")


def interrupt_removal(
    place: Place, *, bucket: Bucket | None = None, videos: VideosTable | None = None
) -> tuple[UploadEvent, UploadEvent]:
    """Leave a record that is being removed; return the events of the upload and of its deletion."""
    put = upload(place, b"film")
    work(a_worker(place), put)
    event = delete(place)
    worker = a_worker(place, bucket=bucket or (DyingBucket(place) if videos is None else None), videos=videos)
    with pytest.raises(ProcessingError):
        work(worker, event, "message-2")
    return put, event


def test_an_interrupted_removal_is_finished_by_the_next_delivery(place: Place) -> None:
    put, event = interrupt_removal(place)
    assert record_of(place).state is VideoState.DONE
    assert place.videos.claim_owner("thumbnails/a") == KEY

    assert a_worker(place).process(event, delivery("message-2", receive_count=2)) == REMOVED

    assert is_empty(place)
    assert work(a_worker(place), put) == Skipped("object_gone")


@pytest.mark.parametrize("step", ["frames/", "thumbnails/", "delete", "record"])
@pytest.mark.parametrize("is_deletion", [True, False], ids=["deletion", "upload"])
def test_no_message_is_settled_before_the_removal_has_ended(place: Place, step: str, *, is_deletion: bool) -> None:
    if step == "record":
        put, event = interrupt_removal(place, videos=DyingTable(place.clients.dynamodb, place.resources.table.name))
    else:
        put, event = interrupt_removal(place, bucket=DyingBucket(place, step))

    # Another delivery, of this message or of another one, does what is left before it ends.
    work(a_worker(place), event if is_deletion else put, "message-3")

    assert is_empty(place)


def test_the_event_of_the_upload_finishes_an_interrupted_removal(place: Place) -> None:
    put, _ = interrupt_removal(place)

    assert work(a_worker(place), put) == Skipped("object_gone")

    assert is_empty(place)


def test_a_video_put_again_gets_another_base_after_an_interrupted_removal(place: Place) -> None:
    work(a_worker(place), upload(place, b"other", "uploads/a.mov"))
    _, event = interrupt_removal(place)
    work(a_worker(place), delete(place, "uploads/a.mov"), "message-3")

    # The same content: nothing of it may be taken for done.
    again = work(a_worker(place), upload(place, b"film"), "message-4")

    assert isinstance(again, Stored)
    assert work(a_worker(place), event, "message-2") == Skipped("uploaded_again")
    assert shown(place, record_of(place)) == pictures_of(b"film")
    assert record_of(place).base == "thumbnails/a"
    assert place.videos.claim_owner("thumbnails/a.mp4") is None
    assert {info.key.rpartition("_")[0] for info in place.bucket.list("thumbnails/")} == {"thumbnails/a"}


class ReplacedBucket(Bucket):
    """A bucket in which a video is put again and processed, before a removal lists the pictures of the old one."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self._place = place

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        if prefix.startswith("thumbnails/"):
            work(a_worker(self._place), upload(self._place, b"film"), "again")
        return super().versions(prefix)


def test_a_slow_removal_deletes_no_pictures_of_the_next_upload(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))

    found = work(a_worker(place, bucket=ReplacedBucket(place)), delete(place), "message-2")

    assert found == Skipped("uploaded_again")
    assert shown(place, record_of(place)) == pictures_of(b"film")


def test_a_worker_that_may_not_delete_processes_a_video_put_again(place: Place) -> None:
    interrupt_removal(place)

    again = work(a_worker(place, delete_follows_source="false"), upload(place, b"film"), "message-3")

    assert isinstance(again, Stored)
    assert (record_of(place).deleted_at, record_of(place).base) == (None, "thumbnails/a")


class TakenTable(VideosTable):
    """A table in which another upload takes a base, before a removal removes the record that had it."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.dynamodb, place.resources.table.name)
        self._place: Place | None = place

    def remove(self, records: Sequence[VideoRecord], *, releases: bool = False) -> None:
        place, self._place = self._place, None
        if place is not None:
            work(a_worker(place), upload(place, b"other", "uploads/a.mov"), "other")
        super().remove(records, releases=releases)


def test_a_removal_leaves_a_claim_that_another_upload_gets_meanwhile(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    record = record_of(place)
    place.videos.replace(record, record.model_copy(update={"state": VideoState.DELETED, "thumbnails": ()}), seizes=True)
    place.videos.release([record.base])

    assert work(a_worker(place, videos=TakenTable(place)), delete(place), "message-3") == REMOVED

    assert place.videos.get(KEY) is None
    assert place.videos.claim_owner("thumbnails/a") == "uploads/a.mov"
    assert shown(place, record_of(place, "uploads/a.mov")) == pictures_of(b"other")


def test_a_video_put_again_takes_the_base_of_its_interrupted_deletion(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    with patch.object(Bucket, "delete", side_effect=ServiceError("killed")), pytest.raises(ServiceError):
        delete_video(stores_of(place), KEY, with_upload=False)
    assert place.videos.claim_owner("thumbnails/a") == PURGER

    assert isinstance(work(a_worker(place), upload(place, b"new"), "message-2"), Stored)

    assert record_of(place).base == "thumbnails/a"
    assert shown(place, record_of(place)) == pictures_of(b"new")
