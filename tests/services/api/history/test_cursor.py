"""Assign the growth of the counters to minutes, hours and days, also after an outage of the api."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime

from services.api.history.cursor import Cursor, Period, advance_cursor, begin_cursor, list_open
from services.contract.statistics.ends import add_ends
from services.contract.statistics.periods import DAY, HOUR, MINUTE

START_S = int(datetime(2026, 11, 29, 22, 58, tzinfo=UTC).timestamp())


def advance(cursor: Cursor, minute: int, done: int) -> tuple[Cursor, dict[tuple[str, int], int]]:
    """Advance to a minute after the start; return the stored counts by level and period."""
    after, periods = advance_cursor(cursor, START_S + 60 * minute, {"done": done} if done else {})
    return after, {(period.level.name, period.start_s): period.ends["done"] for period in periods}


def test_each_minute_gets_its_growth_and_a_full_hour_its_sum() -> None:
    cursor, first = advance(begin_cursor(START_S), 0, 4)
    cursor, second = advance(cursor, 1, 7)
    cursor, third = advance(cursor, 2, 9)
    cursor, fourth = advance(cursor, 3, 9)
    assert first == {("minute", START_S - 60): 4}
    assert second == {("minute", START_S): 3}
    # 23:00: the hour has ended with all of its minutes, the day has not.
    assert third == {("minute", START_S + 60): 2, ("hour", START_S - 58 * 60): 9}
    assert fourth == {}
    assert [period.ends for period in list_open(cursor, {"done": 12}, START_S + 200)] == [
        {"done": 3},
        {"done": 3},
        {"done": 12},
    ]


def test_growth_during_an_outage_belongs_to_its_end_and_says_so() -> None:
    cursor, _ = advance(begin_cursor(START_S), 0, 5)
    after, periods = advance_cursor(cursor, START_S + 3 * 3600, {"done": 8})
    minute, hour, day = periods
    assert (minute.start_s, minute.since_s, minute.ends) == (START_S + 3 * 3600 - 60, START_S, {"done": 3})
    # The hour and the day of before the outage have what was counted in them, and the new ones are open.
    assert (hour.level, hour.start_s, hour.ends) == (HOUR, HOUR.floor(START_S), {"done": 5})
    assert (day.level, day.start_s, day.ends) == (DAY, DAY.floor(START_S), {"done": 5})
    assert after.open["hour"].counts == {"done": 5}
    assert Period.from_json(MINUTE, minute.start_s, minute.to_json()) == minute
    assert Period.from_json(HOUR, hour.start_s, hour.to_json()) == hour
    assert Cursor.model_validate(after.model_dump()) == after


def test_nothing_is_lost_or_counted_twice_over_days_with_outages() -> None:
    chance = random.Random(3)  # noqa: S311 - no secret
    cursor, minute, counts = begin_cursor(START_S), 0, Counter[str]()
    stored: defaultdict[str, dict[int, Period]] = defaultdict(dict)
    while minute < 3 * 24 * 60:
        minute += chance.choice([1, 1, 1, 1, 7, 500])
        counts.update(chance.choices(["done", "failed_damaged", "q30", "t40"], k=chance.choice([0, 3, 50])))
        cursor, periods = advance_cursor(cursor, START_S + 60 * minute, dict(counts))
        for period in periods:
            assert period.start_s == period.level.floor(period.start_s)
            # A transaction cannot write one attribute twice, and a later one must not replace a period.
            assert period.start_s not in stored[period.level.name]
            stored[period.level.name][period.start_s] = period
    for level, unstored in zip((MINUTE, HOUR, DAY), list_open(cursor, counts, START_S + 60 * minute), strict=True):
        known = [period.ends for period in stored[level.name].values()]
        assert add_ends([*known, unstored.ends]) == counts, level.name
