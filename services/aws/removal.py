"""Removal of one video: its record, its cached frames, its pictures in all versions, and its claim on a base.

The record gets a mark and goes last, with its claim in the same transaction: while anything is left, any process finds
the record and continues. No worker claims a marked record; if the video is put again, it removes that record first.
Pictures are listed before record and claim are read. If the record is unchanged at that moment, every listed version
belongs to a video that is gone, and a version is deleted by its id.

A purge removes many records at once, and first: their claims pass to `PURGER` until their pictures are deleted.

Frames are a cache, and nobody owns them. A frame that a request stores after the removal stays until it expires.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from services.aws.bucket import DELETE_AT_ONCE, Bucket, ObjectVersion
from services.aws.errors import WriteConflictError
from services.aws.videos import VideosTable
from services.contract.frames import FRAME_PREFIX, frame_folder
from services.contract.keys import picture_base
from services.contract.records import VideoRecord
from services.contract.resources import CLAIM_PREFIX, PURGER

_MAX_ROUNDS = 5


@dataclass(frozen=True)
class Removed:
    """Current objects that were deleted, and their bytes; older versions do not count."""

    objects: int = 0
    size_bytes: int = 0


def is_being_removed(record: VideoRecord) -> bool:
    """Return True if a removal of this record has begun: its pictures may be gone, and any process may continue."""
    return record.deleted_at is not None and record.finished_at is not None


def remove_video(bucket: Bucket, videos: VideosTable, record: VideoRecord, now: datetime) -> Removed | None:
    """Remove an ended record with frames, pictures and claim; return None if it has changed since it was read.

    Raises: AwsError. Then the marked record stays, and the next call continues.
    """
    if not is_being_removed(record):
        try:
            record = videos.replace(record, record.model_copy(update={"deleted_at": now}))
        except WriteConflictError:
            return None
    clear_frames(bucket, frame_folder(record.key))
    removed = Removed()
    for _ in range(_MAX_ROUNDS):
        versions = _list_pictures(bucket, record.base) if record.base else []
        found = videos.items([record.key, CLAIM_PREFIX + record.base])
        if found.get(record.key, {}).get("revision") != record.revision:
            return None
        is_owned = found.get(CLAIM_PREFIX + record.base, {}).get("upload") in (None, PURGER, record.key)
        if is_owned and versions:
            removed = delete_versions(bucket, versions)
        try:
            # A claim that another upload has stays.
            videos.remove([record if is_owned else record.model_copy(update={"base": ""})], releases=True)
        except WriteConflictError:
            continue
        return removed
    raise WriteConflictError(f"the claim on {record.base} kept changing")


def remove_record(videos: VideosTable, record: VideoRecord) -> None:
    """Remove a record and its claim, unless another upload has the base by now. The pictures stay.

    Raises: WriteConflictError if the record or the claim has changed, ServiceError.
    """
    owner = videos.claim_owner(record.base) if record.base else None
    is_owned = owner in (None, PURGER, record.key)
    videos.remove([record if is_owned else record.model_copy(update={"base": ""})], releases=True)


def clear_base(bucket: Bucket, videos: VideosTable, base: str, *, releases: bool = True) -> Removed:
    """Delete all pictures under a base that no upload owns, and release the claim on it. Raises: AwsError.

    Without `releases`, the claim is left to the process that has seized it, and still deletes pictures itself.
    """
    versions = _list_pictures(bucket, base)
    owner = videos.claim_owner(base)
    if owner not in (None, PURGER):
        return Removed()
    removed = delete_versions(bucket, versions)
    if owner == PURGER and releases:
        videos.release([base])
    return removed


def _list_pictures(bucket: Bucket, base: str) -> list[ObjectVersion]:
    return [version for version in bucket.versions(f"{base}_") if picture_base(version.key) == base]


def clear_frames(bucket: Bucket, prefix: str = FRAME_PREFIX) -> None:
    """Delete the cached frames under a prefix, all versions; by default those of all videos. Raises: AwsError."""
    versions = bucket.versions(prefix)
    while batch := list(islice(versions, DELETE_AT_ONCE)):
        bucket.delete(batch)


def delete_versions(bucket: Bucket, versions: Iterable[ObjectVersion]) -> Removed:
    """Delete exactly these versions. Raises: ServiceError."""
    left = list(versions)
    deleted: list[ObjectVersion] = []
    for start in range(0, len(left), DELETE_AT_ONCE):
        deleted += bucket.delete(left[start : start + DELETE_AT_ONCE])
    current = [version for version in deleted if version.is_latest and version.etag]
    return Removed(len(current), sum(version.size_bytes for version in current))
