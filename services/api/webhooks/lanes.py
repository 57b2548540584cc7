"""Lanes: one queue of sends for each target, so that a slow or dead target delays no other one."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

MAX_QUEUED = 200
"""Maximum number of sends that wait for one target; further ones stay in the table."""

_AT_ONCE = 4
_THREADS = 128
"""Threads of all lanes: more than targets, as each slow one gets one thread."""

Job = Callable[[], bool]
"""Function that sends once, and returns True if the target has answered fast and well."""


@dataclass
class _Lane:
    jobs: deque[Job] = field(default_factory=deque)
    running: int = 0
    limit: int = _AT_ONCE


class Lanes:
    """Four sends at once to each target, and only one while the target fails or is slow."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook")
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}
        self._log = structlog.get_logger()

    def has_room(self, target: str) -> bool:
        with self._lock:
            lane = self._lanes.get(target)
            return lane is None or len(lane.jobs) < MAX_QUEUED

    def add(self, target: str, job: Job) -> None:
        """Queue a send."""
        with self._lock:
            lane = self._lanes.setdefault(target, _Lane())
            lane.jobs.append(job)
            if lane.running >= lane.limit:
                return
            lane.running += 1
        self._pool.submit(self._drain, lane)

    def close(self) -> None:
        """Drop the sends that no thread has begun."""
        with self._lock:
            for lane in self._lanes.values():
                lane.jobs.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _drain(self, lane: _Lane) -> None:
        while True:
            with self._lock:
                if not lane.jobs or lane.running > lane.limit:
                    lane.running -= 1
                    return
                job = lane.jobs.popleft()
            is_fast = False
            try:
                is_fast = job()
            except Exception:  # noqa: BLE001 - the lane goes on with the next one
                self._log.exception("event_not_sent")
            with self._lock:
                lane.limit = _AT_ONCE if is_fast else 1
