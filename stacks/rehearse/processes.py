"""Processes of a rehearsal: each with a log, and all of them ended at the end.

Terraform and its plug-ins run in sessions of their own. Every process of a rehearsal has the path of its CLI
configuration in its environment, so that Linux can find those that a kill has left behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.local import parent_death

_GRACE_S = 3.0
_STOP_S = 15.0


@dataclass
class Processes:
    logs: Path
    _running: set["subprocess.Popen[bytes]"] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def run(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: str) -> int:
        """Run a program to its end, and return its status."""
        with self.running(command, cwd=cwd, environment=environment, log=log) as process:
            return process.wait()

    @contextlib.contextmanager
    def running(
        self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a program while the context lasts. Raises: KeyboardInterrupt if the rehearsal was stopped."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{log}.log").open("ab") as file, self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, "-P", str(parent_death.__file__), str(os.getpid()), *command],
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            self._running.add(process)
        try:
            yield process
        finally:
            _end([process], signal.SIGTERM)
            with self._lock:
                self._running.discard(process)

    def read(self, log: str) -> str:
        return (self.logs / f"{log}.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End everything: Terraform gets two interrupts, after the second of which it does not wait for AWS."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        _end(running, signal.SIGINT, signal.SIGINT)


def end_leftovers(mark: str) -> None:
    """Kill the processes that have `mark` in their environment; only on systems with /proc."""
    own = os.getpid()
    while found := [pid for pid in _find(mark) if pid != own]:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _find(mark: str) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_zombie = folder.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
            if not is_zombie and mark.encode() in folder.joinpath("environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def _end(processes: Sequence["subprocess.Popen[bytes]"], *signals: int) -> None:
    for number in signals:
        alive = [process for process in processes if process.poll() is None]
        for process in alive:
            process.send_signal(number)
        grace_s = _STOP_S if number == signals[-1] else _GRACE_S
        _wait(alive, until=time.monotonic() + grace_s)
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait(processes: Sequence["subprocess.Popen[bytes]"], *, until: float) -> None:
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
