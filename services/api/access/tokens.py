"""Valid tokens: from a text, a file, or a secret, of which two versions are valid at a time."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import structlog

from services.api.schema.models import Role
from services.aws.errors import AwsError
from services.aws.secrets import read_secret_versions
from services.contract.settings.api import MIN_TOKEN_LENGTH, ApiSettings

_RENEW_EVERY_S = 60.0
_FILE_EVERY_S = 1.0


class TokensError(Exception):
    """The tokens are not usable. The message says why, and never contains a token."""


@dataclass(frozen=True, repr=False)
class Token:
    role: Role
    secret: str

    @property
    def fingerprint(self) -> str:
        """Return a name of the token that does not reveal it."""
        return hashlib.sha256(f"fingerprint {self.secret}".encode()).hexdigest()[:16]


@dataclass(frozen=True, repr=False)
class TokenSet:
    tokens: Sequence[Token]

    def find_token(self, given: str) -> Token | None:
        """Return the token that equals `given`, in constant time: it compares the digests of all tokens."""
        digest = hashlib.sha256(given.encode()).digest()
        found = None
        for token in self.tokens:
            if hmac.compare_digest(digest, hashlib.sha256(token.secret.encode()).digest()):
                found = found or token
        return found

    def by_fingerprint(self, fingerprint: str) -> Token | None:
        return next((token for token in self.tokens if hmac.compare_digest(token.fingerprint, fingerprint)), None)

    @property
    def signing_keys(self) -> list[str]:
        """Return the keys for session cookies, the signing one last. They derive from operators' tokens only."""
        operators = [token.secret for token in self.tokens if token.role == "operator"]
        return [hashlib.sha256(f"session key {secret}".encode()).hexdigest() for secret in reversed(operators)]


def parse_tokens(texts: Sequence[str]) -> TokenSet:
    """Parse the tokens of one text, or of several versions of it, the current one first.

    Raises: TokensError.
    """
    tokens: dict[str, Token] = {}
    for text in texts:
        for role, secrets in _by_role(text).items():
            for secret in secrets:
                if len(secret) < MIN_TOKEN_LENGTH or not secret.isascii():
                    raise TokensError(f"A token is shorter than {MIN_TOKEN_LENGTH} characters or not ASCII.")
                tokens.setdefault(secret, Token(role, secret))
    if not any(token.role == "operator" for token in tokens.values()):
        raise TokensError("There is no operator token.")
    return TokenSet(tuple(tokens.values()))


def _by_role(text: str) -> Mapping[Role, list[str]]:
    text = text.strip()
    if not text.startswith("{"):
        return {"operator": [part.strip() for part in text.split(",") if part.strip()]}
    try:
        document = json.loads(text)
    except ValueError as error:
        raise TokensError("The tokens begin with { but are not valid JSON.") from error
    roles: dict[Role, list[str]] = {}
    for role in get_args(Role):
        value = document.get(role, [])
        roles[role] = [value] if isinstance(value, str) else value
        if not isinstance(roles[role], list) or not all(isinstance(secret, str) for secret in roles[role]):
            raise TokensError(f"The tokens of {role} are neither a string nor a list of strings.")
    if unknown := set(document) - set(roles):
        raise TokensError(f"The tokens have unknown roles: {', '.join(sorted(unknown))}.")
    return roles


class TokenStore:
    """Current tokens, read again when it is time; a failure of that never fails a request."""

    def __init__(
        self, load: Callable[[], Sequence[str]], *, renew_every_s: float | None, in_background: bool = False
    ) -> None:
        """Read the tokens for the first time. Raises: TokensError, AwsError, OSError if that fails.

        With `in_background`, a thread reads them again, so that a source that hangs holds up no request.
        """
        self._load = load
        self._renew_every_s = renew_every_s
        self._in_background = in_background
        self._log = structlog.get_logger()
        self._lock = threading.Lock()
        self._current = parse_tokens(load())
        self._read_at = time.monotonic()

    @classmethod
    def from_settings(cls, settings: ApiSettings) -> "TokenStore":
        if settings.auth_tokens:
            text = settings.auth_tokens.get_secret_value()
            return cls(lambda: [text], renew_every_s=None)
        if file := settings.auth_token_file:
            return cls(lambda: [_read_file(file)], renew_every_s=_FILE_EVERY_S)
        name = settings.auth_token_secret or ""
        return cls(
            lambda: read_secret_versions(settings.aws_region, name), renew_every_s=_RENEW_EVERY_S, in_background=True
        )

    def current(self) -> TokenSet:
        """Return the tokens; read them again if it is time, and keep the known ones while that fails."""
        is_due = self._renew_every_s is not None and time.monotonic() - self._read_at > self._renew_every_s
        if is_due and self._lock.acquire(blocking=False):
            if self._in_background:
                threading.Thread(target=self._renew, name="tokens", daemon=True).start()
            else:
                self._renew()
        return self._current

    def _renew(self) -> None:
        """Read the tokens again, and release the lock."""
        try:
            self._current = parse_tokens(self._load())
        except (TokensError, AwsError, OSError) as error:
            self._log.warning("tokens_not_renewed", error=str(error))
        finally:
            self._read_at = time.monotonic()
            self._lock.release()


def _read_file(file: Path) -> str:
    return file.read_text(encoding="utf-8")
