"""What holds for every request: security headers, a limit on bodies, a count and a time. Plain ASGI."""

import time
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import problems
from services.api.telemetry import Telemetry

MAX_BODY_BYTES = 2 * 1024 * 1024
"""Room for a thousand keys, or for the ten thousand parts of an upload."""

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
_DETAIL = f"The body has more than {MAX_BODY_BYTES} bytes."
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class Wrapping:
    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

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
                _secure(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._limited(scope, receive, send_secured)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if route != "none" else "any"
            self._telemetry.requests.labels(method, route, str(status)).inc()
            self._telemetry.durations.labels(method, route).observe(time.perf_counter() - begun)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
            answer = problems.response(_TOO_LARGE, _DETAIL, headers={"Connection": "close"})
            await answer(scope, receive, send)
        else:
            await self._app(scope, _counted(receive), send)


def _counted(receive: Receive) -> Receive:
    size_bytes = 0

    async def counting() -> Message:
        nonlocal size_bytes
        message = await receive()
        size_bytes += len(message.get("body", b""))
        if size_bytes > MAX_BODY_BYTES:
            # FastAPI makes a 400 of anything else that breaks while it reads a body.
            raise HTTPException(_TOO_LARGE, _DETAIL, headers={"Connection": "close"})
        return message

    return counting


def _secure(scope: Scope, headers: MutableHeaders) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"")
    if scope["scheme"] == "https" or forwarded == b"https":
        headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
