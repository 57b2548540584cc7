"""AVI: keyframes by the OpenDML index of the film, or by idx1, of which only parts are read where it is long."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from services.worker.extraction.containers.avi import head as avi_head
from services.worker.extraction.containers.avi.head import Head, Part
from services.worker.extraction.containers.stream import BrokenIndexError, Index, Sample
from services.worker.extraction.reading.reader import Place, RangedReader

_Numbers = np.ndarray[Any, np.dtype[np.int64]]

_WINDOW = 4096
"""So many entries of a long index are read around a place."""
_WHOLE_BYTES = 1024 * 1024
_ENTRY_BYTES = 16
_PART_ENTRY_BYTES, _PART_HEADER_BYTES = 8, 32
_IS_KEYFRAME = 0x10
_IS_NO_KEYFRAME = 0x80000000
_MOST_FRAMES = 1 << 24
_MOST_NEIGHBOURS = 12
_REORDERED = {"h264": 8, "hevc": 8, "mpeg4": 2}
"""By decoder: at most so many pictures are decoded before one that is shown before them."""


@dataclass(frozen=True)
class Entries:
    """Some frames in a row: the number of each, where its data is, and whether it is a keyframe."""

    number: _Numbers
    offset: _Numbers
    size: _Numbers
    is_key: np.ndarray[Any, np.dtype[np.bool_]]


class Table(Protocol):
    """The film's index. `count` frames are in it."""

    count: int

    def places(self, number: int) -> list[Place]:
        """What must be read for the entries around a frame."""
        ...

    def around(self, number: int) -> Entries: ...


def open_index(reader: RangedReader) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    head = avi_head.read(reader)
    return AviIndex(reader, head, PartsTable(reader, head) if head.parts else OldTable(reader, head))


