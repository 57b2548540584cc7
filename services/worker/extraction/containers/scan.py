"""Index of a video that has no usable table: keyframes are found by reading the stream at estimated offsets.

A short file is read from end to end. In a long one the offset of a time is estimated from the average bit rate, and
estimated again from the keyframe found there: the keyframe returned may not be the nearest, but is near enough.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from services.worker.extraction.containers.stream import (
    BrokenIndexError,
    CodedSample,
    JumpingClockError,
    Stream,
)
from services.worker.extraction.reading.reader import RangedReader

MAX_WHOLE_BYTES = 6 * 1024 * 1024
"""Upper limit, in bytes, on a file that is read from end to end."""
_MAX_ROUNDS = 4
_MAX_REFINEMENTS = 8
_REFINED_BACK_S, _REFINED_AHEAD_S = 4.5, 1.5
"""Part of the stream that is read around the estimate of one exact time. Most encoders set a keyframe every 2 to 4 s,
and the estimate is wrong by some tenths of a second: a larger part costs less than a second search."""
_BACK_BYTES = 1024 * 1024
_MAX_SCANNED_BYTES = 12 * 1024 * 1024
_MIN_AHEAD_BYTES, _MAX_AT_ONCE_BYTES = 256 * 1024, 6 * 1024 * 1024
"""Lower limit on what is read ahead from each estimated offset, and upper limit on all of them together.

