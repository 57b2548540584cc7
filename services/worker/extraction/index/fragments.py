"""Fragmented MP4: its fragments, from an index (sidx, mfra) if there is one, or found by looking for them."""

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.worker.extraction.containers.isobmff import Box, boxes
from services.worker.extraction.index import fragment
from services.worker.extraction.index.fragment import Fragment, FragmentSample
from services.worker.extraction.index.movie import Movie
from services.worker.extraction.index.scan import ScanIndex, Step
from services.worker.extraction.reader import RangedReader
from services.worker.extraction.stream import BrokenIndexError, Index, Sample

_WALKED = 10
"""So many fragments are walked from header to header before the rest is looked for,"""
_PACED, _MANY = 3, 15
"""or only so many, where they show that there are more than fifteen."""
_WINDOW_BYTES = 256 * 1024
_MOST_WINDOWS = 64
_MOST_AHEAD_BYTES = 2 * 1024 * 1024
_MOST_TABLE_BYTES = 4 * 1024 * 1024
_MOSTLY = 0.9
_HEAD_BYTES = 16 * 1024
_TAIL_BYTES = 16
_MOST_SPREAD = 6
_MOST_NEIGHBOURS = 3
_MARK = b"\0\0\0\x10mfhd"
"""What stands behind the header of every moof box: its first child."""


class Fragments:
    """Reads fragments of one track. Times are made to start with the first picture."""

    def __init__(self, reader: RangedReader, film: Movie) -> None:
        if film.extends is None:
            raise BrokenIndexError("no fragments")
        self.reader = reader
        self._track = film.track
        self._usual = fragment.defaults(reader, film.extends, film.track.number)
        self._read: dict[int, Fragment] = {}
        self.zero = 0

    def at(self, moof: Box) -> Fragment:
        start = moof.start - 8
        if start not in self._read:
            self._read[start] = fragment.read(self.reader, moof, self._track.number, self._usual, decoded=0)
        return self._read[start]

    def has_read(self, start: int) -> bool:
        """Whether a fragment that was read begins there."""
        return start in self._read

    def from_place(self, start: int, end: int) -> Iterator[Fragment]:
        """The fragments that begin between two places, at the first of which a box begins."""
        for box in boxes(self.reader.read_at, start, self.reader.size_bytes, before=end):
            if box.type == b"moof" and (found := self.at(box)).samples:
                yield found

    def seconds(self, time: int) -> float:
        return (time - self.zero) / self._track.time_scale

    def sample(self, sample: FragmentSample) -> Sample:
        return Sample(self.seconds(sample.shown), sample.offset, sample.size)


def open_index(reader: RangedReader, film: Movie) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    fragments = Fragments(reader, film)
    first = next(fragments.from_place(film.end, reader.size_bytes), None)
    if first is None:
        raise BrokenIndexError("no fragment of the film")
    fragments.zero = min(sample.shown for sample in first.samples)
    listed = _sidx(reader, film)
    if not listed:
        film_boxes = boxes(reader.read_at, first.start, reader.size_bytes)
        second = next((box.end for box in film_boxes if box.type == b"mdat"), 0)
        # Where the next fragment begins, and the last box, which may be a table of all.
        reader.prefetch([(second, _HEAD_BYTES), (reader.size_bytes - _TAIL_BYTES, _TAIL_BYTES)])
        listed = _mfra(reader, film.track.number)
    if listed:
        return ListIndex(fragments, film, [offset for _, offset in listed], [time for time, _ in listed])
    walked: list[Fragment] = []
    for found in fragments.from_place(first.start, reader.size_bytes):
        walked.append(found)
        stride_bytes = (found.start - first.start) // max(len(walked) - 1, 1)
        if len(walked) == _WALKED or (len(walked) == _PACED and stride_bytes * _MANY < reader.size_bytes - first.start):
            break
    else:
        return ListIndex(fragments, film, [item.start for item in walked], [_time(item) for item in walked])
    scanner = FragmentScanner(fragments)
    last = scanner.last(stride_bytes)
    end_s = fragments.seconds(_time(last) + last.duration)
    stream = replace(film.track.stream, duration_s=end_s, frame_s=_frame_s(fragments, first))
    return ScanIndex(reader, stream, scanner, (first.start, reader.size_bytes), stride_bytes=stride_bytes)