class PartsTable:
    """An OpenDML index: one part for each gigabyte or so, with one entry for each frame."""

    def __init__(self, reader: RangedReader, head: Head) -> None:
        self._reader = reader
        self._parts = head.parts
        self._firsts = [0, *accumulate(part.frames for part in head.parts)]
        self.count = self._firsts[-1]

    def places(self, number: int) -> list[Place]:
        part, first, last = self._range(number)
        start = part.start + _PART_HEADER_BYTES
        return [
            (part.start, _PART_HEADER_BYTES),
            (start + first * _PART_ENTRY_BYTES, (last - first) * _PART_ENTRY_BYTES),
        ]

    def _range(self, number: int) -> tuple[Part, int, int]:
        """The part that a frame is in, and of its entries the first and the last to be read."""
        place = min(max(bisect_right(self._firsts, number) - 1, 0), len(self._parts) - 1)
        part, inside = self._parts[place], number - self._firsts[place]
        return part, max(inside - _WINDOW, 0), min(inside + _WINDOW, part.frames)

    def around(self, number: int) -> Entries:
        part, first, last = self._range(number)
        header = self._reader.read_at(part.start, _PART_HEADER_BYTES)
        if len(header) < _PART_HEADER_BYTES or header[:2] != b"ix" or header[8:10] != b"\2\0":
            raise BrokenIndexError("a part of the index that is none")
        base = int.from_bytes(header[20:28], "little")
        at = part.start + _PART_HEADER_BYTES + first * _PART_ENTRY_BYTES
        data = self._reader.read_at(at, (last - first) * _PART_ENTRY_BYTES)
        table = np.frombuffer(data, "<u4", len(data) // _PART_ENTRY_BYTES * 2).astype(np.int64).reshape(-1, 2)
        start = self._firsts[self._parts.index(part)] + first
        return Entries(
            number=np.arange(start, start + len(table)),
            offset=base + table[:, 0],
            size=table[:, 1] & ~_IS_NO_KEYFRAME,
            is_key=(table[:, 1] & _IS_NO_KEYFRAME) == 0,
        )


class OldTable:
    """idx1: one entry for each chunk of all streams.

    Which frame an entry of a long one is for, is reckoned from its share: streams are interleaved evenly.
    """

    def __init__(self, reader: RangedReader, head: Head) -> None:
        if head.index is None:
            raise BrokenIndexError("no index")
        self._reader = reader
        self._start = head.index.start
        self._total = (head.index.end - head.index.start) // _ENTRY_BYTES
        self._id = b"%02d" % head.number
        self.count = head.frames if head.streams > 1 else self._total
        self._is_whole = self._total * _ENTRY_BYTES <= _WHOLE_BYTES
        self._base = self._find_base(head)
        if self._is_whole:
            self._whole = self._read(0, self._total)
            self.count = len(self._whole.number)

    def _find_base(self, head: Head) -> int:
        """Offsets count from the start of the file, or from that of the movie's list, by the muxer's taste."""
        first = self._reader.read_at(self._start, _ENTRY_BYTES)
        offset = int.from_bytes(first[8:12], "little")
        for base in (head.movie.start - 4, 0):
            if len(first) == _ENTRY_BYTES and self._reader.read_at(base + offset, 4) == first[:4]:
                return base
        raise BrokenIndexError("an index that leads nowhere")

    def places(self, number: int) -> list[Place]:
        first, last = self._range(number)
        return [(self._start + first * _ENTRY_BYTES, (last - first) * _ENTRY_BYTES)]

    def _range(self, number: int) -> tuple[int, int]:
        if self._is_whole:
            return 0, self._total
        entry = number * self._total // max(self.count, 1)
        return max(entry - _WINDOW, 0), min(entry + _WINDOW, self._total)

    def around(self, number: int) -> Entries:
        return self._whole if self._is_whole else self._read(*self._range(number))

    def _read(self, first: int, last: int) -> Entries:
        data = self._reader.read_at(self._start + first * _ENTRY_BYTES, (last - first) * _ENTRY_BYTES)
        table = np.frombuffer(data, "<u4", len(data) // _ENTRY_BYTES * 4).reshape(-1, 4)
        ids = table[:, 0]
        # "00dc" or "00db" of the film, told apart from the chunks of other streams by the first two characters.
        of_film = np.flatnonzero(
            ((ids & 0xFFFF) == int.from_bytes(self._id, "little")) & ((ids >> 16 & 0xFF) == ord("d"))
        )
        rows = table[of_film].astype(np.int64)
        if self._is_whole:
            number = np.arange(len(rows))
        else:
            number = np.round((first + of_film) * (self.count / self._total)).astype(np.int64)
        return Entries(
            number=number,
            offset=self._base + rows[:, 2] + 8,
            size=rows[:, 3],
            is_key=(rows[:, 1] & _IS_KEYFRAME) != 0,
        )


class AviIndex:
    """The film's frames, numbered, at a fixed rate."""

    def __init__(self, reader: RangedReader, head: Head, table: Table) -> None:
        if not 0 < table.count <= _MOST_FRAMES:
            raise BrokenIndexError(f"{table.count} frames")
        self._reader = reader
        self._table = table
        self._tick_s = head.tick_s
        self.stream = replace(head.stream, duration_s=table.count * head.tick_s, tells_order=False)

    def _number(self, time_s: float) -> int:
        return min(max(round(time_s / self._tick_s), 0), self._table.count - 1)

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        self._reader.prefetch([place for time_s in times_s for place in self._table.places(self._number(time_s))])
        found = [self._keyframes(time_s) for time_s in times_s]
        return [near[0] for near in found] if all(found) else []

    def _keyframes(self, time_s: float) -> list[Sample]:
        """Those that the entries around a time tell of, the nearest first."""
        number = self._number(time_s)
        entries = self._table.around(number)
        keys = np.flatnonzero(entries.is_key & (entries.size > 0))
        order = np.argsort(np.abs(entries.number[keys] - number), kind="stable")[: 2 * _MOST_NEIGHBOURS]
        return [self._sample(entries, int(row)) for row in keys[order]]

    def _sample(self, entries: Entries, row: int) -> Sample:
        return Sample(int(entries.number[row]) * self._tick_s, int(entries.offset[row]), int(entries.size[row]))

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        return [sample for sample in self._keyframes(time_s) if abs(sample.time_s - time_s) <= within_s]

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        number = self._number(time_s)
        entries = self._table.around(number)
        target = int(np.abs(entries.number - number).argmin())
        before = np.flatnonzero(entries.is_key[: target + 1] & (entries.size[: target + 1] > 0))
        if not len(before) or target - before[-1] >= most:
            return []
        behind = min(_REORDERED.get(self.stream.decoder, 0), len(entries.number) - 1 - target)
        rows = [row for row in range(int(before[-1]), target + 1 + behind) if entries.size[row] > 0]
        samples = [self._sample(entries, row) for row in rows]
        return _shown_in_order(samples, sum(1 for row in rows if row <= target))


def _shown_in_order(samples: list[Sample], count: int) -> list[Sample]:
    """Samples in decoding order, of which the picture that is shown as the last of `count` is wanted.

    An AVI numbers its samples as they are decoded, and tells of no other order. Which of them is the wanted picture is
    not known; but those that are shown after it are as many as there are samples more. So their times go one on, and
    the last gets the time of the wanted one: the decoder's pictures come in the order in which they are shown.
    """
    times_s = [sample.time_s for sample in samples]
    moved = [*times_s[: count - 1], *times_s[count:], times_s[count - 1]]
    return [replace(sample, time_s=time_s) for sample, time_s in zip(samples, moved, strict=True)]
