"""One attempt of one video: what it writes into the record, and with which error it ends."""

import contextlib
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from services.aws.bucket import Bucket
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent
from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import VideoSource
from services.worker.process import ProcessingError, Skipped, Stored
from tests.support.place import Place
from tests.support.processing import (
    INDEX_FAILURE,
    MEASURED,
    MeasuredSandbox,
    PlayedSandbox,
    SilentBucket,
    a_worker,
    conflicting,
    delivery,
    die,
    record_of,
    silent,
    upload,
    work,
    worker_at,
)

KEY = "uploads/a.mp4"
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
SENT = NOW - timedelta(minutes=3)


def test_a_done_record_names_object_message_and_measurements(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    event = upload(place, b"film")
    info = place.bucket.head(KEY)
    times = iter((NOW, *[NOW] * 4, NOW + timedelta(seconds=1)))

    result = worker_at(place, lambda: next(times)).process(event, delivery("message-1", sent_at=SENT))

    assert isinstance(result, Stored)
    assert (result.record, result.index_failure) == (record_of(place), INDEX_FAILURE)
    thumbnails = [thumbnail.key for thumbnail in result.record.thumbnails]
    assert thumbnails == [f"thumbnails/a_{number}.jpg" for number in (1, 2, 3)]
    assert result.record.manifest is not None
    assert result.record.manifest.key == "thumbnails/a_manifest.json"
    left_out = {"thumbnails", "manifest", "settings_hash", "revision", "life"}
    found = result.record.model_dump(exclude=left_out, exclude_defaults=True)
    assert found == {
        "key": KEY,
        "state": VideoState.DONE,
        "etag": info.etag,
        "sequencer": event.sequencer,
        "version_id": info.version_id,
        "modified_at": info.modified_at,
        "message_id": "message-1",
        "base": "thumbnails/a",
        "size_bytes": 4,
        "queued_at": SENT,
        "started_at": NOW,
        "updated_at": NOW + timedelta(seconds=1),
        "finished_at": NOW + timedelta(seconds=1),
        "worker": "worker-1",
        **MEASURED,
    }


def test_a_degraded_record_names_its_reason(place: Place) -> None:
    degraded = {"state": VideoState.DEGRADED, "reason_code": ReasonCode.NEARBY_FRAME, "reason": "A frame is missing."}
    event = upload(place, b"film")

    result = worker_at(place, lambda: NOW, MeasuredSandbox(**degraded)).process(event, delivery("message-1"))

    assert isinstance(result, Stored)
    assert result.record.model_dump(include=set(degraded)) == degraded


def test_a_failure_without_a_reason_is_an_internal_one(place: Place) -> None:
    event = upload(place, b"film")
    worker = worker_at(place, lambda: NOW, MeasuredSandbox(state=VideoState.FAILED))

    with pytest.raises(ProcessingError, match=r"^unknown$") as raised:
        worker.process(event, delivery("message-1"))

    assert raised.value.code is ReasonCode.INTERNAL


def test_each_attempt_with_the_same_content_is_counted(place: Place) -> None:
    event = upload(place, b"film")
    for _ in range(2):
        with pytest.raises(ProcessingError):
            a_worker(place, die).process(event, delivery("message-1"))
    assert record_of(place).attempt == 2

    with pytest.raises(ProcessingError):
        a_worker(place, die).process(upload(place, b"other"), delivery("message-2"))
    assert record_of(place).attempt == 1


@pytest.mark.parametrize(
    ("bucket", "key", "why"),
    [
        ("other", KEY, "other_bucket"),
        (None, "thumbnails/a.mp4", "not_a_video_name"),
        (None, "uploads/a.txt", "not_a_video_name"),
    ],
)
def test_an_event_of_something_else_is_skipped(place: Place, bucket: str | None, key: str, why: str) -> None:
    event = UploadEvent(name="ObjectCreated:Put", time=NOW, bucket=bucket or place.bucket.name, key=key)

    assert work(a_worker(place), event) == Skipped(why)

    assert list(place.videos.scan()) == []


def test_a_silent_bucket_is_a_storage_failure_to_retry(place: Place) -> None:
    event = upload(place, b"film")

    with pytest.raises(ProcessingError, match="does not answer") as raised:
        silent(place).process(event, delivery("message-1"))

    error = raised.value
    assert (error.code, error.retryable, error.record, error.outcome) == (ReasonCode.STORAGE, True, None, None)


def test_a_dead_child_is_a_crash_to_retry(place: Place) -> None:
    event = upload(place, b"film")

    with pytest.raises(ProcessingError, match=r"^the worker died$") as raised:
        a_worker(place, die).process(event, delivery("message-1"))

    assert (raised.value.code, raised.value.retryable) == (ReasonCode.CRASHED, True)


class UnreadableSandbox(PlayedSandbox):
    """A sandbox that cannot read the video."""

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        super().extract(source, options)
        return Outcome(VideoState.FAILED, reason_code=ReasonCode.STORAGE, reason="It was cut.", retryable=True)


@pytest.mark.parametrize("answers", [True, False], ids=["present", "silent"])
def test_a_failed_read_of_a_present_video_is_repeated(place: Place, *, answers: bool) -> None:
    event = upload(place, b"film")
    sandbox = UnreadableSandbox()
    worker = worker_at(place, lambda: NOW, sandbox)

    head = Bucket.head if answers else SilentBucket.head
    with (
        patch.object(Bucket, "head", head),
        pytest.raises(ProcessingError, match=r"^It was cut\.$") as raised,
    ):
        worker.process(event, delivery("message-1"))

    assert (raised.value.code, raised.value.retryable, sandbox.extractions) == (ReasonCode.STORAGE, True, 1)


def test_a_record_that_keeps_changing_is_given_up_after_five_rounds(place: Place) -> None:
    event = upload(place, b"film")
    table = conflicting(place)

    with pytest.raises(ProcessingError, match=r"the record of uploads/a\.mp4 kept changing") as raised:
        a_worker(place, videos=table).process(event, delivery("message-1"))

    # The first round assumes a new video and reads no record.
    assert (raised.value.code, raised.value.retryable, table.reads) == (ReasonCode.STORAGE, True, 4)


def test_a_slow_extraction_of_a_current_video_is_stored(place: Place) -> None:
    event = upload(place, b"film")
    sandbox = MeasuredSandbox()
    times = iter((NOW, *[NOW + timedelta(minutes=1)] * 5))

    assert isinstance(worker_at(place, lambda: next(times), sandbox).process(event, delivery("message-1")), Stored)

    assert sandbox.extractions == 1


class CountingTable(VideosTable):
    """A table that counts its reads of records."""

    reads = 0

    def get(self, key: str) -> object:  # type: ignore[override]
        self.reads += 1
        return super().get(key)


@pytest.mark.parametrize(("took", "reads"), [(timedelta(seconds=1), 0), (timedelta(seconds=1.1), 1)])
def test_the_record_is_read_again_only_after_a_slow_extraction(place: Place, took: timedelta, reads: int) -> None:
    event = upload(place, b"film")
    table = CountingTable(place.clients.dynamodb, place.resources.table.name)
    worker = a_worker(place, videos=table)
    times = iter((NOW, *[NOW + took] * 5))
    worker._now = lambda: next(times)  # noqa: SLF001 - a clock of the test

    assert isinstance(work(worker, event), Stored)

    assert table.reads == reads


def test_a_video_whose_names_are_taken_gets_a_unique_one(place: Place) -> None:
    event = upload(place, b"film")
    for number, base in enumerate(("thumbnails/a", "thumbnails/a.mp4")):
        other = upload(place, b"other", f"uploads/other{number}.mp4")
        work(a_worker(place), other, f"message-{number}")
        record = record_of(place, other.key)
        place.videos.replace(record, record.model_copy(update={"base": base}), claims=True)
    result = work(a_worker(place), event)
    assert isinstance(result, Stored)
    assert result.record.base.startswith("thumbnails/a.mp4~")


def test_an_upload_keeps_the_name_that_it_has_claimed(place: Place) -> None:
    work(a_worker(place), upload(place, b"first"))
    before = record_of(place)
    place.videos.replace(before, before.model_copy(update={"base": "thumbnails/a.mp4"}), claims=True)

    result = work(a_worker(place), upload(place, b"second"), "message-2")

    assert isinstance(result, Stored)
    assert result.record.base == "thumbnails/a.mp4"


def test_a_name_under_another_prefix_is_left(place: Place) -> None:
    work(a_worker(place), upload(place, b"first"))
    before = record_of(place)
    place.videos.replace(before, before.model_copy(update={"base": "pictures/a"}))

    result = work(a_worker(place), upload(place, b"second"), "message-2")

    assert isinstance(result, Stored)
    assert result.record.base == "thumbnails/a"


def test_pictures_are_stored_under_the_configured_prefix(place: Place) -> None:
    result = work(a_worker(place, s3_thumbnail_prefix="pictures/"), upload(place, b"film"))

    assert isinstance(result, Stored)
    assert result.record.base == "pictures/a"


class NotedSpans:
    """A tracer that notes the names of its spans."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def start_as_current_span(self, name: str) -> contextlib.AbstractContextManager[None]:
        self.names.append(name)
        return contextlib.nullcontext()


def test_an_attempt_has_a_span_for_each_step(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    event = upload(place, b"film")
    spans = NotedSpans()
    monkeypatch.setattr("services.worker.process.tracer", spans)

    work(a_worker(place), event)

    assert spans.names == ["claim", "decode", "store", "finish"]


def test_the_same_content_again_gives_the_record_the_new_object(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    work(a_worker(place), upload(place, b"film"))
    done = record_of(place)
    place.videos.replace(done, done.model_copy(update={"purged_at": NOW, "modified_at": NOW}))
    event = upload(place, b"film")
    info = place.bucket.head(KEY)

    work(a_worker(place), event, "message-2")

    identity = {"version_id": info.version_id, "modified_at": info.modified_at, "sequencer": event.sequencer}
    found = record_of(place)
    assert found == done.model_copy(update={**identity, "revision": found.revision})
