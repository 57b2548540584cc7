"""Reindex: rebuild the videos table from the bucket, if the table was lost or differs from the bucket.

It can run while the pipeline runs: every write depends on the record that was read before, so that it never replaces a
worker's write. A video is queued again if it has no thumbnails and no record, if it was overwritten after its record
was written, or if it is done but has lost pictures.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter
from pydantic_core import from_json

from services.api.actions.dead_letters import DeadLetterStore, Letter
from services.api.actions.lost_pictures import are_stored, has_pictures, list_picture_keys, make_retry_event, mark_lost
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ObjectMissingError, WriteConflictError
from services.aws.queue import MessageQueue
from services.aws.removal import remove_record
from services.aws.table.items import parse_record
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body
from services.contract.formats import VIDEO_EXTENSIONS, is_video_name
from services.contract.keys import (
    UPLOAD_PREFIX,
    is_upload,
    manifest_key,
    poster_key,
    preview_key,
    sheet_key,
    storyboard_key,
    storyboard_track_key,
    thumbnail_bases,
    thumbnail_key,
)
from services.contract.origin import OF_THUMBNAIL, Origin, parse_origin, parse_overview, upload_digest
from services.contract.outputs.stored import PosterCandidate, StoredManifest, StoredPoster
from services.contract.records import StoredPreview, StoredThumbnail, VideoRecord, VideoState, close_deleted
from services.contract.statistics.totals import share_of_totals
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ImageFormat

_CANDIDATES = TypeAdapter(tuple[PosterCandidate, ...])
_TOTALS_TRIES = 5
_MOVE_TRIES = 5


@dataclass
class ReindexResult:
    """Counts of a reindex so far."""

    uploads: int = 0
    kept: int = 0
    rebuilt: int = 0
    failed: int = 0
    queued: int = 0
    removed: int = 0
    totals_corrected: bool | None = None
    shards_applied: bool | None = None


@dataclass(frozen=True)
class ReindexContext:
    bucket: Bucket
    videos: VideosTable
    queue: MessageQueue
    dead_letters: DeadLetterStore
    thumbnail_prefix: str
    count: int
    """Number of thumbnails of a video, if their metadata do not say it."""
    extensions: tuple[str, ...] = VIDEO_EXTENSIONS


def reindex_table(context: ReindexContext, progress: Callable[[ReindexResult], None]) -> ReindexResult:
    """Rebuild the table; call `progress` after each video. Raises: AwsError."""
    result = ReindexResult()
    pictures = _Pictures(context)
    letters = {letter.key: letter for letter in context.dead_letters.receive_all() if letter.key}
    seen: set[str] = set()
    for info in context.bucket.list(UPLOAD_PREFIX):
        if not is_video_name(info.key, context.extensions):
            continue
        seen.add(info.key)
        result.uploads += 1
        _restore_record(context, info, letters.get(info.key), pictures, result)
        progress(result)
    _remove_gone(context, seen, result)
    progress(result)
    result.totals_corrected = _correct_totals(context.videos)
    result.shards_applied = _apply_shards(context.videos)
    progress(result)
    return result


class _Pictures:
    """Keys of the pictures in the bucket, from one listing. Only their hashes are kept, to save memory."""

    def __init__(self, context: ReindexContext) -> None:
        """List the pictures. Raises: ServiceError."""
        self._bucket = context.bucket
        self._hashes = {hash(info.key) for info in context.bucket.list(context.thumbnail_prefix)}

    def has(self, record: VideoRecord) -> bool:
        """Return True if all pictures of a record exist, also if stored after the listing. Raises: ServiceError."""
        return are_stored(self._bucket, [key for key in list_picture_keys(record) if hash(key) not in self._hashes])


def _restore_record(
    context: ReindexContext, info: ObjectInfo, letter: Letter | None, pictures: _Pictures, result: ReindexResult
) -> None:
    before = context.videos.get(info.key)
    if before is not None and before.etag != info.etag:
        # The listing can be older than the record.
        try:
            info = context.bucket.head(info.key)
        except ObjectMissingError:
            return
    if before is not None and before.etag == info.etag:
        if not has_pictures(before) or pictures.has(before):
            result.kept += 1
        else:
            _try_again(context, info, before, result)
        return
    is_about_it = letter is not None and any(event.etag in ("", info.etag) for event in letter.events)
    found = _from_thumbnails(context, info) or (_from_letter(info, letter) if letter and is_about_it else None)
    if found is None:
        event = UploadEvent(
            name="ObjectCreated:Reindex",
            time=info.modified_at or datetime.now(UTC),
            bucket=context.bucket.name,
            key=info.key,
            etag=info.etag,
            size_bytes=info.size_bytes,
        )
        context.queue.send([make_notification_body(event)])
        result.queued += 1
        return
    if not _is_stored(context.bucket, info.key):
        # Written nevertheless, the record would stay if this process ended before it looks again.
        return
    try:
        written = context.videos.replace(before, found, claims=bool(found.base))
    except WriteConflictError:
        # A worker has just written it, or another upload has the base: its record is newer.
        if context.videos.get(info.key) is None:
            raise
        result.kept += 1
        return
    # The upload can have been deleted since the listing: whoever followed that found no record.
    if _remove_if_gone(context, written):
        return
    result.failed += found.state is VideoState.FAILED
    result.rebuilt += found.state is not VideoState.FAILED


def _try_again(context: ReindexContext, info: ObjectInfo, record: VideoRecord, result: ReindexResult) -> None:
    """Queue a video whose pictures are lost."""
    try:
        lost = mark_lost(context.videos, record)
    except WriteConflictError:
        # A worker has just written it: its record is newer.
        result.kept += 1
        return
    context.queue.send([make_notification_body(make_retry_event(context.bucket, info, lost))])
    result.queued += 1


def _from_thumbnails(context: ReindexContext, info: ObjectInfo) -> VideoRecord | None:
    """Return a record made from the thumbnails, None unless all of them exist and are of this object."""
    for base in dict.fromkeys(thumbnail_bases(info.key, context.thumbnail_prefix)):
        extension, stored = _find_thumbnails(context, info, base)
        if not stored or len(stored) != stored[0][1].count:
            continue
        thumbnails = tuple(
            StoredThumbnail(
                key=thumbnail.key,
                size_bytes=thumbnail.size_bytes,
                **origin.model_dump(include=OF_THUMBNAIL),
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
            options=stored[0][1].options,
            base=base,
            size_bytes=info.size_bytes,
            queued_at=began_at,
            started_at=began_at,
            updated_at=ended_at,
            finished_at=ended_at,
            reason="Rebuilt from the bucket: some thumbnails show another moment than the requested one."
            if is_degraded
            else None,
            thumbnails=thumbnails,
        )
        return _with_overview(context.bucket, record, stored[0][1].also or "", extension)
    return None


def _with_overview(bucket: Bucket, record: VideoRecord, also: str, extension: str) -> VideoRecord:
    """Return the record with its storyboard, preview, poster and manifest, if these were made and still exist."""
    preview, track, manifest = preview_key(record.base), storyboard_track_key(record.base), manifest_key(record.base)
    found: dict[str, object] = {}
    # One sheet and several have different keys, and one of another attempt may be left.
    for sheet in (storyboard_key(record.base, extension), sheet_key(record.base, 1, extension)):
        with contextlib.suppress(ObjectMissingError, ValueError):
            if "storyboard" in also.split():
                about = bucket.head(sheet).metadata
                storyboard = parse_overview(about, StoredStoryboard, record, key=sheet, track_key=track)
                if storyboard.sheet_keys[0] == sheet:
                    found["storyboard"] = storyboard
    with contextlib.suppress(ObjectMissingError, ValueError):
        if "preview" in also.split():
            found["preview"] = parse_overview(bucket.head(preview).metadata, StoredPreview, record, key=preview)
    with contextlib.suppress(ObjectMissingError, ValueError):
        if "poster" in also.split():
            poster = poster_key(record.base, extension)
            found["poster"] = parse_overview(bucket.head(poster).metadata, StoredPoster, record, key=poster)
    with contextlib.suppress(ObjectMissingError, ValueError):
        if "manifest" in also.split():
            about = bucket.head(manifest).metadata
            found["manifest"] = parse_overview(about, StoredManifest, record, key=manifest)
            # Metadata have no room for the scores.
            if isinstance(stored := found.get("poster"), StoredPoster):
                found["poster"] = stored.model_copy(update={"candidates": _read_candidates(bucket, manifest)})
    return record.model_copy(update=found)


def _read_candidates(bucket: Bucket, manifest: str) -> tuple[PosterCandidate, ...]:
    """Return the candidates of the poster in a manifest, none if it has no poster.

    Raises: ValueError if it is no manifest, ObjectMissingError, ServiceError.
    """
    poster = from_json(bucket.get(manifest)[1]).get("poster") or {}
    return _CANDIDATES.validate_python(poster.get("candidates", ()))


def _find_thumbnails(
    context: ReindexContext, info: ObjectInfo, base: str
) -> tuple[str, list[tuple[ObjectInfo, Origin]]]:
    """Return the thumbnails of this upload under a base, and their extension."""
    for extension in (image_format.extension for image_format in ImageFormat):
        if stored := list(_find_thumbnails_as(context, info, base, extension)):
            return extension, stored
    return "", []


def _find_thumbnails_as(
    context: ReindexContext, info: ObjectInfo, base: str, extension: str
) -> Iterator[tuple[ObjectInfo, Origin]]:
    number, count = 1, context.count
    while number <= count:
        try:
            thumbnail = context.bucket.head(thumbnail_key(base, number, extension))
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


def _remove_gone(context: ReindexContext, seen: set[str], result: ReindexResult) -> None:
    """Remove records of videos that are no longer in the bucket, and release their claims.

    A record that is still in progress is closed: its worker may have died.
    """
    for item in context.videos.scan():
        if not is_upload(item["pk"]) or item["pk"] in seen:
            continue
        result.removed += _remove_if_gone(context, parse_record(item))


def _remove_if_gone(context: ReindexContext, record: VideoRecord) -> bool:
    """Remove a record whose upload is gone; return False if it stays."""
    if _is_stored(context.bucket, record.key) or record.purged_at is not None:
        # A purge removes what it has marked, with the pictures that a worker has stored meanwhile.
        return False
    # A conflict means that a worker has just written it: its record is newer.
    with contextlib.suppress(WriteConflictError):
        if record.finished_at is None:
            # A worker may still write its result over this; otherwise the next reindex removes the record.
            context.videos.replace(record, close_deleted(record, datetime.now(UTC)))
            return False
        # The thumbnails stay, and another upload may replace them.
        remove_record(context.videos, record)
        return True
    return False


def _is_stored(bucket: Bucket, key: str) -> bool:
    try:
        bucket.head(key)
    except ObjectMissingError:
        return False
    return True


def _correct_totals(videos: VideosTable) -> bool:
    """Set the totals to the sum of the records. Return False if workers kept changing them meanwhile."""
    for _ in range(_TOTALS_TRIES):
        before = videos.counters()
        totals: dict[str, int] = {}
        for item in videos.scan():
            if is_upload(item["pk"]):
                for name, count in share_of_totals(parse_record(item)).items():
                    totals[name] = totals.get(name, 0) + count
        if _drop_zeros(videos.totals()) == _drop_zeros(totals):
            return True
        try:
            videos.correct(before, totals)
        except WriteConflictError:
            continue
        return True
    return False


def _apply_shards(videos: VideosTable) -> bool:
    """Spread records and totals over the configured number of shards. Return False if another process uses more."""
    for _ in range(_MOVE_TRIES):
        records = (item for item in videos.scan() if is_upload(item["pk"]))
        moved = [videos.move_in_index(item) for item in records]
        if all(moved):
            return videos.fold_totals()
    return False


def _drop_zeros(totals: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in totals.items() if count}
