"""Index of an AVI file: keyframes by the OpenDML index or by idx1, of which only parts are read if it is long."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.avi.headers import AviHeaders, IndexPart, read_headers
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index
from services.worker.extraction.containers.timeline import Timeline
from services.worker.extraction.reading.reader import ByteRange, RangedReader

_Numbers = np.ndarray[Any, np.dtype[np.int64]]

_WINDOW_ENTRIES = 4096
"""Number of entries of a long index that are read on each side of a frame."""
_MAX_WHOLE_BYTES = 1024 * 1024
_MAX_EXACT_BYTES = 16 * 1024 * 1024
"""Upper limit of a table that is read whole for one exact frame: seven hours with sound."""
_ENTRY_BYTES = 16
_PART_ENTRY_BYTES, _PART_HEADER_BYTES = 8, 32
_IS_KEYFRAME = 0x10
_IS_NO_KEYFRAME = 0x80000000
_MAX_FRAMES = 1 << 24
_MAX_NEIGHBOURS = 12
_MAX_LEADING, _HEAD_BYTES, _FIRST_BYTES = 4, 64, 4096


@dataclass(frozen=True)
class IndexEntries:
    """Consecutive frames: number, offset and size of each, and if it is a keyframe."""

    number: _Numbers
    offset: _Numbers
    size: _Numbers
    is_key: np.ndarray[Any, np.dtype[np.bool_]]


class FrameTable(Protocol):
    """The index of the video stream. It lists `count` frames of those that the file `announces`."""

    count: int
    announces: int

    def plan_reads(self, number: int) -> list[ByteRange]:
        """Return the ranges to read for the entries around a frame."""
        ...

    def read_around(self, number: int) -> IndexEntries: ...


def open_index(reader: RangedReader) -> Index:
    """Return the index of the first video stream. Raises: BrokenIndexError, SourceError."""
    headers = read_headers(reader)
    return AviIndex(reader, headers, OpenDmlTable(reader, headers) if headers.parts else Idx1Table(reader, headers))


class OpenDmlTable:
    """An OpenDML index: one part for each gigabyte or so, with one entry for each frame."""

    def __init__(self, reader: RangedReader, headers: AviHeaders) -> None:
        self._reader = reader
        # Each part is after its frames, so a file that is cut off has the frames of the parts that it has.
        self._parts = [part for part in headers.parts if part.start + _PART_HEADER_BYTES <= reader.size_bytes]
        self._firsts = [0, *accumulate(part.frames for part in self._parts)]
        self.count = self._firsts[-1]
        self.announces = sum(part.frames for part in headers.parts)

    def plan_reads(self, number: int) -> list[ByteRange]:
        part, first, last = self._find_range(number)
        start = part.start + _PART_HEADER_BYTES
        return [
            (part.start, _PART_HEADER_BYTES),
            (start + first * _PART_ENTRY_BYTES, (last - first) * _PART_ENTRY_BYTES),
        ]

    def _find_range(self, number: int) -> tuple[IndexPart, int, int]:
        """Return the part that lists a frame, and the first and the last of its entries to read."""
        at = min(max(bisect_right(self._firsts, number) - 1, 0), len(self._parts) - 1)
        part, inside = self._parts[at], number - self._firsts[at]
        return part, max(inside - _WINDOW_ENTRIES, 0), min(inside + _WINDOW_ENTRIES, part.frames)

    def read_around(self, number: int) -> IndexEntries:
        part, first, last = self._find_range(number)
        header = self._reader.read_at(part.start, _PART_HEADER_BYTES)
        # Type 2 entries (for fields of interlaced video) are not supported.
        if len(header) < _PART_HEADER_BYTES or header[:2] != b"ix" or header[8:10] != b"\2\0":
            expected = "a chunk ix## with entries of 8 bytes"
            raise BrokenIndexError.at("avi indx", part.start, expected=expected, found=header[:10])
        # Offsets count from a base in the header, as 4 bytes do not reach beyond 4 GB.
        base = int.from_bytes(header[20:28], "little")
        if base > self._reader.size_bytes:
            raise BrokenIndexError.at("avi indx", part.start, expected="a base within the file", found=base)
        at = part.start + _PART_HEADER_BYTES + first * _PART_ENTRY_BYTES
        data = self._reader.read_at(at, (last - first) * _PART_ENTRY_BYTES)
        table = np.frombuffer(data, "<u4", len(data) // _PART_ENTRY_BYTES * 2).astype(np.int64).reshape(-1, 2)
        start = self._firsts[self._parts.index(part)] + first
        return IndexEntries(
            number=np.arange(start, start + len(table)),
            # Entries have the offset of the data, after the header of the chunk.
            offset=base + table[:, 0],
            size=table[:, 1] & ~_IS_NO_KEYFRAME,
            # The upper bit of the size marks a frame that is not a keyframe.
            is_key=(table[:, 1] & _IS_NO_KEYFRAME) == 0,
        )


class Idx1Table:
    """An idx1 index: one entry for each chunk of all streams.

    In a long index, the frame number of an entry is estimated from its relative position: streams are interleaved
    evenly.
    """

    def __init__(self, reader: RangedReader, headers: AviHeaders) -> None:
        if headers.index is None:
            raise BrokenIndexError.at("avi movi", headers.movie.end, expected="an idx1 chunk", found="none")
        self._reader = reader
        self._start = headers.index.start
        self._total = (headers.index.end - headers.index.start) // _ENTRY_BYTES
        self._id = b"%02d" % headers.number
        # A file with one stream has an entry for each frame, whatever its header says.
        self.count = headers.frames if headers.streams > 1 else self._total
        self._is_whole = self._total * _ENTRY_BYTES <= _MAX_WHOLE_BYTES
        self._base = self._find_base(headers)
        if self._is_whole:
            self._whole = self._read_entries(0, self._total)
            self.count = len(self._whole.number)
        # It lists the first RIFF list only: the frames of the others are in an index of OpenDML, which is missing.
        self.announces = max(self.count, headers.frames) if headers.continues else self.count

    def _find_base(self, headers: AviHeaders) -> int:
        """Return the offset from which the entries count: the start of the movi list, or that of the file.

        The specification allows both. ffmpeg's avienc counts from the list.
        """
        first = self._reader.read_at(self._start, _ENTRY_BYTES)
        offset = int.from_bytes(first[8:12], "little")
        for base in (headers.movie.start - 4, 0):
            if len(first) == _ENTRY_BYTES and self._reader.read_at(base + offset, 4) == first[:4]:
                return base
        raise BrokenIndexError.at(
            "avi idx1", self._start, expected=f"an entry for a chunk {first[:4]!r}", found=f"no chunk at {offset}"
        )

    def plan_reads(self, number: int) -> list[ByteRange]:
        first, last = self._find_range(number)
        return [(self._start + first * _ENTRY_BYTES, (last - first) * _ENTRY_BYTES)]

    def read_whole(self) -> None:
        """Read all entries, so that no number of a frame is estimated. Raises: BrokenIndexError, SourceError."""
        if self._is_whole:
            return
        if self._total * _ENTRY_BYTES > _MAX_EXACT_BYTES:
            expected = f"at most {_MAX_EXACT_BYTES} bytes"
            raise BrokenIndexError.at("avi idx1", self._start, expected=expected, found=self._total * _ENTRY_BYTES)
        self._reader.prefetch([(self._start, self._total * _ENTRY_BYTES)])
        self._is_whole = True
        self._whole = self._read_entries(0, self._total)

    def _find_range(self, number: int) -> tuple[int, int]:
        """Return the first and the last entry to read for a frame."""
        if self._is_whole:
            return 0, self._total
        entry = number * self._total // max(self.count, 1)
        return max(entry - _WINDOW_ENTRIES, 0), min(entry + _WINDOW_ENTRIES, self._total)

    def read_around(self, number: int) -> IndexEntries:
        return self._whole if self._is_whole else self._read_entries(*self._find_range(number))

    def _read_entries(self, first: int, last: int) -> IndexEntries:
        data = self._reader.read_at(self._start + first * _ENTRY_BYTES, (last - first) * _ENTRY_BYTES)
        table = np.frombuffer(data, "<u4", len(data) // _ENTRY_BYTES * 4).reshape(-1, 4)
        ids = table[:, 0]
        # "00dc" (compressed) or "00db" (uncompressed): stream number, then "d" for video.
        of_video = np.flatnonzero(
            ((ids & 0xFFFF) == int.from_bytes(self._id, "little")) & ((ids >> 16 & 0xFF) == ord("d"))
        )
        rows = table[of_video].astype(np.int64)
        if self._is_whole:
            number = np.arange(len(rows))
        else:
            number = np.round((first + of_video) * (self.count / self._total)).astype(np.int64)
        return IndexEntries(
            number=number,
            # Entries have the offset of a chunk, whose header has 8 bytes.
            offset=self._base + rows[:, 2] + 8,
            size=rows[:, 3],
            is_key=(rows[:, 1] & _IS_KEYFRAME) != 0,
        )


class AviIndex:
    """The numbered frames of the video stream, at a fixed rate."""

    def __init__(self, reader: RangedReader, headers: AviHeaders, table: FrameTable) -> None:
        if not 0 < table.count <= _MAX_FRAMES:
            expected = f"1 to {_MAX_FRAMES} frames"
            raise BrokenIndexError.at("avi index", headers.movie.start, expected=expected, found=table.count)
        self._reader = reader
        self._table = table
        self._timeline = Timeline(1 / headers.tick_s)
        # The first keyframe is at the start of the list, and has the headers of the layer.
        first = reader.read_at(headers.movie.start, _FIRST_BYTES)
        self._delay = get_codec(headers.stream.decoder).describe(headers.stream.extradata, first).delay_pictures
        """Number of frames by which the decoder is late. An AVI has no other times, so players show them so late."""
        sound_end = self._timeline.to_ticks(headers.sound_s)
        stream = self._timeline.place(headers.stream, first=0, end=table.announces, sound_end=sound_end)
        missing = ""
        if table.announces > table.count:
            listed_s = self._timeline.to_seconds(table.count)
            missing = f"The file is incomplete: its index lists the first {listed_s:.1f} s of {stream.end_s:.1f} s."
        self.stream = replace(stream, has_display_times=False, missing=missing)

    def _number_at(self, time_s: float) -> int:
        return min(max(round(self._timeline.to_ticks(time_s)) - self._delay, 0), self._table.count - 1)

    def refine(self, _time_s: float) -> None:
        """Read the whole table if its numbers of frames are estimated. Raises: BrokenIndexError, SourceError."""
        if isinstance(self._table, Idx1Table):
            self._table.read_whole()

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._reader.prefetch([wanted for number in numbers for wanted in self._table.plan_reads(number)])
        found = [self._find_keyframes(number) for number in numbers]
        # No keyframe near one of the times: then the index is not used at all.
        if not all(rows for _, rows in found):
            return []
        nearest = [(entries, rows[0]) for entries, rows in found]
        self._reader.prefetch([head for entries, row in nearest for head in self._list_heads(entries, row)])
        return [self._make_keyframe(entries, row) for entries, row in nearest]

    def _find_keyframes(self, number: int) -> tuple[IndexEntries, list[int]]:
        """Return the entries around a frame, and the rows of the keyframes among them, the nearest first."""
        entries = self._table.read_around(number)
        # Capture programs write a dropped frame as a chunk of size zero: players repeat the frame before it.
        keys = np.flatnonzero(entries.is_key & (entries.size > 0))
        order = np.argsort(np.abs(entries.number[keys] - number), kind="stable")[: 2 * _MAX_NEIGHBOURS]
        return entries, [int(row) for row in keys[order]]

    def _list_heads(self, entries: IndexEntries, row: int) -> list[ByteRange]:
        """Return the starts of the pictures after a keyframe that may be shown before it; none without B-frames."""
        following = range(row + 1, min(row + 1 + _MAX_LEADING, len(entries.number))) if self._delay else ()
        return [(int(entries.offset[other]), _HEAD_BYTES) for other in following if entries.size[other] > 0]

    def _make_keyframe(self, entries: IndexEntries, row: int) -> CodedSample:
        """Return a keyframe with its time. B-frames that follow it are shown before it."""
        codec, leading = get_codec(self.stream.decoder), 0
        for head in self._list_heads(entries, row):
            if not codec.describe(self.stream.extradata, self._reader.read_at(*head)).is_bidirectional:
                break
            leading += 1
        return self._make_sample(entries, row, leading)

    def _make_sample(self, entries: IndexEntries, row: int, leading: int = 0) -> CodedSample:
        time_s = self._timeline.to_seconds(_find_number_after(entries, row, leading + self._delay))
        return CodedSample(time_s, int(entries.offset[row]), int(entries.size[row]))

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        entries, rows = self._find_keyframes(self._number_at(time_s))
        samples = [self._make_keyframe(entries, row) for row in rows[: _MAX_NEIGHBOURS if self._delay else None]]
        return [sample for sample in samples if abs(sample.time_s - time_s) <= within_s]

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        number = self._number_at(time_s)
        entries = self._table.read_around(number)
        if not len(entries.number):
            return []
        target = int(np.abs(entries.number - number).argmin())
        before = np.flatnonzero(entries.is_key[: target + 1] & (entries.size[: target + 1] > 0))
        if not len(before) or target - before[-1] >= max_samples:
            return []
        # With B-frames, up to so many pictures must be decoded after the target until it is shown.
        behind = min(get_codec(self.stream.decoder).max_reordered, len(entries.number) - 1 - target)
        rows = [row for row in range(int(before[-1]), target + 1 + behind) if entries.size[row] > 0]
        samples = [self._make_sample(entries, row) for row in rows]
        return _set_shown_times(samples, sum(1 for row in rows if row <= target))


def _find_number_after(entries: IndexEntries, row: int, pictures: int) -> int:
    """Return the number of the frame that is so many pictures after a row; a dropped frame is none."""
    if not pictures:
        return int(entries.number[row])
    rows = row + np.flatnonzero(entries.size[row:] > 0)[: pictures + 1]
    # After the last picture, players go on at the same rate.
    return int(entries.number[rows[-1]]) + pictures + 1 - len(rows)


def _set_shown_times(samples: list[CodedSample], count: int) -> list[CodedSample]:
    """Return samples in decoding order, with times such that the last one has the time of the wanted picture.

    An AVI numbers its samples in decoding order and has no other times. The wanted picture is the one shown as number
    `count`. It is unknown which sample that is, but as many pictures are shown after it as there are samples after
    `count`. So the times are moved forward by one, and the last sample gets the time of the wanted picture: the decoder
    returns pictures in the order in which they are shown.
    """
    times_s = [sample.time_s for sample in samples]
    moved = [*times_s[: count - 1], *times_s[count:], times_s[count - 1]]
    return [replace(sample, time_s=time_s) for sample, time_s in zip(samples, moved, strict=True)]
