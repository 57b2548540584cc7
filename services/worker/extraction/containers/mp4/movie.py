"""Movie box of an MP4 (ISO/IEC 14496-12, 8.2 to 8.5): its video tracks, and the one to show."""

import struct
from dataclasses import dataclass, replace

from services.worker.extraction.containers.mp4.boxes import Mp4Box, read_boxes
from services.worker.extraction.containers.mp4.sample_entry import parse_sample_entry
from services.worker.extraction.containers.mp4.sound import Mp4SoundTrack, read_sound
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.pixels import orientation
from services.worker.extraction.reading.reader import RangedReader

_MAX_DESCRIPTION_BYTES = 1 << 16
_ENABLED = 1
_BRANCHES = {b"edts", b"tref", b"mdia", b"minf", b"stbl"}
_MAX_DEPTH = 8
"""Upper limit on the levels of boxes in a track. A valid one has four."""
_STILLS = {"mjpeg"}
_READ_ON = {b"\0\0\0\0vide", b"mhlrvide", b"dhlralis", b"dhlrurl "}
"""Handlers of a video track. QuickTime files (ffmpeg's too) have a second one for the data."""
_UNKNOWN_DURATIONS = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class MovieTrack:
    """A video track. `boxes` are all of its boxes by type; `edit_list` is the body of that box, empty without one."""

    number: int
    is_enabled: bool
    time_scale: int
    duration: int
    stream: Stream
    boxes: dict[bytes, Mp4Box]
    edit_list: bytes


@dataclass(frozen=True)
class Movie:
    """A movie. `start` and `end` are those of its box; `extends` is the box that announces fragments.

    A duration of 0 is unknown.
    """

    start: int
    end: int
    time_scale: int
    duration: int
    track: MovieTrack
    sound: tuple[Mp4SoundTrack, ...]
    extends: Mp4Box | None


def read_movie(reader: RangedReader) -> Movie:
    """Return the movie box with the track to show. Raises: BrokenIndexError, SourceError."""
    start, moov = _find_movie_box(reader)
    time_scale = duration = 0
    tracks: list[MovieTrack] = []
    sound: list[Mp4SoundTrack] = []
    refused: list[BrokenIndexError] = []
    chapters: set[int] = set()
    extends = None
    for box in read_boxes(reader.read_at, moov.start, moov.end):
        if box.type == b"mvhd":
            time_scale, duration = _parse_times(reader.read_at(box.start, 32), box)
        elif box.type == b"mvex":
            extends = box
        elif box.type == b"trak":
            found = _read_tree(reader, box)
            # QuickTime: a chapter reference leads to a track of chapter names or pictures.
            references = _read_body(reader, found.get(b"chap"), 64)
            chapters |= {int.from_bytes(references[at : at + 4]) for at in range(0, len(references) - 3, 4)}
            if track := read_sound(reader, found):
                sound.append(track)
            try:
                tracks += _read_track(reader, found)
            except BrokenIndexError as error:
                refused.append(error)
    if not tracks and refused:
        raise refused[0]
    return Movie(start, moov.end, time_scale, duration, _choose_track(tracks, chapters, moov), tuple(sound), extends)


def _find_movie_box(reader: RangedReader) -> tuple[int, Mp4Box]:
    """Return the movie box, and the offset at which its header begins. Raises: BrokenIndexError."""
    start = 0
    for box in read_boxes(reader.read_at, 0, reader.size_bytes):
        if box.type == b"moov":
            return start, box
        start = box.end
    raise BrokenIndexError.at("mp4 file", 0, expected="a moov box", found="none")


def _parse_times(header: bytes, box: Mp4Box) -> tuple[int, int]:
    """Return time scale and duration of a movie or media header; 0 for an unknown one. Raises: BrokenIndexError."""
    wide = header[:1] == b"\1"
    size = 32 if wide else 20
    if len(header) < size:
        element = f"mp4 {box.type.decode('latin-1')}"
        raise BrokenIndexError.at(element, box.start, expected=f"{size} bytes", found=len(header))
    time_scale, duration = struct.unpack_from(">IQ", header, 20) if wide else struct.unpack_from(">II", header, 12)
    return time_scale, 0 if duration in _UNKNOWN_DURATIONS else duration


