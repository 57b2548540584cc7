"""`python -m services.worker`: run the worker, or extract thumbnails of local files."""

import argparse
import gc
import signal
import sys
from types import FrameType

import structlog

from services.aws.clients import make_clients
from services.aws.queue import DeadLetterQueue, MessageQueue
from services.aws.shared import SharedItems
from services.aws.sources import SourcedBucket
from services.aws.table.processing import read_processing
from services.aws.table.published_settings import SettingsPublisher
from services.aws.videos import VideosTable
from services.contract.settings import SettingsError, WorkerSettings
from services.logs import configure_logs
from services.tracing import configure_tracing
from services.worker import extract_command
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from services.worker.health import HealthServer
from services.worker.loop import WorkerLoop, WorkerServices
from services.worker.metrics import WorkerMetrics
from services.worker.pause import PauseSwitch
from services.worker.pictures import WRITES_AT_ONCE
from services.worker.process import Processor

_PATIENCE_S = 120.0
"""Longer than a long poll with all of its retries."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.worker", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="process the queue until SIGTERM")
    extract_command.add_arguments(
        commands.add_parser("extract", prog="./noxw extract", help="extract thumbnails of local files")
    )
    arguments = parser.parse_args()
    if arguments.command == "extract":
        return extract_command.run_extraction(arguments)
    try:
        settings = WorkerSettings.from_environment()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who starts it
        return 2
    return _run_worker(settings)


def _run_worker(settings: WorkerSettings) -> int:
    configure_logs()
    send_last_spans = configure_tracing("thumbnails-worker", settings.otel_exporter_otlp_endpoint)
    log = structlog.get_logger()
    # Each video in progress stores its pictures in parallel; loop, heartbeat and publisher have calls of their own.
    clients = make_clients(settings.aws_region, connections=settings.worker_concurrency * WRITES_AT_ONCE + 3)
    bucket = SourcedBucket(clients.s3, settings.s3_bucket, settings.s3_source_buckets)
    videos = VideosTable(clients.dynamodb, settings.videos_table, settings.table_shards, outbox=settings.outbox)
    metrics, health = WorkerMetrics(), HealthServer(_PATIENCE_S)
    shared = SharedItems(clients.dynamodb, settings.videos_table)
    bounds = Bounds.from_settings(settings, deadline_s=settings.processing_deadline_s)
    with Sandbox(settings.thumbnail_options, bounds, is_eager=True) as sandbox:
        services = WorkerServices(
            queue=MessageQueue(clients.sqs, settings.sqs_queue_url),
            dead_letters=DeadLetterQueue(clients.sqs, settings.sqs_dlq_url),
            processor=Processor(settings, bucket, videos, sandbox),
            sandbox=sandbox,
            metrics=metrics,
            health=health,
            is_paused=PauseSwitch(lambda: read_processing(shared)).is_paused,
        )
        loop = WorkerLoop(settings, services)

        def stop(_number: int, _frame: FrameType | None) -> None:
            loop.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        try:
            if settings.worker_metrics_port:
                metrics.serve(settings.worker_metrics_port)
            if settings.worker_health_port:
                health.serve(settings.worker_health_port)
        except OSError as error:
            log.error("port_taken", error=str(error))  # noqa: TRY400 - a traceback adds nothing
            return 1
        try:
            lacking = sandbox.start()
        except SandboxError as error:
            log.error("sandbox_does_not_start", error=str(error))  # noqa: TRY400 - a traceback adds nothing
            return 1
        if lacking:
            log.warning("children_less_confined", lacking=lacking, consequence="limits hold, system calls are free")
        log.info("worker_started", worker=settings.worker_name, concurrency=settings.worker_concurrency)
        publisher = SettingsPublisher(shared, "worker", settings)
        publisher.start()
        loop.run()
        publisher.close()
    send_last_spans()
    log.info("worker_stopped", worker=settings.worker_name)
    return 0


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
