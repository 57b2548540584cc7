"""Contents of an MP4, MOV, M4V or 3GP file, as its movie box declares them (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack
from services.worker.extraction.containers.mp4.boxes import HEADER_BYTES, Mp4Box, read_boxes
from services.worker.extraction.reading.reader import ByteRange, RangedReader

_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx"}
"""QuickTime files begin without ftyp; segments of DASH with styp, sidx or moof."""
_STILLS = {b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1"}
"""Brands of images, which consist of boxes as well: https://mp4ra.org/registered-types/brands"""
_NO_INDEX = "The file has no index (moov box): it is incomplete, as when an upload or a recording breaks off."
_NO_FRAGMENTS = "The file holds no pictures: it is an initialisation segment, whose fragments are not in it."
_ENCRYPTED_ENTRIES = {b"encv", b"drmi"}
"""Common Encryption, and FairPlay of the iTunes Store."""
_MAX_SMALL_BYTES = 512 * 1024
"""Upper limit, in bytes, on a movie box that is read whole."""
_START_BYTES, _END_BYTES = 32 * 1024, 4096
_HEAD_BYTES = 64 * 1024
"""Start of the file, which was read to recognise the container."""
_UNKNOWN_DURATIONS = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


def matches_head(head: bytes) -> bool:
    """Return True if the file begins with a known box, and is not an image."""
    return head[4:8] in _FIRST_BOXES and not (head[4:8] == b"ftyp" and head[8:12] in _STILLS)


def plan_reads(reader: RangedReader) -> list[ByteRange]:
    """Return the range of a small movie box; of a large one its start, its end, and the end of its first track.

    A reader can allow to read a larger box whole. Behind the pictures, the movie box is usually the last one: a short
    rest of the file is read without its header.
    """
    read_at, size_bytes = reader.read_at, reader.size_bytes
    begun = list(read_boxes(read_at, 0, size_bytes, before=_HEAD_BYTES - HEADER_BYTES))
    rest = begun[-1].end if begun and all(box.type != b"moov" for box in begun) else size_bytes
    if 0 < size_bytes - rest <= _MAX_SMALL_BYTES:
        return [(rest, size_bytes - rest)]
    moov = _find_movie(read_at, size_bytes)
    if moov is None:
        return []
    if moov.end - moov.start <= max(_MAX_SMALL_BYTES, reader.max_table_bytes):
        return [(moov.start, moov.end - moov.start)]
    # The tables of the first track end near its end; the next track begins there.
    first = next((box for box in read_boxes(read_at, moov.start, moov.end) if box.type == b"trak"), moov)
    end = (moov.end - _END_BYTES, _END_BYTES + HEADER_BYTES)
    return [(moov.start, _START_BYTES), (first.end, HEADER_BYTES), end]


def _find_movie(read_at: ReadAt, size_bytes: int) -> Mp4Box | None:
    return next((box for box in read_boxes(read_at, 0, size_bytes) if box.type == b"moov"), None)


