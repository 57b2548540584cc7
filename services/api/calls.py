"""Calls to AWS on behalf of requests: in separate threads, with a deadline for each request.

While AWS hangs, only these threads wait for it. Further requests wait for a thread until their deadline, up to a
maximum number; beyond that they are refused at once.
"""

import asyncio
import inspect
import math
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial, wraps
from types import TracebackType
from typing import Any, TypeVar

from fastapi.routing import APIRoute

from services.api.schema.problems import RETRY_AFTER_S, UnavailableError
from services.aws.clients import Patience
from services.aws.deadline import Deadline, remaining_s
from services.aws.errors import ServiceError

DEADLINE_S = 10.0
"""Deadline for the first call to AWS of a request; a request whose deadline has passed is answered with 503."""

_MANY_CALLS_S = 60.0
"""Deadline, once AWS has answered the first call, of requests with several calls, such as a redrive."""

PATIENCE = Patience(attempts=2, connect_s=1, read_s=3, poll_s=0, retry_mode="standard")
"""One call, with its retry, ends within `DEADLINE_S`. In the mode `standard` all calls of a client share one budget of
retries, so that a long outage is not made worse by them."""

THREADS = 24
_MAX_WAITING = 256
"""Maximum number of requests that wait for a thread; more are refused at once."""

T = TypeVar("T")


class AwsCalls:
    """Threads for calls to AWS, and the shared calls in progress. Use it only on the event loop."""

    def __init__(self, threads: int = THREADS, max_waiting: int = _MAX_WAITING) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="aws")
        self._slots = threading.BoundedSemaphore(threads + max_waiting)
        self._flights: dict[Hashable, asyncio.Future[Any]] = {}

    async def run(self, work: Callable[[], T], *, within_s: float = DEADLINE_S) -> T:
        """Return the result of `work`, which may call AWS.

        AWS must answer the first call within `DEADLINE_S`, and all calls within `within_s`. A thread that is too late
        ends with its next call, or with the time-out of its current one.
        Raises: UnavailableError at the deadline, or at once if too many requests wait; all errors of `work`.
        """
        if not self._slots.acquire(blocking=False):
            raise _make_unavailable("Too many requests wait for AWS")
        deadline = Deadline(min(within_s, DEADLINE_S), once_answered_s=within_s)
        # In the caller's context, so that the spans of the work belong to those of the request.
        future = self._executor.submit(copy_context().run, _run_within, work, deadline)
        future.add_done_callback(self._release_slot)
        answer = asyncio.wrap_future(future)
        while not answer.done() and deadline.remaining_s > 0:
            await asyncio.wait([answer], timeout=deadline.remaining_s)
        if not answer.done():
            # No thread begins it afterwards.
            answer.cancel()
            raise _make_unavailable("AWS has not answered in time")
        return answer.result()

    async def run_shared(self, question: Hashable, work: Callable[[], T], *, within_s: float = DEADLINE_S) -> T:
        """Return the answer to a question. Concurrent requests for it share one call and one deadline.

        Raises: the errors of `run`.
        """
        flight = self._flights.get(question)
        if flight is None:
            flight = asyncio.ensure_future(self.run(work, within_s=within_s))
            self._flights[question] = flight
            flight.add_done_callback(partial(self._end_flight, question))
        answer: T = await asyncio.shield(flight)
        return answer

    def is_running(self, question: Hashable) -> bool:
        """Return True if a call for this question is in progress."""
        return question in self._flights

    def close(self) -> None:
        """Drop the calls that no thread has begun."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _release_slot(self, _: "Future[Any]") -> None:
        self._slots.release()

    def _end_flight(self, question: Hashable, flight: "asyncio.Future[Any]") -> None:
        del self._flights[question]
        # Read the error, or asyncio logs it as a bug if no request waits for it any more.
        if not flight.cancelled():
            flight.exception()


def _make_unavailable(reason: str) -> UnavailableError:
    return UnavailableError(f"{reason}. Try again in a moment.", retry_after_s=RETRY_AFTER_S)


def _run_within(work: Callable[[], T], deadline: Deadline) -> T:
    with deadline.kept():
        return work()


class AwsRoute(APIRoute):
    """A route that can call AWS: an endpoint that is a plain function runs in the threads for AWS.

    The endpoint must have the parameter `services`.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not inspect.iscoroutinefunction(endpoint):
            endpoint = _run_in_calls(endpoint)
        super().__init__(path, endpoint, **options)


def _run_in_calls(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(endpoint)
    async def bounded(**values: Any) -> Any:
        calls: AwsCalls = values["services"].calls
        return await calls.run(partial(endpoint, **values), within_s=_MANY_CALLS_S)

    return bounded


class DeadlineLock:
    """A lock. Requests wait for it at most `DEADLINE_S`, jobs without a deadline have no limit."""

    def __init__(self, busy: str) -> None:
        """Set the message for requests that could not get the lock in time."""
        self._busy = busy
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Wait for the lock. Raises: ServiceError if it is not free in time."""
        left_s = remaining_s()
        if not self._lock.acquire(timeout=-1 if left_s == math.inf else min(left_s, DEADLINE_S)):
            raise ServiceError(self._busy)

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._lock.release()
