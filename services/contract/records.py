"""What the videos table remembers of each upload, and the totals kept beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contract.events import Delivery, UploadEvent, is_newer


class VideoState(StrEnum):
    PROCESSING = "processing"
    DONE = "done"
    DEGRADED = "degraded"
    """All thumbnails are there, but at least one shows another moment than the one asked for."""
    FAILED = "failed"


class ReasonCode(StrEnum):
    """Why a video is degraded or failed. The sentence for people stands beside it in `reason`."""

    EMPTY = "empty"
    NOT_A_VIDEO = "not_a_video"
    NO_VIDEO_STREAM = "no_video_stream"
    ENCRYPTED = "encrypted"
    UNSUPPORTED_CODEC = "unsupported_codec"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    NEARBY_FRAME = "nearby_frame"
    BUDGET = "budget"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    STORAGE = "storage"
    MALFORMED_EVENT = "malformed_event"
    DELETED = "deleted"
    INTERNAL = "internal"


class Thumbnail(BaseModel):
    """One stored thumbnail. `time_s` is the presentation time of the frame that it shows, from the video's start."""

    model_config = ConfigDict(frozen=True)

    position_pct: float
    time_s: float
    key: str
    width_px: int
    height_px: int
    size_bytes: int
    note: str | None = None


class Storyboard(BaseModel):
    """Small pictures of the whole video on one sheet, row by row: tile n, from 0, stands for `n * interval_s` on."""

    model_config = ConfigDict(frozen=True)

    key: str
    track_key: str
    """The WebVTT file."""
    interval_s: float
    tiles: int
    columns: int
    tile_width_px: int
    tile_height_px: int
    size_bytes: int
    """Of both files."""


class Preview(BaseModel):
    """A short animation of the whole video, which runs for `duration_s` and begins again."""

    model_config = ConfigDict(frozen=True)

    key: str
    frames: int
    duration_s: float
    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True)
class ObjectIdentity:
    """One upload as S3 knows it. The same content uploaded again has the same ETag, and another version and time."""

    etag: str
    version_id: str = ""
    """Empty in a bucket without versioning."""
    modified_at: datetime | None = None
    """LastModified, by S3's clock and in whole seconds."""


class VideoRecord(BaseModel):
    """One upload: the latest object under its key, and what became of it."""

    model_config = ConfigDict(frozen=True)

    key: str
    state: VideoState
    revision: int = 0
    """Counts the writes of this record; a write names the revision that it replaces, so that none is lost."""
    attempt: int = 1
    etag: str
    sequencer: str = ""
    version_id: str = ""
    """S3's id of the object version that this record is about; empty in a bucket without versioning."""
    modified_at: AwareDatetime | None = None
    """LastModified of that object, by S3's clock and in whole seconds; None in records of older versions."""
    message_id: str = ""
    """SQS id of the message that a worker took the video from; empty in records that no worker wrote."""
    settings_hash: str
    base: str
    size_bytes: int
    queued_at: AwareDatetime
    started_at: AwareDatetime
    updated_at: AwareDatetime
    """Time of the last change of state: what the index sorts by, also while `finished_at` is not known yet."""
    finished_at: AwareDatetime | None = None
    purged_at: AwareDatetime | None = None
    """Set by a purge that found the video in work: whoever ends the work keeps it, and the purge then removes all."""
    worker: str = ""
    reason_code: ReasonCode | None = None
    reason: str | None = None
    duration_s: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    codec: str | None = None
    container: str | None = None
    thumbnails: tuple[Thumbnail, ...] = ()
    storyboard: Storyboard | None = None
    preview: Preview | None = None
    bytes_read: int = 0
    requests: int = 0
    cpu_s: float = 0.0

    @property
    def identity(self) -> ObjectIdentity:
        """Return the object that this record is about."""
        return ObjectIdentity(self.etag, self.version_id, self.modified_at)


