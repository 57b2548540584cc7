"""Workers whose extraction the test plays: real bucket, table and queues, and a hook in the middle of the work."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.aws.bucket import Bucket, ObjectVersion
from services.aws.errors import ServiceError, WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent
from services.contract.frames import FRAME_PREFIX, FrameOptions, frame_key
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.settings import WorkerSettings
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import ChildUsage, ExtractedPicture, Outcome, VideoInfo
from services.worker.extraction.reading.source import VideoSource
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from services.worker.process import ProcessingError, Processor, Skipped, Stored
from tests.support.place import Place

BROKEN = b"broken"
"""A video that begins with this fails for good."""

TIRED = "It took too much memory."
"""Reason of `TiredSandbox`."""

POSITIONS_PCT = (10.0, 50.0, 95.0)


class PlayedSandbox(Sandbox):
    """Makes pictures out of the video's own bytes, after the test has done what is to happen meanwhile."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.extractions = 0
        self.meanwhile = meanwhile

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        self.extractions += 1
        positions_pct = options.positions_pct if options else POSITIONS_PCT
        content = source.read(0, source.size_bytes)
        self.meanwhile()
        if content.startswith(BROKEN):
            return Outcome(VideoState.FAILED, reason_code=ReasonCode.DAMAGED, reason="The video is damaged.")
        pictures = tuple(ExtractedPicture(at, at, 640, 360, picture_of(content, at)) for at in positions_pct)
        return Outcome(VideoState.DONE, VideoInfo(100.0, 640, 360, "h264", "mp4"), pictures)

    def kill_children(self) -> None:
        """There are none."""


class DyingBucket(Bucket):
    """A bucket of a worker that dies before it deletes a picture, or before it lists something."""

    def __init__(self, place: Place, lists: str = "") -> None:
        super().__init__(place.clients.s3, place.bucket.name)
        self._lists = lists

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        if self._lists and prefix.startswith(self._lists):
            raise ServiceError(f"the worker died before it listed {prefix}")
        return super().versions(prefix)

    def delete(self, versions: Any) -> Any:
        raise ServiceError(f"the worker died before it deleted {len(versions)} versions")


class TiredSandbox(PlayedSandbox):
    """A sandbox in which every video fails."""

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        del source, options
        self.meanwhile()
        return Outcome(VideoState.FAILED, reason_code=ReasonCode.MEMORY, reason=TIRED)


def picture_of(content: bytes, position_pct: float) -> bytes:
    """Return the bytes that stand for a picture of this content."""
    return b"%d %% of " % position_pct + content


def a_worker(
    place: Place,
    meanwhile: Callable[[], object] = lambda: None,
    *,
    bucket: Bucket | None = None,
    videos: VideosTable | None = None,
    clock_ahead: timedelta = timedelta(),
    **settings: str,
) -> Processor:
    """Return a worker's processor on the resources of the test, or on stand-ins for some of them."""
    names = {name.lower(): value for name, value in place.environment().items()}
    return Processor(
        WorkerSettings.from_environment(**names, **settings),
        bucket or place.bucket,
        videos or place.videos,
        PlayedSandbox(meanwhile),
        now=lambda: datetime.now(UTC) + clock_ahead,
    )


def a_tired_worker(place: Place, meanwhile: Callable[[], object] = lambda: None, **settings: str) -> Processor:
    """Return a worker whose extractions fail."""
    worker = a_worker(place, **settings)  # type: ignore[arg-type]
    worker._sandbox = TiredSandbox(meanwhile)  # noqa: SLF001
    return worker


def upload(place: Place, content: bytes, key: str = "uploads/a.mp4") -> UploadEvent:
    """Put a video into the bucket; return its event, as S3 sends it."""
    place.bucket.put(key, content, content_type="video/mp4")
    return event_of(place, key, sequencer=f"{datetime.now(UTC).timestamp():.6f}".replace(".", ""))


def event_of(place: Place, key: str = "uploads/a.mp4", *, sequencer: str = "") -> UploadEvent:
    """Return an event of the object that is in the bucket now; without a sequencer as a sweep sends it."""
    info = place.bucket.head(key)
    return UploadEvent(
        name="ObjectCreated:Put",
        time=datetime.now(UTC),
        bucket=place.bucket.name,
        key=key,
        etag=info.etag,
        size_bytes=info.size_bytes,
        sequencer=sequencer,
    )


def delivery(message_id: str, *, receive_count: int = 1, sent_at: datetime | None = None) -> Delivery:
    return Delivery(message_id, sent_at or datetime.now(UTC), receive_count)


