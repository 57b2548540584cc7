"""Limits of a connection before a login: size of the headers, time, and number of connections.

uvicorn's parser (httptools) limits none of these. A connection is always in one of four states:

- receiving: a request has not arrived completely, or none has begun. The time and the number of these connections are
  limited. A new one closes the one that began first, so slow clients cannot lock out a fast one.
- busy: a request has arrived completely, and its answer has not ended.
- idle: kept alive for the next request. If there are too many connections, the one that is idle longest is closed.
- a WebSocket: without a limit of time; `MAX_SOCKETS` limits their number.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.api.schema import problems
from services.api.schema.middleware import SECURITY_HEADERS

_PROBES = (b"/health", b"/health/ready")
_RESERVE = 64
"""Number of connections above the limit that are still read: probes are answered, all others get a 503."""
_RECEIVING_SHARE = 16
"""One of 16 connections may be receiving: a request takes milliseconds to arrive."""
_MIN_RECEIVING = 32
_MAX_PIPELINED = 16
_HEADER_OVERHEAD_BYTES = 4
"""Colon, space and line end."""

_SWEEP_EVERY_S = 0.5
_LINGER_S = 2.0
"""Time for a refused client to read its answer: closing while the client still sends can lose the answer."""
_MAX_DISCARDED_BYTES = 4 * 1024 * 1024

_TOO_BIG = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
_TOO_SLOW = HTTPStatus.REQUEST_TIMEOUT
_FULL = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True)
class ConnectionLimits:
    header_bytes: int
    connections: int
    header_s: float
    transfer_s: float
    """Limit for the body of a request, and for a client that does not read its answer."""


class Connections:
    """Open connections of one server, each with its deadline. Use it only on the event loop."""

    def __init__(self, limits: ConnectionLimits, cut: Callable[[str], None]) -> None:
        """Set the limits. `cut` is called with the reason for every connection that is refused or closed early."""
        self.limits = limits
        self.cut = cut
        self._max_receiving = max(_MIN_RECEIVING, limits.connections // _RECEIVING_SHARE)
        self._receiving: dict[LimitedProtocol, float] = {}
        self._unread: dict[LimitedProtocol, float] = {}
        self._idle: dict[LimitedProtocol, None] = {}
        self._sweeping = False

    def opened(self, connection: "LimitedProtocol", count: int) -> None:
        """Add a connection, now one of `count`, and close another one if there are too many."""
        self.receiving(connection)
        if count > self.limits.connections:
            if self._idle:
                self._evict(next(iter(self._idle)))
            elif count > self.limits.connections + _RESERVE:
                self._evict(next(iter(self._receiving)))

    def receiving(self, connection: "LimitedProtocol") -> None:
        """Note that a request begins; it keeps its deadline if it has begun already."""
        self._idle.pop(connection, None)
        self._receiving.setdefault(connection, self._now() + self.limits.header_s)
        if len(self._receiving) > self._max_receiving:
            self._evict(next(iter(self._receiving)))
        self._keep_sweeping()

    def header_received(self, connection: "LimitedProtocol") -> None:
        self._receiving[connection] = self._now() + self.limits.transfer_s

    def received(self, connection: "LimitedProtocol") -> None:
        self._receiving.pop(connection, None)

    def is_receiving(self, connection: "LimitedProtocol") -> bool:
        return connection in self._receiving

    def idle(self, connection: "LimitedProtocol") -> None:
        self._idle[connection] = None

    def is_idle(self, connection: "LimitedProtocol") -> bool:
        return connection in self._idle

    def linger(self, connection: "LimitedProtocol") -> None:
        self._idle.pop(connection, None)
        self._receiving[connection] = self._now() + _LINGER_S
        self._keep_sweeping()

    def unread(self, connection: "LimitedProtocol") -> None:
        self._unread.setdefault(connection, self._now() + self.limits.transfer_s)
        self._keep_sweeping()

    def read(self, connection: "LimitedProtocol") -> None:
        self._unread.pop(connection, None)

    def forget(self, connection: "LimitedProtocol") -> None:
        for group in (self._receiving, self._unread, self._idle):
            group.pop(connection, None)

    def _evict(self, connection: "LimitedProtocol") -> None:
        self.forget(connection)
        self.cut("crowded")
        connection.transport.abort()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _keep_sweeping(self) -> None:
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(_SWEEP_EVERY_S, self._sweep)

    def _sweep(self) -> None:
        now = self._now()
        for connection in [one for one, until in self._receiving.items() if until <= now]:
            self._receiving.pop(connection)
            connection.refuse_slow_request()
        for connection in [one for one, until in self._unread.items() if until <= now]:
            self.forget(connection)
            self.cut("unread_answer")
            connection.transport.abort()
        self._sweeping = False
        if self._receiving or self._unread:
            self._keep_sweeping()


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with limits. `make_protocol` returns the class for one server."""

    all: ClassVar[Connections]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._header_bytes = 0
        self._silent_bytes = 0
        """Bytes received since the last callback of the parser: part of a header that has not ended."""
        self._discarded_bytes = 0
        self._in_body = False
        self._refusal: tuple[HTTPStatus, str, str] | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.all.opened(self, len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        self.all.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            self._discarded_bytes += len(data)
            if self._discarded_bytes > _MAX_DISCARDED_BYTES:
                self.transport.abort()
            return
        if self.all.is_idle(self):
            self.all.receiving(self)
        self._silent_bytes += len(data)
        super().data_received(data)
        if self._silent_bytes > self.all.limits.header_bytes and not self._is_refused:
            self._refuse(*self._oversize_problem())

    def on_message_begin(self) -> None:
        self._header_bytes = self._silent_bytes = 0
        self.all.receiving(self)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_header_bytes(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers after a body come here as well.
        self._count_header_bytes(len(name) + len(value) + _HEADER_OVERHEAD_BYTES)
        super().on_header(name, value)

    def _count_header_bytes(self, size_bytes: int) -> None:
        self._silent_bytes = 0
        self._header_bytes += size_bytes
        if self._header_bytes > self.all.limits.header_bytes:
            self._refusal = self._oversize_problem()
            raise ValueError(self._refusal[1])  # stops the parser, and then comes send_400_response

    def on_headers_complete(self) -> None:
        self._silent_bytes = 0
        if len(self.pipeline) >= _MAX_PIPELINED:
            raise ValueError("too many requests at once")
        self.all.header_received(self)
        if self._is_full() and self.url.partition(b"?")[0] not in _PROBES:
            self.all.cut("full")
            self.app = _answer_overload
        super().on_headers_complete()
        self._in_body = True

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._silent_bytes = 0
        self._in_body = False
        self.all.received(self)
        super().on_message_complete()
        self._idle_if_done()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self.all.unread(self)
        else:
            self._idle_if_done()

    def _idle_if_done(self) -> None:
        cycle = self._latest_request()
        is_done = cycle is not None and cycle.response_complete and not self.pipeline
        if is_done and not self.all.is_receiving(self):
            self.all.idle(self)

    def _latest_request(self) -> RequestResponseCycle | None:
        """Return the latest request; None before the first, which uvicorn's type does not include."""
        return self.cycle

    def handle_websocket_upgrade(self) -> None:
        if self._is_full():
            self._refuse(_FULL, _OVERLOAD_DETAIL, "full")
            return
        self.all.forget(self)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.all.unread(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.all.read(self)

    def send_400_response(self, msg: str) -> None:
        self._refuse(*(self._refusal or (HTTPStatus.BAD_REQUEST, msg, "malformed")))

    def refuse_slow_request(self) -> None:
        """Refuse the request whose time to arrive is over, or close a connection without one."""
        if self._is_refused:
            self.transport.abort()
        elif self._in_body or self._header_bytes or self._silent_bytes:
            what = ("The body", "body_time") if self._in_body else ("The header of the request", "header_time")
            self._refuse(_TOO_SLOW, f"{what[0]} takes too long to arrive.", what[1])
        else:
            self.all.cut("no_request")
            self.transport.close()

    def _is_full(self) -> bool:
        return len(self.connections) > self.all.limits.connections

    def _oversize_problem(self) -> tuple[HTTPStatus, str, str]:
        most = self.all.limits.header_bytes
        return _TOO_BIG, f"The address and the headers of the request have more than {most} bytes.", "header_size"

    def _refuse(self, status: HTTPStatus, detail: str, reason: str) -> None:
        """Answer with a problem unless another answer has begun, and close the connection."""
        self._is_refused = True
        self._unset_keepalive_if_required()
        self.all.cut(reason)
        cycle = self._latest_request()
        is_free = cycle is None or cycle.response_complete or (self._in_body and not cycle.response_started)
        if self.pipeline or not is_free or self.transport.is_closing():
            self.all.forget(self)
            self.transport.abort()
            return
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        answer = _make_problem(status, detail)
        lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode())]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.write_eof()
        self.flow.resume_reading()
        self.all.linger(self)


def make_protocol(limits: ConnectionLimits, cut: Callable[[str], None]) -> type[LimitedProtocol]:
    """Return the protocol class for one server."""
    return type("LimitedProtocol", (LimitedProtocol,), {"all": Connections(limits, cut)})


_OVERLOAD_DETAIL = "This process has its maximum number of connections. Try again in a moment."


def _make_problem(status: HTTPStatus, detail: str) -> JSONResponse:
    retry = {"Retry-After": str(problems.RETRY_AFTER_S)} if status is _FULL else {}
    return problems.make_response(status, detail, headers={**SECURITY_HEADERS, **retry, "Connection": "close"})


async def _answer_overload(scope: Scope, receive: Receive, send: Send) -> None:
    await _make_problem(_FULL, _OVERLOAD_DETAIL)(scope, receive, send)
