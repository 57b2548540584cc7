"""Numbers out of counts and times: throughput, latency, how long it will take. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.api.schema.models import Latency, QueueSample, Throughput

STEP_S = 5
"""Seconds between two samples: samples of all processes lie on the same grid."""

HISTORY_S = 300
_MINUTE_S = 60
_HOUR_S = 3600
_LATENCIES = 100


class StateSample(NamedTuple):
    """The queue at a time (seconds since 1970), and how many videos had ended by then."""

    at_s: int
    visible: int
    in_flight: int
    delayed: int
    dead_letters: int
    ended: int


class Samples(NamedTuple):
    """Every five seconds of the last five minutes, and every minute of the last hour: (time, videos ended)."""

    recent: tuple[StateSample, ...] = ()
    minutes: tuple[tuple[int, int], ...] = ()

    def with_sample(self, sample: StateSample) -> "Samples":
        """With one more, without those that are too old by then. One for the same time replaces the other."""
        recent = {one.at_s: one for one in (*self.recent, sample) if sample.at_s - HISTORY_S <= one.at_s}
        minutes = {at: ended for at, ended in self.minutes if sample.at_s - _HOUR_S <= at}
        if not minutes or sample.at_s - max(minutes) >= _MINUTE_S:
            minutes[sample.at_s] = sample.ended
        return Samples(tuple(sorted(recent.values())), tuple(sorted(minutes.items())))

    def merged(self, other: "Samples") -> "Samples":
        """Those of both; where both have one, the other's."""
        recent = {one.at_s: one for one in (*self.recent, *other.recent)}
        minutes = dict((*self.minutes, *other.minutes))
        return Samples(tuple(sorted(recent.values())), tuple(sorted(minutes.items())))

    def to_json(self) -> Any:
        return {"recent": [list(sample) for sample in self.recent], "minutes": [list(one) for one in self.minutes]}

    @classmethod
    def from_json(cls, content: Any) -> "Samples":
        """What `to_json` gave; nothing where there is nothing."""
        if not content:
            return cls()
        recent = tuple(StateSample(*one) for one in content["recent"])
        return cls(recent, tuple((at, ended) for at, ended in content["minutes"]))


def floor_to_grid(now_s: float) -> int:
    """The time on the grid of samples that is closest before."""
    return int(now_s // STEP_S * STEP_S)


def build_history(samples: Iterable[StateSample]) -> list[QueueSample]:
    return [
        QueueSample(
            at=datetime.fromtimestamp(one.at_s, UTC),
            visible=one.visible,
            in_flight=one.in_flight,
            delayed=one.delayed,
            dead_letters=one.dead_letters,
        )
        for one in samples
    ]


def measure_throughput(samples: Samples, ended: int, now_s: float) -> Throughput:
    """Videos per minute over each window, or over what is known of it once that is a minute."""
    known = [*samples.minutes, *((one.at_s, one.ended) for one in samples.recent)]
    return Throughput(
        last_1_min=_rate(known, ended, now_s, _MINUTE_S),
        last_5_min=_rate(known, ended, now_s, 5 * _MINUTE_S),
        last_60_min=_rate(known, ended, now_s, 60 * _MINUTE_S),
    )


def _rate(known: Sequence[tuple[int, int]], ended: int, now_s: float, window_s: int) -> float | None:
    # Samples lie up to one step apart: the first within the window and a step stands for its beginning.
    within = [one for one in known if now_s - window_s - STEP_S <= one[0] <= now_s]
    if not within:
        return None
    began_s, ended_then = min(within)
    elapsed_s = now_s - began_s
    if elapsed_s < _MINUTE_S - STEP_S:
        return None
    return round(max(0, ended - ended_then) * 60 / elapsed_s, 2)


def measure_latency(times: Sequence[tuple[datetime, datetime]]) -> Latency:
    """Percentiles (nearest rank) of the times between two moments, for the latest hundred by the second."""
    latest = sorted(times, key=lambda pair: pair[1])[-_LATENCIES:]
    seconds = sorted((end - begin).total_seconds() for begin, end in latest)
    if not seconds:
        return Latency(p50_s=None, p95_s=None)
    return Latency(p50_s=_percentile(seconds, 50), p95_s=_percentile(seconds, 95))


def _percentile(ordered: Sequence[float], percent: int) -> float:
    rank = -(-len(ordered) * percent // 100)
    return round(ordered[max(rank, 1) - 1], 3)


def estimate_drain_s(waiting: int, rate: Throughput) -> float | None:
    """Seconds until nothing waits, at the rate of the last minutes; null while nothing moves."""
    if waiting == 0:
        return 0.0
    per_minute = rate.last_5_min or rate.last_1_min
    return round(waiting / per_minute * 60, 1) if per_minute else None


def estimate_oldest_age_s(now_s: float, visible: int, samples: Samples, queued: Iterable[datetime]) -> float | None:
    """How long the oldest waiting message waits at most: SQS hands messages out roughly in their order.

    It came after the youngest that a worker has taken (`queued`: when those were sent), and after the queue was last
    seen empty.
    """
    if visible == 0:
        return None
    empty = [one.at_s for one in samples.recent if one.visible == 0 and one.in_flight == 0]
    since = [*empty, *(time.timestamp() for time in queued)]
    return round(max(0.0, now_s - max(since)), 1) if since else None
