"""Videos without an index: a byte fraction, the next place from which reading makes sense, and its time.

A short file is looked through from end to end. In a long one the place for a time is guessed from the average rate,
and guessed again from where that led: the keyframe that is shown may not be the nearest, but is near enough.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.worker.extraction.containers.stream import BrokenIndexError, Sample, Stream
from services.worker.extraction.reading.reader import RangedReader

WHOLE_BYTES = 6 * 1024 * 1024
"""A file up to this size is looked through whole."""
_ROUNDS = 4
_BACK_BYTES = 1024 * 1024
_MOST_SCANNED_BYTES = 12 * 1024 * 1024
_LEAST_AHEAD_BYTES, _MOST_AT_ONCE_BYTES = 256 * 1024, 6 * 1024 * 1024
"""So much is read at once from each guessed place at least, and from all together at most: to the end of the next
keyframe where it is known how far they are from each other, and else so far that it is there as often as not.
"""
_KEYFRAME_BYTES = 256 * 1024
_USUAL_STRIDE_S = 2.0
_REORDERED = 4
_MOST_NEIGHBOURS = 8


@dataclass(frozen=True)
class Step:
    """One sample of the video, on the way from a place."""

    sample: Sample
    is_key: bool


class Scanner(Protocol):
    """Reads a container from anywhere. May raise BrokenIndexError or SourceError."""

    def keyframes(self, start: int, end: int) -> Iterator[Sample]:
        """The keyframes that begin between two places, in the order of the file."""
        ...

    def steps(self, offset: int) -> Iterator[Step]:
        """All samples from one that begins at an offset on, in decoding order."""
        ...


def run_up(steps: Iterable[Step], first_s: float, time_s: float, most: int) -> list[Sample]:
    """Of samples in decoding order, from a keyframe at `first_s` on, those up to the one shown at a time, the last."""
    run: list[Sample] = []
    overdue = 0
    for step in steps:
        if len(run) >= most:
            return []
        # Pictures that are shown before the keyframe, but decoded after it, need what comes before it.
        if step.sample.time_s >= first_s:
            run.append(step.sample)
            # Pictures are reordered: one that is shown earlier may follow.
            overdue += step.sample.time_s > time_s
            if overdue > _REORDERED:
                break
    if not run:
        return []
    target = min(run, key=lambda sample: abs(sample.time_s - time_s))
    return run[: run.index(target) + 1]


class ScanIndex:
    """Keyframes of a stream, found by reading from guessed places. `span` is where its bytes begin and end.

    `stride_bytes` is how far keyframes are from each other, roughly, if that is known.
    """

    def __init__(
        self, reader: RangedReader, stream: Stream, scanner: Scanner, span: tuple[int, int], *, stride_bytes: int = 0
    ) -> None:
        start, end = span
        self.stream = stream
        self._reader = reader
        self._scanner = scanner
        self._start = start
        self._end = end
        self._stride_bytes = stride_bytes
        self._known: dict[int, Sample] = {}
        self._is_complete = end - start <= WHOLE_BYTES
        for sample in scanner.keyframes(start, end if self._is_complete else min(end, start + _MOST_SCANNED_BYTES)):
            self._known[sample.offset] = sample
            if not self._is_complete:
                break

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        guesses: dict[float, int] = {}
        if not self._is_complete:
            # From all of them at once: one after the other they would wait for as many answers.
            guesses = {time_s: self._guess(time_s, self._stride_bytes // 2) for time_s in times_s}
            share = _USUAL_STRIDE_S / max(self.stream.duration_s, _USUAL_STRIDE_S)
            usual_bytes = int((self._end - self._start) * share)
            ahead = self._stride_bytes + _KEYFRAME_BYTES if self._stride_bytes else usual_bytes // 2
            ahead = min(max(ahead, _LEAST_AHEAD_BYTES), _MOST_AT_ONCE_BYTES // len(times_s))
            self._reader.prefetch([(guess, ahead) for guess in guesses.values()])
        return [self._nearest(time_s, guesses.get(time_s)) for time_s in times_s]

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        if not self._is_complete:
            self._extend(self._nearest(time_s), within_s)
        near = [sample for sample in self._known.values() if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        before = [sample for sample in self._known.values() if sample.time_s <= time_s]
        if not before:
            return []
        first = max(before, key=lambda sample: sample.time_s)
        return run_up(self._scanner.steps(first.offset), first.time_s, time_s, most)

    def _nearest(self, time_s: float, guess: int | None = None) -> Sample:
        if not self._is_complete:
            self._search(time_s, guess)
        if not self._known:
            raise BrokenIndexError("no keyframe")
        return min(self._known.values(), key=lambda sample: abs(sample.time_s - time_s))

    def _guess(self, time_s: float, back: int) -> int:
        """A place `back` bytes before the one where a time should be found."""
        low, high = self._bounds(time_s)
        share = (time_s - low[0]) / (high[0] - low[0]) if high[0] > low[0] else 0.0
        return max(low[1] + int(min(share, 1.0) * (high[1] - low[1])) - back, low[1] + 1)

    def _search(self, time_s: float, first: int | None) -> None:
        """Gets to know a keyframe near a time, from a place that was guessed before or is guessed now."""
        near_s = max(1.0, 0.01 * self.stream.duration_s)
        # The first keyframe behind a place is half a stride too far, on average.
        back = self._stride_bytes // 2
        for _ in range(_ROUNDS):
            low, high = self._bounds(time_s)
            guess = self._guess(time_s, back) if first is None else max(first, low[1] + 1)
            first = None
            limit = min(high[1], guess + _MOST_SCANNED_BYTES)
            found = next(self._scanner.keyframes(guess, limit), None)
            if found is None or found.offset >= limit:
                if guess == low[1] + 1:
                    return
                back = max(2 * back, _BACK_BYTES)
                continue
            # There is none from the guess to there.
            self._stride_bytes = max(self._stride_bytes, found.offset - guess)
            back = self._stride_bytes // 2
            self._known[found.offset] = found
            if abs(found.time_s - time_s) <= near_s:
                return

    def _bounds(self, time_s: float) -> tuple[tuple[float, int], tuple[float, int]]:
        """Time and place of what is known before and after a time."""
        low, high = (0.0, self._start), (self.stream.duration_s, self._end)
        for sample in self._known.values():
            place = (sample.time_s, sample.offset)
            if sample.time_s <= time_s:
                low = max(low, place)
            else:
                high = min(high, place)
        return low, high

    def _extend(self, sample: Sample, within_s: float) -> None:
        """Gets to know the keyframes that follow one."""
        limit_s = sample.time_s + 2 * within_s
        end = min(self._end, sample.offset + _MOST_SCANNED_BYTES)
        for number, following in enumerate(self._scanner.keyframes(sample.offset + 1, end)):
            if number >= _MOST_NEIGHBOURS or following.time_s > limit_s:
                return
            self._known[following.offset] = following
