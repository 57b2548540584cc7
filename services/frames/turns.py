"""Turns of extractions: a few at the same time, one for all requests that ask for the same frame, and limits."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

from services.api.schema.problems import RETRY_AFTER_S, TooManyError, UnavailableError

T = TypeVar("T")


class Turns(Generic[T]):
    """Extractions in progress and those that wait, each for one frame of a video. Use it only on the event loop."""

    def __init__(self, *, at_once: int, max_waiting: int, max_per_video: int, wait_s: float) -> None:
        """Set the limits: `max_waiting` counts those in progress as well, as `max_per_video` does for one video."""
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="frame")
        self._free = asyncio.Semaphore(at_once)
        self._max_waiting = max_waiting
        self._max_per_video = max_per_video
        self._wait_s = wait_s
        self._flights: dict[str, asyncio.Task[T]] = {}
        self._of_video: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._flights)

    async def take(self, frame: str, video: str, work: Callable[[], T]) -> T:
        """Return the result of `work`, which extracts a frame of a video. Equal frames share one extraction.

        It goes on if the caller is cancelled. Raises: TooManyError, UnavailableError, all errors of `work`.
        """
        flight = self._flights.get(frame)
        if flight is None:
            if self._of_video[video] >= self._max_per_video:
                raise TooManyError(
                    "Too many frames of this video wait. Try again in a moment.", retry_after_s=RETRY_AFTER_S
                )
            if len(self._flights) >= self._max_waiting:
                raise UnavailableError("Too many frames wait. Try again in a moment.", retry_after_s=RETRY_AFTER_S)
            flight = asyncio.ensure_future(self._await_turn(work))
            self._flights[frame] = flight
            self._of_video[video] += 1
            flight.add_done_callback(partial(self._end_flight, frame, video))
        return await asyncio.shield(flight)

    def close(self) -> None:
        """Drop the extractions that have not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _await_turn(self, work: Callable[[], T]) -> T:
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError:
            detail = "The frame had to wait too long. Try again in a moment."
            raise UnavailableError(detail, retry_after_s=RETRY_AFTER_S) from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._free.release()

    def _end_flight(self, frame: str, video: str, flight: "asyncio.Task[T]") -> None:
        del self._flights[frame]
        self._of_video[video] -= 1
        if not self._of_video[video]:
            del self._of_video[video]
        # Read the error, or asyncio logs it as a bug if no request waits for it any more.
        if not flight.cancelled():
            flight.exception()
