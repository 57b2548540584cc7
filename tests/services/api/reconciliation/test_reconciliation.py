"""Uploads, records and pictures that differ, and what a reconciliation makes of them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from services.api.actions.deletion import delete_video
from services.aws.bucket import Bucket, ObjectInfo, ObjectVersion
from services.contract.events import parse_notification
from services.contract.keys import thumbnail_key
from services.contract.records import ReasonCode, VideoState
from services.contract.resources import CLAIM_PREFIX, PURGER
from services.contract.thumbnails import ImageFormat, ThumbnailOverrides
from services.worker.process import ProcessingError
from tests.services.api.reconciliation.conftest import PRESENT, Reconciling, work_all
from tests.services.api.records import with_overview
from tests.support.place import Place
from tests.support.processing import (
    BROKEN,
    a_worker,
    delivery,
    event_of,
    list_frames,
    picture_of,
    pictures_of,
    put_frames,
    record_of,
    shown,
    upload,
    work,
)
from tests.support.purging import missing_pictures


def forget_messages(place: Place) -> None:
    while messages := place.queue.receive(10, wait_s=0, visibility_timeout_s=600):
        place.queue.delete_all(messages)


def put_picture(place: Place, key: str) -> None:
    place.bucket.put(key, b"picture", content_type="image/jpeg")


def delete(place: Place, key: str) -> None:
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=key)


def make_differences(place: Place) -> None:
    """Store one video of each finding, and pictures without a video."""
    worker = a_worker(place)
    for name in ("kept", "lost", "gone"):
        work(worker, upload(place, b"film", f"uploads/{name}.mp4"), name)
    work(a_worker(place, thumbnail_width_px="320"), upload(place, b"film", "uploads/outdated.mp4"), "outdated")
    work(worker, upload(place, b"before", "uploads/changed.mp4"), "changed")
    place.bucket.put("uploads/changed.mp4", b"after", content_type="video/mp4")
    place.bucket.put("uploads/missing.mp4", b"film", content_type="video/mp4")
    place.bucket.put("uploads/notes.txt", b"text", content_type="text/plain")
    delete(place, "thumbnails/lost_2.jpg")
    delete(place, "uploads/gone.mp4")
    put_picture(place, "thumbnails/nobody_1.jpg")
    put_picture(place, "thumbnails/kept_4.jpg")
    put_picture(place, "thumbnails/README.txt")
    forget_messages(place)


def test_a_dry_run_counts_and_changes_nothing(place: Place, reconciling: Reconciling) -> None:
    make_differences(place)
    before = {info.key: info.etag for info in place.bucket.list("")}
    records = sorted(str(item) for item in place.videos.scan() if item["pk"].startswith(("uploads/", "claim:")))

    plan = reconciling.plan()

    counts = plan.counts
    assert (plan.state, plan.position) == ("done", "uploads/outdated.mp4")
    assert (counts.missing, counts.changed, counts.outdated, counts.lost) == (1, 1, 1, 1)
    assert (counts.kept, counts.gone, counts.surplus) == (1, 1, 4 + 2)
    assert counts.queued_bytes == len(b"film") * 3 + len(b"after")
    assert {one.key: one.finding for one in plan.examples if one.finding != "surplus"} == {
        "uploads/gone.mp4": "gone",
        **{f"uploads/{name}.mp4": name for name in ("missing", "changed", "outdated", "lost")},
    }
    assert {info.key: info.etag for info in place.bucket.list("")} == before
    assert sorted(str(item) for item in place.videos.scan() if item["pk"].startswith(("uploads/", "claim:"))) == records
    assert place.queue.receive(10, wait_s=0, visibility_timeout_s=600) == []


def test_a_run_makes_the_thumbnails_equal_to_the_uploads(place: Place, reconciling: Reconciling) -> None:
    make_differences(place)
    kept, _ = put_frames(place, "uploads/kept.mp4", "uploads/gone.mp4")
    plan = reconciling.plan()

    run = reconciling.run(plan)
    processed = work_all(place)

    assert (run.state, list_frames(place)) == ("done", {kept})
    # The pictures of the video that is gone are deleted before the pictures are listed.
    assert run.counts.model_copy(update={"pictures": plan.counts.pictures}) == plan.counts
    assert processed == run.counts.queued == 4
    videos = {item["pk"] for item in place.videos.scan() if item["pk"].startswith("uploads/")}
    assert videos == {f"uploads/{name}.mp4" for name in ("kept", "lost", "outdated", "changed", "missing")}
    assert missing_pictures(place) == []
    assert shown(place, record_of(place, "uploads/changed.mp4")) == pictures_of(b"after")
    assert {record_of(place, key).settings_hash for key in videos} == {PRESENT.fingerprint}
    assert place.bucket.head("thumbnails/README.txt").size_bytes == 7
    again = reconciling.plan().counts
    assert (again.kept, again.queued, again.gone, again.surplus) == (5, 0, 0, 0)


def test_lost_pictures_are_made_again_without_a_failed_record(place: Place, reconciling: Reconciling) -> None:
    work(a_worker(place), upload(place, b"film"))
    before = record_of(place)
    delete(place, "thumbnails/a_2.jpg")
    forget_messages(place)

    run = reconciling.run()

    # If its event could not be sent, the next reconciliation would find it again.
    assert (run.counts.lost, record_of(place)) == (1, before)
    assert (work_all(place), missing_pictures(place)) == (1, [])


def test_pictures_stored_after_the_listing_are_not_lost(place: Place, reconciling: Reconciling) -> None:
    work(a_worker(place), upload(place, b"film"))
    forget_messages(place)

    class OldListing(Bucket):
        def pages(self, prefix: str, **options: Any) -> Any:
            return iter(()) if prefix == "thumbnails/" else super().pages(prefix, **options)

    reconciling.changes["bucket"] = OldListing(place.clients.s3, place.bucket.name)
    run = reconciling.run()

    assert run.counts.lost == 1
    assert place.queue.receive(10, wait_s=0, visibility_timeout_s=600) == []


def test_old_format_pictures_are_deleted_after_new_ones(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    forget_messages(place)
    webp = Reconciling(place, PRESENT.model_copy(update={"format": ImageFormat.WEBP}))

    first = webp.run()
    work_all(place, a_worker(place, thumbnail_format="webp"))
    second = webp.run()

    assert (first.counts.outdated, first.counts.surplus) == (1, 0)
    assert (second.counts.kept, second.counts.surplus) == (1, 3)
    left = [f"thumbnails/a_{n}.webp" for n in (1, 2, 3)]
    assert [info.key for info in place.bucket.list("thumbnails/")] == [*left, "thumbnails/a_manifest.json"]


def test_sheets_that_no_record_lists_are_removed(place: Place, reconciling: Reconciling) -> None:
    record = with_overview(place, "uploads/a.mp4", sheets=3)
    assert record.storyboard is not None
    place.bucket.put("thumbnails/a_sheet-4.jpg", b"of a denser storyboard", content_type="image/jpeg")

    run = reconciling.run()

    assert run.counts.surplus == 1
    stored = {info.key for info in place.bucket.list("thumbnails/")}
    assert stored >= set(record.storyboard.keys)
    assert "thumbnails/a_sheet-4.jpg" not in stored


def test_options_of_a_video_are_kept_also_when_settings_change(place: Place, reconciling: Reconciling) -> None:
    event = upload(place, b"film")
    chosen = ThumbnailOverrides(positions_pct=(5.0, 50.0))
    work(a_worker(place), event.model_copy(update={"options": chosen}))
    forget_messages(place)
    assert reconciling.run().counts.kept == 1

    smaller = Reconciling(place, PRESENT.model_copy(update={"width_px": 320}))
    assert smaller.run().counts.outdated == 1
    work_all(place, a_worker(place, thumbnail_width_px="320"))

    record = record_of(place)
    assert (record.options, len(record.thumbnails)) == (chosen, 2)
    assert record.settings_hash == smaller.options.replace(chosen).fingerprint
    assert (smaller.plan().counts.kept, smaller.plan().counts.surplus) == (1, 0)


def test_failed_videos_and_those_in_progress_are_left(place: Place, reconciling: Reconciling) -> None:
    work(a_worker(place), upload(place, b"film", "uploads/failed.mp4"), "failed")
    work(a_worker(place), upload(place, b"film", "uploads/busy.mp4"), "busy")
    forget_messages(place)
    failed, busy = (record_of(place, f"uploads/{name}.mp4") for name in ("failed", "busy"))
    ended = {"state": VideoState.FAILED, "reason_code": ReasonCode.DAMAGED, "settings_hash": "other"}
    place.videos.replace(failed, failed.model_copy(update=ended))
    place.videos.replace(
        busy, busy.model_copy(update={"state": VideoState.PROCESSING, "finished_at": None, "thumbnails": ()})
    )

    counts = reconciling.run().counts

    assert (counts.failed, counts.in_progress, counts.queued, counts.surplus) == (1, 1, 0, 0)


def test_pictures_of_the_upload_before_a_failure_are_deleted(place: Place, reconciling: Reconciling) -> None:
    worker = a_worker(place)
    work(worker, upload(place, b"film"), "done")
    broken = upload(place, BROKEN)
    with pytest.raises(ProcessingError) as damaged:
        work(worker, broken, "failed")
    worker.record_failure(broken, delivery("failed"), damaged.value)
    forget_messages(place)
    stored = [info.key for info in place.bucket.list("thumbnails/")]
    assert (record_of(place).state, len(stored)) == (VideoState.FAILED, 4)

    run = reconciling.run()

    assert (run.counts.failed, run.counts.surplus, run.counts.queued) == (1, 4, 0)
    assert list(place.bucket.list("thumbnails/")) == []
    assert place.videos.claim_owner(record_of(place).base) == record_of(place).key


class ReturningBucket(Bucket):
    """A bucket in which a deleted video is uploaded and processed again just after it was looked for."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self.place = place

    def head(self, key: str) -> ObjectInfo:
        try:
            return super().head(key)
        finally:
            work(a_worker(self.place), upload(self.place, b"new", key), "again")


