"""Regenerations that fail: the video keeps its thumbnails, unless a worker has begun to replace them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.bucket import Bucket
from services.aws.errors import ServiceError
from services.contract.events import REGENERATE, Delivery, UploadEvent
from services.contract.records import Decision, ReasonCode, VideoRecord, VideoState
from services.contract.resources import pipeline_resources
from services.contract.statistics.ends import select_ends
from services.contract.thumbnails import ThumbnailOptions, ThumbnailOverrides
from services.worker.extraction.outcome import ExtractedFile, ExtractedPoster, ExtractedPreview, Outcome, ScoredFrame
from services.worker.extraction.reading.source import VideoSource
from services.worker.process import ProcessingError, Processor, Skipped, Stored
from tests.model.place import simulated_place
from tests.support.place import Place
from tests.support.processing import (
    TIRED,
    MeasuredSandbox,
    a_tired_worker,
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

LATER = datetime.now(UTC) + timedelta(days=1)
AGAIN = delivery("message-2", sent_at=LATER)


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("regenerated")) as simulated:
        yield simulated


def regeneration(place: Place) -> UploadEvent:
    return event_of(place).model_copy(update={"name": REGENERATE})


def count(place: Place) -> dict[str, int]:
    return {name: number for name, number in place.videos.totals().items() if number}


def fail(worker: Processor, event: UploadEvent, delivered: Delivery = AGAIN) -> bool:
    """Let the last attempt fail, as the loop does; return True if the video keeps its result."""
    with pytest.raises(ProcessingError) as caught:
        worker.process(event, delivered)
    failed = worker.find_failed_upload(event, delivered, caught.value)
    assert failed is not None
    if worker.bring_back_result(failed, delivered, caught.value):
        return True
    worker.record_failure(failed, delivered, caught.value)
    return False


def result_of(record: VideoRecord) -> tuple[object, ...]:
    return record.state, record.settings_hash, record.thumbnails, record.finished_at, record.duration_s


def test_a_failed_regeneration_keeps_state_and_thumbnails(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    before, totals = record_of(place), count(place)

    assert fail(a_tired_worker(place, thumbnail_width_px="320"), regeneration(place))

    after = record_of(place)
    assert result_of(after) == result_of(before)
    assert (after.earlier_result, after.uploaded_at) == (None, before.uploaded_at)
    assert shown(place, after) == pictures_of(b"film")
    assert count(place) == totals
    first, second = after.attempts
    assert (first.number, first.state) == (1, VideoState.DONE)
    assert (second.number, second.state, second.reason) == (2, VideoState.FAILED, TIRED)
    assert select_ends(place.videos.counters())["failed_memory"] == 1


def test_duplicates_of_a_failed_regeneration_are_skipped(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    event = regeneration(place)
    fail(a_tired_worker(place), event)

    assert a_worker(place).process(event, AGAIN) == Skipped(Decision.ALREADY_DONE)


def test_a_later_regeneration_succeeds_after_a_failed_one(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    fail(a_tired_worker(place), regeneration(place))

    later = delivery("message-3", sent_at=LATER + timedelta(seconds=1))
    result = a_worker(place, thumbnail_width_px="320").process(regeneration(place), later)

    assert isinstance(result, Stored)
    assert [(one.number, one.state) for one in result.record.attempts] == [
        (1, VideoState.DONE),
        (2, VideoState.FAILED),
        (3, VideoState.DONE),
    ]


def test_a_result_outlives_an_attempt_without_an_end(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    before = record_of(place)
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(regeneration(place), AGAIN)

    assert fail(a_tired_worker(place), regeneration(place))

    assert result_of(record_of(place)) == result_of(before)


def test_a_regeneration_given_up_unclaimed_keeps_the_result(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(regeneration(place), AGAIN)
    worker = a_worker(place)
    error = ProcessingError(ReasonCode.INTERNAL, "no worker finished it", retryable=False)
    failed = worker.find_failed_upload(regeneration(place), AGAIN, error)
    assert failed is not None

    assert worker.bring_back_result(failed, AGAIN, error)

    record = record_of(place)
    assert (record.state, record.attempts[-1].reason) == (VideoState.DONE, "no worker finished it")


def test_thumbnails_of_an_overwritten_upload_are_not_kept(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    event = upload(place, b"another film")

    assert not fail(a_tired_worker(place), event)

    record = record_of(place)
    assert (record.state, record.thumbnails, record.earlier_result) == (VideoState.FAILED, (), None)


def test_a_failed_video_has_no_result_to_keep(place: Place) -> None:
    event = upload(place, b"film")
    assert not fail(a_tired_worker(place), event, delivery("message-1"))

    assert not fail(a_tired_worker(place), event)

    assert record_of(place).state is VideoState.FAILED


class FullBucket(Bucket):
    """A bucket that stores one picture, and then no other."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self._stored = 0

    def put(self, key: str, body: bytes, **more: object) -> None:
        self._stored += 1
        if self._stored > 1:
            raise ServiceError(f"PUT {key}: full")
        super().put(key, body, **more)  # type: ignore[arg-type]


