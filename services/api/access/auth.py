"""Authentication in the modes `token`, `oidc` and `none`, and the roles viewer and operator."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from services.api.access.api_tokens import ApiTokenStore
from services.api.access.limiter import FailureLimiter
from services.api.access.sessions import EndedSessions
from services.api.access.tokens import Token, TokenSet, TokenStore
from services.api.schema.models import Role
from services.api.schema.problems import ForbiddenError, TooManyError, UnauthorizedError
from services.aws.shared import SharedItems
from services.contract.settings.api import API_TOKEN_PREFIX, ApiSettings

if TYPE_CHECKING:
    from services.api.access.oidc import Verifier

COOKIE = "thumbnails_session"
OIDC_HEADER = "x-amzn-oidc-data"

_SALT = "session"


@dataclass(frozen=True)
class Caller:
    role: Role
    name: str | None = None
    expires_at: datetime | None = None
    is_admin: bool = False
    """True if it may make and revoke API tokens."""


@dataclass(frozen=True)
class _Login:
    """Content of a session cookie."""

    fingerprint: str
    session: str
    since: datetime


class Authenticator:
    """Authenticator of requests. Its methods can block for a key or a secret, so they run in threads."""

    def __init__(self, settings: ApiSettings, shared: SharedItems, api_tokens: ApiTokenStore) -> None:
        """Read the tokens. Raises: TokensError, AwsError, OSError if that fails."""
        self.mode = settings.auth_mode
        self._settings = settings
        self._limiter = FailureLimiter()
        self._api_tokens = api_tokens
        self._ended = EndedSessions(shared, lifetime_s=settings.session_lifetime_s)
        self._tokens = TokenStore.from_settings(settings) if self.mode == "token" else None
        self._verifier = _make_verifier(settings) if self.mode == "oidc" else None

    def authenticate(self, connection: HTTPConnection) -> Caller:
        """Return the caller of a request. Raises: UnauthorizedError, TooManyError, UnavailableError."""
        if self.mode == "none":
            return Caller("operator", is_admin=True)
        if (secret := _read_bearer(connection)) and secret.startswith(API_TOKEN_PREFIX):
            return self._by_api_token(connection, secret)
        if self._tokens is not None:
            return self._by_token(connection, self._tokens.current())
        if self._verifier is not None:
            data = connection.headers.get(OIDC_HEADER)
            if not data:
                raise UnauthorizedError("You are not logged in at the load balancer. Load the page again.")
            role, name = self._verifier.verify(data)
            return Caller(role, name, is_admin=role == "operator")
        raise AssertionError(f"no way to authenticate in the mode {self.mode}")

    def login(self, connection: HTTPConnection, secret: str, response: Response) -> Caller:
        """Start a cookie session for a caller with a valid token. Raises: UnauthorizedError, TooManyError."""
        if self._tokens is None:
            return self.authenticate(connection)
        if secret.startswith(API_TOKEN_PREFIX):
            raise UnauthorizedError("API tokens are for programs: send Authorization: Bearer and the token.")
        tokens = self._tokens.current()
        token = self._check_token(connection, tokens, secret)
        lifetime_s = self._settings.session_lifetime_s
        serializer = _make_serializer(tokens)
        cookie = serializer.dumps([token.fingerprint, secrets.token_hex(8)])
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=lifetime_s,
            path="/",
            httponly=True,
            samesite="strict",
            secure=is_https(connection),
        )
        # The time in the cookie, as later requests give it.
        _, since = serializer.loads(cookie, return_timestamp=True)
        return _make_caller(token, expires_at=since + timedelta(seconds=lifetime_s))

    def logout(self, connection: HTTPConnection, response: Response) -> None:
        """End the session of the cookie, also for copies of the cookie, and delete the cookie.

        Raises: AwsError, UnavailableError if the end cannot be stored; the browser then keeps its cookie.
        """
        cookie = connection.cookies.get(COOKIE)
        if self._tokens is not None and cookie and (login := self._read_login(cookie, self._tokens.current())):
            self._ended.end(login.session, login.since)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=is_https(connection))

    def _by_token(self, connection: HTTPConnection, tokens: TokenSet) -> Caller:
        if connection.headers.get("authorization"):
            secret = _read_bearer(connection)
            if secret is None:
                raise UnauthorizedError("Authorization must be: Bearer and the token.")
            return _make_caller(self._check_token(connection, tokens, secret))
        if cookie := connection.cookies.get(COOKIE):
            return self._by_cookie(cookie, tokens)
        raise UnauthorizedError("Log in, or send the token: Authorization: Bearer and the token.")

    def _by_cookie(self, cookie: str, tokens: TokenSet) -> Caller:
        login = self._read_login(cookie, tokens)
        if login is None or self._ended.has_ended(login.session, login.since):
            raise UnauthorizedError("The login has ended: log in again.")
        token = tokens.by_fingerprint(login.fingerprint)
        if token is None:
            raise UnauthorizedError("The token of this login is no longer accepted: log in again.")
        return _make_caller(token, expires_at=login.since + timedelta(seconds=self._settings.session_lifetime_s))

    def _by_api_token(self, connection: HTTPConnection, secret: str) -> Caller:
        token = self._api_tokens.find(secret)
        if token is None:
            self._refuse_token(connection)
        if token.has_expired(datetime.now(UTC)):
            raise UnauthorizedError("The API token has expired. An admin can create another one.")
        self._api_tokens.note_use(token)
        role: Role = "viewer" if token.scope == "read" else "operator"
        return Caller(role, token.name, is_admin=token.scope == "admin")

    def _read_login(self, cookie: str, tokens: TokenSet) -> "_Login | None":
        """Return the login in a cookie, None if the signature is invalid or the login has expired."""
        lifetime_s = self._settings.session_lifetime_s
        try:
            content, since = _make_serializer(tokens).loads(cookie, max_age=lifetime_s, return_timestamp=True)
            fingerprint, session = content
        except (BadData, ValueError):
            return None
        return _Login(str(fingerprint), str(session), since)

    def _check_token(self, connection: HTTPConnection, tokens: TokenSet, secret: str) -> Token:
        """Return the token. The limit on failures does not apply to valid tokens, as callers can share an address."""
        return tokens.find_token(secret) or self._refuse_token(connection)

    def _refuse_token(self, connection: HTTPConnection) -> NoReturn:
        """Count a wrong token of an address. Raises: UnauthorizedError, TooManyError after too many."""
        address = client_address(connection, self._settings.trusted_proxies)
        wait_s = self._limiter.wait_s(address)
        if wait_s > 0:
            raise TooManyError("Too many wrong tokens from this address: wait.", retry_after_s=wait_s)
        self._limiter.add_failure(address)
        raise UnauthorizedError("The token is wrong.")


def check_operator(caller: Caller) -> None:
    """Raise ForbiddenError if the caller is not an operator."""
    if caller.role != "operator":
        raise ForbiddenError("This needs the role operator; yours is viewer.")


def check_admin(caller: Caller) -> None:
    """Raise ForbiddenError if the caller is no admin."""
    if not caller.is_admin:
        raise ForbiddenError("This needs an operator's login, or an API token with the scope admin.")


def check_origin(connection: HTTPConnection, public_url: str | None) -> None:
    """Raise ForbiddenError if a page of another site has sent the request.

    Requests without an Origin do not come from a browser; they still need a token. A page is ours if its origin, scheme
    included, is the public URL. Without a public URL, its origin must have the scheme and host of the request, or those
    in X-Forwarded-Proto and X-Forwarded-Host, which the dashboard's server sets. A page of another site cannot set
    these: not on a WebSocket, and elsewhere the browser sends a preflight request first.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        if connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none"):
            return
        raise ForbiddenError("A page of another site sent this request.")
    if public_url is not None:
        ours = {public_url.lower()}
    else:
        scheme = "https" if is_https(connection) else "http"
        hosts = (connection.headers.get("host"), connection.headers.get("x-forwarded-host"))
        ours = {f"{scheme}://{host}".lower() for host in hosts if host}
    if origin.lower() not in ours:
        raise ForbiddenError(f"Pages of {origin} may not do this.")


def is_https(connection: HTTPConnection) -> bool:
    forwarded = connection.headers.get("x-forwarded-proto", connection.url.scheme)
    return forwarded.split(",")[0].strip() in ("https", "wss")


def client_address(connection: HTTPConnection, trusted_proxies: int) -> str:
    """Return the address of the client as the outermost trusted proxy has recorded it."""
    peer = connection.client.host if connection.client else ""
    forwarded = [part.strip() for part in connection.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return peer


def _make_caller(token: Token, *, expires_at: datetime | None = None) -> Caller:
    return Caller(token.role, expires_at=expires_at, is_admin=token.role == "operator")


def _read_bearer(connection: HTTPConnection) -> str | None:
    """Return the token of a request, None if it has none or another scheme."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


def _make_serializer(tokens: TokenSet) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(tokens.signing_keys, salt=_SALT)


def _make_verifier(settings: ApiSettings) -> "Verifier":
    # Imported only in this mode: it loads a cryptographic library of 20 MB.
    from services.api.access.oidc import Verifier  # noqa: PLC0415

    return Verifier(settings)
