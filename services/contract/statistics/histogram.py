"""Histograms of times with fixed logarithmic bounds, which can be added. Pure."""

import bisect
import math
from collections.abc import Mapping

_PREFERRED = (1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8)
"""Ten bounds a decade, each 25 to 28 % above the one before: the series R10 of ISO 3."""

BOUNDS_S = tuple(
    round(factor * 10.0**exponent, 6)
    for exponent in range(-1, 6)
    for factor in _PREFERRED
    if factor * 10**exponent <= 400_000
)
"""Upper bounds from 0.1 s to 400,000 s: SQS keeps a message for four days. A last bucket has no upper bound."""


def find_bucket(seconds: float) -> int:
    """Return the number of the bucket of a time; a bucket includes its upper bound."""
    return bisect.bisect_left(BOUNDS_S, seconds)


def estimate_percentile(counts: Mapping[int, int], percent: float) -> float | None:
    """Return a percentile (nearest rank) of a histogram, None if it is empty.

    The bucket is exact. Within it, the times are taken as evenly spread on a logarithmic scale, so the result differs
    from the true one by less than the width of a bucket: 28 % above 0.1 s.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank = max(1, math.ceil(total * percent / 100))
    below = 0
    for bucket, count in sorted(counts.items()):
        if below + count >= rank:
            return _interpolate(bucket, (rank - below - 0.5) / count)
        below += count
    raise AssertionError("the rank is within the total")


def _interpolate(bucket: int, share: float) -> float:
    if bucket >= len(BOUNDS_S):
        return BOUNDS_S[-1]
    upper = BOUNDS_S[bucket]
    lower = BOUNDS_S[bucket - 1] if bucket else 0.0
    found = lower * (upper / lower) ** share if lower else upper * share
    return round(found, 3)
