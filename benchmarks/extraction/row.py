"""Row of the table: the cost of a video in each way, and the limits that are missed."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.extraction.floor import Bare
from benchmarks.extraction.videos import BenchmarkVideo
from services.contract.records import VideoState
from services.worker.extraction.outcome import Outcome

HEADINGS = (
    "video", "length", "A ms", "B ms", "D ms", "ours ms", "least ms", "warm ms", "decode ms", "A/ours", "D/ours",
    "MB read", "requests", "round trips", "peak MB",
)  # fmt: skip
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Row:
    """CPU in ms for three thumbnails. `pyav_ms` is None where PyAV is not installed."""

    video: BenchmarkVideo
    outcome: Outcome
    round_trips: float
    ours_ms: float
    bare: Bare
    three_ms: float
    one_ms: float
    pyav_ms: float | None

    def cells(self) -> list[str]:
        """Return the cells of the row."""
        video, usage = self.video, self.outcome.usage
        trips = round(self.round_trips)  # measured as time, in which threads start, too
        return [
            video.name,
            f"{video.duration_s} s",
            f"{self.three_ms:.0f}",
            f"{self.one_ms:.0f}",
            "" if self.pyav_ms is None else f"{self.pyav_ms:.0f}",
            f"{self.ours_ms:.0f}",
            f"{self.bare.least_ms:.0f}",
            f"{self.bare.warm_ms:.0f}",
            f"{self.bare.decode_ms:.0f}",
            self._ratio(self.three_ms, video.at_least),
            "" if self.pyav_ms is None else self._ratio(self.pyav_ms, video.peer_at_least),
            _at_most(usage.bytes_read / _MIB, video.max_mb, 2),
            _at_most(usage.requests, video.max_requests),
            _at_most(trips, video.max_round_trips) if video.max_round_trips else str(trips),
            _at_most(usage.peak_memory_mb, video.max_memory_mb),
        ]

    def missed(self) -> Iterator[str]:
        """Yield a description of each missed limit."""
        named = zip(HEADINGS, self.cells(), strict=True)
        length = f"{self.video.name}, {self.video.duration_s} s"
        yield from (f"{length}: {heading} {cell}" for heading, cell in named if cell.endswith(")"))
        if self.outcome.state is not VideoState.DONE:
            yield f"{length}: {self.outcome.state}"

    def _ratio(self, theirs_ms: float, at_least: float) -> str:
        """Return their cost relative to ours; if it misses the limit, also relative to the lower bound."""
        ratio, most = (theirs_ms / max(cost_ms, 0.1) for cost_ms in (self.ours_ms, self.bare.least_ms))
        return f"{ratio:.1f}" if ratio >= at_least else f"{ratio:.1f} (< {at_least:g}; at most {most:.1f})"


def _at_most(value: float, limit: float, digits: int = 0) -> str:
    return f"{value:.{digits}f}" if value <= limit else f"{value:.{digits}f} (> {limit:g})"
