"""HTTP server of the api: uvicorn with limits on connections, on a socket of its own."""

import resource
import signal
import socket

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


def open_listener(settings: ApiSettings) -> socket.socket:
    """Return a socket that listens on the address of the settings. Raises: OSError if the port is taken."""
    listener = socket.create_server(
        (settings.api_host, settings.api_port),
        family=socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET,
        backlog=2048,
    )
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return listener


def serve_app(app: ASGIApp, settings: ApiSettings, telemetry: Telemetry, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, and finish the requests in progress within the grace period."""
    # uvicorn handles both signals while it runs, and raises them again afterwards: that would kill the process.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _raise_file_limit(settings.api_max_connections + _OTHER_FILES)
    uvicorn.Server(_make_config(app, settings, telemetry)).run(sockets=[listener])


def _raise_file_limit(count: int) -> None:
    """Raise the limit of open files of this process to `count`, or to its hard limit: a connection is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _make_config(app: ASGIApp, settings: ApiSettings, telemetry: Telemetry) -> uvicorn.Config:
    limits = ConnectionLimits(
        header_bytes=settings.api_max_header_bytes,
        connections=settings.api_max_connections,
        header_s=settings.api_header_timeout_s,
        transfer_s=settings.api_transfer_timeout_s,
    )
    return uvicorn.Config(
        app,
        access_log=False,
        http=make_protocol(limits, telemetry.count_cut_connection),
        log_config=None,
        loop="uvloop",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=round(settings.api_shutdown_grace_s),
        timeout_keep_alive=settings.api_keep_alive_s,
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_per_message_deflate=False,
        ws_ping_interval=_PING_INTERVAL_S,
        ws_ping_timeout=_PING_INTERVAL_S,
    )
