"""The elements of a Matroska segment before its clusters (RFC 9559): its tracks, its duration, and its Cues."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.worker.extraction.codecs import CODECS, find_decoder
from services.worker.extraction.codecs.coded import Colour
from services.worker.extraction.containers.matroska import ebml
from services.worker.extraction.containers.matroska.ebml import Element, read_elements, read_float, read_unsigned
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.pixels import orientation
from services.worker.extraction.reading.reader import RangedReader

_NUMBER, _CODEC, _PRIVATE = 0xD7, 0x86, 0x63A2
_ENABLED, _DEFAULT, _FRAME_NS = 0xB9, 0x88, 0x23E383
_CROPS = (0x54CC, 0x54DD, 0x54AA, 0x54BB)
_SHOWN_WIDTH, _SHOWN_HEIGHT, _SHOWN_UNIT = 0x54B0, 0x54BA, 0x54B2
_PIXELS, _ASPECT_RATIO = 0, 3
_COLOUR, _MATRIX, _TRANSFER, _PRIMARIES = 0x55B0, 0x55B1, 0x55BA, 0x55BB
_PROJECTION, _YAW, _ROLL = 0x7670, 0x7673, 0x7675
_COMPRESSION, _ALGORITHM, _SETTINGS = 0x5034, 0x4254, 0x4255
_HEADER_STRIPPING, _ZLIB = 3, 0
_MAX_BODY_BYTES = 1 << 20
_ANYWHERE = 1 << 62

_DECODERS = {name: codec.decoder for codec in CODECS for name in codec.matroska_ids}
_VFW = "V_MS/VFW/FOURCC"
_BITMAP_BYTES = 40
_OF_COVERS = ("png", "mjpeg")


@dataclass(frozen=True)
class TrackEntry:
    """A video track."""

    number: int
    stream: Stream
    is_default: bool
    stripped: bytes = b""
    """Bytes that begin every block, and are not stored."""
    is_deflated: bool = False


@dataclass(frozen=True)
class Segment:
    """A segment: the range of its data from `start` to `end`, and the offset of the first of its `clusters`."""

    start: int
    end: int
    clusters: int
    tick_s: float
    duration_s: float | None
    track: TrackEntry
    cues: Element | None
    sound: Mapping[int, float] = field(default_factory=dict)
    """Numbers of the tracks of sound, each with the duration of a frame in seconds; 0 if it is not stated."""
    is_followed: bool = False
    """Another segment follows, as in files that were joined byte by byte."""


def read_segment(reader: RangedReader) -> Segment:
    """Return the segment with the first video track that is a default one. Raises: BrokenIndexError, SourceError."""
    # Search beyond the end of the file, so that the stated size of a segment that is cut off is kept.
    elements = read_elements(reader.read_at, 0, _ANYWHERE)
    segment = next((item for item in elements if item.id == ebml.SEGMENT), None)
    if segment is None:
        raise BrokenIndexError.at("matroska EBML", 0, expected="a segment", found="none")
    found, clusters = _read_top_level(reader, segment)
    tick_s, duration_s = _read_times(reader, found.get(ebml.INFO), segment)
    entries = [item for item in _read_children(reader, found[ebml.TRACKS]) if item.id == ebml.TRACK_ENTRY]
    tracks = [track for entry in entries for track in _read_track(reader, entry)]
    tracks = [track for track in tracks if track.is_default] or tracks
    # ffmpeg writes a cover as a track of one picture.
    tracks.sort(key=lambda track: track.stream.decoder in _OF_COVERS)
    if not tracks:
        found_entries = f"{len(entries)} other tracks"
        expected = "a video track"
        raise BrokenIndexError.at("matroska Tracks", found[ebml.TRACKS].start, expected=expected, found=found_entries)
    track = tracks[0]
    if reader.size_bytes < segment.end < _ANYWHERE:
        # The stated size is beyond the end; an unknown one reaches to _ANYWHERE.
        track = replace(track, stream=replace(track.stream, is_cut_off=True))
    end = min(segment.end, reader.size_bytes)
    sound = {number: frame_s for entry in entries for number, frame_s in _read_sound(reader, entry)}
    is_followed = end < reader.size_bytes and reader.read_at(end, len(ebml.EBML)) == ebml.EBML
    return Segment(
        segment.start, end, clusters, tick_s, duration_s, track, found.get(ebml.CUES), sound, is_followed=is_followed
    )


def _read_top_level(reader: RangedReader, segment: Element) -> tuple[dict[int, Element], int]:
    """Return the elements before the clusters and those of the seek head, and the offset of the first cluster."""
    found: dict[int, Element] = {}
    clusters, at = segment.end, segment.start
    for item in read_elements(reader.read_at, segment.start, segment.end):
        if item.id == ebml.CLUSTER:
            clusters = at
            break
        found.setdefault(item.id, item)
        at = item.end
    if ebml.SEEK_HEAD in found:
        wanted = {ebml.INFO, ebml.TRACKS, ebml.CUES}
        found = ebml.read_sought(reader.read_at, segment, found[ebml.SEEK_HEAD], wanted) | found
    if ebml.TRACKS not in found:
        raise BrokenIndexError.at("matroska Segment", segment.start, expected="Tracks", found="none")
    return found, clusters


def _read_times(reader: RangedReader, info: Element | None, segment: Element) -> tuple[float, float | None]:
    """Return the duration of a tick in seconds, and that of the video; None if it is not stated, as in live files."""
    scale_ns, ticks = ebml.USUAL_TIMESTAMP_SCALE_NS, 0.0
    for item in _read_children(reader, info) if info else []:
        if item.id == ebml.TIMESTAMP_SCALE:
            scale_ns = read_unsigned(reader.read_at, item)
        elif item.id == ebml.DURATION:
            ticks = read_float(reader.read_at, item)
    duration_s = ticks * scale_ns / 1e9
    if scale_ns <= 0 or not math.isfinite(duration_s):
        offset = info.start if info else segment.start
        found = f"{scale_ns} ns, {ticks} ticks"
        raise BrokenIndexError.at("matroska Info", offset, expected="a finite duration", found=found)
    return scale_ns / 1e9, duration_s if duration_s > 0 else None


def _read_children(reader: RangedReader, item: Element) -> list[Element]:
    return list(read_elements(reader.read_at, item.start, item.end))


def _read_body(reader: RangedReader, item: Element | None) -> bytes:
    return reader.read_at(item.start, min(item.end - item.start, _MAX_BODY_BYTES)) if item else b""


def _read_number(reader: RangedReader, parts: dict[int, Element], identity: int, usual: int = 0) -> int:
    """Return the number of one of several elements; the usual one if it is missing."""
    return read_unsigned(reader.read_at, parts[identity]) if identity in parts else usual


def _read_track(reader: RangedReader, entry: Element) -> list[TrackEntry]:
    """Return the track of an entry; nothing if it is not a video, or none that may be decoded."""
    # Reversed, so that of repeated elements the first counts.
    parts = {item.id: item for item in reversed(_read_children(reader, entry))}
    is_video = _read_number(reader, parts, ebml.TRACK_TYPE) == ebml.VIDEO_TYPE and ebml.VIDEO in parts
    if not is_video or not _read_number(reader, parts, _ENABLED, 1):
        return []
    name = _read_body(reader, parts.get(_CODEC)).rstrip(b"\0").decode("latin-1")
    private = _read_body(reader, parts.get(_PRIVATE))
    decoder = _DECODERS.get(name)
    # A codec without a name of its own in Matroska: the private data is a BITMAPINFOHEADER with its tag.
    if name == _VFW and len(private) >= _BITMAP_BYTES:
        tag, private = private[16:20], private[_BITMAP_BYTES:]
        decoder = find_decoder(tag.decode("latin-1").rstrip("\0"))
    if decoder is None:
        return []
    stripped, is_deflated = _read_compression(reader, parts.get(ebml.CONTENT_ENCODINGS))
    stream = Stream(decoder=decoder, extradata=private, frame_s=_read_number(reader, parts, _FRAME_NS) / 1e9)
    stream = _with_geometry(reader, stream, parts[ebml.VIDEO])
    number, is_default = _read_number(reader, parts, _NUMBER), bool(_read_number(reader, parts, _DEFAULT, 1))
    return [TrackEntry(number, stream, is_default, stripped, is_deflated)]


def _read_sound(reader: RangedReader, entry: Element) -> list[tuple[int, float]]:
    """Return number and duration of a frame of the track of an entry; nothing if it is no sound."""
    parts = {item.id: item for item in _read_children(reader, entry)}
    is_sound = _read_number(reader, parts, ebml.TRACK_TYPE) == ebml.SOUND_TYPE
    frame_s = _read_number(reader, parts, _FRAME_NS) / 1e9
    return [(_read_number(reader, parts, _NUMBER), frame_s)] if is_sound else []


def _read_compression(reader: RangedReader, encodings: Element | None) -> tuple[bytes, bool]:
    """Return the bytes stripped from each block, and True if blocks are deflated. Raises: BrokenIndexError."""
    if encodings is None:
        return b"", False
    for encoding in _read_children(reader, encodings):
        for item in _read_children(reader, encoding):
            if item.id == _COMPRESSION:
                parts = {part.id: part for part in _read_children(reader, item)}
                # The default of a missing algorithm is zlib.
                algorithm = _read_number(reader, parts, _ALGORITHM, _ZLIB)
                if algorithm == _HEADER_STRIPPING:
                    return _read_body(reader, parts.get(_SETTINGS)), False
                if algorithm != _ZLIB:
                    expected = "zlib (0) or header stripping (3)"
                    raise BrokenIndexError.at(
                        "matroska ContentCompression", item.start, expected=expected, found=algorithm
                    )
                return b"", True
    return b"", False


def _with_geometry(reader: RangedReader, stream: Stream, video: Element) -> Stream:
    """Return the stream with size, aspect ratio, colour and orientation of its track. Raises: BrokenIndexError."""
    parts = {item.id: item for item in _read_children(reader, video)}
    width, height = _read_number(reader, parts, ebml.PIXEL_WIDTH), _read_number(reader, parts, ebml.PIXEL_HEIGHT)
    # Our decoding does not crop.
    if crops := [crop for side in _CROPS if (crop := _read_number(reader, parts, side))]:
        raise BrokenIndexError.at("matroska Video", video.start, expected="no cropping", found=crops)
    ratio = None
    # Without a display size, the pixels are square.
    shown_width = _read_number(reader, parts, _SHOWN_WIDTH, width)
    shown_height = _read_number(reader, parts, _SHOWN_HEIGHT, height)
    has_ratio = _read_number(reader, parts, _SHOWN_UNIT) in (_PIXELS, _ASPECT_RATIO)
    if has_ratio and width and height and shown_width and shown_height:
        ratio = shown_width * height / (shown_height * width)
    colour = parts.get(_COLOUR)
    colours = {item.id: item for item in _read_children(reader, colour)} if colour else {}
    turn = orientation.UPRIGHT
    if _PROJECTION in parts:
        angles = {item.id: item for item in _read_children(reader, parts[_PROJECTION])}
        # Roll turns counter-clockwise (RFC 9559, 5.1.4.1.28.46); a yaw of half a turn mirrors.
        turn = orientation.parse_degrees(-read_float(reader.read_at, angles.get(_ROLL)))
        if abs(abs(read_float(reader.read_at, angles.get(_YAW))) - 180) < 1:
            turn = replace(turn, is_mirrored=True)
    return replace(
        stream,
        width_px=width,
        height_px=height,
        sample_aspect_ratio=ratio,
        colour=Colour(*(_read_number(reader, colours, part, 2) for part in (_PRIMARIES, _TRANSFER, _MATRIX))),
        orientation=turn,
    )
