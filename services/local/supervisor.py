"""Keeps processes running: starts them, restarts one that dies, tells how they are, and leaves none behind."""

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
from typing import IO, Self

from services.contract.pods import Pod, PodsFile
from services.local import tether

_LONGEST_DELAY_S = 30.0
_LOOK_EVERY_S = 0.2
_STEADY_S = 20.0
"""A process that ran this long is no longer in a crash loop."""

_TELL_EVERY_S = 5.0
_NODE = "this machine"


@dataclass(frozen=True)
class Program:
    """What to run. The first word of `command` is a path."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    component: str = ""
    """What it is, where several programs are the same; its name unless given."""


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    log: IO[bytes] | None = None
    started_at: float = 0.0
    started_on: datetime | None = None
    deaths: int = 0
    restarts: int = 0
    start_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs programs until `stop`. `say` hears, from a thread of the supervisor's, of every death and restart.

    How the processes are is written to `pods_file` (`PodsFile`) at every change, and every five seconds as a sign of
    life: what Kubernetes tells of pods in a cluster.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        say: Callable[[str], None],
        grace_s: float,
        pods_file: Path | None = None,
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._say = say
        self._grace_s = grace_s
        self._pods_file = pods_file
        self._told: tuple[Pod, ...] = ()
        self._told_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        for child in self._children:
            self._start(child)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(self, program: Program) -> None:
        """One more to look after; it starts within a moment."""
        self._children.append(_Child(program))

    def pids(self) -> dict[str, int]:
        """PIDs of the processes that run now, by the program's name."""
        return {
            child.program.name: child.process.pid
            for child in self._children
            if child.process and child.process.poll() is None
        }

    def stop(self) -> None:
        """Asks every process to end, waits as long as the grace period, and kills what is left."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            for child in self._children:
                self._look_after(child)
            self._tell()
            self._stopping.wait(_LOOK_EVERY_S)
        self._end_all()

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
        elif (status := child.process.poll()) is not None:
            child.deaths = child.deaths + 1 if now - child.started_at < _STEADY_S else 1
            child.restarts += 1
            delay_s = min(0.5 * 2 ** (child.deaths - 1), _LONGEST_DELAY_S)
            child.start_at = now + delay_s
            self._close(child)
            how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
            self._say(f"{child.program.name} {how}; it starts again in {delay_s:g} s (log: {child.program.log})")

    def _start(self, child: _Child) -> None:
        program = child.program
        # On a full disk a program runs without its log.
        with contextlib.suppress(OSError):
            program.log.parent.mkdir(parents=True, exist_ok=True)
            child.log = program.log.open("ab")
        child.process = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", tether.__name__, str(os.getpid()), *program.command],
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=child.log or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            # A Ctrl-C is for the supervisor, which ends its processes in good order.
            process_group=0,
        )
        child.started_at = time.monotonic()
        child.started_on = datetime.now(UTC)

    def _tell(self) -> None:
        pods = tuple(_pod(child) for child in self._children)
        now = time.monotonic()
        if self._pods_file is None or (pods == self._told and now - self._told_at < _TELL_EVERY_S):
            return
        self._told, self._told_at = pods, now
        part = self._pods_file.with_suffix(".part")
        # A full disk is no reason to stop looking after processes; readers see that the file grows old.
        with contextlib.suppress(OSError):
            part.write_text(PodsFile(written_at=datetime.now(UTC), pods=pods).model_dump_json(), encoding="utf-8")
            part.replace(self._pods_file)

    def _end_all(self) -> None:
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
            self._close(child)

    @staticmethod
    def _close(child: _Child) -> None:
        if child.log:
            child.log.close()
        child.log = child.process = None


def _pod(child: _Child) -> Pod:
    """A process in the words of Kubernetes."""
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
