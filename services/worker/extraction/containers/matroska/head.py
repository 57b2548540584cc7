"""What stands before the clusters of a Matroska file (RFC 9559): its tracks, its duration, and where its Cues are."""

import math
import struct
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import find_decoder
from services.worker.extraction.codecs.coded import Colour
from services.worker.extraction.containers.matroska.inspect import Element, elements
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.pixels import orientation
from services.worker.extraction.reading.reader import RangedReader

SEGMENT, CLUSTER, CUES = 0x18538067, 0x1F43B675, 0x1C53BB6B
_SEEK_HEAD, _INFO, _TRACKS = 0x114D9B74, 0x1549A966, 0x1654AE6B
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_ENTRY, _NUMBER, _TYPE, _CODEC, _PRIVATE = 0xAE, 0xD7, 0x83, 0x86, 0x63A2
_ENABLED, _DEFAULT, _FRAME_NS = 0xB9, 0x88, 0x23E383
_VIDEO, _WIDTH, _HEIGHT = 0xE0, 0xB0, 0xBA
_CROPS = (0x54CC, 0x54DD, 0x54AA, 0x54BB)
_SHOWN_WIDTH, _SHOWN_HEIGHT, _SHOWN_UNIT = 0x54B0, 0x54BA, 0x54B2
_COLOUR, _MATRIX, _TRANSFER, _PRIMARIES = 0x55B0, 0x55B1, 0x55BA, 0x55BB
_PROJECTION, _YAW, _ROLL = 0x7670, 0x7673, 0x7675
_ENCODINGS, _ENCODING, _COMPRESSION, _ALGORITHM, _SETTINGS = 0x6D80, 0x6240, 0x5034, 0x4254, 0x4255
_VIDEO_TYPE = 1
_HEADER_STRIPPING, _ZLIB = 3, 0
_MOST_BYTES = 1 << 20
_ANYWHERE = 1 << 62

_CODECS = {
    "V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "hevc", "V_AV1": "av1", "V_VP8": "vp8", "V_VP9": "vp9",
    "V_MPEG4/ISO/ASP": "mpeg4", "V_MPEG4/ISO/SP": "mpeg4", "V_MPEG4/ISO/AP": "mpeg4", "V_MPEG4/MS/V3": "msmpeg4",
    "V_MPEG1": "mpeg1video", "V_MPEG2": "mpeg2video", "V_MJPEG": "mjpeg", "V_THEORA": "theora",
}  # fmt: skip
"""https://www.matroska.org/technical/codec_specs.html"""
_VFW = "V_MS/VFW/FOURCC"
_BITMAP_BYTES = 40


@dataclass(frozen=True)
class Track:
    number: int
    stream: Stream
    is_default: bool
    stripped: bytes = b""
    """Bytes that begin every block, and are not stored."""
    is_deflated: bool = False


@dataclass(frozen=True)
class Head:
    """`start` and `end` are those of the segment's data, `clusters` where the first one begins."""

    start: int
    end: int
    clusters: int
    tick_s: float
    duration_s: float | None
    track: Track
    cues: Element | None


def read(reader: RangedReader) -> Head:
    """Raises: BrokenIndexError, SourceError."""
    # Beyond the end of the file, so that the size of a segment that is cut off is seen.
    segment = next((item for item in elements(reader.read_at, 0, _ANYWHERE) if item.id == SEGMENT), None)
    if segment is None:
        raise BrokenIndexError("no segment")
    found, clusters = _top_level(reader, segment)
    tick_s, duration_s = _times(reader, found.get(_INFO))
    entries = [item for item in _children(reader, found[_TRACKS]) if item.id == _ENTRY]
    tracks = [track for entry in entries for track in _track(reader, entry)]
    tracks = [track for track in tracks if track.is_default] or tracks
    if not tracks:
        raise BrokenIndexError("no video track")
    track = tracks[0]
    if reader.size_bytes < segment.end < _ANYWHERE:
        track = replace(track, stream=replace(track.stream, is_cut_off=True))
    end = min(segment.end, reader.size_bytes)
    return Head(segment.start, end, clusters, tick_s, duration_s, track, found.get(CUES))


def _top_level(reader: RangedReader, segment: Element) -> tuple[dict[int, Element], int]:
    """The elements before the clusters, those that the seek head points to, and where the clusters begin."""
    found: dict[int, Element] = {}
    clusters, at = segment.end, segment.start
    for item in elements(reader.read_at, segment.start, segment.end):
        if item.id == CLUSTER:
            clusters = at
            break
        found.setdefault(item.id, item)
        at = item.end
    if _SEEK_HEAD in found:
        found = _sought(reader, segment, found[_SEEK_HEAD]) | found
    if _TRACKS not in found:
        raise BrokenIndexError("no tracks")
    return found, clusters


def _times(reader: RangedReader, info: Element | None) -> tuple[float, float | None]:
    """Seconds of a tick, and the duration in seconds."""
    scale_ns, ticks = 1_000_000, 0.0
    for item in _children(reader, info) if info else []:
        if item.id == _SCALE:
            scale_ns = unsigned(reader, item)
        elif item.id == _DURATION:
            ticks = _float(reader, item)
    duration_s = ticks * scale_ns / 1e9
    if scale_ns <= 0 or not math.isfinite(duration_s):
        raise BrokenIndexError("times that make no sense")
    return scale_ns / 1e9, duration_s if duration_s > 0 else None


