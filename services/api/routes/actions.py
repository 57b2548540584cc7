"""Actions on the pipeline: test, pause, purge, redrive."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from services.api.calls import AwsRoute
from services.api.schema.action_models import (
    DeadLetters,
    ProcessingRequest,
    PurgePreview,
    PurgeStarted,
    Redriven,
    RedriveRequest,
    Tested,
)
from services.api.schema.models import Processing
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import ConflictError, document_problems
from services.api.services import Operator, Services, Viewer
from services.aws.table.processing import read_processing, switch_processing
from services.contract.formats import get_content_type, is_video_name
from services.contract.keys import UPLOAD_PREFIX

router = APIRouter(prefix="/api", tags=["actions"], route_class=AwsRoute, dependencies=CHECKED)

Confirmation = Annotated[
    str | None,
    Query(
        max_length=512,
        description="The `confirmation` of `GET /api/purge`; it is valid for a minute.",
        examples=["eyJ2ZXJzaW9ucyI6NDIxfQ.aS5w.b3V0IG9mIHJhbmdl"],
    ),
]

_TEST_VIDEOS = 50
_COPIES_AT_ONCE = 8


@router.post(
    "/test",
    operation_id="testPipeline",
    summary="Test the pipeline",
    status_code=202,
    responses=document_problems(401, 403, 409, 429, 503),
)
def run_test(_: Operator, services: Services) -> Tested:
    """Copy the videos of the test bucket, at most 50, to the uploads. The answer has their keys."""
    source = services.test_bucket
    if source is None:
        raise ConflictError("There is no test bucket. Set TEST_SOURCE_BUCKET.")
    extensions = services.settings.video_extensions
    videos = list(islice((info for info in source.list("") if is_video_name(info.key, extensions)), _TEST_VIDEOS))
    if not videos:
        raise ConflictError(f"The test bucket {source.name} has no videos. Upload some to it.")
    prefix = f"{UPLOAD_PREFIX}test-{datetime.now(UTC):%Y%m%dT%H%M%S%f}/"

    def copy(key: str) -> str:
        target = prefix + key.lstrip("/")
        services.bucket.copy_from(source.name, key, target, content_type=get_content_type(key))
        return target

    with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
        keys = list(pool.map(copy, [info.key for info in videos]))
    services.live.request_push()
    return Tested(prefix=prefix, keys=keys)


@router.get(
    "/processing",
    operation_id="getProcessing",
    summary="Get whether processing is paused",
    responses=document_problems(401, 429, 503),
)
async def get_processing(_: Viewer, services: Services) -> Processing:
    switch = await services.calls.run_shared("processing", partial(read_processing, services.shared))
    return services.live.show_switch(switch)


@router.put(
    "/processing",
    operation_id="setProcessing",
    summary="Pause or resume processing",
    responses=document_problems(401, 403, 429, 503),
)
async def set_processing(request: ProcessingRequest, caller: Operator, services: Services) -> Processing:
    """Pause or resume all workers, also those that start later. Repeating the request changes nothing.

    A worker follows within seconds. It finishes its videos, and those that a poll returns which began before the pause
    (up to 20 s). Uploads go on and wait in the queue, until `oldest_expires_at`.
    """
    now = datetime.now(UTC)
    switch = await services.calls.run(
        partial(
            switch_processing,
            services.shared,
            paused=request.paused,
            by=caller.name,
            now=now,
            oldest_at=services.live.oldest_sent_at(),
        )
    )
    services.live.request_push()
    return services.live.show_switch(switch)


@router.get(
    "/purge", operation_id="previewPurge", summary="Preview a purge", responses=document_problems(401, 429, 503)
)
def preview_purge(_: Viewer, services: Services) -> PurgePreview:
    """Count the objects to delete, and return the confirmation for a purge of exactly these."""
    return services.purge.preview()


@router.delete(
    "/purge",
    operation_id="purge",
    summary="Delete all videos and thumbnails",
    status_code=202,
    responses=document_problems(401, 403, 409, 428, 429, 503),
)
def start_purge(_: Operator, services: Services, confirmation: Confirmation = None) -> PurgeStarted:
    """Delete the counted objects in all versions, with records, totals and dead letters. It cannot be undone.

    If the process of a purge ends, another process continues it. 428: the confirmation is missing, forged, expired or
    used, and nothing was deleted.
    """
    counted, progress = services.purge.start(confirmation)
    return PurgeStarted(objects=counted.objects, progress=progress)


@router.get(
    "/dead-letters",
    operation_id="listDeadLetters",
    summary="List the dead letters",
    responses=document_problems(401, 429, 503),
)
async def list_dead_letters(_: Viewer, services: Services) -> DeadLetters:
    """List the dead-letter queue. Its messages are hidden from others for a moment."""
    return await services.calls.run_shared("dead letters", services.dead_letters.list_letters)


@router.post(
    "/dead-letters/redrive",
    operation_id="redrive",
    summary="Redrive dead letters",
    responses=document_problems(401, 403, 422, 429, 503),
)
def redrive_dead_letters(request: RedriveRequest, _: Operator, services: Services) -> Redriven:
    """Send dead letters to the queue again, at most `limit`. Each is first sent, then deleted."""
    sent = services.dead_letters.redrive(request)
    services.live.request_push()
    return Redriven(redriven=sent.count, keys=list(sent.keys), remaining=sent.remaining)
