"""Pictures that a slow worker stores after its video was removed: no record lists them, and they must go."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.aws.bucket import Bucket
from services.aws.errors import ServiceError
from services.aws.removal import clear_base, remove_video
from services.contract.events import Delivery, UploadEvent
from services.contract.records import Decision, VideoState, close_deleted
from services.contract.resources import PURGER, pipeline_resources
from services.contract.thumbnails import ImageFormat
from services.worker.process import ProcessingError, Skipped, Stored
from tests.model.place import simulated_place
from tests.services.api.reconciliation.conftest import PRESENT, Reconciling
from tests.support.place import Place
from tests.support.processing import (
    a_tired_worker,
    a_worker,
    delivery,
    die,
    is_empty,
    pictures_of,
    record_of,
    shown,
    upload,
    work,
)

KEY = "uploads/a.mp4"


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("late")) as simulated:
        yield simulated


class SlowBucket(Bucket):
    """A bucket whose last picture is stored after its video has been removed in the meantime."""

    def __init__(self, place: Place, meanwhile: Callable[[], object]) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self._meanwhile = meanwhile

    def put(self, key: str, body: bytes, **more: Any) -> None:
        if key.endswith("_3.jpg"):
            meanwhile, self._meanwhile = self._meanwhile, lambda: None
            meanwhile()
        super().put(key, body, **more)


class DyingAfterPictures(Bucket):
    """A bucket of a worker that dies when it has stored all but the last picture."""

    def put(self, key: str, body: bytes, **more: Any) -> None:
        if key.endswith("_3.jpg"):
            raise ServiceError("the worker died before it stored the last picture")
        super().put(key, body, **more)


def claim_and_fail(place: Place, event: UploadEvent, received: Delivery) -> ProcessingError:
    """Let a worker claim the video, whose extraction fails; return the error of the attempt."""
    with pytest.raises(ProcessingError) as failed:
        a_tired_worker(place).process(event, received)
    return failed.value


def purge(place: Place, key: str = KEY) -> None:
    """Remove the upload, the record, the pictures and the claim, as a purge that no longer waits."""
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=key)
    assert remove_video(place.bucket, place.videos, record_of(place, key), datetime.now(UTC)) is not None


def test_a_worker_deletes_what_it_stored_after_a_purge(place: Place) -> None:
    event = upload(place, b"film")
    worker = a_worker(place, bucket=SlowBucket(place, lambda: purge(place)))

    assert work(worker, event) == Skipped("purged")

    assert is_empty(place)


def test_a_worker_deletes_what_it_stored_for_a_deleted_video(place: Place) -> None:
    event = upload(place, b"film")

    def bury() -> None:
        gone = {"state": VideoState.DELETED, "settings_hash": "", "finished_at": datetime.now(UTC)}
        record = record_of(place)
        place.videos.replace(record, record.model_copy(update=gone), seizes=True)
        clear_base(place.bucket, place.videos, record.base)

    assert work(a_worker(place, bucket=SlowBucket(place, bury)), event) == Skipped(Decision.ALREADY_DELETED)

    assert list(place.bucket.versions("thumbnails/")) == []


def test_a_claim_from_before_a_deletion_finishes_no_later_record(place: Place) -> None:
    event = upload(place, b"film")

    def put_again_and_fail() -> None:
        purge(place)
        with pytest.raises(ProcessingError):
            work(a_worker(place, die), upload(place, b"film"), "message-2")

    result = work(a_worker(place, bucket=SlowBucket(place, put_again_and_fail)), event)

    # It starts again, and stores all pictures.
    assert isinstance(result, Stored)
    assert shown(place, record_of(place)) == pictures_of(b"film")


def test_a_claim_before_other_content_finishes_no_later_record(place: Place) -> None:
    event = upload(place, b"film")

    def replace_a_picture_and_put_again() -> None:
        with pytest.raises(ProcessingError):
            work(
                a_worker(place, bucket=DyingAfterPictures(place.clients.s3, place.bucket.name)),
                upload(place, b"other"),
                "message-2",
            )
        with pytest.raises(ProcessingError):
            work(a_worker(place, die), upload(place, b"film"), "message-3")

    result = work(a_worker(place, bucket=SlowBucket(place, replace_a_picture_and_put_again)), event)

    # Its content is back, but one of its pictures is not: it starts again, and stores all.
    assert isinstance(result, Stored)
    assert shown(place, record_of(place)) == pictures_of(b"film")


def test_a_claim_finishes_no_record_whose_pictures_were_reconciled(place: Place) -> None:
    assert end_after_reconciliation(place) == Skipped(Decision.ALREADY_FAILED)

    # A letter says that it has failed, and a redrive makes all pictures.
    assert record_of(place).state is VideoState.FAILED


def test_a_slow_failure_hides_no_reconciliation(place: Place) -> None:
    assert end_after_reconciliation(place, fails_again=True) == Skipped(Decision.ALREADY_FAILED)

    assert record_of(place).state is VideoState.FAILED


def end_after_reconciliation(place: Place, *, fails_again: bool = False) -> Stored | Skipped:
    """End a slow attempt at a video that failed meanwhile, and whose pictures a reconciliation deleted."""
    event = upload(place, b"film")
    first, second, third = (delivery(f"message-{number}") for number in (1, 2, 3))

    def fail_and_reconcile() -> None:
        """Let other deliveries fail. The failed record lists no pictures: those that are stored are surplus."""
        earlier, later = [claim_and_fail(place, event, one) for one in (second, third)]
        a_worker(place).record_failure(event, third, later)
        assert Reconciling(place, PRESENT.model_copy(update={"format": ImageFormat.WEBP})).run().counts.surplus > 0
        if fails_again:
            a_worker(place).record_failure(event, second, earlier)

    return a_worker(place, bucket=SlowBucket(place, fail_and_reconcile)).process(event, first)


def test_a_storing_worker_without_an_answer_deletes_late_pictures(place: Place) -> None:
    event = upload(place, b"film")

    def remove() -> None:
        purge(place)
        Bucket(place.clients.s3, place.bucket.name).put("thumbnails/a_3.jpg", b"late", content_type="image/jpeg")
        raise ServiceError("the answer was lost")

    with pytest.raises(ProcessingError):
        work(a_worker(place, bucket=SlowBucket(place, remove)), event)

    assert is_empty(place)


def test_a_storing_worker_finishes_a_removal_that_has_begun(place: Place) -> None:
    event = upload(place, b"film")

    def begin_removal() -> None:
        place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
        record = record_of(place)
        now = datetime.now(UTC)
        place.videos.replace(record, close_deleted(record, now).model_copy(update={"deleted_at": now}))
        # The other worker has listed the pictures before this one, and deletes no more than those.
        Bucket(place.clients.s3, place.bucket.name).put("thumbnails/a_3.jpg", b"late", content_type="image/jpeg")
        raise ServiceError("the answer was lost")

    with pytest.raises(ProcessingError):
        work(a_worker(place, bucket=SlowBucket(place, begin_removal)), event)

    assert is_empty(place)


def test_a_purge_in_progress_keeps_its_claim_from_a_late_worker(place: Place) -> None:
    def begin_purge() -> None:
        place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
        place.videos.remove([record_of(place)])

    work(a_worker(place, bucket=SlowBucket(place, begin_purge)), upload(place, b"film"))

    assert place.videos.claim_owner("thumbnails/a") == PURGER
    assert list(place.bucket.versions("thumbnails/")) == []


def test_a_video_put_again_keeps_what_its_slow_worker_stored(place: Place) -> None:
    event = upload(place, b"film")

    def replace() -> None:
        purge(place)
        work(a_worker(place), upload(place, b"new"), "message-2")

    work(a_worker(place, bucket=SlowBucket(place, replace)), event)

    assert shown(place, record_of(place)) == pictures_of(b"new")


def test_a_worker_clears_its_base_before_the_next_claim(place: Place) -> None:
    event = upload(place, b"film")

    def put_again() -> None:
        purge(place)
        upload(place, b"new")

    assert work(a_worker(place, bucket=SlowBucket(place, put_again)), event) == Skipped("purged")

    assert is_empty(place)


def test_a_worker_clears_its_base_if_the_video_got_another(place: Place) -> None:
    work(a_worker(place), upload(place, b"other", "uploads/a.mov"))
    event = upload(place, b"film")

    def replace() -> None:
        purge(place)
        purge(place, "uploads/a.mov")
        work(a_worker(place), upload(place, b"new"), "message-2")

    work(a_worker(place, bucket=SlowBucket(place, replace)), event)

    assert shown(place, record_of(place)) == pictures_of(b"new")
    assert {info.key.rpartition("_")[0] for info in place.bucket.list("thumbnails/")} == {"thumbnails/a"}


def test_the_next_delivery_deletes_pictures_of_a_dead_late_worker(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=KEY)
    place.videos.remove([record_of(place)])
    place.videos.release(["thumbnails/a"])

    assert a_worker(place).process(event, delivery("message-1", receive_count=2)) == Skipped("object_gone")

    assert is_empty(place)


def test_a_worker_without_rights_leaves_late_pictures(place: Place) -> None:
    event = upload(place, b"film")
    bucket = SlowBucket(place, lambda: purge(place))
    worker = a_worker(place, bucket=bucket, delete_follows_source="false", thumbnail_manifest="false")

    assert work(worker, event) == Skipped("purged")

    assert [info.key for info in place.bucket.list("thumbnails/")] == ["thumbnails/a_3.jpg"]
