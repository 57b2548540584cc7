"""Records of the videos table, the decisions about them, and the totals over all records. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contract.events import Delivery, UploadEvent, is_newer
from services.contract.outputs.stored import StoredManifest, StoredPoster
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ThumbnailOverrides


class VideoState(StrEnum):
    PROCESSING = "processing"
    DONE = "done"
    DEGRADED = "degraded"
    """All thumbnails are stored, but at least one shows another moment than the requested one."""
    FAILED = "failed"
    DELETED = "deleted"
    """A person has deleted the thumbnails; the upload stays, and only a new upload or a restoration is processed."""
    DISMISSED = "dismissed"
    """A failure that a person has dismissed: it has no dead letter, and no list of failures has it."""


class ReasonCode(StrEnum):
    """Reason of a degraded or failed video, for programs; the field `reason` has the sentence for people."""

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

    @property
    def is_final(self) -> bool:
        """Return True if the file is the reason: another attempt of the same worker ends in the same way."""
        return self in _FINAL


_FINAL = {
    ReasonCode.EMPTY,
    ReasonCode.NOT_A_VIDEO,
    ReasonCode.NO_VIDEO_STREAM,
    ReasonCode.ENCRYPTED,
    ReasonCode.UNSUPPORTED_CODEC,
    ReasonCode.TOO_LARGE,
    ReasonCode.TOO_MANY_PIXELS,
    ReasonCode.DAMAGED,
    ReasonCode.INCOMPLETE,
    ReasonCode.MALFORMED_EVENT,
    ReasonCode.DELETED,
}


class StoredThumbnail(BaseModel):
    """One stored thumbnail. `time_s` is the time of its frame as players show it: see docs/formats.md."""

    model_config = ConfigDict(frozen=True)

    position_pct: float
    time_s: float
    key: str
    width_px: int
    height_px: int
    size_bytes: int
    note: str | None = None
    thumbhash: str | None = None
    """Placeholder in base64; None in records of older versions."""


class StoredPreview(BaseModel):
    """A short animation of the whole video, repeated every `duration_s`."""

    model_config = ConfigDict(frozen=True)

    key: str
    frames: int
    duration_s: float
    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True)
class ObjectIdentity:
    """Identity of one upload in S3. An upload of the same content has the same ETag, but another version and time."""

    etag: str
    version_id: str = ""
    """Empty in a bucket without versioning."""
    modified_at: datetime | None = None
    """LastModified, by S3's clock and in whole seconds."""


class Attempt(BaseModel):
    """One attempt at a video, for people: no decision depends on it."""

    model_config = ConfigDict(frozen=True)

    number: int
    state: VideoState
    """State that the attempt has led to; PROCESSING if it has left no result."""
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    """None if the attempt has left no result: it still runs, its worker died, or AWS did not answer."""
    worker: str = ""
    reason_code: ReasonCode | None = None
    reason: str | None = None
    options: ThumbnailOverrides | None = None


class EarlierResult(BaseModel):
    """Result of an earlier attempt at the same content, whose pictures are all stored under the record's base."""

    model_config = ConfigDict(frozen=True)

    attempt: int
    state: VideoState
    settings_hash: str
    options: ThumbnailOverrides | None = None
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    worker: str = ""
    reason_code: ReasonCode | None = None
    reason: str | None = None
    duration_s: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    codec: str | None = None
    container: str | None = None
    thumbnails: tuple[StoredThumbnail, ...] = ()
    storyboard: StoredStoryboard | None = None
    preview: StoredPreview | None = None
    poster: StoredPoster | None = None
    manifest: StoredManifest | None = None
    bytes_read: int = 0
    requests: int = 0
    cpu_s: float = 0.0


