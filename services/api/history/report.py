"""The history of a range, from the stored periods and the counters of this moment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.api.history.cursor import Cursor, Period, list_open
from services.api.history.models import History, HistoryFigures, HistoryPoint, RangeName, Times
from services.aws.table.history import HistoryReading, HistoryTable
from services.contract.statistics.ends import (
    QUEUE,
    THUMBNAILS,
    Ends,
    add_ends,
    read_failures,
    read_histogram,
)
from services.contract.statistics.histogram import estimate_percentile
from services.contract.statistics.periods import RANGES, Level, Range


def read_history(table: HistoryTable, name: RangeName, now_s: float) -> History:
    """Return the history of a range up to now, read with one request. Raises: ServiceError."""
    wanted = RANGES[name]
    starts = wanted.starts(now_s)
    reading = table.read(list(wanted.level.item_keys(starts[0], starts[-1] + wanted.step_s - 1)))
    points = _make_points(wanted, starts, list_periods(wanted.level, reading, now_s))
    total = _make_figures(add_ends(ends for _, _, ends in points))
    return History(
        range=name,
        step_s=wanted.step_s,
        total=HistoryFigures(**total),
        points=[
            HistoryPoint(at=_to_time(start_s), since=_to_time(since_s), **_make_figures(ends))
            for start_s, since_s, ends in points
        ],
    )


def list_periods(level: Level, reading: HistoryReading, now_s: float) -> Iterable[Period]:
    """Yield the stored periods of a level, and the one that has not ended."""
    for item_key, slots in reading.slots.items():
        for slot, content in slots.items():
            yield Period.from_json(level, level.start_of(item_key, slot), content)
    cursor = Cursor.model_validate(reading.cursor) if reading.cursor else None
    yield from (period for period in list_open(cursor, reading.ends, now_s) if period.level is level and period.ends)


def _make_points(wanted: Range, starts: Sequence[int], periods: Iterable[Period]) -> list[tuple[int, int, Ends]]:
    """Return the start of each point, the start of what it counts, and the sum of its periods."""
    parts: Mapping[int, list[Period]] = defaultdict(list)
    for period in periods:
        parts[period.start_s // wanted.step_s * wanted.step_s].append(period)
    return [
        (
            start_s,
            min([start_s, *(period.since_s for period in parts.get(start_s, ()))]),
            add_ends(period.ends for period in parts.get(start_s, ())),
        )
        for start_s in starts
    ]


def _make_figures(ends: Ends) -> dict[str, Any]:
    failures = read_failures(ends)
    good, failed = ends.get("done", 0) + ends.get("degraded", 0), sum(failures.values())
    return {
        "done": ends.get("done", 0),
        "degraded": ends.get("degraded", 0),
        "failed": failed,
        "success_rate": round(good / (good + failed), 5) if good + failed else None,
        "queue": _make_times(ends, QUEUE),
        "thumbnails": _make_times(ends, THUMBNAILS),
        "failures": failures,
    }


def _make_times(ends: Ends, name: str) -> Times:
    counts = read_histogram(ends, name)
    return Times(p50_s=estimate_percentile(counts, 50), p95_s=estimate_percentile(counts, 95))


def _to_time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
