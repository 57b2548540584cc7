"""Periods of the history: minutes, hours and days, and the items of the videos table that hold them. Pure.

One item holds the minutes of an hour, one the hours of a day, one the days of a month: 25 items a day, in UTC. An item
has an attribute for each period in which videos ended. DynamoDB deletes an item after its attribute `until`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

DAY_S = 86_400
HISTORY_PREFIX = "history:"


@dataclass(frozen=True)
class Level:
    name: str
    step_s: int
    """Length of a period."""
    item_format: str
    """Form of the time in an item's key: the item's length."""
    slot_format: str
    retention_s: int

    def floor(self, at_s: float) -> int:
        """Return the start of the period of a time (seconds since 1970)."""
        return int(at_s // self.step_s * self.step_s)

    def item_key(self, start_s: int) -> str:
        """Return the key of the item that holds a period."""
        return f"{HISTORY_PREFIX}{self.name}:{datetime.fromtimestamp(start_s, UTC):{self.item_format}}"

    def slot(self, start_s: int) -> str:
        """Return the attribute of a period in its item."""
        return f"{datetime.fromtimestamp(start_s, UTC):{self.slot_format}}"

    def start_of(self, item_key: str, slot: str) -> int:
        """Return the start of the period with this item and attribute."""
        time = item_key.removeprefix(f"{HISTORY_PREFIX}{self.name}:")
        found = datetime.strptime(f"{time} {slot}", f"{self.item_format} {self.slot_format}")  # noqa: DTZ007 - UTC, as below
        return int(found.replace(tzinfo=UTC).timestamp())

    def item_keys(self, first_s: int, last_s: int) -> Iterator[str]:
        """Yield the keys of the items with periods from `first_s` to `last_s`, both included."""
        found = ""
        for start_s in range(self.floor(first_s), last_s + 1, self.step_s):
            if (key := self.item_key(start_s)) != found:
                found = key
                yield key


MINUTE = Level("minute", 60, "%Y-%m-%dT%H", "m%M", 2 * DAY_S)
HOUR = Level("hour", 3600, "%Y-%m-%d", "h%H", 40 * DAY_S)
DAY = Level("day", DAY_S, "%Y-%m", "d%d", 400 * DAY_S)


@dataclass(frozen=True)
class Range:
    """A range of the history, as points of `step_s` seconds that are sums of periods of a level."""

    level: Level
    step_s: int
    points: int

    def starts(self, now_s: float) -> Sequence[int]:
        """Return the starts of the points, the oldest first; the last one contains `now_s`."""
        last_s = int(now_s // self.step_s * self.step_s)
        return range(last_s - (self.points - 1) * self.step_s, last_s + 1, self.step_s)


RANGES = {
    "1h": Range(MINUTE, 60, 60),
    "24h": Range(MINUTE, 900, 96),
    "7d": Range(HOUR, 3600, 168),
    "30d": Range(DAY, DAY_S, 30),
}
