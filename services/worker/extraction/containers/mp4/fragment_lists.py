"""Lists of a fragmented MP4's fragments: `sidx` after the movie box, `mfra` at the end of the file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.mp4.boxes import read_boxes
from services.worker.extraction.containers.mp4.movie import Movie
from services.worker.extraction.reading.reader import RangedReader

TAIL_BYTES = 16
"""Size of the box `mfro`, the last of the file, which states the size of `mfra`."""
_MAX_TABLE_BYTES = 4 * 1024 * 1024
_MIN_COVERED = 0.9
"""A list that ends before this share of the file leaves fragments out."""


@dataclass(frozen=True)
class FragmentList:
    """Parts of the video: time, in the track's own scale, and offset of each.

    `end` is the end time of the last one; zero if unknown.
    """

    times: list[int]
    offsets: list[int]
    end: int = 0


def read_sidx(reader: RangedReader, movie: Movie) -> FragmentList | None:
    """Return the parts that the segment index before the first fragment lists (8.16.3); None if there is none."""
    for box in read_boxes(reader.read_at, movie.end, reader.size_bytes):
        if box.type == b"moof":
            return None
        if box.type == b"sidx":
            table = reader.read_at(box.start, min(box.end - box.start, _MAX_TABLE_BYTES))
            # An index that leads to further indexes is not followed.
            parts = list(_parse_sidx(table, box.end, movie))
            listed = FragmentList(
                [part[0] for part in parts], [part[1] for part in parts], parts[-1][2] if parts else 0
            )
            return listed if _covers(listed, reader.size_bytes) else None
    return None


def read_mehd_s(reader: RangedReader, movie: Movie) -> float:
    """Return the duration with all fragments that the movie box states (8.8.2), in seconds; zero if it does not."""
    if movie.extends is None or not movie.time_scale:
        return 0.0
    for box in read_boxes(reader.read_at, movie.extends.start, movie.extends.end):
        if box.type == b"mehd":
            body = reader.read_at(box.start, 12)
            return int.from_bytes(body[4:12] if body[:1] == b"\1" else body[4:8]) / movie.time_scale
    return 0.0


def _covers(listed: FragmentList, size_bytes: int) -> bool:
    return bool(listed.offsets) and listed.offsets[-1] >= size_bytes * _MIN_COVERED


def _parse_sidx(sidx: bytes, behind: int, movie: Movie) -> Iterator[tuple[int, int, int]]:
    """Yield time, offset and end time of each part. Offsets count from `behind`, the end of the box."""
    wide = sidx[:1] == b"\1"
    at = 28 if wide else 20
    scale = int.from_bytes(sidx[8:12])
    if len(sidx) < at + 4 or not scale:
        return
    time, offset = struct.unpack_from(">QQ" if wide else ">II", sidx, 12)
    # The first part may begin later than the index, as with several sidx in a row.
    offset += behind
    for entry in range(at + 4, min(at + 4 + 12 * int.from_bytes(sidx[at + 2 : at + 4]), len(sidx) - 11), 12):
        size, duration = struct.unpack_from(">II", sidx, entry)
        # The upper bit marks a reference to another sidx.
        if size & 0x80000000:
            return
        # The index has a time scale of its own.
        start, end = (round(moment * movie.track.time_scale / scale) for moment in (time, time + duration))
        yield start, offset, end
        offset += size
        time += duration


def read_mfra(reader: RangedReader, track: int) -> FragmentList | None:
    """Return the fragments with a keyframe that the table at the end of the file lists (8.8.9); None without one."""
    size = reader.size_bytes
    tail = reader.read_at(max(size - TAIL_BYTES, 0), TAIL_BYTES)
    length = int.from_bytes(tail[12:16])
    # Recorders that are cut off, and muxers of streams, write no mfra.
    if tail[4:8] != b"mfro" or not 16 < length <= min(size, _MAX_TABLE_BYTES):
        return None
    for box in read_boxes(reader.read_at, size - length + 8, size):
        body = reader.read_at(box.start, box.end - box.start) if box.type == b"tfra" else b""
        if len(body) >= 16 and int.from_bytes(body[4:8]) == track:
            entries = list(_parse_tfra(body))
            listed = FragmentList([time for time, _ in entries], [offset for _, offset in entries])
            return listed if _covers(listed, size - length) else None
    return None


def _parse_tfra(tfra: bytes) -> Iterator[tuple[int, int]]:
    """Yield time and offset of each fragment; of several keyframes in one fragment, only the first."""
    lengths = int.from_bytes(tfra[8:12])
    row = struct.Struct(">QQ" if tfra[:1] == b"\1" else ">II")
    # Numbers of traf, trun and sample follow, of 1 to 4 bytes each.
    step = row.size + sum((lengths >> shift & 3) + 1 for shift in (4, 2, 0))
    count = min(int.from_bytes(tfra[12:16]), (len(tfra) - 16) // step)
    last = -1
    for number in range(count):
        time, offset = row.unpack_from(tfra, 16 + number * step)
        if offset > last:
            last = offset
            yield time, offset
