"""Replacements of `threading`, `time`, `random` and others for the modules under test, on the running simulation."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Self

from tests.model.simulation import CURRENT, Simulation, Task, running


def clock_s() -> float:
    """Return the time by the clock of the running process."""
    simulation = running()
    current = simulation.current
    return simulation.now + (current.process.clock_ahead_s if current else 0.0)


class Lock:
    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: deque[Task] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002 - threading's interface
        simulation = running()
        while self._is_taken:
            if not blocking or simulation.current is None:
                return False
            self._waiting.append(simulation.current)
            if not simulation.wait(self, None if timeout < 0 else timeout) and self._is_taken:
                return False
        self._is_taken = True
        return True

    def release(self) -> None:
        self._is_taken = False
        while self._waiting and not running().notify(self._waiting.popleft(), self):
            pass

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Semaphore:
    def __init__(self, value: int = 1) -> None:
        self._value = value
        self._waiting: deque[Task] = deque()

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:  # noqa: FBT001, FBT002 - threading's interface
        simulation = running()
        while self._value == 0:
            if not blocking or simulation.current is None:
                return False
            self._waiting.append(simulation.current)
            if not simulation.wait(self, timeout) and self._value == 0:
                return False
        self._value -= 1
        return True

    def release(self) -> None:
        self._value += 1
        while self._waiting and not running().notify(self._waiting.popleft(), self):
            pass


class Event:
    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[Task] = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            running().notify(task, self)

    def wait(self, timeout: float | None = None) -> bool:
        simulation = running()
        if not self._is_set and simulation.current is not None:
            self._waiting.append(simulation.current)
            simulation.wait(self, timeout)
        return self._is_set


class Condition:
    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock or Lock()
        self._waiting: list[Task] = []

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        simulation = running()
        if simulation.current is None:
            raise RuntimeError("only a task can wait")
        self._waiting.append(simulation.current)
        self._lock.release()
        was_notified = simulation.wait(self, timeout)
        self._lock.acquire()
        return was_notified

    def notify_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            running().notify(task, self)


class Thread:
    def __init__(
        self,
        *,
        target: Callable[..., object],
        name: str = "thread",
        args: tuple[Any, ...] = (),
        daemon: bool = False,  # noqa: ARG002 - threading's interface
    ) -> None:
        self._target, self._arguments, self.name = target, args, name
        self._ended = Event()
        self._has_begun = False

    def start(self) -> None:
        current = running().current
        if current is None:
            raise RuntimeError("only a task can start a thread")
        self._has_begun = True
        current.process.spawn(self._run, self.name)

    def _run(self) -> None:
        try:
            self._target(*self._arguments)
        finally:
            self._ended.set()

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(timeout)

    def is_alive(self) -> bool:
        return self._has_begun and not self._ended.is_set()


class _Result:
    """Result of one call, for the task that waits for it."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._function, self._arguments = function, arguments
        self._ended = Event()
        self._value: object = None
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._value = self._function(*self._arguments)
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        self._ended.set()

    def wait(self) -> object:
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._value


class ThreadPoolExecutor:
    def __init__(self, max_workers: int, thread_name_prefix: str = "") -> None:
        if max_workers < 1:
            raise ValueError("max_workers must be greater than 0")
        self._name = thread_name_prefix
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def submit(self, function: Callable[..., object], *arguments: object) -> None:
        thread = Thread(target=function, name=self._name, args=arguments)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def map(self, function: Callable[..., object], *arguments: Iterable[object]) -> Iterator[object]:
        results = [_Result(function, *one) for one in zip(*arguments, strict=False)]
        for result in results:
            self.submit(result.run)
        return (result.wait() for result in results)


class Datetime(dt.datetime):
    """`datetime` whose `now` is the clock of the running process."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return dt.datetime.fromtimestamp(clock_s(), tz)

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: dt.tzinfo | None = None) -> Any:
        return dt.datetime.fromtimestamp(timestamp, tz)


class ThreadingModule:
    Lock, Semaphore, Event, Condition, Thread = Lock, Semaphore, Event, Condition, Thread


class TimeModule:
    @staticmethod
    def monotonic() -> float:
        return running().now

    @staticmethod
    def time() -> float:
        return clock_s()

    @staticmethod
    def time_ns() -> int:
        return int(clock_s() * 1e9)

    @staticmethod
    def sleep(seconds: float) -> None:
        running().sleep(seconds)


class RandomModule:
    @staticmethod
    def uniform(low: float, high: float) -> float:
        return low + (high - low) * running().choices.byte() / 256


class NullLog:
    """A log that writes nothing, or lines of the trace."""

    def _write(self, event: str, **fields: object) -> None:
        simulation = CURRENT.simulation
        if simulation is not None and simulation.trace is not None:
            simulation.note(f"log {event} {fields or ''}")

    info = warning = error = exception = _write

    def bind(self, **_: object) -> Self:
        return self


class StructlogModule:
    _log = NullLog()

    @classmethod
    def get_logger(cls) -> NullLog:
        return cls._log


REPLACEMENTS: dict[str, Any] = {
    "threading": ThreadingModule,
    "time": TimeModule,
    "random": RandomModule,
    "structlog": StructlogModule,
    "datetime": Datetime,
    "ThreadPoolExecutor": ThreadPoolExecutor,
}


@contextmanager
def replaced_in(replacements: Mapping[ModuleType | type, str], **more: Any) -> Iterator[None]:
    """Give modules and classes the replacements of their names, listed with spaces between; `more` adds names."""
    known = {**REPLACEMENTS, **more}
    before = [(module, name, vars(module)[name]) for module, names in replacements.items() for name in names.split()]
    for module, name, _ in before:
        setattr(module, name, known[name])
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


@contextmanager
def current(simulation: Simulation) -> Iterator[Simulation]:
    """Make this the running simulation."""
    CURRENT.simulation = simulation
    try:
        yield simulation
    finally:
        CURRENT.simulation = None
