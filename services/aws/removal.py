"""Removal of one video: its record, its cached frames, its pictures in all versions, and its claim on a base.

The record goes first, and the claim passes to `PURGER` in the same transaction: no worker can store under the base
until the claim is released. Pictures are listed before the owner of the claim is read. While nobody owns the base at
that moment, every listed version belongs to a video that is gone, and a version is deleted by its id.

Frames are a cache, and nobody owns them. A frame that a request stores after the removal stays until it expires.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from services.aws.bucket import DELETE_AT_ONCE, Bucket, ObjectVersion
from services.aws.errors import WriteConflictError
from services.aws.videos import VideosTable
from services.contract.frames import FRAME_PREFIX, frame_folder
from services.contract.keys import picture_base
from services.contract.records import VideoRecord
from services.contract.resources import PURGER


@dataclass(frozen=True)
class Removed:
    """Current objects that were deleted, and their bytes; older versions do not count."""

    objects: int = 0
    size_bytes: int = 0


def remove_video(bucket: Bucket, videos: VideosTable, record: VideoRecord) -> Removed | None:
    """Remove a record with frames and pictures; return None if it has changed since it was read. Raises: AwsError."""
    try:
        videos.remove([record])
    except WriteConflictError:
        return None
    clear_frames(bucket, frame_folder(record.key))
    return clear_base(bucket, videos, record.base) if record.base else Removed()


def clear_base(bucket: Bucket, videos: VideosTable, base: str, *, releases: bool = True) -> Removed:
    """Delete all pictures under a base that no upload owns, and release the claim on it. Raises: AwsError.

    Without `releases`, the claim is left to the process that has seized it, and still deletes pictures itself.
    """
    versions = [version for version in bucket.versions(f"{base}_") if picture_base(version.key) == base]
    owner = videos.claim_owner(base)
    if owner not in (None, PURGER):
        return Removed()
    removed = delete_versions(bucket, versions)
    if owner == PURGER and releases:
        videos.release([base])
    return removed


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
