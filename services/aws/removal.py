"""Removal of one video: its record, its pictures in all versions, and its claim on a base.

The record goes first, and the claim passes to `PURGER` in the same transaction: no worker can store under the base
until the claim is released. Pictures are listed before the owner of the claim is read. While nobody owns the base at
that moment, every listed version belongs to a video that is gone, and a version is deleted by its id.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.aws.bucket import DELETE_AT_ONCE, Bucket, ObjectVersion
from services.aws.errors import WriteConflictError
from services.aws.videos import VideosTable
from services.contract.keys import picture_base
from services.contract.records import VideoRecord
from services.contract.resources import PURGER


@dataclass(frozen=True)
class Removed:
    """Current objects that were deleted, and their bytes; older versions do not count."""

    objects: int = 0
    size_bytes: int = 0


def remove_video(bucket: Bucket, videos: VideosTable, record: VideoRecord) -> Removed | None:
    """Remove a record with its pictures; return None if the record has changed since it was read. Raises: AwsError."""
    try:
        videos.remove([record])
    except WriteConflictError:
        return None
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


def delete_versions(bucket: Bucket, versions: Iterable[ObjectVersion]) -> Removed:
    """Delete exactly these versions. Raises: ServiceError."""
    left = list(versions)
    deleted: list[ObjectVersion] = []
    for start in range(0, len(left), DELETE_AT_ONCE):
        deleted += bucket.delete(left[start : start + DELETE_AT_ONCE])
    current = [version for version in deleted if version.is_latest and version.etag]
    return Removed(len(current), sum(version.size_bytes for version in current))
