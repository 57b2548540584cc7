"""Supervisor of processes: starts them, restarts a process that ends, writes their states and stops them all."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol, Self

from services.contract.pods import Pod, PodsFile
from services.local import parent_death

_MAX_DELAY_S = 30.0
_CHECK_INTERVAL_S = 0.2
_STEADY_S = 20.0
"""A process that has run this long is no longer in a crash loop."""

_WRITE_INTERVAL_S = 5.0
_NODE = "this machine"


@dataclass(frozen=True)
class Program:
    """A program to run. The first word of `command` is a path."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    component: str = ""
    """Kind of the program, which several programs can share; its name if empty."""


class Process(Protocol):
    """A running program: the part of `subprocess.Popen` that a supervisor needs."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


def start_process(program: Program, log: IO[bytes] | None) -> Process:
    """Start a program that ends with this process; its output goes to `log`."""
    return subprocess.Popen(  # noqa: S603 - our own programs
        [sys.executable, "-m", parent_death.__name__, str(os.getpid()), *program.command],
        env=dict(program.environment),
        stdin=subprocess.DEVNULL,
        stdout=log or subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        # A Ctrl-C reaches only the supervisor, which then stops its processes in order.
        process_group=0,
    )


StartProcess = Callable[[Program, IO[bytes] | None], Process]


@dataclass
class _Child:
    program: Program
    process: Process | None = None
    log: IO[bytes] | None = None
    started_at: float = 0.0
    started_on: datetime | None = None
    deaths: int = 0
    restarts: int = 0
    start_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runner of programs until `stop`. Its thread calls `say` with a message for every exit and restart.

    It writes the states of the processes to `pods_file` (`PodsFile`), as Kubernetes reports those of pods: at every
    change, and every five seconds as a heartbeat. `start` starts a program whose output goes to the open file.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        say: Callable[[str], None],
        grace_s: float,
        pods_file: Path | None = None,
        start: StartProcess = start_process,
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._say = say
        self._grace_s = grace_s
        self._start = start
        self._pods_file = pods_file
        self._written_pods: tuple[Pod, ...] = ()
        self._written_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch_children, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        for child in self._children:
            self._start_child(child)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(self, program: Program) -> None:
        """Add a program, which starts within 0.2 s."""
        self._children.append(_Child(program))

    def pids(self) -> dict[str, int]:
        """Return the PIDs of the running processes by program name."""
        return {
            child.program.name: child.process.pid
            for child in self._children
            if child.process and child.process.poll() is None
        }

    def stop(self) -> None:
        """Send SIGTERM to every process, wait for the grace period and kill the remaining processes."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch_children(self) -> None:
        while not self._stopping.is_set():
            for child in self._children:
                self._check_child(child)
            self._write_pods()
            self._stopping.wait(_CHECK_INTERVAL_S)
        self._stop_children()

    def _check_child(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start_child(child)
        elif (status := child.process.poll()) is not None:
            child.deaths = child.deaths + 1 if now - child.started_at < _STEADY_S else 1
            child.restarts += 1
            delay_s = min(0.5 * 2 ** (child.deaths - 1), _MAX_DELAY_S)
            child.start_at = now + delay_s
            self._close_log(child)
            how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
            self._say(f"{child.program.name} {how}; it restarts in {delay_s:g} s (log: {child.program.log})")

    def _start_child(self, child: _Child) -> None:
        program = child.program
        # On a full disk a program runs without its log.
        with contextlib.suppress(OSError):
            program.log.parent.mkdir(parents=True, exist_ok=True)
            child.log = program.log.open("ab")
        child.process = self._start(program, child.log)
        child.started_at = time.monotonic()
        child.started_on = datetime.now(UTC)

    def _write_pods(self) -> None:
        pods = tuple(_make_pod(child) for child in self._children)
        now = time.monotonic()
        if self._pods_file is None or (pods == self._written_pods and now - self._written_at < _WRITE_INTERVAL_S):
            return
        self._written_pods, self._written_at = pods, now
        part = self._pods_file.with_suffix(".part")
        # The supervisor goes on when the disk is full; readers see the age of the file.
        with contextlib.suppress(OSError):
            part.write_text(PodsFile(written_at=datetime.now(UTC), pods=pods).model_dump_json(), encoding="utf-8")
            part.replace(self._pods_file)

    def _stop_children(self) -> None:
        running = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        until = time.monotonic() + self._grace_s
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in self._children:
            self._close_log(child)

    @staticmethod
    def _close_log(child: _Child) -> None:
        if child.log:
            child.log.close()
        child.log = child.process = None


def _make_pod(child: _Child) -> Pod:
    """Return the state of a process in the terms of Kubernetes."""
    is_running = child.process is not None and child.process.poll() is None
    return Pod(
        name=child.program.name,
        component=child.program.component or child.program.name,
        phase="Running" if is_running else "CrashLoopBackOff",
        ready=is_running,
        restarts=child.restarts,
        started_at=child.started_on if is_running else None,
        node=_NODE,
    )
