"""Items and attributes of minutes, hours and days."""

from datetime import UTC, datetime

import pytest

from services.contract.statistics.periods import DAY, HOUR, MINUTE, RANGES, Level

NOW_S = int(datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("level", "key", "slot"),
    [
        (MINUTE, "history:minute:2026-12-31T23", "m59"),
        (HOUR, "history:hour:2026-12-31", "h23"),
        (DAY, "history:day:2026-12", "d31"),
    ],
)
def test_each_period_has_an_item_and_an_attribute(level: Level, key: str, slot: str) -> None:
    start_s = level.floor(NOW_S)
    assert (level.item_key(start_s), level.slot(start_s)) == (key, slot)
    assert level.start_of(key, slot) == start_s


@pytest.mark.parametrize(("name", "items", "points"), [("1h", 2, 60), ("24h", 25, 96), ("7d", 8, 168), ("30d", 2, 30)])
def test_a_range_needs_few_items_that_still_exist(name: str, items: int, points: int) -> None:
    found, now_s = RANGES[name], NOW_S - 16 * 86_400 - 11 * 3600 - 20 * 60
    starts = found.starts(now_s)
    assert len(starts) == points
    assert starts[-1] <= now_s < starts[-1] + found.step_s
    assert found.step_s % found.level.step_s == 0
    keys = list(found.level.item_keys(starts[0], now_s))
    assert len(keys) == len(set(keys)) == items
    assert all(found.level.item_key(start_s) in keys for start_s in starts)
    # DynamoDB reads 100 items at once: these, up to 64 shards of the totals, and two more.
    assert len(keys) <= 30
    assert found.level.retention_s > now_s - starts[0]
