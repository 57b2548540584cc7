"""Lease of the dispatcher: one process of the api at a time sends events. Another one continues when it is silent."""

import secrets
import time

from services.aws.errors import WriteConflictError
from services.aws.shared import Document, SharedItems
from services.contract.resources import DISPATCHER_KEY

_RENEW_EVERY_S = 2.0
_LOOK_EVERY_S = 1.0
_SILENT_AFTER_S = 8.0
"""Time without a write of the holder after which another process takes the lease."""

_HELD_FOR_S = 6.0
"""Time after its last write in which the holder sends: shorter, so that two processes seldom send at once. If they do,
a receiver gets an event twice."""


class Lease:
    """The lease, as one process sees it. Its times are those of the process's own clock, which no other one sets."""

    def __init__(self, shared: SharedItems) -> None:
        self._shared = shared
        self._owner = secrets.token_hex(8)
        self._document = Document(-1, None)
        self._seen_at_s = 0.0
        self._looked_at_s = 0.0
        self._renewed_at_s: float | None = None

    @property
    def is_held(self) -> bool:
        return self._renewed_at_s is not None and time.monotonic() - self._renewed_at_s < _HELD_FOR_S

    def hold(self) -> bool:
        """Renew or take the lease; return True if this process holds it. Raises: ServiceError."""
        now_s = time.monotonic()
        if self._renewed_at_s is not None:
            if now_s - self._renewed_at_s >= _RENEW_EVERY_S:
                self._write(self._owner, now_s)
        elif now_s - self._looked_at_s >= _LOOK_EVERY_S or not self._looked_at_s:
            self._looked_at_s = now_s
            self._look(now_s)
        return self.is_held

    def release(self) -> None:
        """Let another process take the lease at once. Raises: ServiceError."""
        if self._renewed_at_s is not None:
            self._write(None, time.monotonic())
            self._renewed_at_s = None

    def _look(self, now_s: float) -> None:
        found = self._shared.document(DISPATCHER_KEY)
        if found.revision != self._document.revision:
            self._document, self._seen_at_s = found, now_s
        # Its own, if the answer to a write of this process was lost.
        is_free = not found.content or found.content["owner"] in (None, self._owner)
        if is_free or now_s - self._seen_at_s > _SILENT_AFTER_S:
            self._write(self._owner, now_s)

    def _write(self, owner: str | None, now_s: float) -> None:
        try:
            self._document = self._shared.write(DISPATCHER_KEY, self._document, {"owner": owner})
        except WriteConflictError:
            # Another process has it, or the answer to a write of this one was lost.
            self._renewed_at_s = None
        else:
            self._seen_at_s = self._renewed_at_s = now_s
