"""`python -m services.api`: serve the api, print its OpenAPI document, or rebuild the videos table."""

import argparse
import gc
import sys

import boto3
import structlog

from services.api.access.tokens import TokensError
from services.api.actions import reindex_command
from services.api.app import make_app, make_services
from services.api.calls import PATIENCE, THREADS
from services.api.schema import openapi
from services.api.schema.middleware import HttpMiddleware
from services.api.server import ServerOptions, open_listener, serve_app
from services.aws.clients import Clients, make_clients
from services.aws.errors import AwsError
from services.contract.settings import ApiSettings, SettingsError
from services.logs import configure_logs
from services.tracing import configure_tracing

_PATIENT_CONNECTIONS = 8


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.api", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="serve until SIGTERM (the default)")
    commands.add_parser("openapi", help="print the OpenAPI document")
    commands.add_parser("reindex", help="rebuild the videos table from the bucket while the pipeline runs")
    arguments = parser.parse_args()
    if arguments.command == "openapi":
        print(openapi.format_document(make_app()), end="")  # noqa: T201 - its output is the document
        return 0
    try:
        settings = ApiSettings.from_environment()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - output of the command
        return 2
    session = boto3.Session(region_name=settings.aws_region)
    patient = make_clients(settings.aws_region, connections=_PATIENT_CONNECTIONS, session=session)
    if arguments.command == "reindex":
        return reindex_command.run_reindex(settings, patient)
    configure_logs()
    clients = make_clients(settings.aws_region, connections=THREADS + 8, patience=PATIENCE, session=session)
    return _serve_api(settings, clients, patient)


def _serve_api(settings: ApiSettings, clients: Clients, patient: Clients) -> int:
    log = structlog.get_logger()
    send_last_spans = configure_tracing("thumbnails-api", settings.otel_exporter_otlp_endpoint)
    options = ServerOptions.of_api(settings)
    try:
        services = make_services(settings, clients, patient)
        listener = open_listener(options)
        if settings.api_metrics_port:
            services.telemetry.serve(settings.api_host, settings.api_metrics_port)
    except (TokensError, AwsError, OSError) as error:
        log.error("not_started", error=str(error))  # noqa: TRY400 - a traceback adds nothing
        return 1
    app = make_app(
        services, ready=lambda: log.info("api_started", port=settings.api_port, auth_mode=settings.auth_mode)
    )
    guarded = HttpMiddleware(app, services.telemetry, services.authenticator)
    serve_app(guarded, options, services.telemetry, listener)
    send_last_spans()
    log.info("api_stopped")
    return 0


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
