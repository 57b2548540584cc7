"""Answers of the api made from records. Pure except for the signing of URLs."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Protocol

from services.api.schema.models import Attempt, Preview, Storyboard, Thumbnail, TimelineEntry, Video, VideoDetails
from services.api.schema.poster_models import Poster
from services.contract.keys import is_upload, picture_number
from services.contract.outputs.stored import StoredPoster
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.traces import upload_trace_id


class Sign(Protocol):
    """Function that returns a presigned URL for an object key, which differs for each version of the object."""

    def __call__(self, key: str, version: str = "") -> str: ...


Link = Callable[[str, int], str]
"""Function that returns the stable URL of a thumbnail, for the key of the video and the thumbnail's number."""

_ID_MARK = "~"


def encode_video_id(key: str) -> str:
    """Return a key as one path segment: browsers and proxies change paths with `..` or `//`."""
    return _ID_MARK + base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode_video_key(given: str) -> str | None:
    """Return the key for a key or an id in a path, None if it cannot be the key of an upload."""
    if given.startswith(_ID_MARK):
        coded = given.removeprefix(_ID_MARK)
        try:
            given = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
    return given if is_upload(given) and len(given.encode()) <= 1024 else None


def is_retryable(state: str, reason_code: str | None) -> bool:
    """Return True if a video has failed for a reason other than its file."""
    has_failed = state in (VideoState.FAILED, VideoState.DISMISSED)
    return has_failed and reason_code is not None and not ReasonCode(reason_code).is_final


def show_thumbnails(record: VideoRecord, sign: Sign, link: Link) -> list[Thumbnail]:
    return [
        Thumbnail(
            **thumbnail.model_dump(),
            video_key=record.key,
            url=sign(thumbnail.key),
            stable_url=link(record.key, picture_number(thumbnail.key) or 1),
            created_at=record.finished_at or record.updated_at,
        )
        for thumbnail in record.thumbnails
    ]


def show_video(record: VideoRecord, sign: Sign, link: Link) -> Video:
    return Video(**_show_fields(record, sign, link))


def show_details(record: VideoRecord, sign: Sign, link: Link) -> VideoDetails:
    sheet, preview = record.storyboard, record.preview
    return VideoDetails(
        **_show_fields(record, sign, link),
        options=record.options,
        storyboard=_show_storyboard(sheet, sign) if sheet else None,
        preview=Preview(url=sign(preview.key), **preview.model_dump()) if preview else None,
        poster=_show_poster(record.poster, sign, version=str(record.revision)) if record.poster else None,
        manifest_url=sign(record.manifest.key) if record.manifest else None,
        timeline=_make_timeline(record),
        attempts=[Attempt(**one.model_dump()) for one in record.attempts],
        trace_id=upload_trace_id(record.key, record.etag),
        download_url=sign(record.key),
    )


def _show_storyboard(sheet: StoredStoryboard, sign: Sign) -> Storyboard:
    sheets = [sign(key) for key in sheet.sheet_keys]
    files = {one: sign(key) for one, key in sheet.format_keys.items()}
    return Storyboard(
        **sheet.model_dump(exclude={"rows"}),
        url=sheets[0],
        sheet_urls=sheets,
        track_url=sign(sheet.track_key),
        hls_url=files.get(StoryboardFormat.HLS),
        dash_url=files.get(StoryboardFormat.DASH),
        bif_url=files.get(StoryboardFormat.BIF),
        rows=sheet.sheet_rows,
    )


def _show_poster(poster: StoredPoster, sign: Sign, *, version: str) -> Poster:
    # Another choice stores another picture under the same key.
    url, strip_url = (sign(key, version) for key in poster.keys)
    return Poster(url=url, candidates_url=strip_url, **poster.model_dump())


def _show_fields(record: VideoRecord, sign: Sign, link: Link) -> dict[str, Any]:
    names = set(Video.model_fields) - {"id", "thumbnails"}
    return {
        **record.model_dump(include=names),
        "id": encode_video_id(record.key),
        "uploaded_at": record.uploaded_at,
        "retryable": is_retryable(record.state, record.reason_code),
        "thumbnails": show_thumbnails(record, sign, link),
    }


def _make_timeline(record: VideoRecord) -> list[TimelineEntry]:
    attempts = "first attempt" if record.attempt == 1 else f"attempt {record.attempt}"
    entries = [
        TimelineEntry(event="uploaded", at=record.uploaded_at),
        TimelineEntry(event="received", at=record.started_at, note=f"{attempts}, {record.worker}".rstrip(", ")),
    ]
    if record.finished_at is not None:
        ends = {VideoState.DONE: "stored", VideoState.DEGRADED: "degraded", VideoState.FAILED: "failed"}
        event = ends.get(record.state, "stored")
        entries.append(TimelineEntry.model_validate({"event": event, "at": record.finished_at, "note": record.reason}))
    return entries


def listing_position(record: VideoRecord) -> tuple[str, str]:
    """Return the position of a listing after this record."""
    return record.updated_at.isoformat(timespec="microseconds"), record.key
