"""MKV and WebM: Matroska (RFC 9559) in EBML (RFC 8794)."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _SEEK_HEAD, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_TIMESTAMP_SCALE, _DURATION = 0x2AD7B1, 0x4489
_TRACK_ENTRY, _TRACK_TYPE, _VIDEO, _PIXEL_WIDTH, _PIXEL_HEIGHT = 0xAE, 0x83, 0xE0, 0xB0, 0xBA
_CONTENT_ENCODINGS, _CONTENT_ENCODING, _CONTENT_ENCRYPTION = 0x6D80, 0x6240, 0x5035
_VIDEO_TYPE = 1
_MAX_ELEMENTS = 4096
_MAX_VALUE_BYTES = 16


@dataclass(frozen=True)
class Element:
    """An EBML element: its id and the place of its data, `start` to `end`, in bytes from the start of the file."""

    id: int
    start: int
    end: int


def recognises(head: bytes) -> bool:
    return head[:4] == _EBML


def elements(read_at: ReadAt, start: int, end: int) -> Iterator[Element]:
    """The elements between two places; one of unknown size reaches to `end`. Stops where they make no sense."""
    for _ in range(_MAX_ELEMENTS):
        header = read_at(start, 12) if start < end else b""
        identity = _number(header, 0, keep_marker=True)
        size = _number(header, identity[1], keep_marker=False) if identity else None
        if identity is None or size is None:
            return
        body = start + identity[1] + size[1]
        unknown = size[0] == (1 << (7 * size[1])) - 1
        stop = end if unknown else min(body + size[0], end)
        yield Element(identity[0], body, stop)
        start = end if unknown else body + size[0]


def inspect(read_at: ReadAt, size_bytes: int) -> Contents | None:
    segment = next((element for element in elements(read_at, 0, size_bytes) if element.id == _SEGMENT), None)
    if segment is None:
        return None
    found: dict[int, Element] = {}
    for element in elements(read_at, segment.start, segment.end):
        if element.id == _CLUSTER:
            break
        found.setdefault(element.id, element)
    if _TRACKS not in found and _SEEK_HEAD in found:
        found |= _sought(read_at, segment, found[_SEEK_HEAD])
    if _TRACKS not in found:
        return None
    entries = [
        _entry(read_at, element)
        for element in elements(read_at, found[_TRACKS].start, found[_TRACKS].end)
        if element.id == _TRACK_ENTRY
    ]
    video = tuple(entry for entry in entries if entry)
    duration_s = _duration_s(read_at, found[_INFO]) if _INFO in found else None
    return Contents(video=video, others=len(entries) - len(video), duration_s=duration_s)


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """A variable-size integer and its length in bytes; None where there is none."""
    if at >= len(data) or data[at] == 0:
        return None
    length = 9 - data[at].bit_length()
    if at + length > len(data):
        return None
    value = int.from_bytes(data[at : at + length])
    return (value if keep_marker else value & ((1 << (7 * length)) - 1)), length


def _sought(read_at: ReadAt, segment: Element, seek_head: Element) -> dict[int, Element]:
    """The elements that a seek head points to."""
    found = {}
    for seek in elements(read_at, seek_head.start, seek_head.end):
        if seek.id == _SEEK:
            values = {child.id: _unsigned(read_at, child) for child in elements(read_at, seek.start, seek.end)}
            at = segment.start + values.get(_SEEK_POSITION, 0)
            element = next(elements(read_at, at, segment.end), None)
            if element and element.id == values.get(_SEEK_ID):
                found[element.id] = element
    return found


def _entry(read_at: ReadAt, entry: Element) -> VideoTrack | None:
    kind = width = height = 0
    encrypted = False
    for element in elements(read_at, entry.start, entry.end):
        if element.id == _TRACK_TYPE:
            kind = _unsigned(read_at, element)
        elif element.id == _VIDEO:
            values = {child.id: child for child in elements(read_at, element.start, element.end)}
            width = _unsigned(read_at, values[_PIXEL_WIDTH]) if _PIXEL_WIDTH in values else 0
            height = _unsigned(read_at, values[_PIXEL_HEIGHT]) if _PIXEL_HEIGHT in values else 0
        elif element.id == _CONTENT_ENCODINGS:
            encrypted = any(
                child.id == _CONTENT_ENCRYPTION
                for encoding in elements(read_at, element.start, element.end)
                if encoding.id == _CONTENT_ENCODING
                for child in elements(read_at, encoding.start, encoding.end)
            )
    return VideoTrack(width_px=width, height_px=height, encrypted=encrypted) if kind == _VIDEO_TYPE else None


def _duration_s(read_at: ReadAt, info: Element) -> float | None:
    scale_ns, ticks = 1_000_000, 0.0
    for element in elements(read_at, info.start, info.end):
        if element.id == _TIMESTAMP_SCALE:
            scale_ns = _unsigned(read_at, element)
        elif element.id == _DURATION:
            data = read_at(element.start, min(element.end - element.start, 8))
            ticks = struct.unpack(">d" if len(data) == 8 else ">f", data)[0] if len(data) in (4, 8) else 0.0
    duration_s = ticks * scale_ns / 1e9
    return duration_s if math.isfinite(duration_s) and duration_s > 0 else None


def _unsigned(read_at: ReadAt, element: Element) -> int:
    length = element.end - element.start
    return int.from_bytes(read_at(element.start, length)) if length <= _MAX_VALUE_BYTES else 0
