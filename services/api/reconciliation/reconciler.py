"""The comparison of uploads, records and pictures, page by page.

Memory does not grow with the bucket: a filter of constant size holds the keys that one listing has for the next
(`key_filter`), and everything else is a page. Before anything is removed, the exact state is read again.

1. `uploads`: list the uploads into the filter.
2. `records`: scan the table. A record whose upload is not in the filter, and that S3 does not have either, is gone.
3. `thumbnails`: list the pictures into the filter. Pictures under a base without a record are surplus, and those that
   the record of their base does not list: as after an upload that replaced a video and failed.
4. `create`: list the uploads again with their records, and find those that need thumbnails.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from services.api.reconciliation.decisions import (
    ATTRIBUTES,
    WITHOUT_PICTURES,
    Finding,
    Wanted,
    choose_surplus,
    examine_upload,
)
from services.api.reconciliation.key_filter import KeyFilter
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ObjectMissingError
from services.aws.table.items import parse_record
from services.aws.videos import VideosTable
from services.contract.formats import is_video_name
from services.contract.keys import UPLOAD_PREFIX, is_upload, picture_base
from services.contract.records import VideoRecord
from services.contract.resources import CLAIM_PREFIX, PURGER
from services.contract.shards import parse_state

_HEADS_AT_ONCE = 8
_CHECKED_AT_ONCE = 100
_BASE, _GONE = "base:", "gone:"


class Changes(Protocol):
    """Changes for the findings of a reconciliation: a dry run counts them, a run changes bucket, table and queue."""

    def note_listed(self, **counts: int) -> None:
        """Add to the counts of what was listed."""

    def remove_record(self, record: VideoRecord) -> None:
        """Remove the record of a video that is gone, with its pictures. Raises: AwsError."""

    def remove_pictures(
        self, base: str, pictures: Sequence[ObjectInfo], owner: str | None, record: VideoRecord | None
    ) -> None:
        """Remove pictures that `record`, the record of the base, does not list; None if no video has the base.

        `owner` is the owner of the claim on the base. Raises: AwsError.
        """

    def settle_upload(self, info: ObjectInfo, finding: Finding, item: Mapping[str, Any] | None) -> None:
        """Queue the video if the finding asks for it. Raises: AwsError."""

    def pass_page(self, last: str) -> None:
        """Note that all uploads up to this key are settled. Raises: AwsError."""


@dataclass(frozen=True)
class ReconcilerContext:
    bucket: Bucket
    videos: VideosTable
    wanted: Wanted
    thumbnail_prefix: str
    extensions: tuple[str, ...]
    is_purge_running: Callable[[], bool]


class Reconciler:
    """One pass over bucket and table."""

    def __init__(self, context: ReconcilerContext, changes: Changes, filtered: KeyFilter) -> None:
        self._context = context
        self._bucket = context.bucket
        self._videos = context.videos
        self._changes = changes
        self._filter = filtered
        self._durations = (0, 0.0)

    @property
    def video_s(self) -> float | None:
        """Return the mean seconds from the start to the end of the videos that were looked at, None without any."""
        count, total_s = self._durations
        return total_s / count if count else None

    def list_uploads(self) -> None:
        """Add all uploads to the filter. Raises: AwsError."""
        for page in self._bucket.pages(UPLOAD_PREFIX):
            for info in page:
                self._filter.add(info.key)
            self._changes.note_listed(uploads=sum(self._is_video(info.key) for info in page))

    def find_gone_records(self) -> None:
        """Remove records whose upload is gone, and add the bases with pictures to the filter. Raises: AwsError."""
        found = (item for item in self._videos.scan(("pk", "base", "state")) if is_upload(item["pk"]))
        with ThreadPoolExecutor(_HEADS_AT_ONCE) as pool:
            while batch := list(islice(found, _CHECKED_AT_ONCE)):
                absent = [item["pk"] for item in batch if item["pk"] not in self._filter]
                # Records before objects: a record is removed only if it is still the one that was read.
                records = [parse_record(item) for item in self._videos.items(absent).values()]
                is_gone = pool.map(self._is_gone, [record.key for record in records])
                gone = {record.key: record for record, gone in zip(records, is_gone, strict=True) if gone}
                for item in batch:
                    if item["pk"] not in gone and parse_state(item["state"]) not in WITHOUT_PICTURES:
                        self._filter.add(_BASE + item.get("base", ""))
                for record in gone.values():
                    if record.finished_at is None or record.purged_at is not None:
                        # Its worker closes it, or a purge removes it.
                        self._filter.add(_BASE + record.base)
                    else:
                        self._filter.add(_GONE + record.key)
                        self._changes.remove_record(record)
                self._changes.note_listed(records=len(batch))

    def find_surplus(self, *, removes: bool) -> None:
        """Add all pictures to the filter; with `removes`, remove those without a video. Raises: AwsError."""
        for page in self._bucket.pages(self._context.thumbnail_prefix):
            for info in page:
                self._filter.add(info.key)
            self._changes.note_listed(pictures=len(page))
            if removes:
                self._examine_pictures(page)

    def find_missing(self, *, after: str) -> None:
        """Settle the uploads behind the key `after`. Raises: AwsError."""
        for page in self._bucket.pages(UPLOAD_PREFIX, after=after):
            infos = [info for info in page if self._is_video(info.key)]
            items = self._videos.items([info.key for info in infos], ATTRIBUTES)
            self._measure_durations(items.values())
            for info in infos:
                item = items.get(info.key)
                finding = examine_upload(info.etag, item, self._context.wanted, self._filter.__contains__)
                self._changes.settle_upload(info, finding, item)
            if page:
                self._changes.pass_page(page[-1].key)

    def _examine_pictures(self, page: Sequence[ObjectInfo]) -> None:
        by_base: defaultdict[str, list[ObjectInfo]] = defaultdict(list)
        for info in page:
            # Workers never create an object without a base: it is somebody else's.
            if base := picture_base(info.key):
                by_base[base].append(info)
        suspects = [base for base, pictures in by_base.items() if self._is_suspect(base, pictures)]
        if not suspects:
            return
        claims = self._videos.items([CLAIM_PREFIX + base for base in suspects], ("pk", "upload"))
        owners = {base: claims.get(CLAIM_PREFIX + base, {}).get("upload") for base in suspects}
        records = self._videos.items([owner for owner in owners.values() if owner and is_upload(owner)])
        is_purging = PURGER in owners.values() and self._context.is_purge_running()
        for base, owner in owners.items():
            if owner == PURGER and is_purging:
                continue
            item = records.get(owner) if owner else None
            is_gone = owner is not None and _GONE + owner in self._filter
            record = parse_record(item) if item else None
            keys = set(choose_surplus([info.key for info in by_base[base]], owner, record, is_gone=is_gone))
            pictures = [info for info in by_base[base] if info.key in keys]
            if pictures:
                self._changes.remove_pictures(base, pictures, owner, None if is_gone else record)

    def _is_suspect(self, base: str, pictures: Sequence[ObjectInfo]) -> bool:
        """Return True if no record with pictures has the base, or if a picture is none of the present settings."""
        if _BASE + base not in self._filter:
            return True
        expected = self._context.wanted.list_pictures(base)
        return any(info.key not in expected for info in pictures)

    def _is_gone(self, key: str) -> bool:
        try:
            self._bucket.head(key)
        except ObjectMissingError:
            return True
        return False

    def _is_video(self, key: str) -> bool:
        return is_video_name(key, self._context.extensions)

    def _measure_durations(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Add the time of the first ended video of a page to the mean."""
        for item in items:
            if "finished_at" in item:
                count, total_s = self._durations
                taken = datetime.fromisoformat(item["finished_at"]) - datetime.fromisoformat(item["started_at"])
                self._durations = (count + 1, total_s + max(0.0, taken.total_seconds()))
                return