def _time(item: Fragment) -> int:
    return item.samples[0].decoded


def _frame_s(fragments: Fragments, item: Fragment) -> float:
    return (fragments.seconds(item.duration) - fragments.seconds(0)) / len(item.samples)


class ListIndex:
    """Fragments whose places and times are all known."""

    def __init__(self, fragments: Fragments, film: Movie, starts: Sequence[int], times: Sequence[int]) -> None:
        self._fragments = fragments
        self._starts = starts
        self._times = times
        fragments.reader.prefetch([(starts[0], _HEAD_BYTES), (starts[-1], _HEAD_BYTES)])
        last = list(self._items(len(starts) - 1))
        first = list(self._items(0))
        if not last or not first:
            raise BrokenIndexError("a list of other things than fragments")
        end_s = fragments.seconds(_time(last[-1]) + last[-1].duration)
        self.stream = replace(film.track.stream, duration_s=end_s, frame_s=_frame_s(fragments, first[0]))

    def _items(self, number: int) -> Iterator[Fragment]:
        """The fragments from one entry of the list up to the next."""
        following = self._starts[number + 1] if number + 1 < len(self._starts) else self._fragments.reader.size_bytes
        return self._fragments.from_place(self._starts[number], following)

    def _number_at(self, time_s: float) -> int:
        time = round(time_s * self._scale) + self._fragments.zero
        return max(bisect_right(self._times, time) - 1, 0)

    @property
    def _scale(self) -> float:
        return 1 / (self._fragments.seconds(1) - self._fragments.seconds(0))

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        heads = sorted({near for number in numbers for near in (number, number + 1) if near < len(self._starts)})
        self._fragments.reader.prefetch([(self._starts[number], _HEAD_BYTES) for number in heads])
        return [self._nearest(time_s, number) for time_s, number in zip(times_s, numbers, strict=True)]

    def _nearest(self, time_s: float, number: int) -> Sample:
        keyframes: list[Sample] = []
        for spread in range(1, _MOST_SPREAD):
            keyframes = self._keyframes(range(number - spread + 1, number + spread + 1))
            if keyframes:
                break
        if not keyframes:
            raise BrokenIndexError("no keyframe")
        return min(keyframes, key=lambda sample: abs(sample.time_s - time_s))

    def _keyframes(self, numbers: range) -> list[Sample]:
        return [
            self._fragments.sample(sample)
            for number in numbers
            if 0 <= number < len(self._starts)
            for item in self._items(number)
            for sample in item.samples
            if sample.is_key
        ]

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        number = self._number_at(time_s)
        keyframes = self._keyframes(range(number - _MOST_NEIGHBOURS, number + _MOST_NEIGHBOURS + 1))
        near = [sample for sample in keyframes if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        number = self._number_at(time_s)
        before: list[FragmentSample] = []
        for earlier in range(number, max(number - _MOST_SPREAD, -1), -1):
            before = [sample for item in self._items(earlier) for sample in item.samples] + before
            if any(sample.is_key and self._fragments.seconds(sample.shown) <= time_s for sample in before):
                break
        return run_up(self._fragments, before, time_s, most)


def run_up(fragments: Fragments, samples: Sequence[FragmentSample], time_s: float, most: int) -> list[Sample]:
    """Of samples in decoding order, those that the one shown at a time needs."""
    if not samples:
        return []
    target = min(range(len(samples)), key=lambda number: abs(fragments.seconds(samples[number].shown) - time_s))
    first = next((number for number in range(target, -1, -1) if samples[number].is_key), None)
    if first is None or target - first >= most:
        return []
    run = [fragments.sample(sample) for sample in samples[first : target + 1]]
    return [sample for sample in run if sample.time_s >= run[0].time_s]


class FragmentScanner:
    """Looks for fragments from any place on."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._reader = fragments.reader
        self._of_sample: dict[int, int] = {}

    def last(self, stride_bytes: int) -> Fragment:
        """The last fragment of the film, looked for from the end; it is not much longer than a stride."""
        end = self._reader.size_bytes
        ahead = min(stride_bytes + _WINDOW_BYTES, _MOST_AHEAD_BYTES)
        self._reader.prefetch([(max(end - ahead, 0), ahead)])
        for number in range(1, _MOST_WINDOWS):
            start = max(end - number * _WINDOW_BYTES, 0)
            place = self._find(start, min(start + _WINDOW_BYTES + len(_MARK), end))
            found = list(self._fragments.from_place(place, end)) if place is not None else []
            if found:
                return found[-1]
        raise BrokenIndexError("no last fragment")

    def keyframes(self, start: int, end: int) -> Iterator[Sample]:
        for at in range(start, end, _WINDOW_BYTES):
            is_known = self._fragments.has_read(at)
            place = at if is_known else self._find(at, min(at + _WINDOW_BYTES + len(_MARK) + 8, end))
            if place is not None:
                for item in self._fragments.from_place(place, end):
                    for sample in item.samples:
                        if sample.is_key:
                            self._of_sample[sample.offset] = item.start
                            yield self._fragments.sample(sample)
                return

    def steps(self, offset: int) -> Iterator[Step]:
        start = self._of_sample.get(offset)
        if start is None:
            return
        for item in self._fragments.from_place(start, self._reader.size_bytes):
            for sample in item.samples:
                if sample.offset >= offset:
                    yield Step(self._fragments.sample(sample), sample.is_key)

    def _find(self, start: int, end: int) -> int | None:
        """Where the first moof box between two places begins."""
        data = self._reader.read_at(start, end - start)
        at = data.find(_MARK)
        while at >= 0:
            if at >= 8 and data[at - 4 : at] == b"moof":
                return start + at - 8
            at = data.find(_MARK, at + 1)
        return None


def _sidx(reader: RangedReader, film: Movie) -> list[tuple[int, int]]:
    """Time and place of each part of the film, as the segment index behind the movie box tells (8.16.3)."""
    for box in boxes(reader.read_at, film.end, reader.size_bytes):
        if box.type in (b"moof", b"mdat"):
            return []
        if box.type == b"sidx":
            found = list(_parts(reader.read_at(box.start, min(box.end - box.start, _MOST_TABLE_BYTES)), box.end, film))
            # One that leads to further indexes, or that ends long before the file, is of no use.
            return found if found and found[-1][1] >= reader.size_bytes * _MOSTLY else []
    return []


def _parts(sidx: bytes, behind: int, film: Movie) -> Iterator[tuple[int, int]]:
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
        yield round(time * film.track.time_scale / scale), offset
        offset += size
        time += duration


def _mfra(reader: RangedReader, track: int) -> list[tuple[int, int]]:
    """Time and place of each fragment with a keyframe, as the table at the end of the file tells (8.8.9)."""
    size = reader.size_bytes
    tail = reader.read_at(max(size - _TAIL_BYTES, 0), _TAIL_BYTES)
    length = int.from_bytes(tail[12:16])
    if tail[4:8] != b"mfro" or not 16 < length <= min(size, _MOST_TABLE_BYTES):
        return []
    for box in boxes(reader.read_at, size - length + 8, size):
        body = reader.read_at(box.start, box.end - box.start) if box.type == b"tfra" else b""
        if len(body) >= 16 and int.from_bytes(body[4:8]) == track:
            return list(_entries(body))
    return []


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
