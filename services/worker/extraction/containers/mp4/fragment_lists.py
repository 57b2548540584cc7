"""The lists of a fragmented MP4's fragments: `sidx` behind the movie box, `mfra` at the end of the file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.mp4.boxes import boxes
from services.worker.extraction.containers.mp4.movie import Movie
from services.worker.extraction.reading.reader import RangedReader

TAIL_BYTES = 16
"""Where `mfra` says how long it is."""
_MOST_TABLE_BYTES = 4 * 1024 * 1024
_MOSTLY = 0.9
"""A list that ends before this share of the file leaves fragments out."""


@dataclass(frozen=True)
class Listed:
    """Parts of the film, in the track's own time scale. `end` is when the last one ends, or zero if that is unknown."""

    times: list[int]
    places: list[int]
    end: int = 0


def sidx(reader: RangedReader, film: Movie) -> Listed | None:
    """Return the parts of the film that the segment index before the first fragment lists (8.16.3)."""
    for box in boxes(reader.read_at, film.end, reader.size_bytes):
        if box.type == b"moof":
            return None
        if box.type == b"sidx":
            table = reader.read_at(box.start, min(box.end - box.start, _MOST_TABLE_BYTES))
            parts = list(_parts(table, box.end, film))
            # One that leads to further indexes is not followed.
            listed = Listed([part[0] for part in parts], [part[1] for part in parts], parts[-1][2] if parts else 0)
            return listed if _covers(listed, reader.size_bytes) else None
    return None


def mehd_s(reader: RangedReader, film: Movie) -> float:
    """Return how long the film is with all its fragments, as its movie box says (8.8.2); zero if it does not."""
    if film.extends is None or not film.time_scale:
        return 0.0
    for box in boxes(reader.read_at, film.extends.start, film.extends.end):
        if box.type == b"mehd":
            body = reader.read_at(box.start, 12)
            return int.from_bytes(body[4:12] if body[:1] == b"\1" else body[4:8]) / film.time_scale
    return 0.0


def _covers(listed: Listed, size_bytes: int) -> bool:
    return bool(listed.places) and listed.places[-1] >= size_bytes * _MOSTLY


def _parts(sidx: bytes, behind: int, film: Movie) -> Iterator[tuple[int, int, int]]:
    """Return when each part begins, where, and when it ends."""
    wide = sidx[:1] == b"\1"
    at = 28 if wide else 20
    scale = int.from_bytes(sidx[8:12])
    if len(sidx) < at + 4 or not scale:
        return
    time, offset = struct.unpack_from(">QQ" if wide else ">II", sidx, 12)
    offset += behind
    for entry in range(at + 4, min(at + 4 + 12 * int.from_bytes(sidx[at + 2 : at + 4]), len(sidx) - 11), 12):
        size, duration = struct.unpack_from(">II", sidx, entry)
        if size & 0x80000000:
            return
        start, end = (round(moment * film.track.time_scale / scale) for moment in (time, time + duration))
        yield start, offset, end
        offset += size
        time += duration


def mfra(reader: RangedReader, track: int) -> Listed | None:
    """Return the fragments with a keyframe that the table at the end of the file lists (8.8.9)."""
    size = reader.size_bytes
    tail = reader.read_at(max(size - TAIL_BYTES, 0), TAIL_BYTES)
    length = int.from_bytes(tail[12:16])
    if tail[4:8] != b"mfro" or not 16 < length <= min(size, _MOST_TABLE_BYTES):
        return None
    for box in boxes(reader.read_at, size - length + 8, size):
        body = reader.read_at(box.start, box.end - box.start) if box.type == b"tfra" else b""
        if len(body) >= 16 and int.from_bytes(body[4:8]) == track:
            entries = list(_entries(body))
            listed = Listed([time for time, _ in entries], [offset for _, offset in entries])
            return listed if _covers(listed, size - length) else None
    return None


def _entries(tfra: bytes) -> Iterator[tuple[int, int]]:
    lengths = int.from_bytes(tfra[8:12])
    row = struct.Struct(">QQ" if tfra[:1] == b"\1" else ">II")
    step = row.size + sum((lengths >> shift & 3) + 1 for shift in (4, 2, 0))
    count = min(int.from_bytes(tfra[12:16]), (len(tfra) - 16) // step)
    last = -1
    for number in range(count):
        time, offset = row.unpack_from(tfra, 16 + number * step)
        if offset > last:
            last = offset
            yield time, offset
