"""Percentiles from histograms, against those of the times themselves."""

import itertools
import math
import random
from collections import Counter

import pytest

from services.contract.statistics.histogram import BOUNDS_S, estimate_percentile, find_bucket


def test_bounds_grow_by_a_quarter_up_to_the_retention() -> None:
    assert (BOUNDS_S[0], BOUNDS_S[-1]) == (0.1, 400_000)
    assert BOUNDS_S[-1] > 4 * 86_400
    for lower, upper in itertools.pairwise(BOUNDS_S):
        assert 1.24 < upper / lower < 1.29
    # One item of totals has all names of both histograms at most.
    assert len(BOUNDS_S) < 70


@pytest.mark.parametrize("percent", [50, 95])
@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
def test_a_percentile_is_off_by_less_than_a_bucket(percent: int, spread: float) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    times = sorted(chance.lognormvariate(1, spread) for _ in range(999))
    true_s = times[math.ceil(len(times) * percent / 100) - 1]
    found_s = estimate_percentile(Counter(map(find_bucket, times)), percent)
    assert found_s is not None
    assert 1 / 1.29 < found_s / max(true_s, 0.1) < 1.29


@pytest.mark.parametrize(
    ("counts", "expected"),
    [({}, None), ({0: 1}, 0.05), ({len(BOUNDS_S): 4}, 400_000), ({10: 0}, None), ({10: 1, 40: 1}, 0.894)],
)
def test_empty_first_and_last_buckets_have_a_percentile(counts: dict[int, int], expected: float | None) -> None:
    found = estimate_percentile(counts, 50)
    assert found == expected if expected is None else found == pytest.approx(expected, abs=0.01)


def test_a_bound_belongs_to_its_bucket() -> None:
    assert [find_bucket(bound) for bound in BOUNDS_S] == list(range(len(BOUNDS_S)))
    assert find_bucket(BOUNDS_S[-1] + 1) == len(BOUNDS_S)
    assert find_bucket(0) == 0
