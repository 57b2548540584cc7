"""Fragmented MP4: its fragments, from an index (sidx, mfra) if there is one, or found by looking for them.

The movie box may list the first samples itself: then it is the first fragment.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from services.worker.extraction.containers.mp4 import fragment, fragment_lists
from services.worker.extraction.containers.mp4.boxes import Box, boxes
from services.worker.extraction.containers.mp4.fragment import Defaults, Fragment, FragmentSample
from services.worker.extraction.containers.mp4.fragment_lists import Listed
from services.worker.extraction.containers.mp4.movie import Movie
from services.worker.extraction.containers.mp4.tables import SampleTables
from services.worker.extraction.containers.scan import WHOLE_BYTES, ScanIndex, Step
from services.worker.extraction.containers.stream import BrokenIndexError, Index, Sample, Stream
from services.worker.extraction.reading.reader import RangedReader

_WALKED = 10
"""So many fragments of a long file are walked from header to header before the rest is looked for,"""
_PACED, _MANY = 3, 15
"""or only so many, where they show that there are more than fifteen."""
_WINDOW_BYTES = 256 * 1024
_MOST_WINDOWS = 64
_MOST_AHEAD_BYTES = 2 * 1024 * 1024
_HEAD_BYTES = 16 * 1024
_MOST_SPREAD = 64
_MOST_BOXES = 1 << 16
_MOST_CUT_OFF = 3
"""So many entries at the end of a list are looked at for a fragment that is there."""
_MOST_NEIGHBOURS = 3
_MARK = b"\0\0\0\x10mfhd"
"""What stands behind the header of every moof box: its first child."""


class Fragments:
    """Reads fragments of one track. Times are made to start with the first picture."""

    def __init__(self, reader: RangedReader, film: Movie) -> None:
        self.reader = reader
        self._film = film
        self._track = film.track
        self._usual = fragment.defaults(reader, film.extends, film.track.number) if film.extends else Defaults()
        self._read: dict[int, Fragment] = {}
        self.zero = 0
        self.is_cut_off = False
        """Whether the file ends inside a fragment."""

    def at(self, box: Box, decoded: int | None) -> Fragment:
        """Return the fragment whose header a box is. `decoded` is when it begins if it does not tell."""
        start = self._film.start if box.type == b"moov" else box.start - 8
        if start not in self._read:
            found = self._initial() if box.type == b"moov" else self._fragment(box, decoded)
            self._read[start] = fragment.within(found, self.reader.size_bytes)
        return self._read[start]

    def _initial(self) -> Fragment:
        """Return the samples that the movie box lists itself, if it does, as those of a fragment."""
        boxes_of_track = self._track.boxes
        sizes = self.reader.read_at(boxes_of_track[b"stsz"].start, 12) if b"stsz" in boxes_of_track else b""
        samples: tuple[FragmentSample, ...] = ()
        duration = 0
        if int.from_bytes(sizes[8:12]):
            tables = SampleTables(self.reader, boxes_of_track)
            samples, duration = tuple(tables.whole()), tables.duration
        return Fragment(self._film.start, self._film.end, samples, duration)

    def _fragment(self, moof: Box, decoded: int | None) -> Fragment:
        found = fragment.read(self.reader, moof, self._track.number, self._usual, decoded=decoded or 0)
        if found.samples and decoded is None and not found.tells_time:
            raise BrokenIndexError("a fragment that does not tell when it begins")
        return found

    def has_read(self, start: int) -> bool:
        """Whether a fragment that was read begins there."""
        return start in self._read

    def from_place(self, start: int, end: int, decoded: int | None = None) -> Iterator[Fragment]:
        """Return the fragments that begin between two places, at the first of which a box begins.

        `decoded` is when the first begins if it does not tell.
        """
        following = boxes(self.reader.read_at, start, self.reader.size_bytes, before=end, most=_MOST_BOXES)
        for number, box in enumerate(following, start=1):
            if number == _MOST_BOXES:
                raise BrokenIndexError(f"more than {_MOST_BOXES} boxes")
            self.is_cut_off |= box.is_cut_off and box.type in (b"moof", b"mdat")
            is_header = box.type == b"moof" or (box.type == b"moov" and box.end == self._film.end)
            if is_header and not box.is_cut_off:
                found = self.at(box, decoded)
                if found.samples:
                    decoded = found.samples[0].decoded + found.duration
                    yield found

    def from_start(self) -> Iterator[Fragment]:
        """Return all fragments. Where their times start again, as in recordings put together, they go on instead."""
        previous: Fragment | None = None
        for found in self.from_place(self._film.start, self.reader.size_bytes, 0):
            kept = found
            if previous and found.samples[0].decoded <= previous.samples[0].decoded:
                gap = previous.samples[0].decoded + previous.duration - found.samples[0].decoded
                kept = self._read[found.start] = fragment.delayed(found, gap)
            yield kept
            previous = kept

    def seconds(self, time: int) -> float:
        return (time - self.zero) / self._track.time_scale

    def sample(self, sample: FragmentSample) -> Sample:
        return Sample(self.seconds(sample.shown), sample.offset, sample.size)


def open_index(reader: RangedReader, film: Movie) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    fragments = Fragments(reader, film)
    first = next(fragments.from_start(), None)
    if first is None:
        raise BrokenIndexError("no fragment of the film")
    fragments.zero = min(sample.shown for sample in first.samples)
    listed = fragment_lists.sidx(reader, film)
    if not listed:
        film_boxes = boxes(reader.read_at, first.start, reader.size_bytes)
        second = next((box.end for box in film_boxes if box.type == b"mdat"), 0)
        # Where the next fragment begins, and the last box, which may be a table of all.
        tail_bytes = fragment_lists.TAIL_BYTES
        reader.prefetch([(second, _HEAD_BYTES), (reader.size_bytes - tail_bytes, tail_bytes)])
        listed = fragment_lists.mfra(reader, film.track.number)
    if listed:
        return ListIndex(fragments, film, first, listed)
    walked: list[Fragment] = []
    is_long = reader.size_bytes - first.start > WHOLE_BYTES
    for found in fragments.from_start():
        walked.append(found)
        # What the movie box lists itself may be longer or shorter than all others.
        paces = [item.start for item in walked if item.start != film.start] or [first.start]
        stride_bytes = (paces[-1] - paces[0]) // max(len(paces) - 1, 1)
        is_one_of_many = len(paces) == _PACED and stride_bytes * _MANY < reader.size_bytes - paces[0]
        if is_long and (len(walked) == _WALKED or is_one_of_many):
            break
    else:
        return WholeIndex(fragments, film, walked)
    scanner = FragmentScanner(fragments)
    stream = _stream(fragments, film, first, scanner.last(stride_bytes))
    return FragmentScan(fragments, stream, scanner, first, stride_bytes)


def _time(item: Fragment) -> int:
    return item.samples[0].decoded


def _stream(fragments: Fragments, film: Movie, first: Fragment, last: Fragment, listed_end: int = 0) -> Stream:
    """Return the stream from the first to the last fragment; of a file that is cut off, as long as its header says.

    Of one that is whole the header's duration has no effect: it may be that of the first fragment, or a guess.
    """
    frame = round(last.duration / len(last.samples))
    end_s = fragments.seconds(max(sample.shown for sample in last.samples) + frame)
    stream = replace(
        film.track.stream,
        duration_s=end_s,
        frame_s=first.duration / len(first.samples) / film.track.time_scale,
    )
    if not fragments.is_cut_off:
        return stream
    stated_s = max(fragments.seconds(listed_end), fragment_lists.mehd_s(fragments.reader, film))
    return replace(
        stream,
        duration_s=max(end_s, stated_s),
        is_cut_off=True,
        missing=f"The file is incomplete: it ends inside a fragment, after {end_s:.1f} s.",
    )


class WholeIndex:
    """Fragments that were all read."""

    def __init__(self, fragments: Fragments, film: Movie, items: Sequence[Fragment]) -> None:
        self._fragments = fragments
        self._samples = [sample for item in items for sample in item.samples]
        self._keyframes = [fragments.sample(sample) for sample in self._samples if sample.is_key]
        self.stream = _stream(fragments, film, items[0], items[-1])

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        if not self._keyframes:
            raise BrokenIndexError("no keyframe")
        return [min(self._keyframes, key=lambda sample: abs(sample.time_s - time_s)) for time_s in times_s]

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        near = [sample for sample in self._keyframes if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        return run_up(self._fragments, self._samples, time_s, most)


class ListIndex:
    """Fragments whose places and times are listed; the list may leave out the first ones."""

    def __init__(self, fragments: Fragments, film: Movie, first: Fragment, listed: Listed) -> None:
        self._fragments = fragments
        count = bisect_left(listed.places, fragments.reader.size_bytes)
        self._starts, self._times = listed.places[:count], listed.times[:count]
        if not self._starts or self._starts[0] > first.start:
            self._starts, self._times = [first.start, *self._starts], [_time(first), *self._times]
        self._scale = film.track.time_scale
        fragments.reader.prefetch([(self._starts[0], _HEAD_BYTES), (self._starts[-1], _HEAD_BYTES)])
        last = self._last()
        is_listed_beyond = count < len(listed.places)
        fragments.is_cut_off |= is_listed_beyond
        self.stream = _stream(fragments, film, first, last, listed.end if is_listed_beyond else 0)

    def _last(self) -> Fragment:
        """Return the last fragment of the film. A file that is cut off may have only the header of the last entry's."""
        for number in range(len(self._starts) - 1, max(len(self._starts) - _MOST_CUT_OFF, 0) - 1, -1):
            items = list(self._items(number))
            if any(later.samples[0].decoded <= item.samples[0].decoded for item, later in pairwise(items)):
                raise BrokenIndexError("the times start again")
            if items:
                return items[-1]
        raise BrokenIndexError("a list of other things than fragments")

    def _items(self, number: int) -> Iterator[Fragment]:
        """The fragments from one entry of the list up to the next."""
        following = self._starts[number + 1] if number + 1 < len(self._starts) else self._fragments.reader.size_bytes
        return self._fragments.from_place(self._starts[number], following, self._times[number])

    def _number_at(self, time_s: float) -> int:
        time = round(time_s * self._scale) + self._fragments.zero
        return max(bisect_right(self._times, time) - 1, 0)

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._prefetch({near for number in numbers for near in (number, number + 1)})
        return [self._nearest(time_s, number) for time_s, number in zip(times_s, numbers, strict=True)]

    def _prefetch(self, numbers: Iterable[int]) -> None:
        heads = sorted(number for number in numbers if 0 <= number < len(self._starts))
        self._fragments.reader.prefetch([(self._starts[number], _HEAD_BYTES) for number in heads])

    def _nearest(self, time_s: float, number: int) -> Sample:
        keyframes: list[Sample] = []
        spread = 1
        while not keyframes and spread <= _MOST_SPREAD:
            numbers = range(number - spread + 1, number + spread + 1)
            if spread > 1:
                self._prefetch(numbers)
            keyframes = self._keyframes(numbers)
            spread *= 2
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
                    yield from self.keyframes_of(item)
                return

    def keyframes_of(self, item: Fragment) -> Iterator[Sample]:
        for sample in item.samples:
            if sample.is_key:
                self._of_sample[sample.offset] = item.start
                yield self._fragments.sample(sample)

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


class FragmentScan(ScanIndex):
    """Fragments of a long file that lists none, found by looking for them."""

    def __init__(
        self, fragments: Fragments, stream: Stream, scanner: FragmentScanner, first: Fragment, stride_bytes: int
    ) -> None:
        reader = fragments.reader
        super().__init__(reader, stream, scanner, (first.start, reader.size_bytes), stride_bytes=stride_bytes)
        # The movie box may hold many keyframes, and is not found again by looking.
        self._known |= {sample.offset: sample for sample in scanner.keyframes_of(first)}

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        found = super().nearest(times_s)
        known = sorted(self._known.values(), key=lambda sample: sample.offset)
        if any(later.time_s < sample.time_s for sample, later in pairwise(known)):
            raise BrokenIndexError("the times start again")
        if known[-1].time_s > self.stream.duration_s:
            raise BrokenIndexError("the times start again")
        return found
