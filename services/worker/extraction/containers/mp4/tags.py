"""Tags of an MP4: tracks of sound, chapters, time of creation and place (ISO/IEC 14496-12; QuickTime File Format)."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from services.worker.extraction.containers.contents import ReadAt
from services.worker.extraction.containers.mp4.boxes import Mp4Box, read_boxes
from services.worker.extraction.containers.tags import (
    clean_text,
    end_chapters,
    format_time,
    parse_location,
    parse_time,
    read_or_none,
)
from services.worker.extraction.probe import MAX_ENTRIES, UNTAGGED, ProbedChapter, ProbedLocation, Sound, Tags

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_MAX_BYTES = 1 << 16
_CODECS = {
    b"mp4a": "aac", b".mp3": "mp3", b"ac-3": "ac3", b"ec-3": "eac3", b"ac-4": "ac4", b"Opus": "opus", b"fLaC": "flac",
    b"samr": "amr_nb", b"sawb": "amr_wb", b"dtsc": "dts", b"dtsh": "dts", b"dtsl": "dts", b"ulaw": "pcm_mulaw",
    b"sowt": "pcm", b"twos": "pcm", b"lpcm": "pcm", b"in24": "pcm", b"in32": "pcm", b"fl32": "pcm", b"ipcm": "pcm",
}  # fmt: skip
_MP3_OBJECTS = (0x69, 0x6B)
"""Object types of an MP3 in an `mp4a` entry: https://mp4ra.org/registered-types/object-types"""
_CREATION, _LOCATION = b"com.apple.quicktime.creationdate", b"com.apple.quicktime.location.ISO6709"


def read_tags(read_at: ReadAt, size_bytes: int) -> Tags:
    """Return the tags of the movie box. Raises: LookupError if it was not read before."""
    moov = next((box for box in read_boxes(read_at, 0, size_bytes) if box.type == b"moov"), None)
    if moov is None:
        return UNTAGGED
    found = read_or_none(lambda: _read_metadata(read_at, moov)) or {}
    written = read_or_none(lambda: parse_time(found[_CREATION].decode()))
    return Tags(
        audio=read_or_none(lambda: tuple(_list_sound(read_at, moov))[:MAX_ENTRIES]),
        chapters=read_or_none(lambda: _read_chapters(read_at, moov)),
        created_at=written or read_or_none(lambda: _read_creation(read_at, moov)),
        location=read_or_none(lambda: parse_location(found[_LOCATION].decode()))
        or read_or_none(lambda: _read_place(read_at, moov)),
    )


def _find(read_at: ReadAt, box: Mp4Box, *path: bytes) -> Mp4Box | None:
    """Return the first box of a path below a box."""
    for kind in path:
        child = next((child for child in read_boxes(read_at, box.start, box.end) if child.type == kind), None)
        if child is None:
            return None
        box = child
    return box


def _read_body(read_at: ReadAt, box: Mp4Box) -> bytes:
    return read_at(box.start, min(box.end - box.start, _MAX_BYTES))


def _list_sound(read_at: ReadAt, moov: Mp4Box) -> Iterator[Sound]:
    for track in read_boxes(read_at, moov.start, moov.end):
        handler = _find(read_at, track, b"mdia", b"hdlr") if track.type == b"trak" else None
        if handler and read_at(handler.start + 8, 4) == b"soun":
            entries = _find(read_at, track, b"mdia", b"minf", b"stbl", b"stsd")
            if entries:
                yield _parse_sound(_read_body(read_at, entries))


def _parse_sound(stsd: bytes) -> Sound:
    """Return the first sample entry of a track of sound; 8 bytes of full box precede it."""
    kind = stsd[12:16]
    codec = _CODECS.get(kind) or clean_text(kind).strip().lower()
    if kind == b"mp4a" and _find_object_type(stsd) in _MP3_OBJECTS:
        codec = "mp3"
    if stsd[24:26] == b"\0\2":
        # Version 2 of QuickTime has a wider rate and number of channels.
        rate, channels = struct.unpack_from(">dI", stsd, 48)
        return Sound(codec, channels, round(rate) or None)
    (channels,) = struct.unpack_from(">H", stsd, 32)
    return Sound(codec, channels or None, int.from_bytes(stsd[40:42]) or None)


def _find_object_type(stsd: bytes) -> int:
    """Return the object type of the `esds` box, 0 without one (ISO/IEC 14496-1, 7.2.6)."""
    at = stsd.find(b"esds")
    if at < 0:
        return 0
    at = _skip_descriptor_head(stsd, at + 8) + 3
    return stsd[_skip_descriptor_head(stsd, at)]


def _skip_descriptor_head(data: bytes, at: int) -> int:
    """Return the offset behind a descriptor's tag and its length, of which each byte but the last has the top bit."""
    at += 1
    while data[at] & 0x80:
        at += 1
    return at + 1


def _read_chapters(read_at: ReadAt, moov: Mp4Box) -> tuple[ProbedChapter, ...] | None:
    """Return Nero's list of chapters. None if only a track has them: its texts are among the pictures."""
    listed = _find(read_at, moov, b"udta", b"chpl")
    if listed is None:
        tracks = [box for box in read_boxes(read_at, moov.start, moov.end) if box.type == b"trak"]
        return None if any(_find(read_at, track, b"tref", b"chap") for track in tracks) else ()
    body = _read_body(read_at, listed)
    at = 9 if body[0] else 5
    count = body[at - 1]
    chapters = []
    for _ in range(count):
        start, length = struct.unpack_from(">QB", body, at)
        at += 9 + length
        chapters.append(ProbedChapter(start / 1e7, None, clean_text(body[at - length : at])))
    return end_chapters(chapters)


def _read_creation(read_at: ReadAt, moov: Mp4Box) -> str | None:
    header = _find(read_at, moov, b"mvhd")
    body = read_at(header.start, 12) if header else b""
    return format_time(_EPOCH, int.from_bytes(body[4:12] if body[:1] == b"\1" else body[4:8]))


def _read_place(read_at: ReadAt, moov: Mp4Box) -> ProbedLocation | None:
    """Return the place that phones write: a length, a language, and a text."""
    box = _find(read_at, moov, b"udta", b"\xa9xyz")
    return parse_location(_read_body(read_at, box)[4:].decode("latin-1")) if box else None


def _read_metadata(read_at: ReadAt, moov: Mp4Box) -> dict[bytes, bytes]:
    """Return the values of QuickTime's metadata by key."""
    meta = _find(read_at, moov, b"meta")
    keys = _find(read_at, meta, b"keys") if meta else None
    values = _find(read_at, meta, b"ilst") if meta else None
    if keys is None or values is None:
        return {}
    body, at, names = _read_body(read_at, keys), 8, []
    for _ in range(min(int.from_bytes(body[4:8]), MAX_ENTRIES)):
        size = max(int.from_bytes(body[at : at + 4]), 8)
        names.append(body[at + 8 : at + size])
        at += size
    found: dict[bytes, bytes] = {}
    for item in read_boxes(read_at, values.start, values.end):
        number = int.from_bytes(item.type)
        data = _find(read_at, item, b"data")
        if data and 0 < number <= len(names):
            # Type and locale precede the value.
            found[names[number - 1]] = _read_body(read_at, data)[8:]
    return found
