"""Deterministic simulation of processes and threads: greenlets, a virtual clock, and one buffer of bytes that decides.

Exactly one greenlet runs at a time. At each call to AWS and at each wait, bytes of the buffer decide who runs next and
what fails. Zeros decide for the calm course, so that a shrunk buffer has few switches and faults.
"""

import heapq
import itertools
from collections.abc import Callable
from typing import Any

from greenlet import greenlet

START_S = 1_800_000_000.0
"""Virtual time at the start, in seconds since 1970."""

MAX_STEPS = 6000
_CALL_S = 0.01
_STAY = 176
"""Below this byte, the running greenlet continues although others could run: most bugs need few switches."""


class KilledError(BaseException):
    """The process of this greenlet was killed: it runs nothing more."""


class EndlessError(BaseException):
    """The schedule does not come to an end."""


class Choices:
    """Decisions of one schedule, read from a buffer; zeros after its end."""

    def __init__(self, buffer: bytes) -> None:
        self._buffer = buffer
        self._length = len(buffer)
        self.used = 0

    def byte(self) -> int:
        at = self.used
        self.used = at + 1
        return self._buffer[at] if at < self._length else 0

    def below(self, count: int) -> int:
        """Return a number below `count`; 0 is the calm one."""
        return self.byte() % count

    def happens(self, of_256: int) -> bool:
        """Return True in `of_256` of 256 cases."""
        return self.byte() >= 256 - of_256


class Task:
    """A thread of a process."""

    __slots__ = ("greenlet", "name", "on_end", "process", "waits_for", "wake_number", "was_notified")

    def __init__(
        self, process: "Process", name: str, run: Callable[[], object], hub: greenlet, on_end: Callable[[], object]
    ) -> None:
        self.process = process
        self.name = name
        self.greenlet = greenlet(run, hub)
        self.wake_number = 0
        self.waits_for: object = None
        self.on_end = on_end
        self.was_notified = False


class Process:
    """A process, with a clock of its own. After `kill` none of its tasks runs."""

    def __init__(
        self, simulation: "Simulation", name: str, *, clock_ahead_s: float = 0.0, killable: bool = True
    ) -> None:
        self.simulation = simulation
        self.name = name
        self.clock_ahead_s = clock_ahead_s
        self.is_killable = killable
        self.is_dead = False
        self.was_killed = False
        self.has_ended = False
        """True if it was killed or returned, and not only unwound at the end of the schedule."""
        self.failed_at = 0.0
        """Time of its latest call to AWS that had no answer."""
        self.stalled_until = 0.0
        self.tasks: dict[Task, None] = {}
        self.on_end: Callable[[], object] = lambda: None
        simulation.processes.append(self)

    def spawn(self, run: Callable[[], object], name: str = "main", on_end: Callable[[], object] = lambda: None) -> Task:
        """Start a thread; call `on_end` when it ends, also with the process."""
        simulation = self.simulation

        def body() -> None:
            try:
                run()
            except KilledError:
                pass
            except EndlessError:
                simulation.is_endless = True
            except BaseException as error:  # noqa: BLE001 - the run ends with it
                simulation.error = simulation.error or error
            finally:
                self.forget(task)

        task = Task(self, name, body, simulation.hub, on_end)
        self.tasks[task] = None
        simulation.ready.append(task)
        return task

    def forget(self, task: Task) -> None:
        if task in self.tasks:
            del self.tasks[task]
            task.on_end()

    def end(self) -> None:
        """End the process, with all of its threads."""
        if not self.is_dead:
            self.is_dead = self.has_ended = True
            self.simulation.doomed.append(self)
            self.on_end()

    def kill(self) -> None:
        """End all threads as SIGKILL does; raises KilledError in a thread of this process."""
        self.simulation.note(f"{self.name} is killed")
        self.was_killed = True
        self.end()
        current = self.simulation.current
        if current is not None and current.process is self:
            raise KilledError


