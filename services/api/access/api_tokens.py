"""API tokens: made by an admin for programs, with a scope and an expiry, stored as hashes in the videos table."""

import base64
import hashlib
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.api.access.shared_document import SharedDocument
from services.api.schema.action_models import Scope
from services.api.schema.problems import ApiError, ConflictError, NotFoundError
from services.aws.errors import AwsError
from services.aws.shared import SharedItems
from services.contract.resources import API_TOKENS_KEY
from services.contract.settings.api import API_TOKEN_PREFIX

MAX_TOKENS = 100
_BYTES = 32
_USE_EVERY_S = 60.0
"""Time between two writes of the last uses, of all tokens together, by one process."""


class StoredToken(BaseModel):
    """An API token without its value. The value has 256 random bits, so a fast hash is enough."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    scope: Scope
    digest: str
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    last_used_at: AwareDatetime | None = None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class _Tokens(BaseModel):
    model_config = ConfigDict(frozen=True)

    tokens: tuple[StoredToken, ...] = ()


class ApiTokenStore:
    """The tokens of one pipeline. A change applies to this process at once, and to all others within seconds."""

    def __init__(self, shared: SharedItems) -> None:
        self._document = SharedDocument(shared, API_TOKENS_KEY, _Tokens, name="API tokens")
        self._used: dict[str, datetime] = {}
        self._is_storing = False
        self._next_at = 0.0
        self._lock = threading.Lock()
        self._log = structlog.get_logger()

    def create(self, name: str, scope: Scope, *, lifetime: timedelta | None) -> tuple[StoredToken, str]:
        """Store a new token; return it with its value, which nobody can read again.

        Raises: ConflictError if there are too many, AwsError, UnavailableError.
        """
        value = API_TOKEN_PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)).decode().rstrip("=")
        now = datetime.now(UTC).replace(microsecond=0)
        token = StoredToken(
            id=secrets.token_hex(8),
            name=name,
            scope=scope,
            digest=_digest(value),
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )

        def add(stored: _Tokens) -> _Tokens:
            if len(stored.tokens) >= MAX_TOKENS:
                raise ConflictError(f"There are {MAX_TOKENS} API tokens already. Revoke one first.")
            return _Tokens(tokens=(*stored.tokens, token))

        self._document.update(add)
        return token, value

    def list(self) -> tuple[StoredToken, ...]:
        """Return the tokens, the newest first, with expired ones. Raises: UnavailableError."""
        return self._document.current().tokens[::-1]

    def revoke(self, token_id: str) -> StoredToken:
        """Delete a token and return it. Raises: NotFoundError, AwsError, UnavailableError."""
        revoked: list[StoredToken] = []

        def remove(stored: _Tokens) -> _Tokens:
            revoked[:] = [token for token in stored.tokens if token.id == token_id]
            if not revoked:
                raise NotFoundError("There is no API token with this id, or it has been revoked.")
            return _Tokens(tokens=tuple(token for token in stored.tokens if token.id != token_id))

        self._document.update(remove)
        return revoked[0]

    def find(self, value: str) -> StoredToken | None:
        """Return the token with this value, also if it has expired. Raises: UnavailableError."""
        digest = _digest(value)
        # A comparison of hashes reveals nothing about a random value of 256 bits.
        return next((token for token in self._document.current().tokens if token.digest == digest), None)

    def note_use(self, token: StoredToken) -> None:
        """Note that a token was used. A thread stores the uses of all tokens, at most once a minute."""
        with self._lock:
            self._used[token.id] = datetime.now(UTC).replace(microsecond=0)
            if self._is_storing:
                return
            self._is_storing = True
            pause_s = max(0.0, self._next_at - time.monotonic())
        timer = threading.Timer(pause_s, self._store_uses)
        timer.daemon = True
        timer.start()

    def _store_uses(self) -> None:
        with self._lock:
            used, self._used = self._used, {}
            self._is_storing = False
            self._next_at = time.monotonic() + _USE_EVERY_S

        def set_times(stored: _Tokens) -> _Tokens:
            return _Tokens(
                tokens=tuple(
                    token.model_copy(update={"last_used_at": used[token.id]}) if token.id in used else token
                    for token in stored.tokens
                )
            )

        try:
            self._document.update(set_times)
        except (ApiError, AwsError) as error:
            self._log.warning("token_uses_not_stored", error=str(error))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