def work(worker: Processor, event: UploadEvent, message_id: str = "message-1") -> Stored | Skipped:
    return worker.process(event, delivery(message_id))


def record_of(place: Place, key: str = "uploads/a.mp4") -> VideoRecord:
    record = place.videos.get(key)
    assert record is not None
    return record


def shown(place: Place, record: VideoRecord) -> list[bytes]:
    """Return what the stored thumbnails of a record are."""
    s3 = place.clients.s3
    return [s3.get_object(Bucket=place.bucket.name, Key=one.key)["Body"].read() for one in record.thumbnails]


def pictures_of(content: bytes) -> list[bytes]:
    return [picture_of(content, at) for at in POSITIONS_PCT]


def die() -> None:
    """Let a worker die in the middle of an extraction: its claim stays."""
    raise SandboxError("the worker died")


USAGE = {"bytes_read": 2000, "requests": 3, "cpu_s": 0.5}
MEASURED = {"duration_s": 100.0, "width_px": 640, "height_px": 360, "codec": "h264", "container": "mp4", **USAGE}
"""Fields of a record that has the measurements of `MeasuredSandbox`."""

INDEX_FAILURE = IndexFailure("mp4", "BrokenIndexError", "the message", "index/tables.py:100")
OUTAGE = ProcessingError(ReasonCode.STORAGE, "S3 does not answer", retryable=True)


class MeasuredSandbox(PlayedSandbox):
    """A sandbox that also reports what the extraction has cost. Its outcomes have the given changes."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self._changes = changes

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        outcome = super().extract(source, options)
        info = VideoInfo(100.0, 640, 360, "h264", "mp4")
        usage = ChildUsage(bytes_read=2000, requests=3, cpu_s=0.5)
        return replace(outcome, **{"info": info, "usage": usage, "index_failure": INDEX_FAILURE, **self._changes})


def worker_at(place: Place, now: Callable[[], datetime], sandbox: PlayedSandbox | None = None) -> Processor:
    """Return a worker with this clock."""
    names = {name.lower(): value for name, value in place.environment().items()}
    settings = WorkerSettings.from_environment(**names, worker_name="worker-1")
    return Processor(settings, place.bucket, place.videos, sandbox or MeasuredSandbox(), now=now)


class SilentBucket(Bucket):
    """A bucket that answers nothing."""

    def head(self, key: str) -> object:  # type: ignore[override]
        raise ServiceError(f"HEAD {key}: it does not answer")

    def sign(self, key: str, *, valid_s: int) -> str:
        raise ServiceError(f"GET {key} within {valid_s} s: it does not answer")


def silent(place: Place) -> Processor:
    """Return a worker whose bucket does not answer."""
    return a_worker(place, bucket=SilentBucket(place.clients.s3, place.bucket.name))


class ConflictingTable(VideosTable):
    """A table in which every record has just changed, and which counts its reads."""

    reads = 0

    def get(self, key: str) -> None:
        del key
        self.reads += 1

    def replace(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise WriteConflictError("it has just changed")


def conflicting(place: Place) -> ConflictingTable:
    """Return a table in which every record keeps changing."""
    return ConflictingTable(place.clients.dynamodb, place.resources.table.name)


def delete(place: Place, key: str = "uploads/a.mp4") -> UploadEvent:
    """Delete the upload; return the event of the deletion, with a sequencer like those of `upload`."""
    place.clients.s3.delete_object(Bucket=place.bucket.name, Key=key)
    now = datetime.now(UTC)
    return UploadEvent(
        name="ObjectRemoved:DeleteMarkerCreated",
        time=now,
        bucket=place.bucket.name,
        key=key,
        sequencer=f"{now.timestamp():.6f}".replace(".", ""),
    )


def put_frames(place: Place, *keys: str) -> list[str]:
    """Store a cached frame of each video, and return the keys of the frames."""
    frames = [frame_key(key, "etag", FrameOptions(time_s=1)) for key in keys]
    for frame in frames:
        place.bucket.put(frame, b"frame", content_type="image/jpeg")
    return frames


def list_frames(place: Place) -> set[str]:
    """Return the keys of all versions of cached frames."""
    return {version.key for version in place.bucket.versions(FRAME_PREFIX)}


def is_empty(place: Place) -> bool:
    """Return True if no record, claim or picture is left, and the totals are zero."""
    left = [item["pk"] for item in place.videos.scan() if item["pk"].startswith(("uploads/", "claim:"))]
    return not (left or list(place.bucket.versions("thumbnails/")) or any(place.videos.totals().values()))
