"""Videos that are done but whose pictures are no longer in the bucket, and another attempt for them."""

from datetime import UTC, datetime

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ObjectMissingError
from services.aws.videos import VideosTable
from services.contract.events import RETRY, UploadEvent
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.thumbnails import ThumbnailOverrides


def has_pictures(record: VideoRecord) -> bool:
    """Return True if the pictures of a record are stored, according to its state."""
    return record.state in (VideoState.DONE, VideoState.DEGRADED)


def list_picture_keys(record: VideoRecord) -> list[str]:
    """Return the keys of all objects that a worker has stored for a record."""
    keys = [thumbnail.key for thumbnail in record.thumbnails]
    if record.storyboard is not None:
        keys += record.storyboard.keys
    if record.preview is not None:
        keys.append(record.preview.key)
    if record.poster is not None:
        keys += record.poster.keys
    if record.manifest is not None:
        keys.append(record.manifest.key)
    return keys


def are_stored(bucket: Bucket, keys: list[str]) -> bool:
    """Return True if all of these objects exist; one request per key. Raises: ServiceError."""
    try:
        for key in keys:
            bucket.head(key)
    except ObjectMissingError:
        return False
    return True


def mark_lost(videos: VideosTable, record: VideoRecord) -> VideoRecord:
    """Mark a video as failed because its pictures are lost, so that a worker processes it again. Its claim stays.

    Raises: WriteConflictError if a worker has just written the record, ServiceError.
    """
    lost = {
        "state": VideoState.FAILED,
        "updated_at": datetime.now(UTC),
        "reason_code": ReasonCode.STORAGE,
        "reason": "Its thumbnails are no longer in the bucket. It was queued again; if nothing happens, retry it.",
        "thumbnails": (),
        "storyboard": None,
        "preview": None,
        "poster": None,
        "manifest": None,
    }
    return videos.replace(record, record.model_copy(update=lost))


def make_retry_event(
    bucket: Bucket,
    info: ObjectInfo,
    record: VideoRecord | None,
    *,
    name: str = RETRY,
    overrides: ThumbnailOverrides | None = None,
) -> UploadEvent:
    """Return the event for another attempt of an object, with the time of the object.

    `overrides` are for a regeneration; a retry keeps those of the record.
    """
    return UploadEvent(
        name=name,
        time=info.modified_at or datetime.now(UTC),
        bucket=bucket.name,
        key=info.key,
        etag=info.etag,
        size_bytes=info.size_bytes,
        sequencer=record.sequencer if record is not None and record.etag == info.etag else "",
        options=overrides,
    )
