"""The presentation timeline of a file: time zero, the end, and the conversion of a container's ticks to seconds.

Every time in seconds of a sample, a frame and a thumbnail is on it.

- Zero is the start of the first picture or of the first sound, whichever is earlier, after edit lists and start delays.
  It is `start_time` of ffprobe's format: ffmpeg's `-ss`, mpv and browsers count from there. Subtitles and data tracks
  do not count. An AVI begins at zero.
- The end is that of the last picture or of the last sound, whichever is later. The duration is the end minus zero. It
  is `duration` of ffprobe's format if the header of the file is right and does not count from before zero.
- Positions in percent are shares of this duration. Players show nothing before the first picture, and go on showing
  the last one while the sound goes on: `Stream.clamp` returns the time whose picture replaces such a position.
- Where the clock of a file starts again, or where that of a transport stream jumps ahead, time goes on from the last
  picture before: `SteadyClock`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.worker.extraction.containers.stream import Stream

_MAX_REORDERED = 16
"""Upper limit, in pictures, of the difference between decoding order and display order in H.264."""
MAX_GAP_S = 10.0
"""Upper limit on a gap in the clock of a transport stream: `-dts_delta_threshold` of ffmpeg."""


@dataclass(frozen=True)
class Timeline:
    """Conversion between a clock of the container and seconds. `zero` is time zero, in ticks of that clock."""

    ticks_per_s: float
    zero: float = 0.0

    @classmethod
    def starting(cls, ticks_per_s: float, starts: Iterable[float]) -> "Timeline":
        """Return the timeline that begins at the earliest of several starts, in ticks."""
        return cls(ticks_per_s, min(starts))

    def to_seconds(self, ticks: float) -> float:
        return (ticks - self.zero) / self.ticks_per_s

    def to_ticks(self, time_s: float) -> float:
        return time_s * self.ticks_per_s + self.zero

    def place(self, stream: Stream, *, first: float, end: float | None, sound_end: float | None = None) -> Stream:
        """Return the stream with its times: of its first picture, of the end of its last one, and of the whole.

        All arguments are in ticks; one of the ends may be unknown. `first` is the first picture in the file: FFmpeg
        takes it for the start of the stream.
        """
        last = max(moment for moment in (end, sound_end) if moment is not None)
        return replace(
            stream,
            duration_s=self.to_seconds(last),
            first_s=self.to_seconds(first),
            end_s=math.inf if end is None else self.to_seconds(end),
        )


@dataclass(frozen=True)
class Start:
    """Start of a video of which the index cannot be used.

    - `first_s`: time of its first picture in the file.
    - `duration_s`: duration of the whole as the header states it; None to take FFmpeg's.
    """

    first_s: float = 0.0
    duration_s: float | None = None


class SteadyClock:
    """Turns times that start again, as in recordings that were joined, into times that go on.

    `frame_s` is the usual duration of a frame. `max_gap_s` is the longest gap that is kept.
    """

    def __init__(self, frame_s: float, max_gap_s: float = math.inf) -> None:
        self._frame_s = frame_s
        self._max_back_s = max(1.0, _MAX_REORDERED * frame_s)
        self._max_gap_s = max_gap_s
        self._shift_s = 0.0
        self._latest_s: float | None = None

    def follow(self, time_s: float) -> float:
        """Return the time of the next frame or packet on the timeline that goes on."""
        now_s = time_s + self._shift_s
        if self._latest_s is not None:
            ahead_s = now_s - self._latest_s
            if ahead_s < -self._max_back_s or ahead_s > self._max_gap_s:
                self._shift_s += self._frame_s - ahead_s
                now_s = self._latest_s + self._frame_s
        self._latest_s = now_s if self._latest_s is None else max(self._latest_s, now_s)
        return now_s
