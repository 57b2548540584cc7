"""An MP4's movie box (ISO/IEC 14496-12, 8.2 to 8.5): its video tracks, and which of them is the film."""

import struct
from dataclasses import dataclass, replace

from services.worker.extraction.containers.mp4 import sample_entry
from services.worker.extraction.containers.mp4.boxes import Box, boxes
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.pixels import orientation
from services.worker.extraction.reading.reader import RangedReader

_MOST_DESCRIPTION_BYTES = 1 << 16
_ENABLED = 1
_BRANCHES = {b"edts", b"tref", b"mdia", b"minf", b"stbl"}
_STILLS = {"mjpeg"}
_GO_ON = {b"\0\0\0\0vide", b"mhlrvide", b"dhlralis", b"dhlrurl "}
"""Handlers of a video track: QuickTime has one more for its data."""
_UNKNOWN_DURATIONS = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Track:
    """A video track. `boxes` are all of its boxes by type, `edit_list` the body of that one, if there is one."""

    number: int
    is_enabled: bool
    time_scale: int
    duration: int
    stream: Stream
    boxes: dict[bytes, Box]
    edit_list: bytes


@dataclass(frozen=True)
class Movie:
    """`start` and `end` are those of its box. `extends` announces fragments. A duration of 0 is unknown."""

    start: int
    end: int
    time_scale: int
    duration: int
    track: Track
    extends: Box | None


def read(reader: RangedReader) -> Movie:
    """Raises: BrokenIndexError, SourceError."""
    start, moov = 0, None
    for box in boxes(reader.read_at, 0, reader.size_bytes):
        if box.type == b"moov":
            moov = box
            break
        start = box.end
    if moov is None:
        raise BrokenIndexError("no moov box")
    time_scale = duration = 0
    tracks: list[Track] = []
    chapters: set[int] = set()
    extends = None
    for box in boxes(reader.read_at, moov.start, moov.end):
        if box.type == b"mvhd":
            time_scale, duration = times(reader.read_at(box.start, 32))
        elif box.type == b"mvex":
            extends = box
        elif box.type == b"trak":
            found = _walk(reader, box)
            references = _body(reader, found.get(b"chap"), 64)
            chapters |= {int.from_bytes(references[at : at + 4]) for at in range(0, len(references) - 3, 4)}
            tracks += _track(reader, found)
    return Movie(start, moov.end, time_scale, duration, _film(tracks, chapters), extends)


def times(header: bytes) -> tuple[int, int]:
    """Time scale and duration of a movie or media header; a duration of 0 is unknown. Raises: BrokenIndexError."""
    wide = header[:1] == b"\1"
    if len(header) < (32 if wide else 20):
        raise BrokenIndexError("a header is cut short")
    time_scale, duration = struct.unpack_from(">IQ", header, 20) if wide else struct.unpack_from(">II", header, 12)
    return time_scale, 0 if duration in _UNKNOWN_DURATIONS else duration


def _walk(reader: RangedReader, box: Box) -> dict[bytes, Box]:
    """Every box of a track, by its type; of two, the first."""
    found: dict[bytes, Box] = {}
    for child in boxes(reader.read_at, box.start, box.end):
        if child.type in _BRANCHES:
            found = _walk(reader, child) | found
        else:
            found.setdefault(child.type, child)
        if child.type == b"hdlr" and reader.read_at(child.start + 4, 8) not in _GO_ON:
            break  # the tables of sound are of no use, and may be far apart
    return found


def _body(reader: RangedReader, box: Box | None, most: int) -> bytes:
    return reader.read_at(box.start, min(box.end - box.start, most)) if box else b""


def _track(reader: RangedReader, found: dict[bytes, Box]) -> list[Track]:
    """Nothing where it is no video, or none that may be decoded."""
    if not {b"tkhd", b"mdhd", b"hdlr", b"stsd"} <= found.keys() or _body(reader, found[b"hdlr"], 12)[8:] != b"vide":
        return []
    try:
        stream = sample_entry.stream_of(_body(reader, found[b"stsd"], _MOST_DESCRIPTION_BYTES))
        time_scale, duration = times(_body(reader, found[b"mdhd"], 32))
    except BrokenIndexError:
        return []
    if not time_scale:
        return []
    header = _body(reader, found[b"tkhd"], 96)
    track = Track(
        number=int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16]),
        is_enabled=bool(int.from_bytes(header[1:4]) & _ENABLED),
        time_scale=time_scale,
        duration=duration,
        stream=_with_geometry(stream, header),
        boxes=found,
        edit_list=_body(reader, found.get(b"elst"), _MOST_DESCRIPTION_BYTES),
    )
    return [track]


def _with_geometry(stream: Stream, tkhd: bytes) -> Stream:
    """The stream with its orientation, and the aspect ratio that the track's size gives if nothing else does."""
    at = 52 if tkhd[:1] == b"\1" else 40
    if len(tkhd) < at + 44:
        return stream
    stream = replace(stream, orientation=orientation.parse_matrix(struct.unpack_from(">9i", tkhd, at)))
    width, height = struct.unpack_from(">II", tkhd, at + 36)
    if stream.sample_aspect_ratio is None and width and height and stream.width_px and stream.height_px:
        ratio = (width / height) / (stream.width_px / stream.height_px)
        # What differs by less than a pixel was only rounded.
        if abs(ratio - 1) * max(stream.width_px, stream.height_px) > 1:
            return replace(stream, sample_aspect_ratio=ratio)
    return stream


def _film(tracks: list[Track], chapters: set[int]) -> Track:
    """The first track that is enabled; never one of chapter pictures, or of stills where there is a film."""
    films = [track for track in tracks if track.number not in chapters] or tracks
    films = [track for track in films if track.stream.decoder not in _STILLS] or films
    films = [track for track in films if track.is_enabled] or films
    if not films:
        raise BrokenIndexError("no video track")
    return films[0]