def inspect_contents(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Return the tracks of the movie box; None if it is compressed."""
    moov = _find_movie(read_at, size_bytes)
    if moov is None:
        return Contents(missing=_NO_INDEX)
    is_last = moov.end >= size_bytes
    children = list(read_boxes(read_at, moov.start, moov.end))
    # QuickTime can compress the movie box; FFmpeg decompresses it.
    if any(box.type == b"cmov" for box in children):
        return None
    # A file that ends with its index cannot be cut off: then the end of the samples is not needed.
    tracks = [_read_track(read_at, box, finds_end=not is_last) for box in children if box.type == b"trak"]
    video = [track for track in tracks if track.handler == b"vide"]
    # mvex announces fragments; a hybrid file lists its first samples as well.
    is_announced = any(box.type == b"mvex" for box in children) and not any(track.video.samples for track in video)
    if video and is_announced and not _has_media(read_at, moov.end, size_bytes):
        return Contents(missing=_NO_FRAGMENTS)
    return Contents(
        video=tuple(track.video for track in video),
        has_fragments=_has_fragments(read_at, moov.end, size_bytes),
        others=len(tracks) - len(video),
        # Without a handler box, FFmpeg guesses the kind of a track from its sample entry.
        may_hide_video=any(not track.handler for track in tracks),
        duration_s=max((track.duration_s for track in video), default=0) or None,
        needed_bytes=max((track.needed_bytes for track in video), default=0) or None,
    )


def _has_fragments(read_at: ReadAt, start: int, end: int) -> bool:
    """Return True if fragments follow the movie box, which ends at `start`, even if it does not announce them."""
    return any(box.type == b"moof" for box in read_boxes(read_at, start, end))


def _has_media(read_at: ReadAt, start: int, end: int) -> bool:
    """Return True if a box after the movie box can be part of a fragment."""
    return any(box.type in (b"moof", b"mdat") for box in read_boxes(read_at, start, end))


@dataclass(frozen=True)
class _InspectedTrack:
    handler: bytes
    video: VideoTrack
    duration_s: float
    needed_bytes: int


def _read_track(read_at: ReadAt, trak: Mp4Box, *, finds_end: bool) -> _InspectedTrack:
    """Return a track of any kind. `finds_end` False leaves `needed_bytes` zero."""
    handler, duration_s, needed_bytes, video = b"", 0.0, 0, VideoTrack()
    for media in _read_children(read_at, trak, b"mdia"):
        if media.type == b"hdlr":
            handler = read_at(media.start + 8, 4)
            if handler == b"soun":
                break  # the tables of sound are not needed, and may be far apart
        elif media.type == b"mdhd":
            duration_s = _parse_duration_s(read_at(media.start, 36))
        elif media.type == b"minf":
            for table in _read_children(read_at, media, b"stbl"):
                if table.type == b"stsd":
                    video = replace(_parse_sample_entry(read_at(table.start, 64)), samples=video.samples)
                # Number of samples, also for a fixed size.
                elif table.type == b"stsz":
                    video = replace(video, samples=int.from_bytes(read_at(table.start + 8, 4)))
                elif table.type in (b"stco", b"co64") and finds_end:
                    needed_bytes = _read_last_chunk_offset(read_at, table)
    return _InspectedTrack(handler, video, duration_s, needed_bytes)


def _read_children(read_at: ReadAt, box: Mp4Box, kind: bytes) -> Iterator[Mp4Box]:
    """Yield the children of the children of one type."""
    for child in read_boxes(read_at, box.start, box.end):
        if child.type == kind:
            yield from read_boxes(read_at, child.start, child.end)


def _parse_duration_s(mdhd: bytes) -> float:
    """Return the duration of a media header; zero if it is unknown."""
    if len(mdhd) < 32:
        return 0.0
    time_scale, duration = struct.unpack_from(">IQ", mdhd, 20) if mdhd[0] == 1 else struct.unpack_from(">II", mdhd, 12)
    unknown = duration in _UNKNOWN_DURATIONS
    return float(duration / time_scale) if time_scale and not unknown else 0.0


def _parse_sample_entry(stsd: bytes) -> VideoTrack:
    """Return the track of the first sample entry: 8 bytes of full box, then size, format and visual sample entry."""
    if len(stsd) < 44:
        return VideoTrack()
    width, height = struct.unpack_from(">HH", stsd, 40)
    return VideoTrack(width_px=width, height_px=height, encrypted=stsd[12:16] in _ENCRYPTED_ENTRIES)


def _read_last_chunk_offset(read_at: ReadAt, table: Mp4Box) -> int:
    """Return the offset after the first byte of the last chunk, which a complete file reaches; zero if unknown."""
    width = 8 if table.type == b"co64" else 4
    count = int.from_bytes(read_at(table.start + 4, 4))
    at = table.start + 8 + (count - 1) * width
    # An empty or damaged table has no last chunk.
    if not count or at + width > table.end:
        return 0
    return int.from_bytes(read_at(at, width)) + 1
