"""Precedence of uploads: a video of a reconciliation waits while the same worker processes an upload.

The videos that a worker processes at once share its CPU and its connections.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_WAIT_S = 1.0
"""Time from its begin in which a video gives way: it has one of the worker's slots, which the next upload may need."""

GiveWay = Callable[[], None]
"""Function that a video calls before a step that can wait."""


class Precedence:
    """Count of the uploads that a worker processes. Thread-safe."""

    def __init__(self) -> None:
        self._uploads = 0
        self._upload_ended = threading.Condition()

    @contextmanager
    def hold(self, *, is_background: bool) -> Iterator[GiveWay]:
        """Count an upload within this context; give a background video the function that waits for all uploads.

        A background video also waits here, before its first step.
        """
        if is_background:
            until = time.monotonic() + MAX_WAIT_S
            self._await_uploads(until)
            yield lambda: self._await_uploads(until)
            return
        with self._upload_ended:
            self._uploads += 1
        try:
            yield lambda: None
        finally:
            with self._upload_ended:
                self._uploads -= 1
                self._upload_ended.notify_all()

    def _await_uploads(self, until: float) -> None:
        with self._upload_ended:
            while self._uploads and (rest_s := until - time.monotonic()) > 0:
                self._upload_ended.wait(rest_s)
