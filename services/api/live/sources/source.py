"""A source of the live state: read in a thread, with its age and its last error."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

import structlog

from services.api.calls import DEADLINE_S
from services.api.schema.models import Source as Freshness
from services.aws.deadline import Deadline
from services.aws.errors import AwsError

T = TypeVar("T")


class LiveSourceError(Exception):
    """A source does not answer. The message is for people."""


class LiveSource(Generic[T]):
    """Latest value of a source. Only one read runs at a time, so that hanging reads do not accumulate."""

    def __init__(self, name: str, read: Callable[[], T], executor: Executor) -> None:
        self.name = name
        self.value: T | None = None
        self.failures = 0
        self._read = read
        self._executor = executor
        self._read_at: float | None = None
        self._error: str | None = None
        self._task: asyncio.Future[None] | None = None
        self._log = structlog.get_logger()

    async def refresh(self, patience_s: float) -> None:
        """Read again, and wait at most `patience_s`; a slower read continues and its value is kept."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._refresh())
        done, _ = await asyncio.wait([self._task], timeout=patience_s)
        if not done:
            self._fail("It does not answer in time.")

    def freshness(self) -> Freshness:
        age_s = None if self._read_at is None else round(time.monotonic() - self._read_at, 1)
        return Freshness(stale=self._error is not None or self._read_at is None, age_s=age_s, error=self._error)

    @property
    def is_fresh(self) -> bool:
        return self._error is None and self._read_at is not None

    async def _refresh(self) -> None:
        try:
            self.value = await asyncio.get_running_loop().run_in_executor(self._executor, self._read_in_time)
        except (AwsError, LiveSourceError) as error:
            self._fail(str(error))
        except Exception:  # noqa: BLE001 - an error of a source must not stop the ticks
            self._log.exception("source_broken", source=self.name)
            self._fail("It failed. The log of the api shows the error.")
        else:
            self._read_at = time.monotonic()
            self._error = None

    def _read_in_time(self) -> T:
        with Deadline(DEADLINE_S).kept():
            return self._read()

    def _fail(self, error: str) -> None:
        self.failures += 1
        if self._error is None:
            self._log.warning("source_failed", source=self.name, error=error)
        self._error = error
