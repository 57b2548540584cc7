"""Decisions of a reconciliation about one upload and about the pictures under one base. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.api.actions.lost_pictures import list_picture_keys
from services.contract.keys import (
    candidates_key,
    is_upload,
    manifest_key,
    poster_key,
    preview_key,
    storyboard_file_key,
    storyboard_key,
    storyboard_track_key,
    thumbnail_key,
)
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.shards import parse_state
from services.contract.thumbnails import ThumbnailOptions, ThumbnailOverrides

ATTRIBUTES = (
    "pk",
    "state",
    "etag",
    "settings_hash",
    "options",
    "base",
    "reason_code",
    "revision",
    "started_at",
    "finished_at",
)
"""Attributes of a record that the decision about its upload needs, and the time that its processing took."""


class Finding(StrEnum):
    """Result of comparing an upload with its record and its pictures."""

    MISSING = "missing"
    """It has no record."""
    CHANGED = "changed"
    """Its record is of another content."""
    OUTDATED = "outdated"
    """Its thumbnails are of other settings."""
    LOST = "lost"
    """Its thumbnails are no longer in the bucket."""
    KEPT = "kept"
    FAILED = "failed"
    """It has failed for good, and has a dead letter: a redrive is the way to try it again."""
    IN_PROGRESS = "in_progress"
    DELETED = "deleted"
    """A person has deleted its thumbnails, and kept the upload."""
    DISMISSED = "dismissed"
    """A person has dismissed its failure."""


QUEUED = frozenset({Finding.MISSING, Finding.CHANGED, Finding.OUTDATED, Finding.LOST})
"""Findings for which a video is queued."""

WITHOUT_PICTURES = frozenset({VideoState.DELETED, VideoState.FAILED, VideoState.DISMISSED})
"""States of a video that lists no pictures: those under its base are of an earlier upload."""


@dataclass(frozen=True)
class Wanted:
    """The thumbnails that a video gets with the present settings."""

    options: ThumbnailOptions

    @property
    def settings_hash(self) -> str:
        return self.options.fingerprint

    def of_video(self, item: Mapping[str, Any]) -> "Wanted":
        """Return the thumbnails of one video: a person may have chosen options for it."""
        return Wanted(self.options.replace(read_overrides(item)))

    def list_thumbnails(self, base: str) -> list[str]:
        """Return the keys of the thumbnails that every done video has."""
        count, extension = len(self.options.positions_pct), self.options.format.extension
        return [thumbnail_key(base, number, extension) for number in range(1, count + 1)]

    def list_pictures(self, base: str) -> set[str]:
        """Return the keys of all pictures that a video can have, but for those of several sheets.

        Their number depends on the video: only its record tells which of them belong to it.
        """
        # No hash of the settings says if it has a manifest.
        keys = {*self.list_thumbnails(base), manifest_key(base)}
        if self.options.storyboard:
            keys |= {storyboard_key(base, self.options.format.extension), storyboard_track_key(base)}
            formats = self.options.storyboard_layout.formats
            keys |= {storyboard_file_key(base, one.extension) for one in formats}
        if self.options.preview:
            keys.add(preview_key(base))
        if self.options.has_poster:
            keys |= {
                poster_key(base, self.options.format.extension),
                candidates_key(base, self.options.format.extension),
            }
        return keys


def read_overrides(item: Mapping[str, Any] | None) -> ThumbnailOverrides | None:
    """Return the options that a person has chosen for the video of an item with `ATTRIBUTES`."""
    return ThumbnailOverrides.model_validate(item["options"]) if item and item.get("options") else None


def examine_upload(
    etag: str, item: Mapping[str, Any] | None, wanted: Wanted, is_stored: Callable[[str], bool]
) -> Finding:
    """Compare an upload with its record, an item with `ATTRIBUTES`; `is_stored` says if a picture exists."""
    if item is None:
        return Finding.MISSING
    state = parse_state(item["state"])
    if state == VideoState.PROCESSING:
        return Finding.IN_PROGRESS
    if item["etag"] != etag:
        return Finding.CHANGED
    if state in WITHOUT_PICTURES:
        is_restored = item.get("reason_code") == ReasonCode.DELETED
        return Finding.CHANGED if is_restored else Finding(state)
    wanted = wanted.of_video(item)
    if item["settings_hash"] != wanted.settings_hash:
        return Finding.OUTDATED
    return Finding.KEPT if all(map(is_stored, wanted.list_thumbnails(item["base"]))) else Finding.LOST


def choose_surplus(
    keys: Sequence[str], owner: str | None, record: VideoRecord | None, *, is_gone: bool
) -> Sequence[str]:
    """Return the pictures under one base that belong to no video.

    `owner` is the owner of the claim on the base, `record` the owner's record, and `is_gone` is true if the owner's
    upload has been deleted.
    """
    if owner is None or not is_upload(owner) or record is None or is_gone:
        return keys
    if record.finished_at is None or record.purged_at is not None:
        # A worker may be storing them, or a purge deletes them.
        return []
    listed = set(list_picture_keys(record))
    return [key for key in keys if key not in listed]