def _read_tree(reader: RangedReader, box: Mp4Box, depth: int = 1) -> dict[bytes, Mp4Box]:
    """Return every box of a track down to _MAX_DEPTH levels, by its type; of two, the first."""
    found: dict[bytes, Mp4Box] = {}
    for child in read_boxes(reader.read_at, box.start, box.end):
        if child.type in _BRANCHES and depth < _MAX_DEPTH:
            found = _read_tree(reader, child, depth + 1) | found
        else:
            found.setdefault(child.type, child)
        if child.type == b"hdlr" and reader.read_at(child.start + 4, 8) not in _READ_ON:
            break  # the tables of sound are not needed, and may be far apart
    return found


def _read_body(reader: RangedReader, box: Mp4Box | None, max_bytes: int) -> bytes:
    return reader.read_at(box.start, min(box.end - box.start, max_bytes)) if box else b""


def _read_track(reader: RangedReader, found: dict[bytes, Mp4Box]) -> list[MovieTrack]:
    """Return the track of some boxes; nothing if it is not a video.

    Raises: BrokenIndexError if it cannot be decoded, or is damaged.
    """
    if (
        not {b"tkhd", b"mdhd", b"hdlr", b"stsd"} <= found.keys()
        or _read_body(reader, found[b"hdlr"], 12)[8:] != b"vide"
    ):
        return []
    stream = parse_sample_entry(_read_body(reader, found[b"stsd"], _MAX_DESCRIPTION_BYTES), found[b"stsd"].start)
    time_scale, duration = _parse_times(_read_body(reader, found[b"mdhd"], 32), found[b"mdhd"])
    if not time_scale:
        raise BrokenIndexError.at("mp4 mdhd", found[b"mdhd"].start, expected="a time scale", found=time_scale)
    header = _read_body(reader, found[b"tkhd"], 96)
    track = MovieTrack(
        number=int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16]),
        # The lowest bit of the flags of tkhd.
        is_enabled=bool(int.from_bytes(header[1:4]) & _ENABLED),
        time_scale=time_scale,
        duration=duration,
        stream=_with_geometry(stream, header),
        boxes=found,
        edit_list=_read_body(reader, found.get(b"elst"), _MAX_DESCRIPTION_BYTES),
    )
    return [track]


def _with_geometry(stream: Stream, tkhd: bytes) -> Stream:
    """Return the stream with its orientation, and with the aspect ratio of the track's size if it has none yet."""
    # Version 1 has times of 64 bits before the matrix.
    at = 52 if tkhd[:1] == b"\1" else 40
    if len(tkhd) < at + 44:
        return stream
    stream = replace(stream, orientation=orientation.parse_matrix(struct.unpack_from(">9i", tkhd, at)))
    width, height = struct.unpack_from(">II", tkhd, at + 36)
    if stream.sample_aspect_ratio is None and width and height and stream.width_px and stream.height_px:
        ratio = (width / height) / (stream.width_px / stream.height_px)
        # A difference of less than a pixel comes from rounding.
        if abs(ratio - 1) * max(stream.width_px, stream.height_px) > 1:
            return replace(stream, sample_aspect_ratio=ratio)
    return stream


def _choose_track(tracks: list[MovieTrack], chapters: set[int], moov: Mp4Box) -> MovieTrack:
    """Return the first enabled track; chapter pictures and still images only if there is no other video.

    ffmpeg writes cover art as a video track of one JPEG. Raises: BrokenIndexError.
    """
    if not tracks:
        raise BrokenIndexError.at("mp4 moov", moov.start, expected="a video track that can be decoded", found="none")
    chosen = [track for track in tracks if track.number not in chapters] or tracks
    chosen = [track for track in chosen if track.stream.decoder not in _STILLS] or chosen
    chosen = [track for track in chosen if track.is_enabled] or chosen
    return chosen[0]
