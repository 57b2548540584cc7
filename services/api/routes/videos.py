"""The videos: lists, one with its timeline, another try."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.actions.lost_pictures import are_stored, has_pictures, mark_lost, picture_keys, retry_event
from services.api.calls import AwsRoute
from services.api.parts import Operator, Parts, TheParts, Viewer
from services.api.routes.paging import Cursor, Limit
from services.api.schema import views
from services.api.schema.models import RedriveRequest, Retried, VideoDetails, VideoPage
from services.api.schema.problems import ConflictError, NotFoundError, documented
from services.aws.errors import ObjectMissingError, WriteConflictError
from services.contract.events import notification_body
from services.contract.records import VideoRecord, VideoState

router = APIRouter(prefix="/api/videos", tags=["videos"], route_class=AwsRoute)

_STATES = (VideoState.DONE, VideoState.FAILED, VideoState.DEGRADED, VideoState.PROCESSING)

VideoPath = Annotated[
    str,
    Path(
        description="The object key with its slashes, or the video's `id`.",
        examples=["uploads/trip/harbour.mp4"],
        min_length=1,
        max_length=4096,
    ),
]


@router.get(
    "",
    operation_id="listVideos",
    summary="Videos, the newest first",
    response_model=VideoPage,
    responses=documented(400, 401, 429, 503),
)
async def videos(
    _: Viewer,
    parts: TheParts,
    state: Annotated[VideoState | None, Query(description="Only those in this state.")] = None,
    q: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Only those whose key holds this, in any case.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 48,
) -> Response:
    body = await parts.calls.shared(
        ("videos", state, q, cursor, limit), lambda: _page(parts, state, q, cursor, limit).model_dump_json().encode()
    )
    return Response(body, media_type="application/json")


def _page(parts: Parts, state: VideoState | None, q: str | None, cursor: str | None, limit: int) -> VideoPage:
    listing = f"videos {state} {q}"
    start = parts.cursors.read(listing, cursor)[0] if cursor else None
    wanted = q.casefold() if q else None

    def matches(record: VideoRecord) -> bool:
        return wanted is None or wanted in record.key.casefold()

    states = (state,) if state else _STATES
    page = parts.listing.page(states, limit, start=start, matches=matches if wanted else None)
    return VideoPage(
        items=[views.video(record, parts.sign) for record in page.records],
        next_cursor=None if page.is_last else parts.cursors.write(listing, page.positions),
    )


@router.post(
    "/{key:path}/retry",
    operation_id="retryVideo",
    summary="Try a video again",
    status_code=202,
    responses=documented(401, 403, 404, 409, 429, 503),
)
def retry(key: VideoPath, _: Operator, parts: TheParts) -> Retried:
    """Sends a failed video, or one whose thumbnails are lost, to the queue again: its dead letter if there is one, else
    a new event.
    """
    record = _record(parts, key)
    is_lost = has_pictures(record) and not are_stored(parts.bucket, picture_keys(record))
    if has_pictures(record) and not is_lost:
        raise ConflictError("It has its thumbnails: upload it again to get new ones.")
    try:
        info = parts.bucket.head(record.key)
    except ObjectMissingError:
        raise ConflictError("The video itself has been deleted: upload it again.") from None
    if is_lost:
        try:
            record = mark_lost(parts.videos, record)
        except WriteConflictError:
            raise ConflictError("A worker has just changed it: load it again.") from None
    sent = parts.dead_letters.redrive(RedriveRequest(keys=[record.key], limit=1))
    if not sent.keys:
        parts.queue.send([notification_body(retry_event(parts.bucket, info, record))])
    parts.live.nudge()
    return Retried(key=record.key, from_dead_letter=bool(sent.keys))


@router.get(
    "/{key:path}",
    operation_id="getVideo",
    summary="One video with its timeline",
    responses=documented(401, 404, 429, 503),
)
def video(key: VideoPath, _: Viewer, parts: TheParts) -> VideoDetails:
    """404 until a worker has taken it for the first time."""
    return views.video_details(_record(parts, key), parts.sign)


def _record(parts: Parts, given: str) -> VideoRecord:
    key = views.video_key(given)
    record = parts.videos.get(key) if key else None
    if record is None:
        raise NotFoundError(f"There is no video {given[:200]}, or no worker has taken it yet.")
    return record
