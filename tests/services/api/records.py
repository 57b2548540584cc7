"""Records as workers would have written them."""

import json
from datetime import UTC, datetime, timedelta

from services.contract.keys import (
    manifest_key,
    poster_key,
    preview_key,
    sheet_key,
    storyboard_key,
    storyboard_track_key,
    thumbnail_bases,
    thumbnail_key,
)
from services.contract.origin import origin_metadata, overview_metadata
from services.contract.outputs.stored import PosterCandidate, StoredManifest, StoredPoster
from services.contract.records import ReasonCode, StoredPreview, StoredThumbnail, VideoRecord, VideoState
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ThumbnailOverrides
from tests.support.place import Place

START = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
POSITIONS = (10.0, 50.0, 95.0)
LISTED_STATES = (VideoState.PROCESSING, VideoState.DONE, VideoState.DEGRADED, VideoState.FAILED)
"""States of the videos that a list without a filter has."""


def a_record(
    key: str, state: VideoState = VideoState.DONE, *, minute: float = 0, etag: str = "etag", base: str | None = None
) -> VideoRecord:
    base = base or thumbnail_bases(key)[0]
    ended = START + timedelta(minutes=minute)
    has_thumbnails = state in (VideoState.DONE, VideoState.DEGRADED)
    is_failed = state is VideoState.FAILED
    return VideoRecord(
        key=key,
        state=state,
        etag=etag,
        settings_hash="settings",
        base=base,
        size_bytes=1000,
        queued_at=ended - timedelta(seconds=4),
        started_at=ended - timedelta(seconds=2),
        updated_at=ended,
        finished_at=None if state is VideoState.PROCESSING else ended,
        reason_code=ReasonCode.NOT_A_VIDEO if is_failed else None,
        reason="It is no video." if is_failed else None,
        worker="worker-1",
        thumbnails=tuple(
            StoredThumbnail(
                position_pct=position,
                time_s=position / 10,
                key=thumbnail_key(base, number),
                width_px=640,
                height_px=360,
                size_bytes=7,
            )
            for number, position in enumerate(POSITIONS, start=1)
        )
        if has_thumbnails
        else (),
    )


def write(place: Place, record: VideoRecord) -> VideoRecord:
    """Write the record into the table, with its claim."""
    return place.videos.replace(None, record, claims=True)


def store(place: Place, key: str, *, minute: float = 0) -> VideoRecord:
    """Store a done video with all of its parts: object, record, claim, thumbnails."""
    place.bucket.put(key, b"a video", content_type="video/mp4")
    record = write(place, a_record(key, minute=minute, etag=place.bucket.head(key).etag))
    for thumbnail in record.thumbnails:
        origin = origin_metadata(record, thumbnail, count=len(record.thumbnails))
        place.bucket.put(thumbnail.key, b"picture", content_type="image/jpeg", metadata=origin)
    return record


def with_overview(
    place: Place, key: str, *, extension: str = "jpg", sheets: int = 1, candidates: tuple[PosterCandidate, ...] = ()
) -> VideoRecord:
    """Store a done video with thumbnails, storyboard and preview. Several sheets have files of all formats.

    With candidates, its poster is pinned and it has a manifest.
    """
    place.bucket.put(key, b"a video", content_type="video/mp4")
    record = a_record(key, etag=place.bucket.head(key).etag)
    renamed = (
        thumbnail.model_copy(update={"key": thumbnail_key(record.base, number, extension)})
        for number, thumbnail in enumerate(record.thumbnails, start=1)
    )
    storyboard = StoredStoryboard(
        key=storyboard_key(record.base, extension) if sheets == 1 else sheet_key(record.base, 1, extension),
        track_key=storyboard_track_key(record.base),
        interval_s=5,
        tiles=3,
        columns=3 // sheets,
        tile_width_px=160,
        tile_height_px=90,
        size_bytes=11,
        sheets=sheets,
        rows=1,
        formats=() if sheets == 1 else tuple(StoryboardFormat),
    )
    preview = StoredPreview(
        key=preview_key(record.base), frames=10, duration_s=5, width_px=320, height_px=180, size_bytes=9
    )
    poster = StoredPoster(
        key=poster_key(record.base, extension),
        time_s=5,
        width_px=640,
        height_px=360,
        size_bytes=12,
        tile_width_px=160,
        tile_height_px=90,
        is_pinned=bool(candidates),
        candidates=candidates,
    )
    listed = json.dumps({"poster": {"candidates": [one.model_dump() for one in candidates]}}).encode()
    manifest = StoredManifest(key=manifest_key(record.base), size_bytes=len(listed)) if candidates else None
    options = ThumbnailOverrides(poster_time_s=poster.time_s) if candidates else None
    made = {"storyboard": storyboard, "preview": preview, "poster": poster, "manifest": manifest}
    record = record.model_copy(update={"thumbnails": tuple(renamed), "options": options, **made})
    also = " ".join(name for name, one in made.items() if one)
    for thumbnail in record.thumbnails:
        origin = origin_metadata(record, thumbnail, count=len(record.thumbnails), also=also)
        place.bucket.put(thumbnail.key, b"picture", content_type="image/jpeg", metadata=origin)
    about = overview_metadata(record, storyboard)
    for number, sheet in enumerate(storyboard.sheet_keys):
        place.bucket.put(sheet, b"sheet", content_type="image/jpeg", metadata=about if number == 0 else None)
    for one, file in storyboard.format_keys.items():
        place.bucket.put(file, one.encode(), content_type=one.content_type)
    place.bucket.put(storyboard.track_key, b"WEBVTT", content_type="text/vtt")
    about = overview_metadata(record, preview)
    place.bucket.put(preview.key, b"animation", content_type="image/webp", metadata=about)
    about = overview_metadata(record, poster)
    place.bucket.put(poster.key, b"poster", content_type="image/jpeg", metadata=about)
    place.bucket.put(poster.candidates_key, b"strip", content_type="image/jpeg")
    if manifest is not None:
        about = overview_metadata(record, manifest)
        place.bucket.put(manifest.key, listed, content_type="application/json", metadata=about)
    return write(place, record)