class Verdict(StrEnum):
    """What a worker does about an event, given the record that is there."""

    PROCESS = "process"
    RENEW = "renew"
    """The same content was uploaded again: its thumbnails stay, and the record has to know the new object."""
    ALREADY_DONE = "already_done"
    ALREADY_FAILED = "already_failed"


def judge(
    record: VideoRecord | None, found: ObjectIdentity, event: UploadEvent, delivery: Delivery, *, settings_hash: str
) -> Verdict:
    """Decide whether an object still needs work. Events come twice and out of order, so the record decides.

    `found` is the object in the bucket, read after the record was: S3 shows every write at once, so it is the object
    that the record is about, or a later one. No clock of a worker takes part: the delivery's `sent_at` and the record's
    `queued_at` are both SQS's.
    """
    if record is None or record.etag != found.etag or record.settings_hash != settings_hash:
        return Verdict.PROCESS
    is_same_object = record.identity == found
    if record.state in (VideoState.DONE, VideoState.DEGRADED):
        return Verdict.ALREADY_DONE if is_same_object else Verdict.RENEW
    if record.state is not VideoState.FAILED or record.reason_code is ReasonCode.DELETED:
        return Verdict.PROCESS
    if record.message_id == delivery.message_id:
        return Verdict.ALREADY_FAILED
    # Any later message asks for another try: a retry, a redrive, an upload of the same content.
    is_later = event.is_retry or not is_same_object or delivery.sent_at > record.queued_at
    return Verdict.PROCESS if is_later else Verdict.ALREADY_FAILED


def is_failure(record: VideoRecord | None, begun: VideoRecord | None, event: UploadEvent, delivery: Delivery) -> bool:
    """Decide whether a failed try is the end of the video, given the record that is there.

    `begun` is the record of the try, if it came so far. A video that is done never becomes failed while its content is
    the same, and an upload that is gone or overwritten has not failed.
    """
    if record is None:
        # A try that had a record lost it to a purge.
        return begun is None
    if record.state is VideoState.FAILED and record.message_id == delivery.message_id:
        return False
    failed_etag = begun.etag if begun else event.etag
    if record.etag == failed_etag:
        return record.state not in (VideoState.DONE, VideoState.DEGRADED)
    is_older = bool(event.sequencer) and is_newer(record.sequencer, event.sequencer)
    return begun is None and not is_older


Totals = Mapping[str, int]
"""Counters over all records: `videos_<state>`, `thumbnails`, `upload_bytes`, `thumbnail_bytes`."""

ENDED = "ended"
"""Counter beside the totals that only grows: videos that came to an end. Its growth is the throughput."""

WRITES = "writes"
"""Counter beside the totals that only grows: changes of them. Whoever sums all records up sees if it was disturbed."""


def has_just_ended(before: VideoRecord | None, after: VideoRecord) -> bool:
    """Whether replacing one record by the other is the end of a video's processing."""
    return after.finished_at is not None and (before is None or before.finished_at is None)


def share_of_totals(record: VideoRecord | None) -> dict[str, int]:
    """What one record adds to the totals; nothing where there is no record."""
    if record is None:
        return {}
    stored: list[Thumbnail | Storyboard | Preview] = [
        *record.thumbnails,
        *(one for one in (record.storyboard, record.preview) if one),
    ]
    return {
        f"videos_{record.state}": 1,
        "thumbnails": len(record.thumbnails),
        "upload_bytes": record.size_bytes,
        "thumbnail_bytes": sum(one.size_bytes for one in stored),
    }


def change_of_totals(before: VideoRecord | None, after: VideoRecord | None) -> dict[str, int]:
    """What replacing one record by another adds to the totals; counters that do not change are left out."""
    old, new = share_of_totals(before), share_of_totals(after)
    changes = {name: new.get(name, 0) - old.get(name, 0) for name in {*old, *new}}
    return {name: change for name, change in sorted(changes.items()) if change}
