"""Figures of the live state from counts and times: throughput, latency, time to drain. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.api.schema.models import Latency, QueueSample, Throughput

STEP_S = 5
"""Seconds between two samples. All processes use the same grid of times."""

HISTORY_S = 300
_MINUTE_S = 60
_HOUR_S = 3600
_LATENCIES = 100


class StateSample(NamedTuple):
    """Depth of the queue at a time (seconds since 1970), and the number of finished videos by then."""

    at_s: int
    visible: int
    in_flight: int
    delayed: int
    dead_letters: int
    ended: int


class Samples(NamedTuple):
    """Samples of every 5 s in the last 5 min, and (time, finished videos) of every minute in the last hour."""

    recent: tuple[StateSample, ...] = ()
    minutes: tuple[tuple[int, int], ...] = ()

    def with_sample(self, sample: StateSample) -> "Samples":
        """Return the samples with one more, without those that are too old. It replaces one of the same time."""
        recent = {one.at_s: one for one in (*self.recent, sample) if sample.at_s - HISTORY_S <= one.at_s}
        minutes = {at: ended for at, ended in self.minutes if sample.at_s - _HOUR_S <= at}
        if not minutes or sample.at_s - max(minutes) >= _MINUTE_S:
            minutes[sample.at_s] = sample.ended
        return Samples(tuple(sorted(recent.values())), tuple(sorted(minutes.items())))

    def merged(self, other: "Samples") -> "Samples":
        """Return the samples of both; `other` takes precedence."""
        recent = {one.at_s: one for one in (*self.recent, *other.recent)}
        minutes = dict((*self.minutes, *other.minutes))
        return Samples(tuple(sorted(recent.values())), tuple(sorted(minutes.items())))

    def to_json(self) -> Any:
        return {"recent": [list(sample) for sample in self.recent], "minutes": [list(one) for one in self.minutes]}

    @classmethod
    def from_json(cls, content: Any) -> "Samples":
        """Return the samples of a result of `to_json`; empty if there is none."""
        if not content:
            return cls()
        recent = tuple(StateSample(*one) for one in content["recent"])
        return cls(recent, tuple((at, ended) for at, ended in content["minutes"]))


def floor_to_grid(now_s: float) -> int:
    """Return the latest time on the grid of samples that is not after `now_s`."""
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
    """Return the videos per minute over each window, or over its known part if that is at least half of it."""
    known = [*samples.minutes, *((one.at_s, one.ended) for one in samples.recent)]
    return Throughput(
        last_1_min=_measure_rate(known, ended, now_s, _MINUTE_S),
        last_5_min=_measure_rate(known, ended, now_s, 5 * _MINUTE_S),
        last_60_min=_measure_rate(known, ended, now_s, 60 * _MINUTE_S),
    )


def _measure_rate(known: Sequence[tuple[int, int]], ended: int, now_s: float, window_s: int) -> float | None:
    # Samples are up to one step apart: the first one within the window plus a step is its beginning.
    within = [one for one in known if now_s - window_s - STEP_S <= one[0] <= now_s]
    if not within:
        return None
    began_s, ended_then = min(within)
    elapsed_s = now_s - began_s
    # Less than that would show a short burst as the rate of an hour.
    if elapsed_s < max(_MINUTE_S - STEP_S, window_s / 2):
        return None
    return round(max(0, ended - ended_then) * 60 / elapsed_s, 2)


def measure_latency(times: Sequence[tuple[datetime, datetime]]) -> Latency:
    """Return percentiles (nearest rank) of the times between begin and end, for the latest hundred by their end."""
    latest = sorted(times, key=lambda pair: pair[1])[-_LATENCIES:]
    seconds = sorted((end - begin).total_seconds() for begin, end in latest)
    if not seconds:
        return Latency(p50_s=None, p95_s=None)
    return Latency(p50_s=_pick_percentile(seconds, 50), p95_s=_pick_percentile(seconds, 95))


def _pick_percentile(ordered: Sequence[float], percent: int) -> float:
    rank = -(-len(ordered) * percent // 100)
    return round(ordered[max(rank, 1) - 1], 3)


class WorkSpan(NamedTuple):
    """Time in which a worker processed one video."""

    worker: str
    started_at: datetime
    finished_at: datetime


def estimate_drain_s(waiting: int, workers: int, spans: Iterable[WorkSpan]) -> float | None:
    """Return the seconds that `workers` need for the waiting videos; None if there is no worker or no known span.

    A worker needs as long for a video as the workers of the spans did while they were busy. How many videos finished in
    the last minutes does not count, as workers without videos finish none.
    """
    if waiting == 0:
        return 0.0
    by_worker = defaultdict(list)
    for span in spans:
        by_worker[span.worker].append((span.started_at.timestamp(), span.finished_at.timestamp()))
    count = sum(len(times) for times in by_worker.values())
    if not workers or not count:
        return None
    busy_s = sum(_measure_union_s(times) for times in by_worker.values())
    return round(waiting * busy_s / count / workers, 1)


def _measure_union_s(times: Sequence[tuple[float, float]]) -> float:
    """Return the seconds that lie in at least one of the times: a worker can process several videos at once."""
    total_s = until = 0.0
    for begin, end in sorted(times):
        total_s += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total_s


def estimate_oldest_age_s(now_s: float, visible: int, samples: Samples, queued: Iterable[datetime]) -> float | None:
    """Return an upper bound of the oldest waiting message's age; None if no message waits or it is not known.

    SQS delivers messages roughly in order. The oldest one was therefore sent after the newest one that a worker has
    received (`queued` has the times sent), and after the queue was last empty.
    """
    if visible == 0:
        return None
    empty = [one.at_s for one in samples.recent if one.visible == 0 and one.in_flight == 0]
    since = [*empty, *(time.timestamp() for time in queued)]
    return round(max(0.0, now_s - max(since)), 1) if since else None
