"""Manifest of a video, made before its outputs are stored: their ETags are the MD5 of their bytes.

The bucket encrypts with keys of S3, of which an object stored in one request has its MD5 as ETag:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html. So the manifest is stored together with the pictures.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from services.contract.keys import picture_kind
from services.contract.outputs.manifest import Manifest, Output, Poster, ProbeData, Upload
from services.contract.outputs.stored import PosterCandidate
from services.contract.records import VideoRecord
from services.worker.extraction.outcome import ExtractedPicture, ExtractedPoster, Outcome


class StoredFile(Protocol):
    """An object that is about to be stored."""

    @property
    def key(self) -> str: ...

    @property
    def body(self) -> bytes: ...

    @property
    def content_type(self) -> str: ...


def build_manifest(
    record: VideoRecord, outcome: Outcome, files: Sequence[StoredFile], *, shows_location: bool
) -> Manifest:
    """Return the manifest of an outcome with pictures. `files` are its outputs, those of the thumbnails first."""
    details: dict[str, Mapping[str, Any]] = {}
    for file, extracted in zip(files, outcome.pictures, strict=False):
        details[file.key] = _describe_thumbnail(extracted)
    sheet, preview, poster = outcome.storyboard, outcome.preview, outcome.poster
    listed: dict[str, str] = {}
    for file in files[len(outcome.pictures) :]:
        kind = picture_kind(file.key)
        if kind == "storyboard" and sheet and file.content_type.startswith("image/"):
            details[file.key] = {
                "width_px": sheet.columns * sheet.tile_width_px,
                "height_px": sheet.rows * sheet.tile_height_px,
            }
        elif kind == "preview" and preview:
            details[file.key] = {"width_px": preview.width_px, "height_px": preview.height_px}
        elif kind == "poster" and poster:
            listed["key"] = file.key
            details[file.key] = {"width_px": poster.width_px, "height_px": poster.height_px, "time_s": poster.time_s}
        elif kind == "candidates" and poster:
            listed["candidates_key"] = file.key
            width_px = poster.tile_width_px * len(poster.candidates)
            details[file.key] = {"width_px": width_px, "height_px": poster.tile_height_px}
    return Manifest(
        settings_hash=record.settings_hash,
        state="degraded" if outcome.reason_code else "done",
        reason_code=outcome.reason_code,
        reason=outcome.reason,
        upload=Upload(key=record.key, etag=record.etag, size_bytes=record.size_bytes),
        probe=_describe_video(outcome, shows_location=shows_location),
        outputs=[
            Output(
                kind=picture_kind(file.key) or "other",
                key=file.key,
                content_type=file.content_type,
                size_bytes=len(file.body),
                etag=hashlib.md5(file.body, usedforsecurity=False).hexdigest(),
                **details.get(file.key, {}),
            )
            for file in files
        ],
        poster=_describe_poster(poster, listed) if poster else None,
    )


def _describe_poster(poster: ExtractedPoster, keys: Mapping[str, str]) -> Poster:
    return Poster(
        **keys,
        time_s=poster.time_s,
        is_pinned=poster.is_pinned,
        tile_width_px=poster.tile_width_px,
        tile_height_px=poster.tile_height_px,
        candidates=[PosterCandidate(**asdict(one)) for one in poster.candidates],
    )


def _describe_thumbnail(extracted: ExtractedPicture) -> dict[str, Any]:
    placeholder = extracted.placeholder
    about = {
        "width_px": extracted.width_px,
        "height_px": extracted.height_px,
        "time_s": extracted.time_s,
        "position_pct": extracted.position_pct,
        "note": extracted.note,
    }
    if placeholder:
        about |= {
            "thumbhash": placeholder.thumbhash,
            "blurhash": placeholder.blurhash,
            "dominant_colour": placeholder.colour,
        }
    return about


def _describe_video(outcome: Outcome, *, shows_location: bool) -> ProbeData:
    assert outcome.info is not None  # noqa: S101 - `decode_outcome` refuses pictures without it
    info, tags = outcome.info, asdict(outcome.probe.tags)
    if not shows_location:
        tags["location"] = None
    chapters = tags["chapters"]
    # The last chapter of an MP4 ends with the video.
    if chapters and chapters[-1]["end_s"] is None:
        chapters[-1]["end_s"] = info.duration_s
    return ProbeData.model_validate({**asdict(info), **asdict(outcome.probe.picture), **tags})
