"""Purges as resources: start with a confirmation, progress, cancel, result."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.calls import AwsRoute
from services.api.routes.paging import LOCATION
from services.api.schema.action_models import Purge, PurgeRequest, Purges
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import document_problems
from services.api.services import Operator, Services, Viewer

router = APIRouter(prefix="/api/purges", tags=["actions"], route_class=AwsRoute, dependencies=CHECKED)

PurgeId = Annotated[
    str, Path(min_length=1, max_length=64, description="The `id` of the purge.", examples=["9f86d081884c7d65"])
]


@router.post(
    "",
    operation_id="createPurge",
    summary="Start a purge",
    status_code=202,
    responses=document_problems(401, 403, 409, 428, 429, 503) | LOCATION,
)
def create_purge(request: PurgeRequest, response: Response, _: Operator, services: Services) -> Purge:
    """Delete the objects that `GET /api/purge` has counted, with records, totals and dead letters.

    If the process of a purge ends, another process continues it. The same confirmation returns the same purge. 428: the
    confirmation is forged, expired or used, and nothing was deleted.
    """
    _counted, progress = services.purge.start(request.confirmation)
    response.headers["Location"] = f"/api/purges/{progress.id}"
    return services.purge.find(progress.id)


@router.get("", operation_id="listPurges", summary="List the latest purges", responses=document_problems(401, 429, 503))
def list_purges(_: Viewer, services: Services) -> Purges:
    return Purges(items=services.purge.list_purges())


@router.get(
    "/{purge_id}",
    operation_id="getPurge",
    summary="Get a purge with its progress",
    responses=document_problems(401, 404, 429, 503),
)
def get_purge(purge_id: PurgeId, _: Viewer, services: Services) -> Purge:
    return services.purge.find(purge_id)


@router.delete(
    "/{purge_id}",
    operation_id="cancelPurge",
    summary="Cancel a purge",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def cancel_purge(purge_id: PurgeId, _: Operator, services: Services) -> Purge:
    """Delete no more uploads. What is deleted stays deleted: the purge finishes with the records and thumbnails of it.

    The run stops within seconds, after at most a thousand more versions.
    """
    return services.purge.cancel(purge_id)
