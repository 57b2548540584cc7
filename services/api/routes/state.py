"""Live state: its parts over HTTP, and all of it over `/ws`."""

import asyncio
from itertools import groupby

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool

from services.api.access.auth import Authenticator, check_origin
from services.api.live.figures import HISTORY_S, STEP_S
from services.api.routes.paging import PAGE_MAX
from services.api.schema import problems
from services.api.schema.models import Config, Metrics, PodGroup, Pods, Queue, State
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import ApiError, UnauthorizedError, UnavailableError, document_problems
from services.api.services import Services, Viewer, get_services
from services.contract.resources import MULTIPART_FROM_BYTES
from services.contract.settings.values import SettingsInForce
from services.contract.version import VERSION

router = APIRouter(tags=["state"], dependencies=CHECKED)

_DENIED = document_problems(401, 429, 503)
_LOGIN_CHECKED_EVERY_S = 5.0


@router.get("/api/config", operation_id="getConfig", summary="Get the configuration for clients", responses=_DENIED)
def get_config(caller: Viewer, services: Services) -> Config:
    settings = services.settings
    return Config(
        name=settings.pipeline_name,
        version=VERSION,
        positions_pct=list(settings.thumbnail_positions),
        extensions=list(settings.video_extensions),
        upload_max_bytes=settings.upload_max_mb * 1024 * 1024,
        multipart_from_bytes=MULTIPART_FROM_BYTES,
        page_max=PAGE_MAX,
        push_interval_s=settings.push_interval_s,
        history_s=HISTORY_S,
        history_step_s=STEP_S,
        max_receive_count=settings.max_receive_count,
        auth_mode=settings.auth_mode,
        role=caller.role,
        can_test=services.test_bucket is not None,
        has_frames=services.settings.frames_enabled,
        has_logs=services.logs is not None,
    )


@router.get("/api/settings", operation_id="getSettings", summary="Get the settings in force", responses=_DENIED)
async def get_settings(_: Viewer, services: Services) -> SettingsInForce:
    """Return every setting of worker, api and frames with its value, its source and its meaning.

    Secrets have no value. Worker and frames publish their settings in the videos table, some seconds after their start.
    While the table does not answer, only the api has settings here.
    """
    return await services.settings_reader.list_services()


@router.get("/api/state", operation_id="getState", summary="Get the state that /ws pushes", responses=_DENIED)
async def get_state(_: Viewer, services: Services) -> State:
    """Return the state of the last tick, for clients without WebSockets."""
    return services.live.state()


@router.get("/api/queue", operation_id="getQueue", summary="Depth of the queue", responses=_DENIED)
async def get_queue(_: Viewer, services: Services) -> Queue:
    """Return the depth at the last tick and over the last five minutes. 503 while the queue does not answer."""
    found = services.live.queue()
    if found is None or not services.live.queues.is_fresh:
        raise _make_unavailable("The queue")
    return found


@router.get("/api/pods", operation_id="getPods", summary="Pods", responses=_DENIED)
async def get_pods(_: Viewer, services: Services) -> Pods:
    """Return the pods of the pipeline by component, on one machine its processes."""
    source = services.live.pods
    found = sorted(source.value or [], key=lambda pod: (pod.component, pod.name))
    groups = [(component, list(members)) for component, members in groupby(found, key=lambda pod: pod.component)]
    freshness = source.freshness()
    return Pods(
        total=len(found),
        running=sum(pod.phase == "Running" for pod in found),
        groups=[
            PodGroup(component=component, total=len(members), ready=sum(pod.ready for pod in members), pods=members)
            for component, members in groups
        ],
        stale=freshness.stale,
        age_s=freshness.age_s,
        error=freshness.error,
    )


@router.get("/api/metrics", operation_id="getMetrics", summary="Metrics of the pipeline", responses=_DENIED)
async def get_metrics(_: Viewer, services: Services) -> Metrics:
    """Return figures from the table's totals at the last tick. The cost does not depend on the number of videos."""
    found = services.live.metrics()
    if found is None or not services.live.videos.is_fresh:
        raise _make_unavailable("The videos table")
    return found


@router.websocket("/ws")
async def push_state(websocket: WebSocket) -> None:
    """Push `State` messages: the whole state at once, then one at every interval and after changes."""
    services = await get_services(websocket)
    try:
        check_origin(websocket, services.settings.api_public_url)
        await run_in_threadpool(services.authenticator.authenticate, websocket)
        if services.sockets.is_full:
            raise UnavailableError(
                "This process has its maximum number of clients. Try again in a moment.", retry_after_s=5
            )
    except ApiError as error:
        answer = problems.make_response(error.status, error.detail, headers=error.headers)
        await websocket.send_denial_response(answer)
        return
    await websocket.accept()
    refused = _wait_for_logout(services.authenticator, websocket)
    await services.sockets.serve(websocket, services.live.first_message(), refused=refused)


async def _wait_for_logout(authenticator: Authenticator, websocket: WebSocket) -> None:
    """Return when the login of a connection has ended: a client that only listens sends no requests."""
    while True:
        await asyncio.sleep(_LOGIN_CHECKED_EVERY_S)
        # The load balancer's header is valid for minutes, and only a new request renews it.
        if authenticator.mode == "oidc":
            continue
        try:
            await run_in_threadpool(authenticator.authenticate, websocket)
        except UnauthorizedError:
            return
        except ApiError:
            continue


def _make_unavailable(source: str) -> ApiError:
    return UnavailableError(f"{source} does not answer. Try again in a moment.", retry_after_s=5)
