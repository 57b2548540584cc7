"""Deadline for all calls to AWS of one thread: after it, the next call or retry raises an error.

A call that has been sent continues until its own time-outs end it; see `clients.Patience`.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from services.aws.errors import ServiceError


class Deadline:
    """Time after which no more calls are made. It can be later once AWS has answered the first of many calls."""

    def __init__(self, within_s: float, *, once_answered_s: float | None = None) -> None:
        """Both times count from now."""
        now_s = time.monotonic()
        self._until_s = now_s + within_s
        self._once_answered_until_s = now_s + (within_s if once_answered_s is None else once_answered_s)

    @property
    def remaining_s(self) -> float:
        return max(0.0, self._until_s - time.monotonic())

    def answered(self) -> None:
        """Note that AWS has answered a call."""
        self._until_s = self._once_answered_until_s

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Apply the deadline to the calls of this thread."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def remaining_s() -> float:
    """Return the seconds until this thread's deadline, infinity without one."""
    deadline = _current.get()
    return math.inf if deadline is None else deadline.remaining_s


def enforce_deadlines(client: Any) -> None:
    """Make the calls of a boto3 client follow the deadlines of the threads that make them."""
    client.meta.events.register("before-send", _refuse_late_call)
    client.meta.events.register("response-received", _note_answer)


def _refuse_late_call(**_: object) -> None:
    if remaining_s() == 0:
        raise ServiceError("AWS was too slow: the time for this request is over")


def _note_answer(response_dict: dict[str, Any] | None, **_: object) -> None:
    deadline = _current.get()
    if deadline and response_dict and response_dict["status_code"] < HTTPStatus.INTERNAL_SERVER_ERROR:
        deadline.answered()
