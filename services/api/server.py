"""HTTP server of the api and of the frames service: uvicorn with limits on connections, on a socket of its own."""

import resource
import signal
import socket
from dataclasses import dataclass
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from services.api.access.connections import ConnectionLimits, make_protocol
from services.api.telemetry import Telemetry
from services.contract.settings import ApiSettings

_SEND_BUFFER_BYTES = 256 * 1024
"""Kernel buffer for a slow client: a part of its bounded backlog."""

_PING_INTERVAL_S = 20.0

_OTHER_FILES = 512
"""Open files besides the connections of clients: connections to AWS, logs, libraries."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Address and limits of a server. `shutdown_grace_s` is the time for requests in progress after a SIGTERM."""

    host: str
    port: int
    limits: ConnectionLimits
    keep_alive_s: int
    shutdown_grace_s: float

    @classmethod
    def of_api(cls, settings: ApiSettings) -> Self:
        """Return the options of the api."""
        return cls(
            host=settings.api_host,
            port=settings.api_port,
            limits=ConnectionLimits(
                header_bytes=settings.api_max_header_bytes,
                connections=settings.api_max_connections,
                header_s=settings.api_header_timeout_s,
                transfer_s=settings.api_transfer_timeout_s,
            ),
            keep_alive_s=settings.api_keep_alive_s,
            shutdown_grace_s=settings.api_shutdown_grace_s,
        )


def open_listener(options: ServerOptions) -> socket.socket:
    """Return a socket that listens on the address of the options. Raises: OSError if the port is taken."""
    listener = socket.create_server(
        (options.host, options.port),
        family=socket.AF_INET6 if ":" in options.host else socket.AF_INET,
        backlog=2048,
    )
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return listener


def serve_app(app: ASGIApp, options: ServerOptions, telemetry: Telemetry, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, and finish the requests in progress within the grace period."""
    # uvicorn handles both signals while it runs, and raises them again afterwards: that would kill the process.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _raise_file_limit(options.limits.connections + _OTHER_FILES)
    uvicorn.Server(_make_config(app, options, telemetry)).run(sockets=[listener])


def _raise_file_limit(count: int) -> None:
    """Raise the limit of open files of this process to `count`, or to its hard limit: a connection is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _make_config(app: ASGIApp, options: ServerOptions, telemetry: Telemetry) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        access_log=False,
        http=make_protocol(options.limits, telemetry.count_cut_connection),
        log_config=None,
        loop="uvloop",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=round(options.shutdown_grace_s),
        timeout_keep_alive=options.keep_alive_s,
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_per_message_deflate=False,
        ws_ping_interval=_PING_INTERVAL_S,
        ws_ping_timeout=_PING_INTERVAL_S,
    )
