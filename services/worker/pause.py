"""The switch of processing, as the worker's loop asks for it before each receive."""

import time
from collections.abc import Callable

import structlog

from services.aws.deadline import Deadline
from services.aws.errors import AwsError
from services.aws.table.processing import Switch

CHECK_EVERY_S = 2.0
"""Seconds between two readings of the switch: half a million readings a month for a worker that is always busy."""

_READ_WITHIN_S = 5.0
"""Seconds after which no further attempt to read begins: the loop must not hang with the table."""


class PauseSwitch:
    """The switch with its last reading."""

    def __init__(self, read: Callable[[], Switch]) -> None:
        self._read = read
        self._known: Switch | None = None
        self._read_at: float | None = None
        self._is_silent = False
        """True since the table has not answered."""
        self._log = structlog.get_logger()

    def is_paused(self) -> bool:
        """Return True while processing is paused; the answer is at most some seconds old.

        If the table does not answer, the last answer holds. Without one, processing counts as paused: no worker can
        process a video without the table.
        """
        if self._read_at is None or time.monotonic() - self._read_at >= CHECK_EVERY_S:
            self._read_switch()
            self._read_at = time.monotonic()
        return self._known is None or self._known.paused

    def _read_switch(self) -> None:
        was_paused = self._known is not None and self._known.paused
        try:
            with Deadline(_READ_WITHIN_S).kept():
                found = self._read()
        except AwsError as error:
            if not self._is_silent:
                holds = "no video is received until it can be read" if self._known is None else "its last state holds"
                self._log.warning("switch_not_read", error=str(error), consequence=holds)
            self._is_silent = True
            return
        self._known, self._is_silent = found, False
        if found.paused and not was_paused:
            self._log.info("processing_paused", by=found.changed_by, since=found.changed_at and str(found.changed_at))
        if was_paused and not found.paused:
            self._log.info("processing_resumed", by=found.changed_by)
