"""The videos table, rebuilt from the bucket: for a table that was lost, or that has come to disagree with it.

It may run while the pipeline works: every write depends on what was read before, so that a worker's word always
stands. Videos without thumbnails and without a record are queued again, as if they had just been uploaded; so are
videos that were overwritten after their record was written, and videos that are done but have lost pictures.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.api.actions.dead_letters import DeadLetterBox, Letter
from services.api.actions.lost_pictures import are_stored, has_pictures, mark_lost, picture_keys, retry_event
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ObjectMissingError, WriteConflictError
from services.aws.queue import Queue
from services.aws.videos import VideosTable, record_of
from services.contract.events import UploadEvent, notification_body
from services.contract.formats import is_video_name
from services.contract.keys import (
    UPLOAD_PREFIX,
    is_upload,
    preview_key,
    storyboard_key,
    storyboard_track_key,
    thumbnail_bases,
    thumbnail_key,
)
from services.contract.origin import Origin, parse_origin, parse_overview, upload_digest
from services.contract.records import Preview, Storyboard, Thumbnail, VideoRecord, VideoState, share_of_totals
from services.contract.thumbnails import ImageFormat

_TOTALS_TRIES = 5


@dataclass
class Findings:
    """What a reindex has done so far."""

    uploads: int = 0
    kept: int = 0
    rebuilt: int = 0
    failed: int = 0
    queued: int = 0
    removed: int = 0
    totals_corrected: bool | None = None


@dataclass(frozen=True)
class ReindexParts:
    bucket: Bucket
    videos: VideosTable
    queue: Queue
    dead_letters: DeadLetterBox
    thumbnail_prefix: str
    count: int
    """Thumbnails that a video has, where none of them says so itself."""


def reindex(parts: ReindexParts, progress: Callable[[Findings], None]) -> Findings:
    """Raises: AwsError."""
    findings = Findings()
    pictures = _Pictures(parts)
    letters = {letter.key: letter for letter in parts.dead_letters.all() if letter.key}
    seen: set[str] = set()
    for info in parts.bucket.list(UPLOAD_PREFIX):
        if not is_video_name(info.key):
            continue
        seen.add(info.key)
        findings.uploads += 1
        _restore(parts, info, letters.get(info.key), pictures, findings)
        progress(findings)
    _remove_gone(parts, seen, findings)
    progress(findings)
    findings.totals_corrected = _correct_totals(parts.videos)
    progress(findings)
    return findings


class _Pictures:
    """The pictures in the bucket: one listing, kept as hashes of the keys, for tables with very many videos."""

    def __init__(self, parts: ReindexParts) -> None:
        """Raises: ServiceError."""
        self._bucket = parts.bucket
        self._hashes = {hash(info.key) for info in parts.bucket.list(parts.thumbnail_prefix)}

    def has(self, record: VideoRecord) -> bool:
        """Return True if all pictures of a record exist, those stored since the listing too. Raises: ServiceError."""
        return are_stored(self._bucket, [key for key in picture_keys(record) if hash(key) not in self._hashes])


def _restore(
    parts: ReindexParts, info: ObjectInfo, letter: Letter | None, pictures: _Pictures, findings: Findings
) -> None:
    before = parts.videos.get(info.key)
    if before is not None and before.etag != info.etag:
        # The listing may be older than the record.
        try:
            info = parts.bucket.head(info.key)
        except ObjectMissingError:
            return
    if before is not None and before.etag == info.etag:
        if not has_pictures(before) or pictures.has(before):
            findings.kept += 1
        else:
            _try_again(parts, info, before, findings)
        return
    is_about_it = letter is not None and any(event.etag in ("", info.etag) for event in letter.events)
    found = _from_thumbnails(parts, info) or (_from_letter(info, letter) if letter and is_about_it else None)
    if found is None:
        event = UploadEvent(
            name="ObjectCreated:Reindex",
            time=info.modified_at or datetime.now(UTC),
            bucket=parts.bucket.name,
            key=info.key,
            etag=info.etag,
            size_bytes=info.size_bytes,
        )
        parts.queue.send([notification_body(event)])
        findings.queued += 1
        return
    try:
        parts.videos.replace(before, found, claims=bool(found.base))
    except WriteConflictError:
        # A worker has just written it, or another upload has the name: both know better.
        if parts.videos.get(info.key) is None:
            raise
        findings.kept += 1
        return
    findings.failed += found.state is VideoState.FAILED
    findings.rebuilt += found.state is not VideoState.FAILED


def _try_again(parts: ReindexParts, info: ObjectInfo, record: VideoRecord, findings: Findings) -> None:
    """Queue a video whose pictures are lost."""
    try:
        lost = mark_lost(parts.videos, record)
    except WriteConflictError:
        # A worker has just written it: it knows better.
        findings.kept += 1
        return
    parts.queue.send([notification_body(retry_event(parts.bucket, info, lost))])
    findings.queued += 1


def _from_thumbnails(parts: ReindexParts, info: ObjectInfo) -> VideoRecord | None:
    """The record of a video whose thumbnails are all there, and say that they are of this very object."""
    for base in dict.fromkeys(thumbnail_bases(info.key, parts.thumbnail_prefix)):
        extension, stored = _stored(parts, info, base)
        if not stored or len(stored) != stored[0][1].count:
            continue
        thumbnails = tuple(
            Thumbnail(
                key=thumbnail.key,
                size_bytes=thumbnail.size_bytes,
                **origin.model_dump(include={"position_pct", "time_s", "width_px", "height_px", "note"}),
            )
            for thumbnail, origin in stored
        )
        ended_at = max(thumbnail.modified_at or datetime.now(UTC) for thumbnail, _ in stored)
        began_at = min(info.modified_at or ended_at, ended_at)
        is_degraded = any(thumbnail.note for thumbnail in thumbnails)
        record = VideoRecord(
            key=info.key,
            state=VideoState.DEGRADED if is_degraded else VideoState.DONE,
            etag=info.etag,
            settings_hash=stored[0][1].settings_hash,
            base=base,
            size_bytes=info.size_bytes,
            queued_at=began_at,
            started_at=began_at,
            updated_at=ended_at,
            finished_at=ended_at,
            reason="Rebuilt from the bucket: some thumbnails show another moment." if is_degraded else None,
            thumbnails=thumbnails,
        )
        return _with_overview(parts.bucket, record, stored[0][1].also or "", extension)
    return None


def _with_overview(bucket: Bucket, record: VideoRecord, also: str, extension: str) -> VideoRecord:
    """The record with the storyboard and the preview that were made beside its thumbnails, if they are still there."""
    sheet, track = storyboard_key(record.base, extension), storyboard_track_key(record.base)
    preview = preview_key(record.base)
    found: dict[str, object] = {}
    with contextlib.suppress(ObjectMissingError, ValueError):
        if "storyboard" in also.split():
            about = bucket.head(sheet).metadata
            found["storyboard"] = parse_overview(about, Storyboard, record, key=sheet, track_key=track)
    with contextlib.suppress(ObjectMissingError, ValueError):
        if "preview" in also.split():
            found["preview"] = parse_overview(bucket.head(preview).metadata, Preview, record, key=preview)
    return record.model_copy(update=found)


def _stored(parts: ReindexParts, info: ObjectInfo, base: str) -> tuple[str, list[tuple[ObjectInfo, Origin]]]:
    """The thumbnails under a base that are of this upload, from the first on, and the extension that they have."""
    for extension in (image_format.extension for image_format in ImageFormat):
        if stored := list(_stored_as(parts, info, base, extension)):
            return extension, stored
    return "", []


def _stored_as(parts: ReindexParts, info: ObjectInfo, base: str, extension: str) -> Iterator[tuple[ObjectInfo, Origin]]:
    number, count = 1, parts.count
    while number <= count:
        try:
            thumbnail = parts.bucket.head(thumbnail_key(base, number, extension))
            origin = parse_origin(thumbnail.metadata)
        except (ObjectMissingError, ValueError):
            return
        if origin.upload != upload_digest(info.key) or origin.etag != info.etag:
            return
        count = origin.count
        yield thumbnail, origin
        number += 1


def _from_letter(info: ObjectInfo, letter: Letter) -> VideoRecord:
    return VideoRecord(
        key=info.key,
        state=VideoState.FAILED,
        attempt=letter.attempts or 1,
        etag=info.etag,
        settings_hash="",
        base="",
        size_bytes=info.size_bytes,
        queued_at=letter.at,
        started_at=letter.at,
        updated_at=letter.at,
        finished_at=letter.at,
        reason_code=letter.reason_code,
        reason=letter.reason,
    )


def _remove_gone(parts: ReindexParts, seen: set[str], findings: Findings) -> None:
    """Takes out records of videos that are in the bucket no more, and frees their names."""
    for item in parts.videos.scan():
        if not is_upload(item["pk"]) or item["pk"] in seen:
            continue
        record = record_of(item)
        try:
            parts.bucket.head(record.key)
        except ObjectMissingError:
            if record.finished_at is None:
                continue
            # A conflict means that a worker has just written it: it knows better.
            with contextlib.suppress(WriteConflictError):
                parts.videos.remove([record])
                # The thumbnails stay where they are, and may be written over.
                parts.videos.release([record.base] if record.base else [])
                findings.removed += 1


def _correct_totals(videos: VideosTable) -> bool:
    """Whether the totals are now the sum of the records; not while workers keep changing them."""
    for _ in range(_TOTALS_TRIES):
        before = videos.counters()
        totals: dict[str, int] = {}
        for item in videos.scan():
            if is_upload(item["pk"]):
                for name, count in share_of_totals(record_of(item)).items():
                    totals[name] = totals.get(name, 0) + count
        if _nonzero(videos.totals()) == _nonzero(totals):
            return True
        try:
            videos.correct(before, totals)
        except WriteConflictError:
            continue
        return True
    return False


def _nonzero(totals: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in totals.items() if count}
