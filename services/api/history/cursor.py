"""Position of the history: the counters of ended videos at the last recorded minute, and where a minute's growth goes.

Pure. The history is the growth of counters, so it needs no process in the moment in which a video ends: while no api
runs, workers go on counting, and the next recording has the growth of the whole time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.contract.statistics.ends import subtract_ends
from services.contract.statistics.periods import DAY, HOUR, MINUTE, Level

_LONG = (HOUR, DAY)


class OpenPeriod(BaseModel):
    """An hour or day that has not ended, with the counters at its start."""

    model_config = ConfigDict(frozen=True)

    start_s: int
    counts: dict[str, int]


class Cursor(BaseModel):
    model_config = ConfigDict(frozen=True)

    at_s: int
    """End of the last recorded minute."""
    counts: dict[str, int]
    """Counters at that time."""
    open: dict[str, OpenPeriod]
    """The current hour and day, by the name of the level."""
    since_s: int | None = None
    """Time of the first recording; None if an earlier version made it."""


@dataclass(frozen=True)
class Period:
    """Growth of the counters in one period. `since_s` is before its start if no api ran until then."""

    level: Level
    start_s: int
    since_s: int
    ends: Mapping[str, int]

    def to_json(self) -> Any:
        return {"since": self.since_s, "ends": dict(self.ends)} if self.since_s < self.start_s else dict(self.ends)

    @classmethod
    def from_json(cls, level: Level, start_s: int, content: Any) -> "Period":
        if "since" in content:
            return cls(level, start_s, int(content["since"]), content["ends"])
        return cls(level, start_s, start_s, content)


def begin_cursor(at_s: int) -> Cursor:
    """Return the cursor of a table without a history: all that was counted before belongs to the first minute."""
    opened = {level.name: OpenPeriod(start_s=level.floor(at_s - MINUTE.step_s), counts={}) for level in _LONG}
    return Cursor(at_s=at_s - MINUTE.step_s, counts={}, open=opened, since_s=at_s)


def advance_cursor(cursor: Cursor, at_s: int, counts: dict[str, int]) -> tuple[Cursor, list[Period]]:
    """Return the cursor at a later full minute with these counters, and the periods to store; none is empty."""
    minute = Period(MINUTE, at_s - MINUTE.step_s, cursor.at_s, subtract_ends(counts, cursor.counts))
    found, opened = [minute], {}
    for level in _LONG:
        current = cursor.open[level.name]
        for start_s, before in (
            # The growth since the last recording belongs to the minute that ends now, which can be in a later period.
            (level.floor(at_s - MINUTE.step_s), cursor.counts),
            (level.floor(at_s), counts),
        ):
            if start_s > current.start_s:
                ends = subtract_ends(before, current.counts)
                found.append(Period(level, current.start_s, current.start_s, ends))
                current = OpenPeriod(start_s=start_s, counts=before)
        opened[level.name] = current
    return Cursor(at_s=at_s, counts=counts, open=opened, since_s=cursor.since_s), [
        period for period in found if period.ends
    ]


def list_open(cursor: Cursor | None, counts: Mapping[str, int], now_s: float) -> Iterator[Period]:
    """Yield the growth that is not stored yet, as a period of each level."""
    if cursor is None:
        cursor = begin_cursor(MINUTE.floor(now_s))
    start_s = MINUTE.floor(now_s)
    if start_s - cursor.at_s <= MINUTE.step_s:
        # Also in the seconds after a full minute in which no process has recorded it yet.
        start_s = cursor.at_s
    yield Period(MINUTE, start_s, cursor.at_s, subtract_ends(counts, cursor.counts))
    for level in _LONG:
        current = cursor.open[level.name]
        yield Period(level, current.start_s, current.start_s, subtract_ends(counts, current.counts))
