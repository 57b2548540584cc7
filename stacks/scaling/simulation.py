"""Simulation of the workers under a load: messages wait, pods start, work and end, by events in virtual time.

Simplified: a free slot receives a message at once, the oldest first (SQS keeps no order, so single videos wait longer
or shorter; the mean is the same); every first try succeeds; SQS counts its messages exactly.
"""

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from stacks.config.model import PipelineConfig
from stacks.cost.capacity import FargatePods, list_pods
from stacks.cost.estimate import pod_usd_hour
from stacks.cost.prices import Prices
from stacks.scaling.autoscaler import SYNC_S, QueueAutoscaler
from stacks.scaling.loads import DAY_S, Load
from stacks.workloads.scaling_rules import ScalingRules

_MIN_BILLED_S = 60
"""Fargate bills a minute of a pod at least: https://aws.amazon.com/fargate/pricing/"""

_WORK_SPREAD = 0.5
"""Standard deviation of the logarithm of a video's work: some videos take several times the mean."""

_MAX_S = 30 * DAY_S


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Size and speed of the workers, and how many find room."""

    concurrency: int
    vcpus: float
    work_s: float
    """Seconds of one vCPU that a video takes, on average."""
    start_s: float
    """Seconds from the order for a pod until it receives messages."""
    usd_hour: float
    max_running: int
    """Pods that the Fargate quota has room for; others wait as Pending."""


@dataclass(frozen=True)
class Sample:
    """The pipeline at a second of the load."""

    at_s: float
    waiting: int
    running: int
    ready: int


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """Result of a load."""

    load: Load
    times_s: list[float]
    """Seconds between upload and thumbnails, for every video, ascending."""
    finished_s: float
    """Second of the load at which the last video was done."""
    max_running: int
    pod_hours: float
    usd: float
    samples: list[Sample]
    """One every 15 s."""

    @property
    def mean_s(self) -> float:
        """Return the mean time; 0 without videos."""
        return sum(self.times_s) / len(self.times_s) if self.times_s else 0.0

    def percentile_s(self, percent: float) -> float:
        """Return the time that so many percent of the videos do not exceed (nearest rank); 0 without videos."""
        if not self.times_s:
            return 0.0
        return self.times_s[max(1, math.ceil(len(self.times_s) * percent / 100)) - 1]


def describe_workers(config: PipelineConfig, prices: Prices, *, work_s: float, quota_vcpus: float | None) -> Workers:
    """Return the workers of a config. `quota_vcpus` is the Fargate quota of the account, None for one that suffices."""
    pods = list(list_pods(config))
    (worker,) = (entry for entry in pods if entry.name == "worker")
    room = config.worker.max_replicas
    if quota_vcpus is not None:
        room = min(room, max(0, int((quota_vcpus - _vcpus_without_work(pods)) / worker.vcpus)))
    return Workers(
        concurrency=config.worker.concurrency,
        vcpus=worker.vcpus,
        work_s=work_s,
        start_s=prices.assumed.pod_start_s,
        usd_hour=pod_usd_hour(worker, prices),
        max_running=room,
    )


def simulate(load: Load, rules: ScalingRules, workers: Workers, *, seed: int = 1) -> SimulationResult:
    """Return what happens to a load until all is done and no worker is left.

    Raises:
        ValueError: the workers need more than 30 days for it.
    """
    return _Simulation(load, rules, workers, seed).run()


def _vcpus_without_work(pods: list[FargatePods]) -> float:
    return sum(entry.min_count * entry.vcpus for entry in pods)


class _Event(IntEnum):
    """Kinds of events, in the order in which those of the same time happen."""

    UPLOAD = 0
    DONE = 1
    READY = 2
    POLL = 3
    SYNC = 4


@dataclass(eq=False)
class _Pod:
    created_s: float
    is_ready: bool = False
    is_ending: bool = False
    busy: int = 0


class _Simulation:
    def __init__(self, load: Load, rules: ScalingRules, workers: Workers, seed: int) -> None:
        self._load = load
        self._rules = rules
        self._workers = workers
        self._chance = random.Random(seed)  # noqa: S311 - a load, not a secret
        self._scaler = QueueAutoscaler(rules)
        self._uploads = load.uploads(seed)
        self._uploads_left = True
        self._now_s = 0.0
        self._events: list[tuple[float, int, int, _Pod | None, float]] = []
        self._sequence = 0
        self._waiting: deque[float] = deque()
        self._in_progress = 0
        self._pods: list[_Pod] = []
        """Pods that are wanted, and run."""
        self._pending = 0
        """Pods that are wanted, and have no room."""
        self._ending = 0
        """Pods that finish their videos and are wanted no more."""
        self._free: deque[_Pod] = deque()
        """A pod once for each of its free slots; one that ends stays in it until it is seen."""
        self._times_s: list[float] = []
        self._finished_s = 0.0
        self._pod_s = 0.0
        self._max_running = 0
        self._samples: list[Sample] = []

    def run(self) -> SimulationResult:
        self._await_upload()
        self._push(0.0, _Event.POLL)
        self._push(0.0, _Event.SYNC)
        while self._events:
            self._now_s, kind, _, pod, uploaded_s = heapq.heappop(self._events)
            if self._now_s > _MAX_S:
                raise ValueError(f"{self._load.name}: the workers need more than 30 days for it")
            match kind:
                case _Event.UPLOAD:
                    self._waiting.append(self._now_s)
                    self._await_upload()
                    self._assign()
                case _Event.DONE if pod:
                    self._finish(pod, uploaded_s)
                case _Event.READY if pod:
                    self._make_ready(pod)
                case _Event.POLL:
                    self._scale(self._scaler.poll(self._now_s, self._messages))
                    self._repeat(_Event.POLL, self._rules.polling_interval_s)
                case _Event.SYNC:
                    self._scale(self._scaler.sync(self._now_s, self._messages))
                    self._sample()
                    self._repeat(_Event.SYNC, SYNC_S)
        hours = self._pod_s / 3600
        return SimulationResult(
            load=self._load,
            times_s=sorted(self._times_s),
            finished_s=self._finished_s,
            max_running=self._max_running,
            pod_hours=hours,
            usd=hours * self._workers.usd_hour,
            samples=self._samples,
        )

    @property
    def _messages(self) -> int:
        return len(self._waiting) + self._in_progress

    def _push(self, at_s: float, kind: _Event, pod: _Pod | None = None, uploaded_s: float = 0.0) -> None:
        self._sequence += 1
        heapq.heappush(self._events, (at_s, kind, self._sequence, pod, uploaded_s))

    def _repeat(self, kind: _Event, after_s: float) -> None:
        if self._uploads_left or self._messages or self._pods or self._pending or self._ending:
            self._push(self._now_s + after_s, kind)

    def _await_upload(self) -> None:
        at_s = next(self._uploads, None)
        self._uploads_left = at_s is not None
        if at_s is not None:
            self._push(at_s, _Event.UPLOAD)

    def _assign(self) -> None:
        """Give waiting messages to free slots."""
        while self._waiting and self._free:
            pod = self._free.popleft()
            if pod.is_ending:
                continue
            uploaded_s = self._waiting.popleft()
            self._in_progress += 1
            pod.busy += 1
            # Videos of a pod share its vCPUs.
            slowed = max(1.0, pod.busy / self._workers.vcpus)
            work_s = self._workers.work_s * self._chance.lognormvariate(-(_WORK_SPREAD**2) / 2, _WORK_SPREAD)
            self._push(self._now_s + work_s * slowed, _Event.DONE, pod, uploaded_s)

    def _finish(self, pod: _Pod, uploaded_s: float) -> None:
        self._in_progress -= 1
        pod.busy -= 1
        self._times_s.append(self._now_s - uploaded_s)
        self._finished_s = self._now_s
        if pod.is_ending:
            if not pod.busy:
                self._ending -= 1
                self._remove(pod)
        else:
            self._free.append(pod)
            self._assign()

    def _make_ready(self, pod: _Pod) -> None:
        if not pod.is_ending:
            pod.is_ready = True
            self._free.extend([pod] * self._workers.concurrency)
            self._assign()

    def _scale(self, wanted: int) -> None:
        while len(self._pods) + self._pending > wanted:
            self._drop_pod()
        self._pending += wanted - len(self._pods) - self._pending
        self._start_pending()

    def _start_pending(self) -> None:
        while self._pending and len(self._pods) + self._ending < self._workers.max_running:
            self._pending -= 1
            pod = _Pod(self._now_s)
            self._pods.append(pod)
            self._push(self._now_s + self._workers.start_s, _Event.READY, pod)
        self._max_running = max(self._max_running, len(self._pods) + self._ending)

    def _drop_pod(self) -> None:
        """Take a pod away as a ReplicaSet does: one that is not ready first; it does not know which are busy."""
        if self._pending:
            self._pending -= 1
            return
        starting = [pod for pod in self._pods if not pod.is_ready]
        pod = self._chance.choice(starting or self._pods)
        self._pods.remove(pod)
        pod.is_ending = True
        if pod.busy:
            self._ending += 1
        else:
            self._remove(pod)

    def _remove(self, pod: _Pod) -> None:
        self._pod_s += max(_MIN_BILLED_S, self._now_s - pod.created_s)
        self._start_pending()

    def _sample(self) -> None:
        ready = sum(pod.is_ready for pod in self._pods)
        self._samples.append(Sample(self._now_s, len(self._waiting), len(self._pods) + self._ending, ready))