class VideoRecord(BaseModel):
    """State of one upload: the latest object under its key, and the result of its processing."""

    model_config = ConfigDict(frozen=True)

    key: str
    state: VideoState
    revision: int = 0
    """Random number of its last write. A write names the revision that it replaces, so that no write is lost."""
    attempt: int = 1
    etag: str
    sequencer: str = ""
    version_id: str = ""
    """Id of the object version; empty in a bucket without versioning."""
    modified_at: AwareDatetime | None = None
    """LastModified of the object, by S3's clock and in whole seconds; None in records of older versions."""
    message_id: str = ""
    """SQS id of the message that the worker received; empty in records that no worker wrote."""
    settings_hash: str
    """Fingerprint of the worker's settings with `options` in their place."""
    options: ThumbnailOverrides | None = None
    """Options that a person has chosen for this content; None if the settings of the workers hold."""
    life: int | None = None
    """Random number, which is another one after a removal or deletion: what a worker stored before is deleted. None in
    records of older versions."""
    changes: int = 0
    """Number of claims with other content or settings, and of reconciliations that deleted pictures under the base."""
    base: str
    size_bytes: int
    queued_at: AwareDatetime
    first_queued_at: AwareDatetime | None = None
    """Time sent of the first message about this content; None while `queued_at` is that time."""
    started_at: AwareDatetime
    updated_at: AwareDatetime
    """Time of the last change of state. The index sorts by it, as `finished_at` is not always known."""
    finished_at: AwareDatetime | None = None
    purged_at: AwareDatetime | None = None
    """Time of a purge that found the video in progress. The worker keeps it, and the purge then removes everything."""
    deleted_at: AwareDatetime | None = None
    """Time at which the upload was found to be deleted. The record is removed as soon as it has ended."""
    restored_at: AwareDatetime | None = None
    """Time at which a person asked for this deleted video again: only then the next message is processed."""
    worker: str = ""
    reason_code: ReasonCode | None = None
    reason: str | None = None
    duration_s: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    codec: str | None = None
    container: str | None = None
    thumbnails: tuple[StoredThumbnail, ...] = ()
    storyboard: StoredStoryboard | None = None
    preview: StoredPreview | None = None
    poster: StoredPoster | None = None
    manifest: StoredManifest | None = None
    bytes_read: int = 0
    requests: int = 0
    cpu_s: float = 0.0
    earlier_attempts: tuple[Attempt, ...] = ()
    """Other attempts at the same content, the oldest first. Later than the current one are only failed regenerations:
    their video keeps the result of the attempt before them."""
    earlier_result: EarlierResult | None = None
    """Result that the record of a video in progress gets again if its attempt fails. None once a worker begins to
    replace the pictures."""

    @property
    def uploaded_at(self) -> datetime:
        """Return the time of the first message about this content, which no retry changes."""
        return self.first_queued_at or self.queued_at

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Return the latest attempts, the oldest first. The last one of a video in progress is the current one."""
        earlier = self.earlier_attempts
        is_ended = self.finished_at is not None and self.state is not VideoState.DELETED
        if not is_ended and earlier and earlier[-1].number == self.attempt:
            # It has failed and the next one has not begun, or a person has deleted its pictures.
            return earlier
        later = (one for one in earlier if one.number > self.attempt)
        return (*(one for one in earlier if one.number < self.attempt), self.current_attempt, *later)

    @property
    def current_attempt(self) -> Attempt:
        """Return the attempt that the record describes. A person has dismissed the failure, not the attempt."""
        return Attempt(
            number=self.attempt,
            state=VideoState.FAILED if self.state is VideoState.DISMISSED else self.state,
            started_at=self.started_at,
            ended_at=self.finished_at,
            worker=self.worker,
            reason_code=self.reason_code,
            reason=self.reason,
            options=self.options,
        )

    @property
    def identity(self) -> ObjectIdentity:
        """Return the identity of the object of this record."""
        return ObjectIdentity(self.etag, self.version_id, self.modified_at)


class Decision(StrEnum):
    """Action of a worker for an event, given the stored record."""

    PROCESS = "process"
    RENEW = "renew"
    """The same content was uploaded again: keep the thumbnails, and write the new object's identity into the record."""
    ALREADY_DONE = "already_done"
    ALREADY_FAILED = "already_failed"
    ALREADY_DELETED = "already_deleted"


def decide_processing(
    record: VideoRecord | None,
    found: ObjectIdentity,
    delivery: Delivery,
    *,
    settings_hash: str,
    regenerates: bool = False,
) -> Decision:
    """Decide what to do for an event, from the record: events come twice and out of order.

    `found` is the object in the bucket, read after the record. S3 is consistent, so it is the object of the record or a
    later one. No worker's clock is used: the delivery's `sent_at` and the record's `queued_at` are both by SQS's clock.

    A duplicate of a deleted message must not open an ended record, also under other settings: if its attempt failed,
    nothing would end the record again. A new object and a later message have a message that still exists.

    `regenerates` says that a person asks for new thumbnails of a video that is done. A deleted video stays deleted
    until a person restores it, also if a request to regenerate it was sent before.
    """
    if record is None or record.etag != found.etag or record.state is VideoState.PROCESSING:
        return Decision.PROCESS
    is_same_object = record.identity == found
    # A later message asks for another attempt: a retry, a redrive, an upload of the same content.
    is_later = record.message_id != delivery.message_id and (not is_same_object or delivery.sent_at > record.queued_at)
    if record.state in (VideoState.DONE, VideoState.DEGRADED):
        if is_same_object:
            return Decision.PROCESS if regenerates and is_later else Decision.ALREADY_DONE
        return Decision.RENEW if record.settings_hash == settings_hash else Decision.PROCESS
    if record.state is VideoState.DELETED and is_same_object and record.restored_at is None:
        return Decision.ALREADY_DELETED
    if record.reason_code is ReasonCode.DELETED:
        return Decision.PROCESS
    return Decision.PROCESS if is_later else Decision.ALREADY_FAILED


