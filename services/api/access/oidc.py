"""Verification of the load balancer's header `x-amzn-oidc-data`, which names the logged-in user.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html: an ES256 token
whose header names the key, the load balancer that signed it (`signer`) and the client. The signer must be checked: any
other load balancer in the same region has valid keys too.
"""

import re
import threading
import urllib.request
from collections import OrderedDict
from concurrent.futures import Future
from typing import Any

import jwt
import structlog

from services.api.access.limiter import FailureLimiter
from services.api.schema.models import Role
from services.api.schema.problems import UnauthorizedError, UnavailableError
from services.contract.settings.api import ApiSettings

HEADER = "x-amzn-oidc-data"

_KEY_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_TIMEOUT_S = 3
_KEYS = 16

_MAX_WAITING = 8
"""Maximum number of requests that wait for a key: a third of the api's threads. The others serve known keys."""


class Verifier:
    def __init__(self, settings: ApiSettings) -> None:
        region = settings.aws_region
        self._keys_url = settings.auth_oidc_keys_url or (
            f"https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
            if region.startswith("us-gov-")
            else f"https://public-keys.auth.elb.{region}.amazonaws.com"
        )
        self._signer = settings.auth_oidc_signer or ""
        self._issuer = settings.auth_oidc_issuer
        self._claim = settings.auth_oidc_operator_claim
        self._value = settings.auth_oidc_operator_value
        self._keys: OrderedDict[str, str] = OrderedDict()
        self._fetches: dict[str, Future[str]] = {}
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(_MAX_WAITING)
        self._limiter = FailureLimiter()
        self._log = structlog.get_logger()

    def verify(self, data: str) -> tuple[Role, str | None]:
        """Return role and name of the logged-in user. It can fetch a key over the network: do not call it on the loop.

        Raises: UnauthorizedError, UnavailableError if the key cannot be fetched.
        """
        try:
            header = jwt.get_unverified_header(data)
            self._check(header)
            claims = jwt.decode(
                data,
                self._key(str(header.get("kid"))),
                algorithms=["ES256"],
                issuer=self._issuer,
                options={"require": ["exp", "iss"], "verify_aud": False},
                leeway=30,
            )
        except jwt.PyJWTError as error:
            self._log.warning("oidc_refused", error=str(error))
            raise UnauthorizedError("The login is not valid or has expired. Load the page again.") from error
        return self._role(claims), claims.get("email") or claims.get("username") or claims.get("sub")

    def _check(self, header: dict[str, Any]) -> None:
        signer = str(header.get("signer", ""))
        is_ours = signer.startswith(self._signer) if self._signer.endswith("/") else signer == self._signer
        if not is_ours:
            raise jwt.InvalidTokenError(f"signed by {signer!r}")
        if not _KEY_ID.fullmatch(str(header.get("kid", ""))):
            raise jwt.InvalidTokenError("no usable key id")

    def _key(self, key_id: str) -> str:
        """Return a known key; fetch an unknown one, once for all requests that need it.

        The key id comes from an unverified header, so the numbers of waiting requests and of fetches are limited.
        """
        with self._lock:
            if key_id in self._keys:
                self._keys.move_to_end(key_id)
                return self._keys[key_id]
        if not self._waiting.acquire(blocking=False):
            raise UnavailableError("The load balancer's key is being fetched. Try again in a moment.", retry_after_s=1)
        try:
            return self._fetched_once(key_id)
        finally:
            self._waiting.release()

    def _fetched_once(self, key_id: str) -> str:
        with self._lock:
            if key_id in self._keys:
                return self._keys[key_id]
            fetch = self._fetches.get(key_id)
            is_mine = fetch is None
            if fetch is None:
                if (wait_s := self._limiter.wait_s("")) > 0:
                    raise UnavailableError(
                        "Too many requests with unknown keys. Try again in a moment.", retry_after_s=wait_s
                    )
                self._limiter.add_failure("")
                fetch = self._fetches[key_id] = Future()
        if is_mine:
            self._run(key_id, fetch)
        return fetch.result()

    def _run(self, key_id: str, fetch: Future[str]) -> None:
        """Fetch a key for all requests that wait for `fetch`, without the lock during the network call."""
        try:
            key = self._fetch(key_id)
        except BaseException as error:  # noqa: BLE001 - all waiting requests must see it; this thread raises it as well
            with self._lock:
                del self._fetches[key_id]
            fetch.set_exception(error)
            return
        with self._lock:
            self._keys[key_id] = key
            while len(self._keys) > _KEYS:
                self._keys.popitem(last=False)
            del self._fetches[key_id]
        fetch.set_result(key)

    def _fetch(self, key_id: str) -> str:
        try:
            with urllib.request.urlopen(f"{self._keys_url}/{key_id}", timeout=_TIMEOUT_S) as answer:  # noqa: S310 - from our settings
                return str(answer.read(10_000).decode("ascii"))
        except urllib.error.HTTPError as error:
            error.close()
            raise jwt.InvalidTokenError(f"no such key: {error.code}") from error
        except (OSError, UnicodeError) as error:
            raise UnavailableError(
                "The load balancer's key cannot be fetched. Try again in a moment.", retry_after_s=5
            ) from error

    def _role(self, claims: dict[str, Any]) -> Role:
        value = claims.get(self._claim, "")
        values = value if isinstance(value, list) else re.split(r"[,\s]+", str(value).strip("[]"))
        return "operator" if self._value in values else "viewer"