def unsigned(reader: RangedReader, item: Element) -> int:
    return int.from_bytes(reader.read_at(item.start, min(item.end - item.start, 8)))


def _children(reader: RangedReader, item: Element) -> list[Element]:
    return list(elements(reader.read_at, item.start, item.end))


def _body(reader: RangedReader, item: Element | None) -> bytes:
    return reader.read_at(item.start, min(item.end - item.start, _MOST_BYTES)) if item else b""


def _float(reader: RangedReader, item: Element | None) -> float:
    data = _body(reader, item)
    if len(data) not in (4, 8):
        return 0.0
    return float(struct.unpack(">d" if len(data) == 8 else ">f", data)[0])


def _sought(reader: RangedReader, segment: Element, seek_head: Element) -> dict[int, Element]:
    """What stands behind the clusters, as the seek head tells."""
    found = {}
    for seek in _children(reader, seek_head):
        values = {child.id: unsigned(reader, child) for child in _children(reader, seek)} if seek.id == _SEEK else {}
        if values.get(_SEEK_ID) in (_INFO, _TRACKS, CUES):
            item = next(elements(reader.read_at, segment.start + values.get(_SEEK_POSITION, 0), segment.end), None)
            if item and item.id == values[_SEEK_ID]:
                found[item.id] = item
    return found


def _track(reader: RangedReader, entry: Element) -> list[Track]:
    """Nothing where it is no video, or none that may be decoded."""
    parts = {item.id: item for item in reversed(_children(reader, entry))}

    def number(identity: int, usual: int) -> int:
        return unsigned(reader, parts[identity]) if identity in parts else usual

    if number(_TYPE, 0) != _VIDEO_TYPE or _VIDEO not in parts or not number(_ENABLED, 1):
        return []
    name, private = _body(reader, parts.get(_CODEC)).rstrip(b"\0").decode("latin-1"), _body(reader, parts.get(_PRIVATE))
    decoder, tag = _CODECS.get(name), b""
    if name == _VFW and len(private) >= _BITMAP_BYTES:
        tag, private = private[16:20], private[_BITMAP_BYTES:]
        decoder = find_decoder(tag.decode("latin-1").rstrip("\0"))
    if decoder is None:
        return []
    stripped, is_deflated = _compression(reader, parts.get(_ENCODINGS))
    stream = _with_geometry(
        reader, Stream(decoder=decoder, extradata=private, frame_s=number(_FRAME_NS, 0) / 1e9), parts[_VIDEO]
    )
    return [Track(number(_NUMBER, 0), stream, bool(number(_DEFAULT, 1)), stripped, is_deflated)]


def _compression(reader: RangedReader, encodings: Element | None) -> tuple[bytes, bool]:
    """The bytes that were stripped from each block, and whether blocks are deflated. Raises: BrokenIndexError."""
    if encodings is None:
        return b"", False
    for encoding in _children(reader, encodings):
        for item in _children(reader, encoding):
            if item.id == _COMPRESSION:
                parts = {part.id: part for part in _children(reader, item)}
                algorithm = unsigned(reader, parts[_ALGORITHM]) if _ALGORITHM in parts else _ZLIB
                if algorithm == _HEADER_STRIPPING:
                    return _body(reader, parts.get(_SETTINGS)), False
                if algorithm != _ZLIB:
                    raise BrokenIndexError(f"compression {algorithm}")
                return b"", True
    return b"", False


def _with_geometry(reader: RangedReader, stream: Stream, video: Element) -> Stream:
    parts = {item.id: item for item in _children(reader, video)}

    def number(identity: int, usual: int = 0) -> int:
        return unsigned(reader, parts[identity]) if identity in parts else usual

    width, height = number(_WIDTH), number(_HEIGHT)
    if any(number(side) for side in _CROPS):
        raise BrokenIndexError("a picture that is to be cropped")
    ratio = None
    shown_width, shown_height = number(_SHOWN_WIDTH, width), number(_SHOWN_HEIGHT, height)
    if number(_SHOWN_UNIT) in (0, 3) and width and height and shown_width and shown_height:
        ratio = shown_width * height / (shown_height * width)
    colours = (
        {item.id: unsigned(reader, item) for item in _children(reader, parts[_COLOUR])} if _COLOUR in parts else {}
    )
    turn = orientation.UPRIGHT
    if _PROJECTION in parts:
        angles = {item.id: item for item in _children(reader, parts[_PROJECTION])}
        # Roll turns counter-clockwise (RFC 9559, 5.1.4.1.28.46); a yaw of half a turn mirrors.
        turn = orientation.parse_degrees(-_float(reader, angles.get(_ROLL)))
        if abs(abs(_float(reader, angles.get(_YAW))) - 180) < 1:
            turn = replace(turn, is_mirrored=True)
    return replace(
        stream,
        width_px=width,
        height_px=height,
        sample_aspect_ratio=ratio,
        colour=Colour(colours.get(_PRIMARIES, 2), colours.get(_TRANSFER, 2), colours.get(_MATRIX, 2)),
        orientation=turn,
    )
