"""Composition root of the frames service: make services from the settings, and an application from the services."""

import contextlib
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI

from services.api.access.frame_urls import FrameUrls
from services.api.access.secret_key import SecretKey
from services.api.calls import AwsCalls
from services.api.schema import problems
from services.api.telemetry import Telemetry
from services.aws.clients import Clients
from services.aws.shared import SharedItems
from services.aws.sources import SourcedBucket
from services.contract.settings import FramesSettings
from services.contract.version import VERSION
from services.frames.cache import CachedFrame, FrameCache
from services.frames.extraction import Extractor
from services.frames.metrics import FrameMetrics
from services.frames.routes import FrameServices, router
from services.frames.turns import Turns
from services.worker.extraction.sandbox.sandbox import Sandbox


def make_services(settings: FramesSettings, clients: Clients, sandbox: Sandbox, telemetry: Telemetry) -> FrameServices:
    """Make the services of the routes."""
    bucket = SourcedBucket(clients.s3, settings.s3_bucket, settings.s3_source_buckets)
    cache, metrics = FrameCache(bucket), FrameMetrics(telemetry.registry)
    telemetry.count_requests(clients)
    # Its role may not write the secret: the api makes it when it signs the first URL.
    key = SecretKey(SharedItems(clients.dynamodb, settings.videos_table), creates=False)
    turns = Turns[CachedFrame](
        at_once=settings.frames_concurrency,
        max_waiting=settings.frames_max_waiting,
        max_per_video=settings.frames_max_waiting_per_video,
        wait_s=settings.frames_wait_s,
    )
    metrics.export_waiting(lambda: len(turns))
    return FrameServices(
        bucket=bucket,
        cache=cache,
        urls=FrameUrls(key, None),
        calls=AwsCalls(max_waiting=settings.frames_max_connections),
        turns=turns,
        extractor=Extractor(bucket, cache, sandbox, metrics),
        metrics=metrics,
    )


def make_app(services: FrameServices, *, ready: Callable[[], None] = lambda: None) -> FastAPI:
    """Return the application, which calls `ready` when it serves."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        ready()
        yield
        services.turns.close()
        services.calls.close()

    app = FastAPI(title="Frames", version=VERSION, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.router.routes.extend(router.routes)
    problems.install_handlers(app)
    return app