If the distance of keyframes is known, it is enough to reach the end of the next one; if not, the chance of that is
about one half.
"""
_KEYFRAME_BYTES = 256 * 1024
_USUAL_STRIDE_S = 2.0
_MAX_REORDERED = 4
_MAX_NEIGHBOURS = 8


@dataclass(frozen=True)
class ScannedSample:
    """One sample of the video, found while reading the stream."""

    sample: CodedSample
    is_key: bool


class Scanner(Protocol):
    """Reads a container from any offset. Every method may raise BrokenIndexError or SourceError."""

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        """Yield the keyframes that begin between two offsets, in the order of the file."""
        ...

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        """Yield all samples from the one that begins at an offset, in decoding order."""
        ...


def take_decode_chain(
    scanned: Iterable[ScannedSample], *, first_s: float, time_s: float, max_samples: int, restarts: bool = False
) -> list[CodedSample]:
    """Return the samples from a keyframe at `first_s` up to the one shown at `time_s`; empty if over `max_samples`.

    `scanned` is in decoding order and begins with the keyframe. With `restarts`, the chain begins at the last keyframe
    in it that is not after `time_s`.
    """
    chain: list[CodedSample] = []
    later = 0
    for item in scanned:
        if restarts and item.is_key and item.sample.time_s <= time_s:
            chain, first_s = [], item.sample.time_s
        if len(chain) >= max_samples:
            return []
        # Leading pictures of an open GOP are shown before the keyframe but decoded after it: they need the GOP before.
        if item.sample.time_s >= first_s:
            chain.append(item.sample)
            # With B-frames, a picture that is shown earlier may follow one that is shown later.
            later += item.sample.time_s > time_s
            if later > _MAX_REORDERED:
                break
    if not chain:
        return []
    target = min(chain, key=lambda sample: abs(sample.time_s - time_s))
    return chain[: chain.index(target) + 1]


class ScanIndex:
    """Keyframes of a stream, found by reading from estimated offsets.

    `span` is the first and the last offset of the stream. `stride_bytes` is the rough distance of two keyframes; zero
    if unknown.
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
        self._known: dict[int, CodedSample] = {}
        self._is_complete = end - start <= MAX_WHOLE_BYTES
        self._is_refined = False
        limit = end if self._is_complete else min(end, start + _MAX_SCANNED_BYTES)
        # A long file is read up to its first keyframe only, which is enough to begin the estimates.
        for sample in scanner.scan_keyframes(start, limit):
            self._known[sample.offset] = sample
            if not self._is_complete:
                break
        self._check_order()
        for sample, later in pairwise(self._known.values()):
            if later.time_s - sample.time_s > stream.max_gap_s:
                self._check_gap_around((sample.time_s + later.time_s) / 2)

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        guesses: dict[float, int] = {}
        if not self._is_complete:
            # All times at once: one after the other would cost one round trip each.
            guesses = {time_s: self._guess_offset(time_s, self._stride_bytes // 2) for time_s in times_s}
            share = _USUAL_STRIDE_S / max(self.stream.duration_s, _USUAL_STRIDE_S)
            usual_bytes = int((self._end - self._start) * share)
            # Without a known distance, keyframes every two seconds are usual: streaming and broadcast encoders.
            ahead = self._stride_bytes + _KEYFRAME_BYTES if self._stride_bytes else usual_bytes // 2
            ahead = min(max(ahead, _MIN_AHEAD_BYTES), _MAX_AT_ONCE_BYTES // len(times_s))
            self._reader.prefetch([(guess, ahead) for guess in guesses.values()])
        found = [self._find_nearest(time_s, guesses.get(time_s)) for time_s in times_s]
        self._check_order()
        for time_s, sample in zip(times_s, found, strict=True):
            if abs(sample.time_s - time_s) > self.stream.max_gap_s:
                self._check_gap_around(time_s)
        return found

    def _check_order(self) -> None:
        """Raise JumpingClockError if the times of the known keyframes start again."""
        for sample, later in pairwise(sorted(self._known.values(), key=lambda sample: sample.offset)):
            if later.time_s < sample.time_s:
                raise JumpingClockError.at("stream", later.offset, expected="ascending times", found="earlier ones")

    def _check_gap_around(self, time_s: float) -> None:
        """Raise JumpingClockError if there is a gap in the times of the pictures around one.

        Keyframes are far from each other in a long group of pictures too.
        """
        before = [sample for sample in self._known.values() if sample.time_s <= time_s]
        first = max(before, key=lambda sample: sample.time_s, default=None)
        if first is None:
            return
        latest_s = first.time_s
        for item in self._scanner.scan_samples(first.offset):
            gap_s = item.sample.time_s - latest_s
            if gap_s > self.stream.max_gap_s:
                expected = f"a gap of at most {self.stream.max_gap_s} s"
                raise JumpingClockError.at("stream", item.sample.offset, expected=expected, found=f"{gap_s:.1f} s")
            latest_s = max(latest_s, item.sample.time_s)
            if latest_s > time_s or item.sample.offset > first.offset + _MAX_SCANNED_BYTES:
                return

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        if not self._is_complete:
            self._scan_after(self._find_nearest(time_s), within_s)
        near = [sample for sample in self._known.values() if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        before = [sample for sample in self._known.values() if sample.time_s <= time_s]
        if not before:
            return []
        first = max(before, key=lambda sample: sample.time_s)
        scanned = self._scanner.scan_samples(first.offset)
        return take_decode_chain(
            scanned, first_s=first.time_s, time_s=time_s, max_samples=max_samples, restarts=self._is_refined
        )

    def refine(self, time_s: float) -> None:
        """Find the last keyframe before a time, or one so near that reading on from it costs less than a search."""
        self._is_refined = True
        back_s = _REFINED_BACK_S
        for _ in range(_MAX_REFINEMENTS if not self._is_complete else 0):
            low, high = self._find_bounds(time_s)
            per_s = (high[1] - low[1]) / max(high[0] - low[0], _REFINED_AHEAD_S)
            at = low[1] + max(time_s - low[0], 0.0) * per_s
            if at - low[1] <= _BACK_BYTES:
                break
            start = max(int(at - back_s * per_s), low[1] + 1)
            end = min(int(at + _REFINED_AHEAD_S * per_s), high[1], start + _MAX_SCANNED_BYTES)
            # In one read: the scan alone begins with small ones.
            self._reader.prefetch([(start, end - start)])
            found = list(self._scanner.scan_keyframes(start, end))
            self._known |= {sample.offset: sample for sample in found}
            if any(sample.time_s <= time_s for sample in found) or start == low[1] + 1:
                break
            back_s *= 2
        self._check_order()

    def _find_nearest(self, time_s: float, guess: int | None = None) -> CodedSample:
        if not self._is_complete:
            self._search(time_s, guess)
        if not self._known:
            raise BrokenIndexError.at("stream", self._start, expected="a keyframe", found="none")
        return min(self._known.values(), key=lambda sample: abs(sample.time_s - time_s))

    def _guess_offset(self, time_s: float, back: int) -> int:
        """Return the offset `back` bytes before the estimated one of a time."""
        low, high = self._find_bounds(time_s)
        share = (time_s - low[0]) / (high[0] - low[0]) if high[0] > low[0] else 0.0
        return max(low[1] + int(min(share, 1.0) * (high[1] - low[1])) - back, low[1] + 1)

    def _search(self, time_s: float, first: int | None) -> None:
        """Find a keyframe near a time and remember it. `first` is the first offset to try; None estimates it."""
        near_s = max(1.0, 0.01 * self.stream.duration_s)
        # The first keyframe after an offset is half a stride too far, on average.
        back = self._stride_bytes // 2
        for _ in range(_MAX_ROUNDS):
            low, high = self._find_bounds(time_s)
            guess = self._guess_offset(time_s, back) if first is None else max(first, low[1] + 1)
            first = None
            limit = min(high[1], guess + _MAX_SCANNED_BYTES)
            found = next(self._scanner.scan_keyframes(guess, limit), None)
            if found is None or found.offset >= limit:
                if guess == low[1] + 1:
                    return
                # No keyframe from here to the next known one: long groups of pictures, or a damaged part.
                back = max(2 * back, _BACK_BYTES)
                continue
            # No keyframe lies between the estimate and the one found, so they are at least that far apart.
            self._stride_bytes = max(self._stride_bytes, found.offset - guess)
            back = self._stride_bytes // 2
            self._known[found.offset] = found
            if abs(found.time_s - time_s) <= near_s:
                return

    def _find_bounds(self, time_s: float) -> tuple[tuple[float, int], tuple[float, int]]:
        """Return time and offset of the last known keyframe before a time, and of the first one after it."""
        low, high = (self.stream.first_s, self._start), (min(self.stream.end_s, self.stream.duration_s), self._end)
        for sample in self._known.values():
            bound = (sample.time_s, sample.offset)
            if sample.time_s <= time_s:
                low = max(low, bound)
            else:
                high = min(high, bound)
        return low, high

    def _scan_after(self, sample: CodedSample, within_s: float) -> None:
        """Remember the keyframes that follow one."""
        limit_s = sample.time_s + 2 * within_s
        end = min(self._end, sample.offset + _MAX_SCANNED_BYTES)
        for number, following in enumerate(self._scanner.scan_keyframes(sample.offset + 1, end)):
            if number >= _MAX_NEIGHBOURS or following.time_s > limit_s:
                return
            self._known[following.offset] = following