class Simulation:
    """All processes of one schedule, and the virtual clock."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.now = START_S
        self.hub = greenlet.getcurrent()
        self.ready: list[Task] = []
        self.processes: list[Process] = []
        self.doomed: list[Process] = []
        self.current: Task | None = None
        self.steps = 0
        self.switches = 0
        self.contested = 0
        """Points at which several tasks could run, and the schedule chose one: the interleavings."""
        self.is_endless = False
        self.error: BaseException | None = None
        self.trace: list[str] | None = None
        self.s3: Any = None
        """The S3 that answers requests of presigned URLs."""
        self._numbers = itertools.count()
        self._timers: list[tuple[float, int, Task | Callable[[], object], int]] = []

    def note(self, line: str) -> None:
        """Add a line to the trace, if one is wanted."""
        if self.trace is not None:
            who = f"{self.current.process.name}/{self.current.name}" if self.current else "-"
            self.trace.append(f"{self.now - START_S:9.2f}  {who:24}  {line}")

    def at(self, when: float, action: Callable[[], object]) -> None:
        """Call `action` at a virtual time."""
        heapq.heappush(self._timers, (when, next(self._numbers), action, 0))

    def run(self, is_finished: Callable[[], bool]) -> None:
        """Run tasks until `is_finished`, which is asked whenever all of them wait; then kill everything."""
        ready, choices, timers = self.ready, self.choices, self._timers
        while not self.is_endless and self.error is None:
            if self.doomed:
                self._bury()
            if timers and timers[0][0] <= self.now:
                self._fire_timers()
            if not ready:
                if is_finished() or not timers:
                    return
                self.now = max(self.now, timers[0][0])
                continue
            if len(ready) > 1:
                self.contested += 1
                task = ready.pop(choices.below(len(ready)))
            else:
                task = ready.pop()
            process = task.process
            if process.is_dead:
                continue
            if process.stalled_until > self.now:
                self._sleep_until(task, process.stalled_until)
                continue
            self.switches += 1
            self.current = task
            task.greenlet.switch()
            self.current = None

    def pause(self) -> None:
        """Let another task run, if the schedule says so: the points at which interleavings differ."""
        task = self.current
        if task is None:
            return
        if task.process.is_dead:
            raise KilledError
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise EndlessError
        self.now += _CALL_S
        if self.choices.byte() >= _STAY:
            self.ready.append(task)
            self._yield(task)

    def sleep(self, seconds: float) -> None:
        task = self.current
        if task is None:
            self.now += seconds
            return
        if task.process.is_dead:
            raise KilledError
        self._sleep_until(task, self.now + seconds)
        self._yield(task)

    def wait(self, what: object, timeout_s: float | None) -> bool:
        """Wait until this task is notified of `what`; return False if the time is over before."""
        task = self.current
        if task is None:
            raise RuntimeError("only a task can wait")
        if task.process.is_dead:
            raise KilledError
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise EndlessError
        task.was_notified = False
        if timeout_s is not None:
            self._sleep_until(task, self.now + max(timeout_s, 0.0))
        task.waits_for = what
        self._yield(task)
        return task.was_notified

    def notify(self, task: Task, what: object) -> bool:
        """Wake a task if it still waits for `what`; return False if it does not."""
        if task.waits_for is not what:
            return False
        task.waits_for = None
        task.was_notified = True
        task.wake_number += 1
        self.ready.append(task)
        return True

    def end(self) -> None:
        """Unwind all tasks, so that nothing of the schedule stays in memory."""
        for process in self.processes:
            process.is_dead = True
        self.doomed = [process for process in self.processes if process.tasks]
        self._bury()

    def _sleep_until(self, task: Task, when: float) -> None:
        task.wake_number += 1
        heapq.heappush(self._timers, (when, next(self._numbers), task, task.wake_number))

    def _fire_timers(self) -> None:
        timers, now = self._timers, self.now
        while timers and timers[0][0] <= now:
            _, _, what, number = heapq.heappop(timers)
            if not isinstance(what, Task):
                what()
            elif what.wake_number == number:
                what.waits_for = None
                what.wake_number += 1
                self.ready.append(what)

    def _bury(self) -> None:
        while self.doomed:
            process = self.doomed.pop()
            for task in list(process.tasks):
                self.current = task
                # False for one that has not begun, which has nothing to unwind.
                if task.greenlet:
                    task.greenlet.throw(KilledError)
                process.forget(task)
            self.current = None

    def _yield(self, task: Task) -> None:
        self.hub.switch()
        if task.process.is_dead:
            raise KilledError


class _Current:
    """The simulation that runs in this process; one at a time."""

    simulation: Simulation | None = None


CURRENT: Any = _Current()


def running() -> Simulation:
    """Return the running simulation."""
    simulation: Simulation | None = CURRENT.simulation
    if simulation is None:
        raise RuntimeError("no simulation runs")
    return simulation
