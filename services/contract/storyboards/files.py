"""Files of a storyboard as they are stored: the sheets, and a file for each format of the players."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.contract.keys import storyboard_file_key
from services.contract.storyboards.bif import pack_bif
from services.contract.storyboards.dash import format_manifest
from services.contract.storyboards.hls import format_image_playlist
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.storyboards.webvtt import format_track
from services.contract.thumbnails import get_image_type


@dataclass(frozen=True)
class StoryboardFile:
    """An object of a storyboard."""

    key: str
    body: bytes
    content_type: str


def list_files(
    storyboard: StoredStoryboard, base: str, duration_s: float, *, sheets: Sequence[bytes], frames: Sequence[bytes]
) -> list[StoryboardFile]:
    """Return all files of a storyboard; `frames` are its tiles as JPEG files, for BIF only.

    Each text names its sheets by a digest: a late deletion of the files of an earlier upload compares contents, and
    must not match a text of this one.
    """
    digest = hashlib.sha256(b"".join(sheets)).hexdigest()[:16]
    image_type = get_image_type(storyboard.key)
    files = [StoryboardFile(key, body, image_type) for key, body in zip(storyboard.sheet_keys, sheets, strict=True)]
    track = format_track(storyboard, duration_s, digest).encode()
    files.append(StoryboardFile(storyboard.track_key, track, "text/vtt; charset=utf-8"))
    sheet_bytes = [len(sheet) for sheet in sheets]
    for one in storyboard.formats:
        match one:
            case StoryboardFormat.HLS:
                body = format_image_playlist(storyboard, duration_s, sheet_bytes, digest).encode()
            case StoryboardFormat.DASH:
                body = format_manifest(storyboard, duration_s, sheet_bytes, digest).encode()
            case StoryboardFormat.BIF:
                body = pack_bif(frames, storyboard.interval_s)
        files.append(StoryboardFile(storyboard_file_key(base, one.extension), body, one.content_type))
    return files
