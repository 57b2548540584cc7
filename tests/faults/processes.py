"""Faults of the processes of a local pipeline: signals, and files that may grow no more."""

import contextlib
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from services.local.pipeline import LocalPipeline

_MAX_FILE_BYTES = 2048
"""Less than a thumbnail, and less than the state of queues and tables."""


class Processes:
    """Processes of a pipeline by name: `worker-N`, `api` and `aws`. `close` ends every fault that still lasts."""

    def __init__(self, pipeline: LocalPipeline) -> None:
        self._pipeline = pipeline
        self._lasting: list[tuple[threading.Timer, Callable[[], None]]] = []

    def kill(self, names: Iterable[str]) -> None:
        for pid in [pid for name in names if (pid := self.find_pid(name))]:
            _send(pid, signal.SIGKILL)

    def kill_children(self, name: str) -> None:
        """Kill the fork server of a worker, and the children that it has."""
        if (worker := self.find_pid(name)) is None:
            return
        servers = list_children(worker)
        for pid in [*(child for server in servers for child in list_children(server)), *servers]:
            _send(pid, signal.SIGKILL)

    def stop(self, names: Iterable[str], seconds: float) -> None:
        pids = [pid for name in names if (pid := self.find_pid(name))]
        for pid in pids:
            _send(pid, signal.SIGSTOP)
        for pid in pids:
            self._end_later(seconds, partial(_send, pid, signal.SIGCONT))

    def fill_disk(self, seconds: float) -> None:
        """Let the embedded AWS write no file beyond a small size: the error is the one of a quota (EFBIG)."""
        if (pid := self.find_pid("aws")) is not None:
            _limit_files(pid, _MAX_FILE_BYTES)
            self._end_later(seconds, lambda: _limit_files(pid, resource.RLIM_INFINITY))

    def close(self) -> None:
        for timer, end in self._lasting:
            timer.cancel()
            timer.join()
            end()
        self._lasting.clear()

    def find_pid(self, name: str) -> int | None:
        """Return the PID of a running process, None while it is not running."""
        assert self._pipeline.workers is not None
        assert self._pipeline.aws is not None
        return self._pipeline.aws.pid if name == "aws" else self._pipeline.workers.pids().get(name)

    def _end_later(self, seconds: float, end: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        self._lasting.append((timer, end))


def list_children(pid: int) -> list[int]:
    """Return the PIDs of the children of a process."""
    children: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                children += [int(child) for child in (thread / "children").read_text().split()]
    return children


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _limit_files(pid: int, size_bytes: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, most))
