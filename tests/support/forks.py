"""Processes of a service, forked from one that has loaded its modules: these take most of the CPU time of a start.

Everything else is as if a test had started `python -m MODULE`: arguments, environment, output, signals and exit status.

`fork` starts one; `fork_program` starts one for `run_pipeline`, which starts it again when it ends.

`python -m tests.support.forks MODULE` loads `MODULE.__main__` and then reads one JSON line for each process to fork.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from services.aws.clients import make_clients
from tests.support.boto_models import keep_models
from tests.support.driver import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    from services.local.supervisor import Program

_ROOT = Path(__file__).parents[2]


class ForkedProcess:
    """A process, with the methods of `subprocess.Popen` that the tests use."""

    def __init__(self, pid: int, status: Path) -> None:
        self.pid = pid
        self._status = status

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while it runs."""
        return int(self._status.read_text()) if self._status.exists() else None

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (PATIENCE_S if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or PATIENCE_S)
            time.sleep(0.01)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _ForkServer:
    """The process that forks, as its parent sees it. Thread-safe. It ends with its parent."""

    def __init__(self, module: str) -> None:
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="forks-")
        self._forked = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, module],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> ForkedProcess:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._forked += 1
            status = Path(self._folder.name, str(self._forked))
            request = {
                "arguments": list(arguments),
                "environment": dict(environment),
                "log": str(log),
                "status": str(status),
            }
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return ForkedProcess(int(self._process.stdout.readline()), status)


@cache
def _server_of(module: str) -> _ForkServer:
    server = _ForkServer(module)
    atexit.register(server.close)
    return server


def fork(module: str, environment: Mapping[str, str], log: Path) -> ForkedProcess:
    """Start a process of `python -m MODULE` without arguments; its output goes to `log`, a new file."""
    log.unlink(missing_ok=True)
    return _server_of(module).fork([], environment, log)


def fork_program(program: Program, log: IO[bytes] | None) -> ForkedProcess:
    """Start a program of a pipeline, as `services.local.supervisor.start_process` does."""
    _, _, module, *arguments = program.command
    return _server_of(module).fork(arguments, program.environment, program.log if log else Path(os.devnull))


def _serve(module: str) -> None:
    keep_models()
    program = importlib.import_module(f"{module}.__main__")
    # What the first clients and the first event loop of a process load.
    make_clients("eu-central-1", connections=1, credentials=("test", "test"))
    anyio.run(anyio.sleep, 0)
    # Otherwise each process, also when it ends, visits all objects of the modules, and so copies their pages.
    gc.collect()
    gc.freeze()
    statuses: dict[int, Path] = {}

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                path = statuses.pop(ended[0])
                part = path.with_suffix(".part")
                part.write_text(str(os.waitstatus_to_exitcode(ended[1])))
                part.replace(path)

    signal.signal(signal.SIGCHLD, reap)
    # A Ctrl-C in the terminal reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        request = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _become([module, *request["arguments"]], request["environment"], request["log"])
            sys.exit(program.main())
        statuses[pid] = Path(request["status"])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    for pid in list(statuses):
        os.kill(pid, signal.SIGKILL)


def _become(arguments: list[str], environment: Mapping[str, str], log: str) -> None:
    # A Ctrl-C in the terminal does not reach it.
    os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    files = (os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    for number, file in zip((0, 1, 2), (files[0], files[1], files[1]), strict=True):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    if "PYTHONPATH" in environment:
        # As Python does at its start: the clock of a fault run is in such a module.
        sys.path[:0] = environment["PYTHONPATH"].split(os.pathsep)
        sys.modules.pop("sitecustomize", None)
        with contextlib.suppress(ImportError):
            importlib.import_module("sitecustomize")


if __name__ == "__main__":
    _serve(sys.argv[1])
