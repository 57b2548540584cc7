"""MP4, MOV, M4V and 3GP: ISO base media file format (ISO/IEC 14496-12) and QuickTime."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack
from services.worker.extraction.reading.reader import Place

_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx"}
_STILLS = {b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1"}
"""Brands of images, which are boxes as well: https://mp4ra.org/registered-types/brands"""
_PADDING = {b"free", b"skip"}
_NO_INDEX = "The file has no index (moov box): it is incomplete, as when an upload or a recording breaks off."
_NO_FRAGMENTS = "The file holds no pictures: it is an initialisation segment, whose fragments are not in it."
_ENCRYPTED_ENTRIES = {b"encv", b"drmi"}
_MAX_BOXES = 4096
_SMALL_BYTES = 512 * 1024
"""A movie box up to this size is read whole."""
_START_BYTES, _END_BYTES = 32 * 1024, 4096
_HEADER_BYTES = 16


@dataclass(frozen=True)
class Box:
    """A box: its type and the place of its body, `start` to `end`, in bytes from the start of the file.

    `is_cut_off` says that what holds the box ends before it.
    """

    type: bytes
    start: int
    end: int
    is_cut_off: bool = False


def recognises(head: bytes) -> bool:
    return head[4:8] in _FIRST_BOXES and not (head[4:8] == b"ftyp" and head[8:12] in _STILLS)


def boxes(read_at: ReadAt, start: int, end: int, *, before: int | None = None, most: int = _MAX_BOXES) -> Iterator[Box]:
    """The boxes between two places; stops where they no longer make sense, and reads none that begins at `before`."""
    before = end if before is None else before
    for _ in range(most):
        header = read_at(start, _HEADER_BYTES) if start + 8 <= end and start < before else b""
        if len(header) < 8:
            return
        size, kind, body = int.from_bytes(header[:4]), header[4:8], start + 8
        if size == 1:
            size, body = int.from_bytes(header[8:16]), start + 16
        elif size == 0:
            size = end - start
        elif kind in _PADDING:
            size = max(size, body - start)  # some forget to count its header
        if size < body - start:
            return
        yield Box(kind, body, min(start + size, end), start + size > end)
        start += size


def looks_ahead(read_at: ReadAt, size_bytes: int) -> list[Place]:
    """A small movie box; of a large one its start and end, and where its first track ends and the next begins."""
    moov = _movie(read_at, size_bytes)
    if moov is None:
        return []
    if moov.end - moov.start <= _SMALL_BYTES:
        return [(moov.start, moov.end - moov.start)]
    first = next((box for box in boxes(read_at, moov.start, moov.end) if box.type == b"trak"), moov)
    end = (moov.end - _END_BYTES, _END_BYTES + _HEADER_BYTES)
    return [(moov.start, _START_BYTES), (first.end, _HEADER_BYTES), end]


def _movie(read_at: ReadAt, size_bytes: int) -> Box | None:
    return next((box for box in boxes(read_at, 0, size_bytes) if box.type == b"moov"), None)


def inspect(read_at: ReadAt, size_bytes: int) -> Contents | None:
    moov = _movie(read_at, size_bytes)
    if moov is None:
        return Contents(missing=_NO_INDEX)
    is_last = moov.end >= size_bytes
    children = list(boxes(read_at, moov.start, moov.end))
    if any(box.type == b"cmov" for box in children):
        return None
    tracks = [_track(read_at, box, looks_for_end=not is_last) for box in children if box.type == b"trak"]
    video = [track for track in tracks if track.handler == b"vide"]
    is_announced = any(box.type == b"mvex" for box in children) and not any(track.video.samples for track in video)
    if video and is_announced and not _has_media(read_at, moov.end, size_bytes):
        return Contents(missing=_NO_FRAGMENTS)
    return Contents(
        video=tuple(track.video for track in video),
        has_fragments=has_fragments(read_at, moov.end, size_bytes),
        others=len(tracks) - len(video),
        duration_s=max((track.duration_s for track in video), default=0) or None,
        needed_bytes=max((track.needed_bytes for track in video), default=0) or None,
    )


def has_fragments(read_at: ReadAt, start: int, end: int) -> bool:
    """Tell whether fragments follow the movie box, which ends at `start`, also where it does not announce them."""
    return any(box.type == b"moof" for box in boxes(read_at, start, end))


def _has_media(read_at: ReadAt, start: int, end: int) -> bool:
    """Whether anything behind the index can be a fragment."""
    return any(box.type in (b"moof", b"mdat") for box in boxes(read_at, start, end))


@dataclass(frozen=True)
class _Track:
    handler: bytes
    video: VideoTrack
    duration_s: float
    needed_bytes: int


def _track(read_at: ReadAt, trak: Box, *, looks_for_end: bool) -> _Track:
    """A file that ends in its index cannot be cut off: then the end of the samples is not looked for."""
    handler, duration_s, needed_bytes, video = b"", 0.0, 0, VideoTrack()
    for media in _descend(read_at, trak, b"mdia"):
        if media.type == b"hdlr":
            handler = read_at(media.start + 8, 4)
            if handler == b"soun":
                break  # its tables may be far apart
        elif media.type == b"mdhd":
            duration_s = _duration_s(read_at(media.start, 36))
        elif media.type == b"minf":
            for table in _descend(read_at, media, b"stbl"):
                if table.type == b"stsd":
                    video = replace(_sample_entry(read_at(table.start, 64)), samples=video.samples)
                elif table.type == b"stsz":
                    video = replace(video, samples=int.from_bytes(read_at(table.start + 8, 4)))
                elif table.type in (b"stco", b"co64") and looks_for_end:
                    needed_bytes = _last_chunk_offset(read_at, table)
    return _Track(handler, video, duration_s, needed_bytes)


def _descend(read_at: ReadAt, box: Box, kind: bytes) -> Iterator[Box]:
    for child in boxes(read_at, box.start, box.end):
        if child.type == kind:
            yield from boxes(read_at, child.start, child.end)


def _duration_s(mdhd: bytes) -> float:
    if len(mdhd) < 32:
        return 0.0
    time_scale, duration = struct.unpack_from(">IQ", mdhd, 20) if mdhd[0] == 1 else struct.unpack_from(">II", mdhd, 12)
    unknown = duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return float(duration / time_scale) if time_scale and not unknown else 0.0


def _sample_entry(stsd: bytes) -> VideoTrack:
    """The first entry of a sample description: 8 bytes of full box, then size, format and the visual sample entry."""
    if len(stsd) < 44:
        return VideoTrack()
    width, height = struct.unpack_from(">HH", stsd, 40)
    return VideoTrack(width_px=width, height_px=height, encrypted=stsd[12:16] in _ENCRYPTED_ENTRIES)


def _last_chunk_offset(read_at: ReadAt, table: Box) -> int:
    """Where the last chunk of samples begins: a complete file is longer than that."""
    width = 8 if table.type == b"co64" else 4
    count = int.from_bytes(read_at(table.start + 4, 4))
    at = table.start + 8 + (count - 1) * width
    if not count or at + width > table.end:
        return 0
    return int.from_bytes(read_at(at, width)) + 1
