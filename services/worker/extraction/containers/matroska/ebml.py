"""Elements of EBML (RFC 8794), and the ids of Matroska's (RFC 9559)."""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.contents import ReadAt

EBML = b"\x1a\x45\xdf\xa3"
SEGMENT, SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES = (
    0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B,
)  # fmt: skip
SEEK, SEEK_ID, SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
TIMESTAMP_SCALE, DURATION = 0x2AD7B1, 0x4489
TRACK_ENTRY, TRACK_TYPE, VIDEO, PIXEL_WIDTH, PIXEL_HEIGHT = 0xAE, 0x83, 0xE0, 0xB0, 0xBA
CONTENT_ENCODINGS, CONTENT_ENCODING = 0x6D80, 0x6240
VIDEO_TYPE, SOUND_TYPE = 1, 2
USUAL_TIMESTAMP_SCALE_NS = 1_000_000

_MAX_ELEMENTS = 4096
_MAX_HEADER_BYTES = 12
_MAX_NUMBER_BYTES = 8


@dataclass(frozen=True)
class Element:
    """An EBML element: its id and the range of its data from `start` to `end`, in bytes from the start of the file.

    `is_cut_off` is True if the parent, or the file, ends before the element does.
    """

    id: int
    start: int
    end: int
    is_cut_off: bool = False


def read_elements(read_at: ReadAt, start: int, end: int) -> Iterator[Element]:
    """Yield the elements between two offsets; stop at the first that is damaged.

    An element of unknown size reaches to `end`: live muxers (ffmpeg's with `-live 1`, browsers' MediaRecorder) write
    segments and clusters like this.
    """
    for _ in range(_MAX_ELEMENTS):
        header = read_at(start, _MAX_HEADER_BYTES) if start < end else b""
        # Ids are written with the bit that marks their length, sizes without.
        identity = parse_vint(header, 0, keep_marker=True)
        size = parse_vint(header, identity[1], keep_marker=False) if identity else None
        if identity is None or size is None:
            return
        body = start + identity[1] + size[1]
        # All bits of the size set.
        unknown = size[0] == (1 << (7 * size[1])) - 1
        stop = end if unknown else min(body + size[0], end)
        yield Element(identity[0], body, stop, is_cut_off=not unknown and body + size[0] > end)
        start = end if unknown else body + size[0]


def parse_vint(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """Return a variable-size integer and its length in bytes; None if there is none or it is cut short."""
    if at >= len(data) or data[at] == 0:
        return None
    length = 9 - data[at].bit_length()
    if at + length > len(data):
        return None
    value = int.from_bytes(data[at : at + length])
    return (value if keep_marker else value & ((1 << (7 * length)) - 1)), length


def read_unsigned(read_at: ReadAt, element: Element) -> int:
    """Return the value of an unsigned integer."""
    return int.from_bytes(read_at(element.start, min(element.end - element.start, _MAX_NUMBER_BYTES)))


def read_float(read_at: ReadAt, element: Element | None) -> float:
    """Return the value of a floating-point number; zero if it is missing or of a wrong length."""
    data = read_at(element.start, min(element.end - element.start, _MAX_NUMBER_BYTES)) if element else b""
    # Length 0 means 0.0, and others are invalid (RFC 8794, 7.3).
    if element is None or element.end - element.start not in (4, 8) or len(data) not in (4, 8):
        return 0.0
    return float(struct.unpack(">d" if len(data) == 8 else ">f", data)[0])


def read_sought(
    read_at: ReadAt, segment: Element, seek_head: Element, wanted: Collection[int] | None = None
) -> dict[int, Element]:
    """Return, by id, the elements that a seek head points to: muxers write some of them after the clusters.

    `wanted` are the ids to read; None for all.
    """
    found = {}
    for identity, position in read_seeks(read_at, seek_head).items():
        if wanted is not None and identity not in wanted:
            continue
        element = next(read_elements(read_at, segment.start + position, segment.end), None)
        if element and element.id == identity:
            found[element.id] = element
    return found


def read_seeks(read_at: ReadAt, seek_head: Element) -> dict[int, int]:
    """Return the positions of a seek head by id; they count from the start of the segment's data."""
    found = {}
    for seek in read_elements(read_at, seek_head.start, seek_head.end):
        if seek.id == SEEK:
            values = {child.id: read_unsigned(read_at, child) for child in read_elements(read_at, seek.start, seek.end)}
            found[values.get(SEEK_ID, 0)] = values.get(SEEK_POSITION, 0)
    return found
