"""Rows of the tables: percentiles, the ratio to the lower bound, and the comparisons that are lost. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.latency.ways import OURS, Way

GOALS_S: Mapping[tuple[str, int], float] = {
    ("10 s", 0): 0.12,
    ("10 min", 0): 0.18,
    ("10 s", 20): 0.5,
    ("10 min", 20): 0.5,
    ("2 h", 20): 0.5,
}
"""Upper limits of our 95th percentile, by length and added milliseconds."""

NEEDED_S3_TRIPS = 3
"""Requests to S3 that must follow each other: the index, the pictures, the thumbnails."""
NEEDED_SQS_TRIPS = 1
"""The answer to the worker's poll."""


def percentile(values: Sequence[float], share_pct: float) -> float:
    """Return the smallest value that at least `share_pct` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * share_pct / 100), 1) - 1]


def lower_bound_s(decoding_s: float, near_s: float, delay_s: float) -> float:
    """Return the time that no method undercuts: three pictures in a process of their own, and the needed requests.

    `near_s` is the time of the smallest request without a delay.
    """
    return decoding_s + NEEDED_SQS_TRIPS * near_s + NEEDED_S3_TRIPS * (near_s + delay_s)


@dataclass(frozen=True)
class Cell:
    """Latencies of one program in one row, in seconds, and the number of videos that had no thumbnails in time."""

    latencies_s: Sequence[float] = ()
    missing: int = 0
    total_s: float = 0.0

    @property
    def videos_per_s(self) -> float:
        return len(self.latencies_s) / self.total_s if self.total_s else 0.0


@dataclass(frozen=True)
class Row:
    length: str
    film: str
    delay_ms: int
    count: int
    """Videos at once."""
    bound_s: float
    cells: Mapping[str, Cell]
    """By the name of the way."""

    @property
    def name(self) -> str:
        burst = f", burst of {self.count}" if self.count > 1 else ""
        return self.film + (f", {self.delay_ms} ms" if self.delay_ms else "") + burst

    def list_lost(self, ways: Sequence[Way]) -> Iterator[str]:
        """Yield a sentence for each peer that is ahead, and for a goal that is missed."""
        ours = self.cells[OURS]
        if ours.missing:
            yield f"{self.name}: {ours.missing} of {self.count} videos have no thumbnails"
        if not ours.latencies_s:
            return
        for way in ways:
            peer = self.cells.get(way.name, Cell())
            if way.is_ours or not peer.latencies_s:
                continue
            if self.count > 1:
                if peer.videos_per_s > ours.videos_per_s:
                    yield f"{self.name}: {way.name} does {peer.videos_per_s:.1f} videos/s, ours {ours.videos_per_s:.1f}"
            elif (theirs_s := percentile(peer.latencies_s, 50)) < (ours_s := percentile(ours.latencies_s, 50)):
                yield f"{self.name}: {way.name} takes {theirs_s:.3f} s, ours {ours_s:.3f} s"
        goal_s = GOALS_S.get((self.length, self.delay_ms))
        if self.count == 1 and goal_s and percentile(ours.latencies_s, 95) > goal_s:
            yield f"{self.name}: p95 is {percentile(ours.latencies_s, 95):.3f} s, the goal {goal_s:g} s"


def single_headings(ways: Sequence[Way]) -> list[str]:
    peers = [f"{way.title} p50 / p95" for way in ways if not way.is_ours]
    return ["film", "added ms", "videos", "p50 s", "p95 s", "p99 s", "bound s", "p50/bound", *peers]


def format_single(row: Row, ways: Sequence[Way]) -> list[str]:
    """Return the cells of a row with one video at a time."""
    ours = row.cells[OURS].latencies_s
    figures = [f"{percentile(ours, share):.3f}" for share in (50, 95, 99)] if ours else ["-"] * 3
    ratio = f"{percentile(ours, 50) / row.bound_s:.1f}" if ours else "-"
    peers = [_format_peer(row.cells.get(way.name, Cell())) for way in ways if not way.is_ours]
    return [row.film, str(row.delay_ms), str(len(ours)), *figures, f"{row.bound_s:.3f}", ratio, *peers]


def burst_headings(ways: Sequence[Way]) -> list[str]:
    peers = [f"{way.title} videos/s" for way in ways if not way.is_ours]
    return ["film", "burst", "all s", "videos/s", "p50 s", "p95 s", "p99 s", *peers]


def format_burst(row: Row, ways: Sequence[Way]) -> list[str]:
    """Return the cells of a row with a burst."""
    ours = row.cells[OURS]
    figures = (
        [f"{percentile(ours.latencies_s, share):.2f}" for share in (50, 95, 99)] if ours.latencies_s else ["-"] * 3
    )
    peers = [row.cells.get(way.name, Cell()) for way in ways if not way.is_ours]
    rates = [f"{cell.videos_per_s:.1f}" if cell.latencies_s else "-" for cell in peers]
    return [row.film, str(row.count), f"{ours.total_s:.1f}", f"{ours.videos_per_s:.1f}", *figures, *rates]


def _format_peer(cell: Cell) -> str:
    if not cell.latencies_s:
        return "none in time" if cell.missing else "-"
    return f"{percentile(cell.latencies_s, 50):.2f} / {percentile(cell.latencies_s, 95):.2f}"
