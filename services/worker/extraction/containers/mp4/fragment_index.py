"""Index of a fragmented MP4: fragments from a list (sidx, mfra), or found at estimated offsets without one.

The movie box may list the first samples itself (ffmpeg's `frag_keyframe` without `empty_moov`): then it is the first
fragment.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from services.worker.extraction.containers.mp4 import fragment_lists
from services.worker.extraction.containers.mp4.boxes import read_boxes
from services.worker.extraction.containers.mp4.fragment import Fragment, FragmentSample
from services.worker.extraction.containers.mp4.fragment_lists import FragmentList
from services.worker.extraction.containers.mp4.fragment_reader import FragmentReader
from services.worker.extraction.containers.mp4.movie import Movie
from services.worker.extraction.containers.scan import MAX_WHOLE_BYTES, ScanIndex, ScannedSample
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream
from services.worker.extraction.containers.timeline import Start
from services.worker.extraction.reading.reader import RangedReader

_WALKED_FRAGMENTS = 10
"""Number of fragments of a long file that are read from header to header before offsets are estimated."""
_PACED_FRAGMENTS, _MANY_FRAGMENTS = 3, 15
"""Three fragments are enough if their size shows that there are more than fifteen."""
_WINDOW_BYTES = 256 * 1024
_MAX_WINDOWS = 64
_MAX_AHEAD_BYTES = 2 * 1024 * 1024
_HEAD_BYTES = 16 * 1024
_MAX_SPREAD = 64
_MAX_CUT_OFF = 3
"""Number of entries at the end of a list that are tried for a fragment that is complete."""
_MAX_NEIGHBOURS = 3
_MARK = b"\0\0\0\x10mfhd"
"""Header of the first child of every moof box."""


def open_fragment_index(reader: RangedReader, movie: Movie) -> Index:
    """Return the index of the video track. Raises: BrokenIndexError, SourceError."""
    fragments = FragmentReader(reader, movie)
    first = _begin(fragments, movie)
    listed = fragment_lists.read_sidx(reader, movie)
    if not listed:
        following = read_boxes(reader.read_at, first.start, reader.size_bytes)
        second = next((box.end for box in following if box.type == b"mdat"), 0)
        # The start of the next fragment, and the last box, which may be a table of all.
        tail_bytes = fragment_lists.TAIL_BYTES
        reader.prefetch([(second, _HEAD_BYTES), (reader.size_bytes - tail_bytes, tail_bytes)])
        listed = fragment_lists.read_mfra(reader, movie.track.number)
    if listed:
        return FragmentListIndex(fragments, movie, first, listed)
    walked: list[Fragment] = []
    is_long = reader.size_bytes - first.start > MAX_WHOLE_BYTES
    for found in fragments.read_all():
        walked.append(found)
        # The first fragment in the movie box may be longer or shorter than all others.
        paces = [item.start for item in walked if item.start != movie.start] or [first.start]
        stride_bytes = (paces[-1] - paces[0]) // max(len(paces) - 1, 1)
        is_one_of_many = (
            len(paces) == _PACED_FRAGMENTS and stride_bytes * _MANY_FRAGMENTS < reader.size_bytes - paces[0]
        )
        # A short file is read to its end; of a long one, only the first fragments.
        if is_long and (len(walked) == _WALKED_FRAGMENTS or is_one_of_many):
            break
    else:
        return WholeFragmentIndex(fragments, movie, walked)
    scanner = FragmentScanner(fragments)
    stream = _make_stream(fragments, movie, first, scanner.find_last(stride_bytes))
    return FragmentScanIndex(fragments, stream, scanner, first, stride_bytes)


def find_start(reader: RangedReader, movie: Movie) -> Start:
    """Return the start of the video track. Raises: BrokenIndexError, SourceError."""
    fragments = FragmentReader(reader, movie)
    first = _begin(fragments, movie)
    return Start(fragments.timeline.to_seconds(first.samples[0].shown))


def _begin(fragments: FragmentReader, movie: Movie) -> Fragment:
    """Return the first fragment, with which the timeline begins. Raises: BrokenIndexError, SourceError."""
    first = next(fragments.read_all(), None)
    if first is None:
        expected = f"a fragment of track {movie.track.number}"
        raise BrokenIndexError.at("mp4 file", movie.end, expected=expected, found="none")
    fragments.begin_timeline(first)
    return first


def _make_stream(
    fragments: FragmentReader, movie: Movie, first: Fragment, last: Fragment, listed_end: int = 0
) -> Stream:
    """Return the stream from the first to the last fragment; of a file that is cut off, with the stated duration.

    In a whole file the stated duration has no effect: it may be that of the first fragment, or a guess.
    """
    frame = round(last.duration / len(last.samples))
    stream = fragments.timeline.place(
        replace(movie.track.stream, frame_s=first.duration / len(first.samples) / movie.track.time_scale),
        first=first.samples[0].shown,
        end=max(sample.shown for sample in last.samples) + frame,
        sound_end=fragments.find_sound_end(),
    )
    if not fragments.is_cut_off:
        return stream
    end_s = stream.end_s
    stated_s = max(fragments.timeline.to_seconds(listed_end), fragment_lists.read_mehd_s(fragments.reader, movie))
    return replace(
        stream,
        duration_s=max(end_s, stated_s),
        end_s=max(end_s, stated_s),
        is_cut_off=True,
        missing=f"The file is incomplete: it ends inside a fragment, after {end_s:.1f} s.",
    )


class WholeFragmentIndex:
    """Keyframes of fragments that were all read."""

    def __init__(self, fragments: FragmentReader, movie: Movie, items: Sequence[Fragment]) -> None:
        self._fragments = fragments
        self._start = items[0].start
        self._samples = [sample for item in items for sample in item.samples]
        self._keyframes = [fragments.make_sample(sample) for sample in self._samples if sample.is_key]
        self.stream = _make_stream(fragments, movie, items[0], items[-1])

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        if not self._keyframes:
            raise BrokenIndexError.at("mp4 file", self._start, expected="a keyframe", found="none")
        return [min(self._keyframes, key=lambda sample: abs(sample.time_s - time_s)) for time_s in times_s]

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        near = [sample for sample in self._keyframes if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        return _take_decode_chain(self._fragments, self._samples, time_s, max_samples)


class FragmentListIndex:
    """Keyframes of fragments with listed offsets and times; the list may leave out the first fragments."""

    def __init__(self, fragments: FragmentReader, movie: Movie, first: Fragment, listed: FragmentList) -> None:
        self._fragments = fragments
        # A list may reach beyond the end of a file that is cut off.
        count = bisect_left(listed.offsets, fragments.reader.size_bytes)
        self._starts, self._times = listed.offsets[:count], listed.times[:count]
        # mfra of ffmpeg lists fragments with a keyframe only, and not the samples in the movie box.
        if not self._starts or self._starts[0] > first.start:
            self._starts, self._times = [first.start, *self._starts], [first.samples[0].decoded, *self._times]
        fragments.reader.prefetch([(self._starts[0], _HEAD_BYTES), (self._starts[-1], _HEAD_BYTES)])
        last = self._read_last()
        is_listed_beyond = count < len(listed.offsets)
        fragments.is_cut_off |= is_listed_beyond
        self.stream = _make_stream(fragments, movie, first, last, listed.end if is_listed_beyond else 0)

    def _read_last(self) -> Fragment:
        """Return the last fragment. In a file that is cut off, those of the last entries may not be complete."""
        for number in range(len(self._starts) - 1, max(len(self._starts) - _MAX_CUT_OFF, 0) - 1, -1):
            items = list(self._read_entry(number))
            if any(later.samples[0].decoded <= item.samples[0].decoded for item, later in pairwise(items)):
                raise _times_start_again(items[-1].start)
            if items:
                return items[-1]
        expected = "a fragment in the last entries of sidx or mfra"
        raise BrokenIndexError.at("mp4 file", self._starts[-1], expected=expected, found="none")

    def _read_entry(self, number: int) -> Iterator[Fragment]:
        """Return the fragments from one entry of the list up to the next."""
        following = self._starts[number + 1] if number + 1 < len(self._starts) else self._fragments.reader.size_bytes
        return self._fragments.read_between(self._starts[number], following, self._times[number])

    def _number_at(self, time_s: float) -> int:
        time = round(self._fragments.timeline.to_ticks(time_s))
        return max(bisect_right(self._times, time) - 1, 0)

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._prefetch({near for number in numbers for near in (number, number + 1)})
        return [self._find_nearest(time_s, number) for time_s, number in zip(times_s, numbers, strict=True)]

    def _prefetch(self, numbers: Iterable[int]) -> None:
        heads = sorted(number for number in numbers if 0 <= number < len(self._starts))
        self._fragments.reader.prefetch([(self._starts[number], _HEAD_BYTES) for number in heads])

    def _find_nearest(self, time_s: float, number: int) -> CodedSample:
        keyframes: list[CodedSample] = []
        spread = 1
        while not keyframes and spread <= _MAX_SPREAD:
            numbers = range(number - spread + 1, number + spread + 1)
            if spread > 1:
                self._prefetch(numbers)
            keyframes = self._read_keyframes(numbers)
            # Look at twice as many entries of the list on each side.
            spread *= 2
        if not keyframes:
            expected = f"a keyframe in {_MAX_SPREAD} entries of sidx or mfra"
            raise BrokenIndexError.at("mp4 file", self._starts[number], expected=expected, found="none")
        return min(keyframes, key=lambda sample: abs(sample.time_s - time_s))

    def _read_keyframes(self, numbers: range) -> list[CodedSample]:
        return [
            self._fragments.make_sample(sample)
            for number in numbers
            if 0 <= number < len(self._starts)
            for item in self._read_entry(number)
            for sample in item.samples
            if sample.is_key
        ]

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        number = self._number_at(time_s)
        keyframes = self._read_keyframes(range(number - _MAX_NEIGHBOURS, number + _MAX_NEIGHBOURS + 1))
        near = [sample for sample in keyframes if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        number = self._number_at(time_s)
        before: list[FragmentSample] = []
        for earlier in range(number, max(number - _MAX_SPREAD, -1), -1):
            before = [sample for item in self._read_entry(earlier) for sample in item.samples] + before
            if any(sample.is_key and self._fragments.timeline.to_seconds(sample.shown) <= time_s for sample in before):
                break
        return _take_decode_chain(self._fragments, before, time_s, max_samples)


def _take_decode_chain(
    fragments: FragmentReader, samples: Sequence[FragmentSample], time_s: float, max_samples: int
) -> list[CodedSample]:
    """Return the samples that the one shown at a time needs, from some in decoding order; empty if too many."""
    if not samples:
        return []
    target = min(
        range(len(samples)), key=lambda number: abs(fragments.timeline.to_seconds(samples[number].shown) - time_s)
    )
    # A leading picture of an open GOP is shown before its keyframe: it needs the GOP before.
    shown = samples[target].shown
    keyframes = [number for number in range(target, -1, -1) if samples[number].is_key]
    first = next((number for number in keyframes if samples[number].shown <= shown), next(iter(keyframes), None))
    if first is None or target - first >= max_samples:
        return []
    chain = [fragments.make_sample(sample) for sample in samples[first : target + 1]]
    return [sample for sample in chain if sample.time_s >= chain[0].time_s]


def _times_start_again(offset: int) -> BrokenIndexError:
    """Return the error for recordings that were joined: their fragments cannot be found by time."""
    return BrokenIndexError.at("mp4 moof", offset, expected="ascending times", found="times that start again")


class FragmentScanner:
    """Finds fragments from any offset on."""

    def __init__(self, fragments: FragmentReader) -> None:
        self._fragments = fragments
        self._reader = fragments.reader
        self._of_sample: dict[int, int] = {}

    def find_last(self, stride_bytes: int) -> Fragment:
        """Return the last fragment, found from the end; about `stride_bytes` long. Raises: BrokenIndexError."""
        end = self._reader.size_bytes
        ahead = min(stride_bytes + _WINDOW_BYTES, _MAX_AHEAD_BYTES)
        self._reader.prefetch([(max(end - ahead, 0), ahead)])
        for number in range(1, _MAX_WINDOWS):
            start = max(end - number * _WINDOW_BYTES, 0)
            moof = self._find_moof(start, min(start + _WINDOW_BYTES + len(_MARK), end))
            found = list(self._fragments.read_between(moof, end)) if moof is not None else []
            if found:
                return found[-1]
        expected = f"a fragment in the last {_MAX_WINDOWS * _WINDOW_BYTES} bytes"
        raise BrokenIndexError.at("mp4 file", end, expected=expected, found="none")

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        for at in range(start, end, _WINDOW_BYTES):
            is_known = self._fragments.has_read(at)
            moof = at if is_known else self._find_moof(at, min(at + _WINDOW_BYTES + len(_MARK) + 8, end))
            if moof is not None:
                for item in self._fragments.read_between(moof, end):
                    yield from self.list_keyframes(item)
                return

    def list_keyframes(self, item: Fragment) -> Iterator[CodedSample]:
        for sample in item.samples:
            if sample.is_key:
                self._of_sample[sample.offset] = item.start
                yield self._fragments.make_sample(sample)

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        start = self._of_sample.get(offset)
        if start is None:
            return
        for item in self._fragments.read_between(start, self._reader.size_bytes):
            for sample in item.samples:
                if sample.offset >= offset:
                    yield ScannedSample(self._fragments.make_sample(sample), sample.is_key)

    def _find_moof(self, start: int, end: int) -> int | None:
        """Return the offset of the first moof box between two offsets; None if there is none."""
        data = self._reader.read_at(start, end - start)
        at = data.find(_MARK)
        while at >= 0:
            # The mark alone may be in coded pictures by chance: the type of the box must come before it.
            if at >= 8 and data[at - 4 : at] == b"moof":
                return start + at - 8
            at = data.find(_MARK, at + 1)
        return None


class FragmentScanIndex(ScanIndex):
    """Keyframes of fragments in a long file without a list of them."""

    def __init__(
        self, fragments: FragmentReader, stream: Stream, scanner: FragmentScanner, first: Fragment, stride_bytes: int
    ) -> None:
        reader = fragments.reader
        super().__init__(reader, stream, scanner, (first.start, reader.size_bytes), stride_bytes=stride_bytes)
        # The movie box may hold many keyframes, and a scan does not find it again.
        self._known |= {sample.offset: sample for sample in scanner.list_keyframes(first)}

    def _check_order(self) -> None:
        known = sorted(self._known.values(), key=lambda sample: sample.offset)
        for sample, later in pairwise(known):
            if later.time_s < sample.time_s:
                raise _times_start_again(later.offset)
        if known[-1].time_s > self.stream.duration_s:
            raise _times_start_again(known[-1].offset)
