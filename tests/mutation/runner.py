"""Runs the protocol's tests against each mutant: pytest collects them once, then each mutant gets a fork of its own.

mutmut starts pytest again for each mutant, which costs more than the tests. Here a fork runs only the tests that reach
the mutated function, the fastest first, and ends with the first failure.
"""

import gc
import os
import resource
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from math import ceil
from typing import NoReturn

import pytest
import structlog
from mutmut.mutation import trampoline

from tests.mutation.report import Mutant

NEED_A_PROCESS = {"aws_clients", "aws_endpoint", "own_api", "shared_place", "videos"}
"""Fixtures of tests that start processes: the embedded AWS, the api, ffmpeg."""


OTHERS_S = 6.0
"""CPU time of the tests that a mutant gets besides those of its own module: a mutant that survives runs all of them.

The tests of the workers that reach one function take 4.5 s together.
"""


_KILLED = 200
"""Exit code of a process whose tests have killed the mutant, with a number that an exit code cannot have."""


class MutationRun:
    """A plugin of pytest that replaces its loop over the tests."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int, progress: Callable[[Mutant, str], None]) -> None:
        self.outcomes: dict[str, str] = {}
        self.failed: list[str] = []
        """Tests that fail without a mutant."""
        self.tests_s = 0.0
        """CPU time of all tests without a mutant."""
        self._has_failed = False
        self._mutants = mutants
        self._jobs = jobs
        self._progress = progress
        self._seconds: dict[str, float] = {}
        self._killers: defaultdict[str, list[pytest.Item]] = defaultdict(list)
        """Tests that have killed mutants of a function, the latest first."""
        self._reaching: defaultdict[str, list[pytest.Item]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if NEED_A_PROCESS.isdisjoint(getattr(item, "fixturenames", ()))]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Many mutants raise errors, whose tracebacks take longer to print than all of their tests.
        structlog.configure(processors=[_drop_event])
        if not session.testsfailed:
            self._run_unchanged(session.items)
        if not self.failed:
            self._run_mutants()
        return True

    def _run_unchanged(self, items: Sequence[pytest.Item]) -> None:
        """Run each test once, and note which functions it reaches."""
        reached: set[str] = set()
        trampoline.record_trampoline_hit = lambda name, caller=None: reached.add(name)  # noqa: ARG005 - mutmut's interface
        trampoline.set_mutant_under_test("stats")
        for item, following in zip(items, [*items[1:], None], strict=True):
            reached.clear()
            begin_s = time.process_time()
            if not self._passes(item, following):
                self.failed.append(item.nodeid)
            self._seconds[item.nodeid] = time.process_time() - begin_s
            for function in reached:
                self._reaching[function].append(item)
        trampoline.set_mutant_under_test("")
        self.tests_s = sum(self._seconds.values())

    def _run_mutants(self) -> None:
        gc.freeze()
        running: dict[int, tuple[Mutant, list[pytest.Item]]] = {}
        for mutant in self._mutants:
            tests = self._choose_tests(mutant)
            if len(running) >= self._jobs:
                self._wait_for_one(running)
            if tests:
                running[self._fork(mutant, tests)] = (mutant, tests)
            else:
                self._note(mutant, "survived")
        while running:
            self._wait_for_one(running)

    def _choose_tests(self, mutant: Mutant) -> list[pytest.Item]:
        """Return the tests that reach the function, first those that have killed others of its mutants."""
        folder, _, name = mutant.path.rpartition("/")
        own = f"tests/{folder}/test_{name}::"
        reaching = self._reaching.get(_function_of(mutant), [])
        chosen = []
        left_s = OTHERS_S
        killers = self._killers[_function_of(mutant)]

        def find_turn(item: pytest.Item) -> tuple[int, bool, float]:
            turn = killers.index(item) if item in killers else len(killers)
            return turn, not item.nodeid.startswith(own), self._seconds[item.nodeid]

        for item in sorted(reaching, key=find_turn):
            if item not in killers and not item.nodeid.startswith(own):
                left_s -= self._seconds[item.nodeid]
            if left_s > 0:
                chosen.append(item)
        return chosen

    def _fork(self, mutant: Mutant, tests: Sequence[pytest.Item]) -> int:
        """Start a process that runs these tests with the mutant, and return its id."""
        estimate_s = sum(self._seconds[item.nodeid] for item in tests)
        pid = os.fork()
        if pid:
            return pid
        limit_s = ceil(time.process_time() + 5 + 5 * estimate_s)
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        # For a mutant that waits forever; a busy machine needs a multiple of the CPU time.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(ceil(30 + 20 * estimate_s))
        plugins = tests[0].config.pluginmanager
        plugins.unregister(plugins.get_plugin("terminalreporter"))
        trampoline.set_mutant_under_test(mutant.name)
        code = _KILLED
        try:
            code = self._find_first_failure(tests)
        finally:
            os._exit(code)

    def _find_first_failure(self, tests: Sequence[pytest.Item]) -> int:
        """Run the tests until one fails; return its number, counted from 1, at most `_KILLED`, or 0."""
        for number, (item, following) in enumerate(zip(tests, [*tests[1:], None], strict=True), start=1):
            if not self._passes(item, following):
                return min(number, _KILLED)
        return 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._has_failed |= report.failed

    def _passes(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        self._has_failed = False
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self._has_failed

    def _wait_for_one(self, running: dict[int, tuple[Mutant, list[pytest.Item]]]) -> None:
        pid, status = os.wait()
        ended = os.waitstatus_to_exitcode(status)
        timeouts = (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL)
        outcome = "survived" if ended == 0 else "timeout" if ended in timeouts else "killed"
        mutant, tests = running.pop(pid)
        if 0 < ended < _KILLED:
            killers = self._killers[_function_of(mutant)]
            killer = tests[ended - 1]
            killers[:] = [killer, *(item for item in killers if item is not killer)]
        self._note(mutant, outcome)

    def _note(self, mutant: Mutant, outcome: str) -> None:
        self.outcomes[mutant.name] = outcome
        self._progress(mutant, outcome)


def _function_of(mutant: Mutant) -> str:
    return mutant.name.partition("__mutmut_")[0]


def _drop_event(*_: object) -> NoReturn:
    raise structlog.DropEvent