def adopt_object(event: UploadEvent, found: ObjectIdentity, size_bytes: int) -> UploadEvent:
    """Return the event as one of the object that was found: the same content can have been put again since."""
    time = found.modified_at or event.time
    if event.etag == found.etag and time <= event.time:
        return event
    return event.model_copy(update={"etag": found.etag, "size_bytes": size_bytes, "sequencer": "", "time": time})


def is_failure(record: VideoRecord | None, claimed: VideoRecord | None, event: UploadEvent, delivery: Delivery) -> bool:
    """Return True if a failed last attempt means that the video has failed, given the stored record.

    `claimed` is the record of the attempt, if it got that far. A video that is done never becomes failed while its
    content is the same. An upload that was deleted or overwritten has not failed. The claim of a later message stays:
    that message, such as a redrive, ends it.
    """
    if record is None or (claimed is not None and claimed.life != record.life):
        # An attempt that had a record lost it to a purge or a deletion.
        return claimed is None
    if record.state in (VideoState.FAILED, VideoState.DISMISSED) and record.message_id == delivery.message_id:
        return False
    failed_etag = claimed.etag if claimed else event.etag
    if record.etag == failed_etag:
        return _can_fail(record, event, delivery, is_claimed=claimed is not None)
    # An attempt finds the object of its event or a later one: with the same sequencer, other content is later.
    return claimed is None and (not event.sequencer or is_newer(event.sequencer, record.sequencer))


def _can_fail(record: VideoRecord, event: UploadEvent, delivery: Delivery, *, is_claimed: bool) -> bool:
    """Return True if a failed attempt at the content of the record can end it. A dismissed failure has been seen."""
    match record.state:
        case VideoState.PROCESSING:
            return record.message_id == delivery.message_id or record.queued_at <= delivery.sent_at
        case VideoState.DELETED:
            return not is_claimed and _is_of_later_upload(event, record)
        case VideoState.DISMISSED:
            return not is_claimed and record.queued_at < delivery.sent_at
        case _:
            return record.state is VideoState.FAILED


def _is_of_later_upload(event: UploadEvent, record: VideoRecord) -> bool:
    """Return True if the event is of a later upload, by S3's sequencers and its clock, which has whole seconds."""
    # The record can have the sequencer of an earlier event than that of its object.
    is_known = bool(event.sequencer and record.sequencer) and not is_newer(event.sequencer, record.sequencer)
    return not is_known and event.time.replace(microsecond=0) > (record.modified_at or record.updated_at)


class FinishDecision(StrEnum):
    """Action of a worker that could not write its result, because the record has changed."""

    WRITE = "write"
    """The record is still this worker's claim, or another attempt of it failed: write the result over it."""
    PURGED = "purged"
    START_AGAIN = "start_again"
    """Another upload or other settings have taken the record."""
    ALREADY_DONE = "already_done"


def decide_finish(record: VideoRecord | None, claimed: VideoRecord) -> FinishDecision:
    """Decide what to do with the result of a claim, given the record that is stored now."""
    if record is None:
        return FinishDecision.PURGED
    if not is_same_claim(record, claimed):
        return FinishDecision.START_AGAIN
    is_done = record.state in (VideoState.DONE, VideoState.DEGRADED)
    return FinishDecision.ALREADY_DONE if is_done else FinishDecision.WRITE


def keep_later_message(record: VideoRecord, before: VideoRecord | None) -> VideoRecord:
    """Return the record with the later of the two messages about its content, and the object of that message.

    Otherwise a duplicate of the later message, which may be deleted, would count as a request for another attempt. So
    would any duplicate if the record named an older upload of the content than the present one.
    """
    if before is None or before.etag != record.etag or before.queued_at <= record.queued_at:
        return record
    names = ("queued_at", "message_id", "version_id", "modified_at", "sequencer")
    return record.model_copy(update={name: getattr(before, name) for name in names})


def is_same_claim(record: VideoRecord, claimed: VideoRecord) -> bool:
    """Return True if both records are about the same content, settings and base, without others in between."""
    names = ("etag", "settings_hash", "base", "life", "changes")
    return all(getattr(record, name) == getattr(claimed, name) for name in names)


def close_deleted(record: VideoRecord, now: datetime) -> VideoRecord:
    """Return the record of a video that was deleted while it was processing, as failed."""
    return record.model_copy(
        update={
            "state": VideoState.FAILED,
            "reason_code": ReasonCode.DELETED,
            "reason": "The video was deleted before its thumbnails were taken.",
            "updated_at": now,
            "finished_at": now,
            "earlier_result": None,
        }
    )
