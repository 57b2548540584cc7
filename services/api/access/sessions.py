"""Sessions that a logout has ended, stored in the videos table, so that a logout applies to every process."""

import threading
import time
from datetime import UTC, datetime

import structlog
from pydantic import BaseModel, ConfigDict

from services.api.schema.problems import UnavailableError
from services.aws.errors import AwsError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.contract.resources import ENDED_SESSIONS_KEY

MAX_SESSIONS = 1000
_FRESH_S = 2.0
_PATIENCE_S = 0.5
"""Time that requests wait for a new reading; afterwards they use the last one."""
_FIRST_PATIENCE_S = 5.0
"""Time that requests wait for the first reading, without which none of them can be answered."""
_ATTEMPTS = 5


class _Ended(BaseModel):
    """Ended sessions, with their start in seconds since 1970. All sessions that began up to `until` have ended too."""

    model_config = ConfigDict(frozen=True)

    until: int = 0
    sessions: dict[str, int] = {}


class _Reading:
    """One reading of the table, for all requests that need it."""

    def __init__(self) -> None:
        self.begun_at = time.monotonic()
        self.done = threading.Event()

    def wait(self, patience_s: float) -> None:
        self.done.wait(max(0.0, self.begun_at + patience_s - time.monotonic()))


class EndedSessions:
    """Check for ended sessions, with one reading of the table in two seconds for any number of requests."""

    def __init__(self, shared: SharedItems, *, lifetime_s: int, max_sessions: int = MAX_SESSIONS) -> None:
        self._shared = shared
        self._lifetime_s = lifetime_s
        self._max_sessions = max_sessions
        self._lock = threading.Lock()
        self._reading: _Reading | None = None
        self._read_at: float | None = None
        self._known: tuple[int, _Ended] | None = None
        self._log = structlog.get_logger()

    def has_ended(self, session: str, since: datetime) -> bool:
        """Return True if a logout has ended the session. The last reading counts while the table does not answer.

        Raises: UnavailableError if there has been no reading.
        """
        if reading := self._begin_reading():
            reading.wait(_FIRST_PATIENCE_S if self._known is None else _PATIENCE_S)
        if self._known is None:
            raise UnavailableError("The sessions cannot be checked: the videos table does not answer.", retry_after_s=1)
        ended = self._known[1]
        return session in ended.sessions or since.timestamp() <= ended.until

    def end(self, session: str, since: datetime) -> None:
        """End the session in this process at once, and in all others within seconds.

        Raises: AwsError, UnavailableError if the end could not be stored.
        """
        for _ in range(_ATTEMPTS):
            before = self._shared.document(ENDED_SESSIONS_KEY)
            ended = self._add_session(_parse_content(before), session, round(since.timestamp()))
            try:
                self._keep_document(self._shared.write(ENDED_SESSIONS_KEY, before, ended.model_dump()))
            except WriteConflictError:
                continue
            return
        raise UnavailableError("Many sessions are ending at the moment. Log out again.", retry_after_s=1)

    def _add_session(self, ended: _Ended, session: str, since_s: int) -> _Ended:
        """Add a session, and drop those whose cookies have expired.

        If there are too many, drop the oldest; every session that began before them then ends as well.
        """
        expired_s = datetime.now(UTC).timestamp() - self._lifetime_s
        sessions = {name: began_s for name, began_s in ended.sessions.items() if began_s > expired_s}
        newest_first = sorted({**sessions, session: since_s}.items(), key=lambda one: one[1], reverse=True)
        dropped = newest_first[self._max_sessions :]
        until = max([ended.until, *(began_s for _, began_s in dropped)])
        return _Ended(until=until, sessions=dict(newest_first[: self._max_sessions]))

    def _begin_reading(self) -> _Reading | None:
        """Return the running reading or a new one, None while the last one is fresh."""
        with self._lock:
            if self._reading is None:
                if self._read_at is not None and time.monotonic() - self._read_at < _FRESH_S:
                    return None
                self._reading = _Reading()
                threading.Thread(target=self._read_table, args=(self._reading,), name="sessions", daemon=True).start()
            return self._reading

    def _read_table(self, reading: _Reading) -> None:
        try:
            self._keep_document(self._shared.document(ENDED_SESSIONS_KEY))
        except AwsError as error:
            self._log.warning("sessions_not_read", error=str(error))
        finally:
            with self._lock:
                self._reading = None
                self._read_at = time.monotonic()
            reading.done.set()

    def _keep_document(self, document: Document) -> None:
        """Keep a document unless a later revision is known, so that no logout is lost."""
        with self._lock:
            if self._known is None or document.revision >= self._known[0]:
                self._known = (document.revision, _parse_content(document))


def _parse_content(document: Document) -> _Ended:
    return _Ended.model_validate(document.content or {})
