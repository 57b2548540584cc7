"""Loads to simulate: when the videos are uploaded. The same seed gives the same uploads."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

DAY_S = 24 * 3600

_BURST_PER_S = 100
"""Uploads a second of a burst: a bulk copy into the bucket."""

_DAY_SWING = 0.6
"""The rate at the busiest time of a day is higher than its mean by this share, and lower by it at night."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Uploads over a time, at even distances or at random (a Poisson process)."""

    name: str
    videos: int
    """Number of uploads; the mean number if they come at random."""
    duration_s: float
    """Seconds in which the videos are uploaded."""
    is_random: bool
    swing: float = 0.0
    """The rate follows a cosine between 1 - swing and 1 + swing times its mean, lowest at begin and end."""

    def uploads(self, seed: int) -> Iterator[float]:
        """Yield the seconds at which videos are uploaded, ascending."""
        mean = self.videos / self.duration_s
        if not self.is_random:
            for number in range(self.videos):
                yield number / mean
            return
        chance = random.Random(seed)  # noqa: S311 - a load, not a secret
        highest = mean * (1 + self.swing)
        now_s = chance.expovariate(highest)
        while now_s < self.duration_s:
            rate = mean * (1 - self.swing * math.cos(2 * math.pi * now_s / self.duration_s))
            if chance.random() < rate / highest:
                yield now_s
            now_s += chance.expovariate(highest)


def make_burst(videos: int) -> Load:
    return Load(name=f"burst of {videos:,}", videos=videos, duration_s=videos / _BURST_PER_S, is_random=False)


def make_day(videos: int) -> Load:
    return Load(name=f"day of {videos:,}", videos=videos, duration_s=DAY_S, is_random=True, swing=_DAY_SWING)


def make_trickle(videos: int) -> Load:
    return Load(name=f"trickle of {videos:,} a day", videos=videos, duration_s=DAY_S, is_random=True)
