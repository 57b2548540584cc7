"""Sessions that a logout has ended, stored in the videos table, so that a logout applies to every process."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from services.api.access.shared_document import SharedDocument
from services.aws.shared import SharedItems
from services.contract.resources import ENDED_SESSIONS_KEY

MAX_SESSIONS = 1000


class _Ended(BaseModel):
    """Ended sessions, with their start in seconds since 1970. All sessions that began up to `until` have ended too."""

    model_config = ConfigDict(frozen=True)

    until: int = 0
    sessions: dict[str, int] = {}


class EndedSessions:
    def __init__(self, shared: SharedItems, *, lifetime_s: int, max_sessions: int = MAX_SESSIONS) -> None:
        self._ended = SharedDocument(shared, ENDED_SESSIONS_KEY, _Ended, name="sessions")
        self._lifetime_s = lifetime_s
        self._max_sessions = max_sessions

    def has_ended(self, session: str, since: datetime) -> bool:
        """Return True if a logout has ended the session. The last reading counts while the table does not answer.

        Raises: UnavailableError if there has been no reading.
        """
        ended = self._ended.current()
        return session in ended.sessions or since.timestamp() <= ended.until

    def end(self, session: str, since: datetime) -> None:
        """End the session in this process at once, and in all others within seconds.

        Raises: AwsError, UnavailableError if the end could not be stored.
        """
        self._ended.update(lambda ended: self._add_session(ended, session, round(since.timestamp())))

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
