"""Workers that take videos from a queue that never empties, with the retries of the real worker. Virtual time."""

import heapq
import itertools
import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from benchmarks.table.dynamodb import LATENCY_MS, Outcome, Table
from services.aws.table import transactions
from services.contract.resources import DEFAULT_TRIES
from services.contract.shards import choose_shard, index_key_of, totals_key

SLOTS = 2
"""Videos in progress of one worker: `worker.concurrency`."""

EXTRACTION_MEDIAN_S = 0.8
EXTRACTION_SIGMA = 0.34
"""Of a lognormal distribution: 1.4 s at 95 %, as measured from upload to thumbnails (docs/performance.md)."""

EXTRACTION_MEAN_S = EXTRACTION_MEDIAN_S * math.exp(EXTRACTION_SIGMA**2 / 2)

RETRY_DELAY_S = 10.0
"""Pause before the second attempt of a video: `RETRY_DELAY_S`; doubled for each further one."""

PROCESSING_UNITS = 1.0
"""Units for a record without thumbnails in the index, of less than 1 KB: written, and deleted when it has ended."""

DONE_UNITS = 2.0
"""Units for a record with three thumbnails, of less than 2 KB."""

Steps = Generator[float, None, bool]
"""Steps of one process: it yields the seconds until the next one."""


@dataclass(frozen=True)
class Retries:
    """Attempts of one write while the table is busy, and the random pauses between them."""

    name: str
    attempts: int
    choose_pause_s: Callable[[int], float]


OLD = Retries("0.1.0", 8, lambda number: random.uniform(0.01, 0.02 * 2**number))  # noqa: S311 - jitter
NEW = Retries("now", transactions.BUSY_ATTEMPTS, transactions.choose_pause_s)


@dataclass
class Result:
    """Counts after the warm-up."""

    measured_s: float = 0.0
    videos: int = 0
    conflicts: int = 0
    throttled: int = 0
    given_up: int = 0
    """Attempts of a video that ended because the table stayed busy."""
    failed: int = 0
    """Videos that became dead letters for it."""
    finishing_s: list[float] = field(default_factory=list)
    """Times from the end of an extraction to the answer to the write of its record."""

    @property
    def videos_per_s(self) -> float:
        return self.videos / self.measured_s

    def finishing_ms(self, percent: float) -> float:
        ordered = sorted(self.finishing_s)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


@dataclass
class Simulation:
    workers: int
    shards: int
    retries: Retries = NEW
    latency_ms: float = LATENCY_MS
    warm_up_s: float = 10.0
    measured_s: float = 60.0
    seed: int = 1

    def run(self) -> Result:
        random.seed(self.seed)
        self._random = random.Random(self.seed)  # noqa: S311 - a simulation
        self._table = Table(self._random, self.latency_ms)
        self._result = Result(self.measured_s)
        self._now_s = 0.0
        self._numbers = itertools.count()
        self._returned: list[tuple[float, int, int]] = []
        events: list[tuple[float, int, Steps]] = []
        order = itertools.count()
        for _ in range(self.workers * SLOTS):
            # Pods do not start at the same instant.
            heapq.heappush(events, (self._random.uniform(0, 5), next(order), self._work()))
        while events[0][0] < self.warm_up_s + self.measured_s:
            self._now_s, _, steps = heapq.heappop(events)
            heapq.heappush(events, (self._now_s + next(steps), next(order), steps))
        return self._result

    def _work(self) -> Steps:
        while True:
            receives, number = self._receive()
            if (yield from self._process(f"uploads/{number}.mp4")):
                continue
            if self._is_measured:
                self._result.given_up += 1
                self._result.failed += receives == DEFAULT_TRIES
            if receives < DEFAULT_TRIES:
                visible_s = self._now_s + RETRY_DELAY_S * 2 ** (receives - 1)
                heapq.heappush(self._returned, (visible_s, receives + 1, number))

    def _receive(self) -> tuple[int, int]:
        """Return the receive count and the number of the next video: one that was handed back, or a new one."""
        if self._returned and self._returned[0][0] <= self._now_s:
            _, receives, number = heapq.heappop(self._returned)
            return receives, number
        return 1, next(self._numbers)

    def _process(self, key: str) -> Steps:
        processing = index_key_of(key, "processing", self.shards)
        done = index_key_of(key, "done", self.shards)
        if not (yield from self._write(key, {processing: PROCESSING_UNITS})):
            return False
        yield self._random.lognormvariate(0, EXTRACTION_SIGMA) * EXTRACTION_MEDIAN_S
        begun_s = self._now_s
        if not (yield from self._write(key, {processing: PROCESSING_UNITS, done: DONE_UNITS})):
            return False
        if self._is_measured:
            self._result.videos += 1
            self._result.finishing_s.append(self._now_s - begun_s)
        return True

    def _write(self, key: str, index_units: dict[str, float]) -> Steps:
        item = totals_key(choose_shard(key, self.shards))
        for number in range(self.retries.attempts):
            outcome, answer_s = self._table.write(self._now_s, item, index_units)
            yield answer_s
            if outcome is Outcome.DONE:
                return True
            if self._is_measured:
                self._result.conflicts += outcome is Outcome.CONFLICT
                self._result.throttled += outcome is Outcome.THROTTLED
            if number < self.retries.attempts - 1:
                yield self.retries.choose_pause_s(number)
        return False

    @property
    def _is_measured(self) -> bool:
        return self._now_s >= self.warm_up_s