def test_a_video_whose_pictures_are_partly_replaced_fails(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))

    assert not fail(a_worker(place, bucket=FullBucket(place)), regeneration(place))

    record = record_of(place)
    assert (record.state, record.thumbnails) == (VideoState.FAILED, ())


def test_a_failed_video_keeps_no_result_that_another_replaced(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))

    def replace_a_picture() -> None:
        with pytest.raises(ProcessingError):
            a_worker(place, bucket=FullBucket(place)).process(regeneration(place), AGAIN)

    assert not fail(a_tired_worker(place, replace_a_picture), regeneration(place))

    record = record_of(place)
    assert (record.state, record.thumbnails, record.earlier_result) == (VideoState.FAILED, (), None)


def test_a_failure_from_before_a_deletion_brings_no_result_back(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    worker = a_tired_worker(place)
    with pytest.raises(ProcessingError) as caught:
        worker.process(regeneration(place), AGAIN)
    claimed = record_of(place)
    assert claimed.life is not None
    place.videos.replace(claimed, claimed.model_copy(update={"life": claimed.life ^ 1}))

    assert not worker.bring_back_result(regeneration(place), AGAIN, caught.value)

    assert record_of(place).state is VideoState.PROCESSING


def test_chosen_options_stay_when_the_content_is_put_again(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    worker, chosen = a_worker(place), ThumbnailOverrides(width_px=320)
    work(worker, upload(place, b"film"))
    worker.process(regeneration(place).model_copy(update={"options": chosen}), AGAIN)
    before = record_of(place)

    # A worker takes the thumbnails for those of other settings if it forgets the options.
    assert work(worker, upload(place, b"film"), "message-3") == Skipped(Decision.ALREADY_DONE)

    after = record_of(place)
    assert (after.options, after.settings_hash) == (chosen, ThumbnailOptions(width_px=320).fingerprint)
    assert after.version_id != before.version_id


def test_a_slow_worker_replaces_no_picture_that_is_kept(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))
    before = record_of(place)

    def meanwhile() -> None:
        assert fail(a_tired_worker(place), regeneration(place))

    slow = a_worker(place, meanwhile, thumbnail_width_px="320")
    assert slow.process(regeneration(place), AGAIN) == Skipped(Decision.ALREADY_DONE)

    assert result_of(record_of(place)) == result_of(before)


def test_the_mark_of_a_purge_outlives_giving_up_a_result(place: Place) -> None:
    work(a_worker(place), upload(place, b"film"))

    def mark() -> None:
        record = record_of(place)
        place.videos.replace(record, record.model_copy(update={"purged_at": LATER}))

    result = a_worker(place, mark).process(regeneration(place), AGAIN)

    assert result == Skipped("purged")
    assert (record_of(place).purged_at, record_of(place).earlier_result) == (LATER, None)


class NotingBucket(Bucket):
    """A bucket that notes the keys of what is stored, and of what is read in ranges."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self.stored: list[str] = []
        self.signed: list[str] = []

    def put(self, key: str, body: bytes, **more: object) -> None:
        self.stored.append(key)
        super().put(key, body, **more)  # type: ignore[arg-type]

    def sign(self, key: str, *, valid_s: int) -> str:
        self.signed.append(key)
        return super().sign(key, valid_s=valid_s)


def test_a_regeneration_opens_its_video_once(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)
    bucket = NotingBucket(place)

    assert isinstance(a_worker(place, bucket=bucket).process(regeneration(place), AGAIN), Stored)

    assert bucket.signed == [event.key]
    assert len(bucket.stored) == len(set(bucket.stored)) == 4


class PinningSandbox(MeasuredSandbox):
    """A sandbox that makes a preview and a pinned poster, and counts the extractions that are for a pin only."""

    pins = 0

    def __init__(self) -> None:
        frame = ScoredFrame(0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
        poster = ExtractedPoster(12.5, 640, 360, 160, 90, ExtractedFile(b"strip"), (frame,), b"frame", is_pinned=True)
        super().__init__(poster=poster, preview=ExtractedPreview(4, 2.0, 320, 180, b"preview"), index_failure=None)

    def extract_pin(self, source: VideoSource, options: ThumbnailOptions) -> Outcome:
        self.pins += 1
        return replace(self.extract(source, options), preview=None)


def test_a_pin_takes_only_files_of_its_own_result(place: Place) -> None:
    worker, sandbox = a_worker(place, thumbnail_preview="true"), PinningSandbox()
    worker._sandbox = sandbox  # noqa: SLF001
    work(worker, upload(place, b"film"))
    sent_at = LATER

    def pin() -> tuple[int, bytes]:
        nonlocal sent_at
        sandbox.pins, sent_at = 0, sent_at + timedelta(seconds=1)
        options = ThumbnailOverrides(poster_time_s=sent_at.timestamp() % 1000)
        event = regeneration(place).model_copy(update={"options": options})
        assert isinstance(worker.process(event, delivery(str(sent_at), sent_at=sent_at)), Stored)
        return sandbox.pins, place.bucket.get("thumbnails/a_preview.webp")[1]

    assert pin() == (1, b"preview")

    place.bucket.put("thumbnails/a_preview.webp", b"another", content_type="image/webp")
    assert pin() == (0, b"preview")

    listed = place.bucket.get("thumbnails/a_manifest.json")[1]
    of_others = listed.replace(record_of(place).settings_hash.encode(), b"0123456789abcdef")
    place.bucket.put("thumbnails/a_manifest.json", of_others, content_type="application/json")
    assert pin() == (0, b"preview")


def test_a_pinned_poster_is_stored_before_all_else(place: Place) -> None:
    bucket = NotingBucket(place)
    worker = a_worker(place, bucket=bucket)
    worker._sandbox = PinningSandbox()  # noqa: SLF001

    work(worker, upload(place, b"film"))

    assert bucket.stored[0] == "thumbnails/a_poster.jpg"


def test_a_pinned_poster_survives_all_but_another_choice_or_content(place: Place) -> None:
    worker = a_worker(place)
    work(worker, upload(place, b"film"))

    def regenerate(number: int, options: ThumbnailOverrides | None = None) -> ThumbnailOverrides | None:
        event = regeneration(place).model_copy(update={"options": options})
        sent_at = LATER + timedelta(seconds=number)
        assert isinstance(worker.process(event, delivery(f"message-{number}", sent_at=sent_at)), Stored)
        return record_of(place).options

    pinned = ThumbnailOverrides(poster_time_s=12.5)
    assert regenerate(2, pinned) == pinned
    assert regenerate(3) == pinned
    assert regenerate(4, ThumbnailOverrides(width_px=320)) == ThumbnailOverrides(width_px=320, poster_time_s=12.5)
    assert regenerate(5, ThumbnailOverrides(poster_time_s=3)) == ThumbnailOverrides(poster_time_s=3)
    assert regenerate(6, ThumbnailOverrides(poster_time_s="auto")) is None
    regenerate(7, pinned)
    work(worker, upload(place, b"another film"), "message-8")
    assert record_of(place).options is None


def test_a_pin_that_was_chosen_for_other_content_is_dropped(place: Place) -> None:
    worker = a_worker(place)
    work(worker, upload(place, b"film"))
    late = regeneration(place).model_copy(update={"options": ThumbnailOverrides(poster_time_s=12.5, width_px=320)})
    upload(place, b"another film")

    assert isinstance(worker.process(late, AGAIN), Stored)

    assert record_of(place).options == ThumbnailOverrides(width_px=320)