def test_a_video_that_returns_keeps_its_new_thumbnails(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    delete(place, "uploads/a.mp4")

    Reconciling(place, changes={"bucket": ReturningBucket(place)}).run(Reconciling(place).plan())

    assert shown(place, record_of(place)) == pictures_of(b"new")
    assert missing_pictures(place) == []


class ClaimingBucket(Bucket):
    """A bucket in which a worker makes a picture again just before its versions are listed."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self.place = place

    def versions(self, prefix: str) -> list[ObjectVersion]:  # type: ignore[override]
        work(a_worker(self.place, thumbnail_positions="10,50,95,99"), upload(self.place, b"new"), "again")
        return list(super().versions(prefix))


def test_a_picture_that_a_worker_has_just_stored_stays(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    put_picture(place, "thumbnails/a_4.jpg")

    run = Reconciling(place, changes={"bucket": ClaimingBucket(place)}).run(Reconciling(place).plan())

    assert run.counts.surplus == 0
    assert place.bucket.head("thumbnails/a_4.jpg").size_bytes == len(picture_of(b"new", 99.0))


@pytest.mark.parametrize("owner", ["uploads/gone.mp4", PURGER])
def test_a_claim_without_a_record_is_released_with_its_pictures(
    place: Place, reconciling: Reconciling, owner: str
) -> None:
    claim = {"pk": {"S": f"{CLAIM_PREFIX}thumbnails/gone"}, "upload": {"S": owner}}
    place.clients.dynamodb.put_item(TableName=place.resources.table.name, Item=claim)
    put_picture(place, "thumbnails/gone_1.jpg")
    put_picture(place, "thumbnails/gone_1.jpg")

    run = reconciling.run()

    assert run.counts.surplus == 1
    assert list(place.bucket.versions("thumbnails/")) == []
    assert place.videos.claim_owner("thumbnails/gone") is None


def test_a_record_that_a_purge_has_marked_keeps_its_pictures(place: Place, reconciling: Reconciling) -> None:
    work(a_worker(place), upload(place, b"film"))
    record = record_of(place)
    place.videos.replace(record, record.model_copy(update={"purged_at": datetime.now(UTC)}))
    delete(place, "uploads/a.mp4")

    counts = reconciling.run().counts

    assert (counts.gone, counts.surplus) == (0, 0)
    assert place.bucket.head(thumbnail_key("thumbnails/a", 1)).size_bytes > 0


def test_deleted_thumbnails_of_a_present_upload_stay_deleted(place: Place, reconciling: Reconciling) -> None:
    work(a_worker(place), upload(place, b"film"))
    stores: Any = SimpleNamespace(bucket=place.bucket, videos=place.videos, dead_letters=None)
    delete_video(stores, "uploads/a.mp4", with_upload=False)
    forget_messages(place)

    counts = reconciling.run().counts

    assert (counts.deleted, counts.queued, counts.gone) == (1, 0, 0)


def test_a_dismissed_failure_stays_until_its_upload_changes(place: Place, reconciling: Reconciling) -> None:
    work(a_worker(place), upload(place, b"film"))
    forget_messages(place)
    record = record_of(place)
    dismissed = {"state": VideoState.DISMISSED, "reason_code": ReasonCode.TIMEOUT, "settings_hash": "other"}
    place.videos.replace(record, record.model_copy(update=dismissed))

    counts = reconciling.run().counts

    assert (counts.dismissed, counts.queued, counts.kept) == (1, 0, 0)
    place.bucket.put("uploads/a.mp4", b"another film", content_type="video/mp4")
    assert reconciling.run().counts.changed == 1


@pytest.mark.parametrize("half", ["create", "remove"])
def test_each_half_can_be_left_out(place: Place, reconciling: Reconciling, half: str) -> None:
    make_differences(place)
    creates, removes = half == "create", half == "remove"

    counts = reconciling.run(create=creates, remove=removes).counts

    assert (counts.queued > 0, counts.gone > 0, counts.surplus > 0) == (creates, removes, removes)


def test_uploads_come_before_the_videos_that_it_queues(place: Place, reconciling: Reconciling) -> None:
    make_differences(place)

    reconciling.run()

    messages = place.queue.receive(10, wait_s=0, visibility_timeout_s=600)
    assert [event.is_background for one in messages for event in parse_notification(one.body)] == [True] * 4


def test_an_object_that_was_put_twice_is_queued_once(place: Place, reconciling: Reconciling) -> None:
    upload(place, b"film")
    event = event_of(place)
    forget_messages(place)

    reconciling.run()
    worker = a_worker(place)
    assert work_all(place, worker) == 1

    assert work(worker, event, "late").why == "already_done"  # type: ignore[union-attr]
