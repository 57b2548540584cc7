"""Lanes: one queue of sends for each target, so that a slow or dead target delays no other one."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

MAX_QUEUED = 200
MAX_QUEUED_IF_SLOW = 20
"""Maximum number of sends that wait for one target, and for one that fails or is slow; further ones stay in the
table."""

SLOW_S = 2.0
"""Time of a send from which on its target is slow."""

_AT_ONCE = 4

Job = Callable[[], bool]
"""Function that sends once, and returns True if the target has answered fast and well."""


@dataclass
class _Lane:
    jobs: deque[Job] = field(default_factory=deque)
    running: int = 0
    limit: int = _AT_ONCE
    began_s: dict[int, float] = field(default_factory=dict)
    """Starts of the sends that run, by thread."""

    @property
    def is_slow(self) -> bool:
        """Return True if the latest send has failed or was slow, or if one runs for long."""
        return self.limit == 1 or min(self.began_s.values(), default=math.inf) < time.monotonic() - SLOW_S


class Lanes:
    """Four sends at once to each target, and only one while the target fails or is slow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}
        self._log = structlog.get_logger()

    def has_room(self, target: str) -> bool:
        """Return True if another send may wait for a target."""
        with self._lock:
            lane = self._lanes.get(target)
            return lane is None or len(lane.jobs) < (MAX_QUEUED_IF_SLOW if lane.is_slow else MAX_QUEUED)

    def is_slow(self, target: str) -> bool:
        """Return True if the latest send to a target has failed or was slow, or if one runs for long."""
        with self._lock:
            lane = self._lanes.get(target)
            return lane is not None and lane.is_slow

    def add(self, target: str, job: Job) -> None:
        """Queue a send."""
        with self._lock:
            lane = self._lanes.setdefault(target, _Lane())
            lane.jobs.append(job)
            if lane.running >= lane.limit:
                return
            lane.running += 1
        # A daemon: a target that does not answer must not keep the process from its end.
        threading.Thread(target=self._drain, args=(lane,), name=f"webhook {target}", daemon=True).start()

    def close(self) -> None:
        """Drop the sends that no thread has begun."""
        with self._lock:
            for lane in self._lanes.values():
                lane.jobs.clear()

    def _drain(self, lane: _Lane) -> None:
        while True:
            with self._lock:
                if not lane.jobs or lane.running > lane.limit:
                    lane.running -= 1
                    return
                job = lane.jobs.popleft()
                lane.began_s[threading.get_ident()] = time.monotonic()
            is_fast = False
            try:
                is_fast = job()
            except Exception:  # noqa: BLE001 - the lane goes on with the next one
                self._log.exception("event_not_sent")
            with self._lock:
                lane.limit = _AT_ONCE if is_fast else 1
                del lane.began_s[threading.get_ident()]
