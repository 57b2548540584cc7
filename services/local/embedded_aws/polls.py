"""Long polls of SQS that answer as soon as a message arrives. ministack looks for messages every 100 ms."""
# ruff: noqa: SLF001 - as in objects.py

import asyncio
import contextlib
from typing import Final

from ministack.core import concurrency
from ministack.services import sqs

from services.local.embedded_aws.objects import rewrite_function

LOOK_EVERY_S: Final = 0.1
"""Interval at which a long poll looks for messages whose delay or visibility timeout has ended."""


class Arrivals:
    """Event of a new message, for the long polls that wait on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake all waiting polls. Any thread may call it."""
        self._loop.call_soon_threadsafe(self._wake_polls)

    async def wait(self, timeout_s: float) -> None:
        """Return when a message arrives, or after the timeout."""
        arrived = self._loop.create_future()
        self._waiting.add(arrived)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(arrived, timeout_s)
        finally:
            self._waiting.discard(arrived)

    def _wake_polls(self) -> None:
        for arrived in self._waiting:
            if not arrived.done():
                arrived.set_result(None)


def install_arrivals(arrivals: Arrivals) -> None:
    """Let ministack's long polls wait for `arrivals`. Call it once per process.

    ministack calls `esm_wake.set` for each message that becomes visible, also for those that S3 sends.
    """
    concurrency.esm_wake.set = arrivals.notify
    sqs.__dict__.update(wait_for_message=arrivals.wait, LOOK_EVERY_S=LOOK_EVERY_S)
    rewrite_function(
        sqs._act_receive_message,
        (
            "asyncio.sleep(min(0.1, max(0.01, deadline - time.time())))",
            "wait_for_message(min(LOOK_EVERY_S, max(0.01, deadline - time.time())))",
        ),
    )
    sqs._HANDLERS["ReceiveMessage"] = sqs._act_receive_message
