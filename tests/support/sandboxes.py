"""For the tests of the sandbox: a video in memory that tells when it is read, and processes, as Linux shows them."""

import contextlib
import gc
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract.records import VideoState
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.driver import PATIENCE_S
from tests.support.videos import frame_number

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not (PROC / "self/status").exists(), reason="only Linux shows processes as files")


WITHOUT_SECCOMP = """
import errno, platform
from services.worker.extraction.sandbox import confinement

_, seccomp, _ = confinement.MACHINES[platform.machine()]
confinement.install_filter([
    (confinement._LOAD, 0, 0, confinement._NUMBER_AT),
    (confinement._JUMP_IF_EQUAL, 0, 1, seccomp),
    (confinement._RETURN, 0, 0, confinement._ERRNO | errno.ENOSYS),
    (confinement._RETURN, 0, 0, confinement._ALLOW),
])
"""
"""The start of a program on a kernel that knows no filter: one is refused by a filter."""


@dataclass
class Source:
    """A video in memory. `before_read` is called while its child process waits for the bytes."""

    content: bytes
    before_read: Callable[[], object] = lambda: None

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        self.before_read()
        return self.content[offset : offset + length]


def numbers(outcome: Outcome) -> list[int]:
    decoded = [cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR) for picture in outcome.pictures]
    return [frame_number(image.astype(np.uint8)) for image in decoded if image is not None]


def assert_works(sandbox: Sandbox, film: bytes) -> None:
    outcome = sandbox.extract(Source(film))
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert numbers(outcome) == [0, 50, 75]


def state_and_parent(pid: int) -> tuple[str, int]:
    """Return the letter of a process's state and its parent's PID; X and 0 if the process has ended."""
    try:
        after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return after_name[0], int(after_name[1])


def children_of(pid: int) -> list[int]:
    running = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [other for other in running if state_and_parent(other)[1] == pid]


of_other_tests: set[int] = set()
"""The processes that this one had started before the test began."""


def know_the_processes_of_other_tests() -> None:
    of_other_tests.clear()
    if PROC.exists():
        of_other_tests.update(children_of(os.getpid()))


def fork_servers() -> list[int]:
    """Those that this test has started, and dead ones that nobody has waited for."""
    return [pid for pid in children_of(os.getpid()) if pid not in of_other_tests]


def the_fork_server() -> int:
    (server,) = fork_servers()
    return server


def the_child() -> int:
    (child,) = children_of(the_fork_server())
    return child


def await_that(is_so: Callable[[], bool]) -> None:
    """Until something is so that another process is about to bring about."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > until:
            pytest.fail("it never came about")
        time.sleep(0.01)


def await_end(pid: int) -> None:
    """Until a process has ended, also one that its parent has not waited for."""
    await_that(lambda: state_and_parent(pid)[0] in "ZX")


def descriptors(pid: int) -> dict[int, str]:
    """Return the targets of a process's open files by number."""
    if pid == os.getpid():
        # Close now what earlier tests have left, and not between two looks.
        gc.collect()
    found = {}
    for entry in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile, as the one that lists the folder is
            found[int(entry.name)] = str(entry.readlink())
    return found


def extract_together(sandbox: Sandbox, film: bytes, count: int, *, while_all_read: Callable[[], None]) -> list[Outcome]:
    """So many extractions at once; something happens when each of them waits for its first bytes."""
    all_wait = threading.Barrier(count, action=while_all_read)

    def extract(_: int) -> Outcome:
        is_first = iter([True])
        return sandbox.extract(Source(film, lambda: next(is_first, False) and all_wait.wait()))

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(extract, range(count)))
