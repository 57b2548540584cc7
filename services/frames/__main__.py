"""`python -m services.frames`: serve frames of videos until SIGTERM."""

import gc
import sys

import structlog

from services.api.access.connections import ConnectionLimits
from services.api.calls import PATIENCE, THREADS
from services.api.schema.middleware import HttpMiddleware
from services.api.server import ServerOptions, open_listener, serve_app
from services.api.telemetry import Telemetry
from services.aws.clients import make_clients
from services.aws.shared import SharedItems
from services.aws.table.published_settings import SettingsPublisher
from services.contract.settings import FramesSettings, SettingsError
from services.contract.thumbnails import ThumbnailOptions
from services.frames.app import make_app, make_services
from services.frames.metrics import PREFIX
from services.logs import configure_logs
from services.tracing import configure_tracing
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError

_HEADER_BYTES, _HEADER_S, _TRANSFER_S = 65_536, 10.0, 60.0
"""As the defaults of the api."""


def main() -> int:
    try:
        settings = FramesSettings.from_environment()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who starts it
        return 2
    configure_logs()
    return _serve_frames(settings)


def _serve_frames(settings: FramesSettings) -> int:
    log = structlog.get_logger()
    send_last_spans = configure_tracing("thumbnails-frames", settings.otel_exporter_otlp_endpoint)
    clients = make_clients(settings.aws_region, connections=THREADS + settings.frames_concurrency, patience=PATIENCE)
    telemetry, options = Telemetry(PREFIX), _make_options(settings)
    bounds = Bounds.from_settings(settings, deadline_s=settings.frames_deadline_s)
    with Sandbox(ThumbnailOptions(), bounds, is_eager=True) as sandbox:
        services = make_services(settings, clients, sandbox, telemetry)
        try:
            listener = open_listener(options)
            if settings.frames_metrics_port:
                telemetry.serve(settings.frames_host, settings.frames_metrics_port)
            lacking = sandbox.start()
        except (OSError, SandboxError) as error:
            log.error("not_started", error=str(error))  # noqa: TRY400 - a traceback adds nothing
            return 1
        if lacking:
            log.warning("children_less_confined", lacking=lacking, consequence="limits hold, system calls are free")
        publisher = SettingsPublisher(SharedItems(clients.dynamodb, settings.videos_table), "frames", settings)

        def ready() -> None:
            log.info("frames_started", port=settings.frames_port)
            publisher.start()

        serve_app(HttpMiddleware(make_app(services, ready=ready), telemetry, None), options, telemetry, listener)
        publisher.close()
    send_last_spans()
    log.info("frames_stopped")
    return 0


def _make_options(settings: FramesSettings) -> ServerOptions:
    limits = ConnectionLimits(
        header_bytes=_HEADER_BYTES,
        connections=settings.frames_max_connections,
        header_s=_HEADER_S,
        transfer_s=_TRANSFER_S,
    )
    return ServerOptions(
        host=settings.frames_host,
        port=settings.frames_port,
        limits=limits,
        keep_alive_s=settings.frames_keep_alive_s,
        shutdown_grace_s=settings.frames_shutdown_grace_s,
    )


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
