"""Composition root of the api: make services from the settings, and an application from the services."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from anyio import to_thread
from fastapi import FastAPI

from services.api.access.api_tokens import ApiTokenStore
from services.api.access.auth import Authenticator
from services.api.access.cursors import Cursors
from services.api.access.frame_urls import FrameUrls
from services.api.access.picture_urls import PictureUrls
from services.api.access.secret_key import SecretKey
from services.api.actions.confirmations import Confirmations
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge import Purge
from services.api.actions.purge_job import is_purge_running
from services.api.actions.purge_run import PurgeContext
from services.api.actions.stores import GivenStores
from services.api.calls import AwsCalls
from services.api.history.recorder import HistoryRecorder
from services.api.jobs.jobs import Jobs
from services.api.jobs.run import JobContext
from services.api.live.live import LiveState, Readers
from services.api.live.sockets import Sockets
from services.api.live.sources.pods import choose_pods_source
from services.api.live.sources.queues import read_queues
from services.api.live.sources.videos import VideosReader
from services.api.logs.source import choose_log_source
from services.api.reconciliation.decisions import Wanted
from services.api.reconciliation.reconciler import ReconcilerContext
from services.api.reconciliation.reconciliations import Reconciliations
from services.api.reconciliation.run import ReconciliationContext
from services.api.routes import (
    actions,
    health,
    history,
    jobs,
    pictures,
    purges,
    reconciliations,
    session,
    state,
    thumbnails,
    tokens,
    uploads,
    videos,
)
from services.api.routes.webhooks import deliveries, webhooks
from services.api.schema import openapi, pages, problems
from services.api.services import ApiServices
from services.api.settings import SettingsReader
from services.api.telemetry import Telemetry
from services.api.webhooks.events import make_events
from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.aws.presign import Presigner
from services.aws.queue import DeadLetterQueue, MessageQueue
from services.aws.shared import SharedItems
from services.aws.sources import SourcedBucket
from services.aws.table.history import HistoryTable
from services.aws.table.listing import VideoListing
from services.aws.uploads import Uploads
from services.aws.videos import VideosTable
from services.contract.settings.api import ApiSettings
from services.contract.version import VERSION

_THREADS = 16
"""Threads for work without AWS, such as the check of a login. Calls to AWS have their own: see `calls.py`."""


def make_services(settings: ApiSettings, clients: Clients, patient: Clients) -> ApiServices:
    """Make the services of the routes: `clients` are for requests and ticks, `patient` for jobs that nobody waits for.

    Raises: TokensError, AwsError, OSError if the tokens cannot be read.
    """
    bucket = SourcedBucket(clients.s3, settings.s3_bucket, settings.s3_source_buckets)
    queue, dead_letters = (
        MessageQueue(clients.sqs, settings.sqs_queue_url),
        DeadLetterQueue(clients.sqs, settings.sqs_dlq_url),
    )
    videos = _open_table(settings, clients)
    shared, calls = SharedItems(clients.dynamodb, settings.videos_table), AwsCalls()
    listing = VideoListing(clients.dynamodb, settings.videos_table)
    presigner = Presigner(clients.s3, settings.s3_bucket)
    letters = DeadLetterStore(queue, dead_letters)
    key = SecretKey(shared)
    api_tokens = ApiTokenStore(shared)
    sockets = Sockets(settings.max_sockets)
    pods = choose_pods_source(settings, lambda: live.request_push())  # noqa: PLW0108 - `live` is made below
    readers = Readers(lambda: read_queues(queue, dead_letters), VideosReader(shared, listing).read, pods.read)
    live = LiveState(readers, shared, sockets, interval_s=settings.push_interval_s)
    purge_context = PurgeContext(bucket, videos, shared, letters, settings.s3_thumbnail_prefix, live.request_push)
    telemetry = Telemetry()
    for counted in (clients, patient):
        telemetry.count_requests(counted)
    telemetry.export_live_state(live)
    return ApiServices(
        settings=settings,
        settings_reader=SettingsReader(settings, shared, calls),
        bucket=bucket,
        test_bucket=Bucket(clients.s3, settings.test_source_bucket) if settings.test_source_bucket else None,
        queue=queue,
        videos=videos,
        listing=listing,
        shared=shared,
        presigner=presigner,
        picture_urls=PictureUrls(key, settings.api_public_url),
        frame_urls=FrameUrls(key, settings.api_public_url),
        uploads=Uploads(clients.s3, settings.s3_bucket, presigner, patient=patient.s3),
        dead_letters=letters,
        purge=_make_purge(settings, purge_context, patient, Confirmations(key)),
        reconciliations=_make_reconciliations(settings, clients, patient),
        jobs=Jobs(*(_make_job_context(settings, used, letters, live.request_push) for used in (clients, patient))),
        calls=calls,
        live=live,
        history=HistoryTable(clients.dynamodb, settings.videos_table),
        recorder=HistoryRecorder(HistoryTable(patient.dynamodb, settings.videos_table)),
        logs=choose_log_source(settings),
        sockets=sockets,
        cursors=Cursors(key),
        events=make_events(settings, clients, patient, key=key, telemetry=telemetry),
        authenticator=Authenticator(settings, shared, api_tokens),
        api_tokens=api_tokens,
        telemetry=telemetry,
        close=pods.close,
    )


def _open_table(settings: ApiSettings, clients: Clients) -> VideosTable:
    return VideosTable(clients.dynamodb, settings.videos_table, settings.table_shards, outbox=settings.outbox)


def _make_purge(settings: ApiSettings, context: PurgeContext, patient: Clients, confirmations: Confirmations) -> Purge:
    run_context = replace(
        context,
        bucket=SourcedBucket(patient.s3, settings.s3_bucket, settings.s3_source_buckets),
        videos=_open_table(settings, patient),
        shared=SharedItems(patient.dynamodb, settings.videos_table),
    )
    return Purge(context, run_context, confirmations)


def _make_reconciliations(settings: ApiSettings, clients: Clients, patient: Clients) -> Reconciliations:
    def make_context(used: Clients) -> ReconciliationContext:
        shared = SharedItems(used.dynamodb, settings.videos_table)
        reconciler = ReconcilerContext(
            bucket=SourcedBucket(used.s3, settings.s3_bucket, settings.s3_source_buckets),
            videos=_open_table(settings, used),
            wanted=Wanted(settings.thumbnail_options),
            thumbnail_prefix=settings.s3_thumbnail_prefix,
            extensions=settings.video_extensions,
            is_purge_running=lambda: is_purge_running(shared),
        )
        queue = MessageQueue(used.sqs, settings.sqs_queue_url)
        return ReconciliationContext(reconciler, shared, queue)

    return Reconciliations(make_context(clients), make_context(patient), removes_by_default=not settings.uploads_expire)


def _make_job_context(
    settings: ApiSettings, clients: Clients, letters: DeadLetterStore, changed: Callable[[], None]
) -> JobContext:
    stores = GivenStores(
        bucket=SourcedBucket(clients.s3, settings.s3_bucket, settings.s3_source_buckets),
        videos=_open_table(settings, clients),
        queue=MessageQueue(clients.sqs, settings.sqs_queue_url),
        dead_letters=letters,
    )
    listing = VideoListing(clients.dynamodb, settings.videos_table)
    return JobContext(stores, listing, SharedItems(clients.dynamodb, settings.videos_table), changed)


def make_app(services: ApiServices | None = None, *, ready: Callable[[], None] = lambda: None) -> FastAPI:
    """Return the application. Without services it can only make its OpenAPI document.

    The application calls `ready` after the first tick.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        assert services is not None  # noqa: S101 - only the document needs no services
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await services.live.tick()
        services.purge.watch()
        services.recorder.start()
        services.reconciliations.watch()
        services.jobs.watch()
        services.events.start()
        ticking = asyncio.create_task(services.live.run())
        ready()
        yield
        ticking.cancel()
        services.purge.close()
        services.recorder.close()
        services.reconciliations.close()
        services.jobs.close()
        services.events.close()
        services.live.close()
        services.calls.close()
        services.close()

    app = FastAPI(
        title="Thumbnail pipeline",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = services
    routed = (session, state, history, thumbnails, videos, pictures, jobs, uploads, actions, purges)
    for router in (*routed, reconciliations, tokens, webhooks, deliveries, health, pages):
        # `include_router` would make each route a second time, at the first request, and match each request twice.
        app.router.routes.extend(router.router.routes)
    problems.install_handlers(app)
    openapi.install_document(app)
    return app
