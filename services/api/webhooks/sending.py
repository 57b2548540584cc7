"""Messages to webhooks: signed as Standard Webhooks says, and sent with one request each.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import contextlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from services.api.webhooks.addresses import Address, RefusedAddressError, WebhookUrl, resolve_target
from services.contract.outbox.deliveries import StoredDeliveryAttempt
from services.contract.version import VERSION

TIMEOUT_S = 15.0
"""Maximum time of one request, from the connection to the end of the answer's headers."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of a secret

_REASONS: Mapping[type[Exception], str] = {
    TimeoutError: "timeout",
    ssl.SSLError: "TLS: no connection",
    ConnectionRefusedError: "connection refused",
    socket.gaierror: "the host has no address",
    ConnectionError: "the connection was closed without an answer",
    http.client.HTTPException: "the answer is no HTTP",
}

_MAX_BODY_BYTES = 4096
"""Bytes of an answer's body that are read: only so that the target's server sees a normal end."""


def sign_message(secret: str, message_id: str, sent_at_s: int, body: bytes) -> str:
    """Return the signature of a message with one secret, with its version."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{sent_at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


@dataclass(frozen=True)
class WebhookMessage:
    id: str
    body: bytes

    def headers(self, secrets: Sequence[str], sent_at_s: int) -> dict[str, str]:
        """Return the headers of the message, with a signature by each secret."""
        signatures = (sign_message(secret, self.id, sent_at_s, self.body) for secret in secrets)
        return {
            "Content-Type": "application/json",
            "User-Agent": f"thumbnail-pipeline/{VERSION}",
            "webhook-id": self.id,
            "webhook-timestamp": str(sent_at_s),
            "webhook-signature": " ".join(signatures),
        }


def send_message(
    target: WebhookUrl,
    secrets: Sequence[str],
    message: WebhookMessage,
    *,
    allow_private: bool,
    timeout_s: float = TIMEOUT_S,
) -> StoredDeliveryAttempt:
    """Send a message once, and return what came of it: only a status of 2xx is a success. Redirects are not followed.

    The target's addresses are checked, and the connection goes to one of them: no proxy, and no second resolution.
    """
    at, began_s = datetime.now(UTC), time.monotonic()
    headers = message.headers(secrets, int(at.timestamp()))
    status, error = None, None
    try:
        addresses = resolve_target(target, allow_private=allow_private)
        status = _post(target, addresses, headers, message.body, timeout_s)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        error = explain_error(problem)
    if status is not None and not 200 <= status < 300:
        error = f"HTTP {status}" + (": redirects are not followed" if 300 <= status < 400 else "")
    duration_ms = round((time.monotonic() - began_s) * 1000)
    return StoredDeliveryAttempt(at=at, status_code=status, error=error, duration_ms=duration_ms)


def explain_error(error: Exception) -> str:
    """Return the reason of a failed request in a few words, without address and content."""
    if isinstance(error, RefusedAddressError):
        return f"the address {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    for kind, reason in _REASONS.items():
        if isinstance(error, kind):
            return reason
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()


def _post(
    target: WebhookUrl, addresses: Sequence[Address], headers: dict[str, str], body: bytes, timeout_s: float
) -> int:
    """Return the status of the answer. Raises: OSError, HTTPException."""
    until_s = time.monotonic() + timeout_s
    with contextlib.closing(_connect(target, addresses, until_s)) as connected:
        # A limit for all of it: a time-out of the socket would begin again with each byte.
        expired = threading.Event()

        def stop() -> None:
            expired.set()
            with contextlib.suppress(OSError):
                # Not that of the TLS socket, which would forget its state under the reader.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, until_s - time.monotonic()), stop)
        timer.daemon = True
        timer.start()
        try:
            return _exchange(target, connected, headers, body, expired)
        except (OSError, http.client.HTTPException):
            if expired.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()


def _connect(target: WebhookUrl, addresses: Sequence[Address], until_s: float) -> socket.socket:
    """Return a connection to the first address that accepts one. Raises: OSError."""
    problem: OSError = OSError("no address")
    for address in addresses:
        connected = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            connected.settimeout(max(0.001, until_s - time.monotonic()))
            connected.connect((address.ip, target.port))
            if target.is_encrypted:
                return _tls_context().wrap_socket(connected, server_hostname=target.host)
        except OSError as error:
            connected.close()
            problem = error
            continue
        return connected
    raise problem


def _exchange(
    target: WebhookUrl, connected: socket.socket, headers: dict[str, str], body: bytes, expired: threading.Event
) -> int:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = connected
    connection.request("POST", target.path, body, {"Host": target.authority, "Connection": "close", **headers})
    answer = connection.getresponse()
    if expired.is_set():
        # It takes the headers so far for all of them.
        raise TimeoutError
    with contextlib.suppress(OSError, http.client.HTTPException):
        answer.read(_MAX_BODY_BYTES)
    return answer.status


@cache
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()
