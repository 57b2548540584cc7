"""`python -m services.api`: serves the api, tells its OpenAPI document, or rebuilds the videos table."""

import argparse
import resource
import signal
import socket
import sys

import boto3
import structlog
import uvicorn

from services.api.access.connections import Limits, limited
from services.api.access.tokens import TokensError
from services.api.actions import reindex_command
from services.api.app import make_app, make_parts
from services.api.calls import PATIENCE, THREADS
from services.api.parts import Parts
from services.api.schema import openapi
from services.api.schema.middleware import Wrapping
from services.aws.clients import Clients, connect
from services.aws.errors import AwsError
from services.contract.settings import ApiSettings, SettingsError
from services.logs import configure_logs

_SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel keeps for a slow client: part of its bounded backlog."""

_PING_EVERY_S = 20.0
_PATIENT_CONNECTIONS = 8

_OTHER_FILES = 512
"""Open files besides the connections of clients: those to AWS, logs, libraries."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.api", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="serve until SIGTERM (the default)")
    commands.add_parser("openapi", help="print the OpenAPI document")
    commands.add_parser("reindex", help="rebuild the videos table from the bucket; the pipeline may go on")
    arguments = parser.parse_args()
    if arguments.command == "openapi":
        print(openapi.as_text(make_app()), end="")  # noqa: T201 - its output is the document
        return 0
    try:
        settings = ApiSettings.from_environment()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who starts it
        return 2
    session = boto3.Session(region_name=settings.aws_region)
    patient = connect(settings.aws_region, connections=_PATIENT_CONNECTIONS, session=session)
    if arguments.command == "reindex":
        return reindex_command.run(settings, patient)
    configure_logs()
    clients = connect(settings.aws_region, connections=THREADS + 8, patience=PATIENCE, session=session)
    return _serve(settings, clients, patient)


def _serve(settings: ApiSettings, clients: Clients, patient: Clients) -> int:
    log = structlog.get_logger()
    try:
        parts = make_parts(settings, clients, patient)
        listener = _listen(settings)
        if settings.api_metrics_port:
            parts.telemetry.serve(settings.api_host, settings.api_metrics_port)
    except (TokensError, AwsError, OSError) as error:
        log.error("not_started", error=str(error))  # noqa: TRY400 - a traceback adds nothing
        return 1
    app = make_app(parts, ready=lambda: log.info("api_started", port=settings.api_port, auth_mode=settings.auth_mode))
    # uvicorn handles both while it runs, and afterwards raises them again: that would be a death, and not an end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _allow_files(settings.api_max_connections + _OTHER_FILES)
    uvicorn.Server(_config(settings, parts, Wrapping(app, parts.telemetry, parts.gate))).run(sockets=[listener])
    log.info("api_stopped")
    return 0


def _allow_files(count: int) -> None:
    """Raise this process' limit of open files, as far as it may: every connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _config(settings: ApiSettings, parts: Parts, app: Wrapping) -> uvicorn.Config:
    limits = Limits(
        header_bytes=settings.api_max_header_bytes,
        connections=settings.api_max_connections,
        header_s=settings.api_header_timeout_s,
        transfer_s=settings.api_transfer_timeout_s,
    )
    return uvicorn.Config(
        app,
        access_log=False,
        http=limited(limits, parts.telemetry.connection_cut),
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
        ws_ping_interval=_PING_EVERY_S,
        ws_ping_timeout=_PING_EVERY_S,
    )


def _listen(settings: ApiSettings) -> socket.socket:
    """Raises: OSError if the port is taken."""
    listener = socket.create_server(
        (settings.api_host, settings.api_port),
        family=socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET,
        backlog=2048,
    )
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return listener


if __name__ == "__main__":
    sys.exit(main())
