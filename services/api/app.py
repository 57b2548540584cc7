"""The composition of the api: settings become parts, parts become an application. No decisions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from anyio import to_thread
from fastapi import FastAPI

from services.api.access.auth import Gate
from services.api.access.secret_key import SecretKey
from services.api.actions.confirmations import Confirmations
from services.api.actions.dead_letters import DeadLetterBox
from services.api.actions.purge import Purge
from services.api.actions.purge_run import PurgeParts
from services.api.calls import Calls
from services.api.live.live import Live, Readers
from services.api.live.sockets import Sockets
from services.api.live.sources.pods import pods_source
from services.api.live.sources.queues import read_queues
from services.api.live.sources.videos import VideosReader
from services.api.parts import Parts
from services.api.routes import actions, health, session, state, thumbnails, uploads, videos
from services.api.schema import openapi, pages, problems
from services.api.schema.cursors import Cursors
from services.api.telemetry import Telemetry
from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.aws.listing import VideoListing
from services.aws.presign import Presigner
from services.aws.queue import DeadLetterQueue, Queue
from services.aws.shared import SharedItems
from services.aws.uploads import Uploads
from services.aws.videos import VideosTable
from services.contract.settings.api import ApiSettings
from services.contract.version import VERSION

_THREADS = 16
"""Threads for what needs no AWS, such as the check of a login. Calls to AWS have their own: see `calls.py`."""


def make_parts(settings: ApiSettings, clients: Clients, patient: Clients) -> Parts:
    """Make what the routes work with: `clients` are for requests and ticks, `patient` for what nobody waits for.

    Raises: TokensError, AwsError, OSError if the tokens cannot be read.
    """
    bucket = Bucket(clients.s3, settings.s3_bucket)
    queue, dead_letters = Queue(clients.sqs, settings.sqs_queue_url), DeadLetterQueue(clients.sqs, settings.sqs_dlq_url)
    videos = VideosTable(clients.dynamodb, settings.videos_table)
    shared = SharedItems(clients.dynamodb, settings.videos_table)
    listing = VideoListing(clients.dynamodb, settings.videos_table)
    presigner = Presigner(clients.s3, settings.s3_bucket)
    box = DeadLetterBox(queue, dead_letters)
    key = SecretKey(shared)
    sockets = Sockets(settings.max_sockets)
    pods = pods_source(settings, lambda: live.nudge())  # noqa: PLW0108 - it is made below
    readers = Readers(lambda: read_queues(queue, dead_letters), VideosReader(shared, listing).read, pods.read)
    live = Live(readers, shared, sockets, interval_s=settings.push_interval_s)
    purge_parts = PurgeParts(bucket, videos, shared, box, settings.s3_thumbnail_prefix, live.nudge)
    telemetry = Telemetry()
    for counted in (clients, patient):
        telemetry.count_requests(counted)
    telemetry.follow(live)
    return Parts(
        settings=settings,
        bucket=bucket,
        test_bucket=Bucket(clients.s3, settings.test_source_bucket) if settings.test_source_bucket else None,
        queue=queue,
        videos=videos,
        listing=listing,
        shared=shared,
        presigner=presigner,
        uploads=Uploads(clients.s3, settings.s3_bucket, presigner, patient=patient.s3),
        dead_letters=box,
        purge=Purge(
            purge_parts,
            replace(
                purge_parts,
                bucket=Bucket(patient.s3, settings.s3_bucket),
                videos=VideosTable(patient.dynamodb, settings.videos_table),
                shared=SharedItems(patient.dynamodb, settings.videos_table),
            ),
            Confirmations(key),
        ),
        calls=Calls(),
        live=live,
        sockets=sockets,
        cursors=Cursors(key),
        gate=Gate(settings, shared),
        telemetry=telemetry,
        close=pods.close,
    )


def make_app(parts: Parts | None = None, *, ready: Callable[[], None] = lambda: None) -> FastAPI:
    """The application. Without parts it can tell its OpenAPI document, and nothing else.

    `ready` is called when the first tick has been made.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        assert parts is not None  # noqa: S101 - only the document can do without
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await parts.live.tick()
        parts.purge.watch()
        ticking = asyncio.create_task(parts.live.run())
        ready()
        yield
        ticking.cancel()
        parts.purge.close()
        parts.live.close()
        parts.calls.close()
        parts.close()

    app = FastAPI(
        title="Thumbnail pipeline",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.parts = parts
    for router in (health, session, state, thumbnails, videos, uploads, actions, pages):
        app.include_router(router.router)
    problems.install(app)
    made: list[object] = []

    def document() -> dict[str, object]:
        if not made:
            made.append(openapi.document(app))
        return made[0]  # type: ignore[return-value]

    app.openapi = document  # type: ignore[method-assign]
    return app
