"""Bulk jobs as resources: create, progress, cancel, result."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.calls import AwsRoute
from services.api.routes.paging import LOCATION
from services.api.schema import views
from services.api.schema.action_models import Job, JobList, JobRequest
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import UnprocessableError, document_problems
from services.api.services import Operator, Services, Viewer

router = APIRouter(prefix="/api/jobs", tags=["videos"], route_class=AwsRoute, dependencies=CHECKED)

_MAX_KEY_BYTES = 200_000

JobId = Annotated[
    str,
    Path(pattern="^[0-9a-f]{1,64}$", max_length=64, description="The `id` of the job.", examples=["9f86d081884c7d65"]),
]


@router.post(
    "",
    operation_id="createJob",
    summary="Change many videos",
    status_code=202,
    responses=document_problems(401, 403, 409, 422, 429, 503) | LOCATION,
)
def create_job(request: JobRequest, response: Response, _: Operator, services: Services) -> Job:
    """Change the videos in `keys`, or all that match the `filter` when the job begins.

    A job can delete, regenerate, retry or dismiss videos, restore deleted ones, and undismiss dismissed failures.

    The job is in the table: if its process ends, another one continues it. A video that is refused gets its reason, and
    the others go on. At most five jobs run at once.
    """
    _check_request(request)
    job = services.jobs.create(request, _read_keys(request.keys))
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job


@router.get("", operation_id="listJobs", summary="List the latest jobs", responses=document_problems(401, 429, 503))
def list_jobs(_: Viewer, services: Services) -> JobList:
    return JobList(items=services.jobs.list_jobs())


@router.get(
    "/{job_id}",
    operation_id="getJob",
    summary="Get a job with its progress",
    responses=document_problems(401, 404, 429, 503),
)
def get_job(job_id: JobId, _: Viewer, services: Services) -> Job:
    return services.jobs.find(job_id)


@router.delete(
    "/{job_id}",
    operation_id="cancelJob",
    summary="Cancel a job",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def cancel_job(job_id: JobId, _: Operator, services: Services) -> Job:
    """End a job after at most 50 more videos. What it has changed stays."""
    return services.jobs.cancel(job_id)


@router.post(
    "/{job_id}/undo",
    operation_id="undoJob",
    summary="Undo a job",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503) | LOCATION,
)
def undo_job(job_id: JobId, response: Response, _: Operator, services: Services) -> Job:
    """Start a job that restores what a job has deleted, or undismisses what it has dismissed.

    It is possible once, for the latest 20 jobs of at most 50,000 videos. Uploads that were deleted return only if the
    bucket keeps their versions.
    """
    job = services.jobs.undo(job_id)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job


def _check_request(request: JobRequest) -> None:
    """Raise UnprocessableError if the parts of a request do not fit each other."""
    if (request.keys is None) == (request.filter is None):
        raise UnprocessableError("body.keys", "give either keys or a filter")
    if request.upload and request.kind != "delete":
        raise UnprocessableError("body.upload", "only a deletion can delete the uploads", value=request.upload)
    if request.options is not None and request.kind != "regenerate":
        raise UnprocessableError("body.options", "only a regeneration has options")
    if request.keys is not None and request.max_videos is not None:
        raise UnprocessableError("body.max_videos", "only a filter has a maximum", value=request.max_videos)
    if request.kind == "delete" and request.filter is not None and request.max_videos is None:
        raise UnprocessableError(
            "body.max_videos", "a deletion by a filter needs the number of videos that you expect at most"
        )


def _read_keys(given: list[str] | None) -> list[str] | None:
    """Return the keys of keys or ids, each once. Raises: UnprocessableError."""
    if given is None:
        return None
    keys: dict[str, None] = {}
    for number, one in enumerate(given):
        key = views.decode_video_key(one)
        if key is None:
            raise UnprocessableError(f"body.keys.{number}", "must be the key or id of a video", value=one)
        keys[key] = None
    if sum(len(key.encode()) for key in keys) > _MAX_KEY_BYTES:
        raise UnprocessableError("body.keys", f"have more than {_MAX_KEY_BYTES} bytes; use several jobs, or a filter")
    return list(keys)
