"""Middleware of every request: security headers, a limit on bodies, count and duration. Plain ASGI."""

import time
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.access.auth import Authenticator
from services.api.schema import problems
from services.api.schema.problems import ApiError
from services.api.telemetry import Telemetry

MAX_BODY_BYTES = 2 * 1024 * 1024
"""Enough for a thousand keys, or for the ten thousand parts of an upload."""

OPEN_BODY_BYTES = 16 * 1024
"""Enough for a login. FastAPI reads a body before it authenticates; larger bodies are read from known callers only."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_DETAIL = "The body has more bytes than the operation takes."
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class HttpMiddleware:
    def __init__(self, app: ASGIApp, telemetry: Telemetry, authenticator: Authenticator | None) -> None:
        """Guard an application. Without an authenticator, no caller may send a larger body than `OPEN_BODY_BYTES`."""
        self._app = app
        self._telemetry = telemetry
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def send_secured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_security_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._answer_limited(scope, receive, send_secured)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if route != "none" else "any"
            self._telemetry.requests.labels(method, route, str(status)).inc()
            self._telemetry.durations.labels(method, route).observe(time.perf_counter() - begun)

    async def _answer_limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = dict(scope["headers"]).get(b"content-length", b"0")
        declared = int(length) if length.isdigit() else 0
        try:
            if declared > OPEN_BODY_BYTES:
                await self._check_body(scope, declared)
        except HTTPException as error:
            answer = problems.make_response(error.status_code, error.detail, headers=error.headers)
            await answer(scope, receive, send)
        else:
            await self._app(scope, self._count_body(scope, receive, declared), send)

    async def _check_body(self, scope: Scope, size_bytes: int) -> None:
        """Raise HTTPException if the body is too large or the caller is unknown.

        FastAPI turns any other exception during the reading of a body into a 400.
        """
        if size_bytes > MAX_BODY_BYTES or self._authenticator is None:
            raise HTTPException(_TOO_LARGE, _DETAIL, headers={"Connection": "close"})
        try:
            await run_in_threadpool(self._authenticator.authenticate, HTTPConnection(scope))
        except ApiError as error:
            raise HTTPException(error.status, error.detail, {**error.headers, "Connection": "close"}) from None

    def _count_body(self, scope: Scope, receive: Receive, declared: int) -> Receive:
        size_bytes = 0
        most = MAX_BODY_BYTES if declared > OPEN_BODY_BYTES else OPEN_BODY_BYTES

        async def receive_counted() -> Message:
            nonlocal size_bytes, most
            message = await receive()
            size_bytes += len(message.get("body", b""))
            if size_bytes > most:
                await self._check_body(scope, size_bytes)
                most = MAX_BODY_BYTES
            return message

        return receive_counted


def _add_security_headers(scope: Scope, headers: MutableHeaders) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"")
    if scope["scheme"] == "https" or forwarded == b"https":
        headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
