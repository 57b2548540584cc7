"""One attempt of one video: what it writes into the record, and with which error it ends."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from services.aws.bucket import Bucket
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent
from services.contract.records import ReasonCode, VideoState
from services.contract.settings import WorkerSettings
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import Outcome, Usage, VideoInfo
from services.worker.extraction.reading.source import VideoSource
from services.worker.process import ProcessingError, Processor, Skipped, Stored
from tests.support.place import Place
from tests.support.processing import (
    BROKEN,
    PlayedSandbox,
    a_worker,
    delivery,
    die,
    event_of,
    record_of,
    upload,
    work,
)

KEY = "uploads/a.mp4"
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
SENT = NOW - timedelta(minutes=3)
FAILURE = IndexFailure("mp4", "BrokenIndexError", "the message", "index/tables.py:100")
MEASURED = {
    "duration_s": 100.0,
    "width_px": 640,
    "height_px": 360,
    "codec": "h264",
    "container": "mp4",
    "bytes_read": 2000,
    "requests": 3,
    "cpu_s": 0.5,
}
OUTAGE = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)


class MeasuredSandbox(PlayedSandbox):
    """A sandbox that also reports what the extraction has cost."""

    def extract(self, source: VideoSource) -> Outcome:
        usage = Usage(bytes_read=2000, requests=3, cpu_s=0.5)
        return replace(
            super().extract(source),
            info=VideoInfo(100.0, 640, 360, "h264", "mp4"),
            usage=usage,
            index_failure=FAILURE,
        )


def at(place: Place, now: Callable[[], datetime], sandbox: PlayedSandbox | None = None) -> Processor:
    """Return a worker with this clock."""
    names = {name.lower(): value for name, value in place.environment().items()}
    settings = WorkerSettings.from_environment(**names, worker_name="worker-1")
    return Processor(settings, place.bucket, place.videos, sandbox or MeasuredSandbox(), now=now)


def test_a_done_record_names_object_message_and_measurements(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    event = upload(place, b"film")
    info = place.bucket.head(KEY)
    times = iter((NOW, NOW, NOW + timedelta(seconds=1)))

    result = at(place, lambda: next(times)).process(event, delivery("message-1", sent_at=SENT))

    assert isinstance(result, Stored)
    assert (result.record, result.index_failure) == (record_of(place), FAILURE)
    thumbnails = [thumbnail.key for thumbnail in result.record.thumbnails]
    assert thumbnails == [f"thumbnails/a_{number}.jpg" for number in (1, 2, 3)]
    found = result.record.model_dump(exclude={"thumbnails", "settings_hash"}, exclude_defaults=True)
    assert found == {
        "key": KEY,
        "state": VideoState.DONE,
        "revision": 2,
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


def test_a_failed_record_names_reason_and_measurements(place: Place) -> None:
    event = upload(place, BROKEN)
    worker = at(place, lambda: NOW)
    with pytest.raises(ProcessingError, match=r"^The video is damaged\.$") as raised:
        worker.process(event, delivery("message-1", sent_at=SENT))
    assert (raised.value.code, raised.value.retryable) == (ReasonCode.DAMAGED, False)

    worker.record_failure(event, delivery("message-1", sent_at=SENT), raised.value)

    found = record_of(place)
    assert (found.state, found.reason_code, found.reason) == (VideoState.FAILED, "damaged", "The video is damaged.")
    assert (found.updated_at, found.finished_at, found.attempt, found.base) == (NOW, NOW, 1, "thumbnails/a")
    assert {name: getattr(found, name) for name in MEASURED} == MEASURED


def test_a_failure_before_the_claim_names_the_upload(place: Place) -> None:
    event = upload(place, b"film")

    at(place, lambda: NOW).record_failure(event, delivery("message-1", sent_at=SENT), OUTAGE)

    found = record_of(place)
    assert (found.key, found.etag, found.size_bytes, found.base) == (KEY, event.etag, 4, "")
    assert (found.queued_at, found.sequencer, found.attempt) == (SENT, event.sequencer, 1)


def test_each_attempt_with_the_same_content_is_counted(place: Place) -> None:
    event = upload(place, b"film")
    for _ in range(2):
        with pytest.raises(ProcessingError):
            a_worker(place, die).process(event, delivery("message-1"))
    assert record_of(place).attempt == 2

    with pytest.raises(ProcessingError):
        a_worker(place, die).process(upload(place, b"other"), delivery("message-2"))
    assert record_of(place).attempt == 1


def test_a_failure_before_the_claim_counts_the_attempts_before(place: Place) -> None:
    event = upload(place, b"film")
    with pytest.raises(ProcessingError):
        a_worker(place, die).process(event, delivery("message-1"))

    a_worker(place).record_failure(event, delivery("message-2"), OUTAGE)

    found = record_of(place)
    assert (found.state, found.attempt, found.base) == (VideoState.FAILED, 2, "thumbnails/a")


def test_a_failure_of_other_content_counts_from_one(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    newer = upload(place, b"new")

    a_worker(place).record_failure(newer, delivery("message-2"), OUTAGE)

    assert (record_of(place).attempt, record_of(place).size_bytes) == (1, 3)


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


class SilentBucket(Bucket):
    """A bucket that answers nothing."""

    def head(self, key: str) -> object:  # type: ignore[override]
        raise ServiceError(f"HEAD {key}: it does not answer")

    def sign(self, key: str, *, valid_s: int) -> str:
        raise ServiceError(f"GET {key} within {valid_s} s: it does not answer")


def silent(place: Place) -> Processor:
    return a_worker(place, bucket=SilentBucket(place.clients.s3, place.bucket.name))


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

    def extract(self, source: VideoSource) -> Outcome:
        super().extract(source)
        return Outcome(VideoState.FAILED, reason_code=ReasonCode.STORAGE, reason="It was cut.", retryable=True)


@pytest.mark.parametrize("answers", [True, False], ids=["present", "silent"])
def test_a_failed_read_of_a_present_video_is_left_to_another_attempt(place: Place, *, answers: bool) -> None:
    event = upload(place, b"film")
    sandbox = UnreadableSandbox()
    worker = at(place, lambda: NOW, sandbox)

    head = Bucket.head if answers else SilentBucket.head
    with (
        patch.object(Bucket, "head", head),
        pytest.raises(ProcessingError, match=r"^It was cut\.$") as raised,
    ):
        worker.process(event, delivery("message-1"))

    assert (raised.value.code, raised.value.retryable, sandbox.extractions) == (ReasonCode.STORAGE, True, 1)


class ConflictingTable(VideosTable):
    """A table in which every record has just changed, and which counts its reads."""

    reads = 0

    def get(self, key: str) -> None:
        del key
        self.reads += 1

    def replace(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise WriteConflictError("it has just changed")


def conflicting(place: Place) -> ConflictingTable:
    return ConflictingTable(place.clients.dynamodb, place.resources.table.name)


def test_a_record_that_keeps_changing_is_given_up_after_five_rounds(place: Place) -> None:
    event = upload(place, b"film")
    table = conflicting(place)

    with pytest.raises(ProcessingError, match=r"the record of uploads/a\.mp4 kept changing") as raised:
        a_worker(place, videos=table).process(event, delivery("message-1"))

    # The first round assumes a new video and reads no record.
    assert (raised.value.code, raised.value.retryable, table.reads) == (ReasonCode.STORAGE, True, 4)


def test_a_failure_whose_record_keeps_changing_is_an_error(place: Place) -> None:
    event = upload(place, b"film")

    with pytest.raises(WriteConflictError, match=r"the record of uploads/a\.mp4 kept changing"):
        a_worker(place, videos=conflicting(place)).record_failure(event, delivery("message-1"), OUTAGE)


def test_a_failure_is_written_over_a_record_that_has_changed(place: Place) -> None:
    event = upload(place, BROKEN)
    worker = a_worker(place)
    with pytest.raises(ProcessingError) as raised:
        worker.process(event, delivery("message-1"))
    replace_record = VideosTable.replace
    refused: list[bool] = []

    def conflict_once(table: VideosTable, *arguments: object, **options: object) -> object:
        if not refused:
            refused.append(True)
            marked = record_of(place).model_copy(update={"purged_at": NOW})
            replace_record(table, record_of(place), marked)
            raise WriteConflictError("it has just changed")
        return replace_record(table, *arguments, **options)  # type: ignore[arg-type]

    with patch.object(VideosTable, "replace", conflict_once):
        worker.record_failure(event, delivery("message-1"), raised.value)

    found = record_of(place)
    assert (found.state, found.purged_at) == (VideoState.FAILED, NOW)


def test_a_slow_extraction_of_a_current_video_is_stored(place: Place) -> None:
    event = upload(place, b"film")
    sandbox = MeasuredSandbox()
    times = iter((NOW, *[NOW + timedelta(minutes=1)] * 2))

    assert isinstance(at(place, lambda: next(times), sandbox).process(event, delivery("message-1")), Stored)

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
    times = iter((NOW, NOW + took, NOW + took))
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


def test_a_failed_upload_is_that_of_the_event_while_s3_is_silent(place: Place) -> None:
    event = upload(place, b"film")

    assert silent(place).find_failed_upload(event, delivery("message-1"), OUTAGE) == event


def test_a_failed_upload_that_is_present_stays_as_the_event_has_it(place: Place) -> None:
    event = upload(place, b"film")

    assert a_worker(place).find_failed_upload(event, delivery("message-1"), OUTAGE) == event


def test_a_newer_object_that_failed_has_its_own_time(place: Place) -> None:
    old = upload(place, b"old").model_copy(update={"time": NOW})
    upload(place, b"newer")
    info = place.bucket.head(KEY)

    failed = a_worker(place).find_failed_upload(old, delivery("message-1"), OUTAGE)

    assert failed is not None
    assert (failed.etag, failed.size_bytes, failed.time) == (info.etag, 5, info.modified_at)


def test_a_failure_is_settled_if_another_message_has_finished_the_video(place: Place) -> None:
    event = upload(place, b"film")
    work(a_worker(place), event)

    assert a_worker(place).find_failed_upload(event, delivery("message-2"), OUTAGE) is None


def test_an_older_upload_fails_by_its_sequencer_while_s3_is_silent(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    before = record_of(place)
    newer = event_of(place, sequencer="F" + before.sequencer).model_copy(update={"etag": "newer"})
    older = newer.model_copy(update={"sequencer": "0"})

    silent(place).record_failure(older, delivery("message-2"), OUTAGE)
    assert record_of(place) == before
    silent(place).record_failure(newer, delivery("message-3"), OUTAGE)
    assert (record_of(place).state, record_of(place).etag) == (VideoState.FAILED, "newer")


def test_without_a_sequencer_a_silent_bucket_leaves_the_record(place: Place) -> None:
    work(a_worker(place), upload(place, b"old"))
    before = record_of(place)
    unknown = event_of(place).model_copy(update={"etag": "another"})

    with pytest.raises(ServiceError, match="does not answer"):
        silent(place).record_failure(unknown, delivery("message-2"), OUTAGE)

    assert record_of(place) == before


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
