"""Videos: list, details with timeline, retry."""

from collections import Counter
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from starlette.convertors import PathConvertor, register_url_convertor

from services.api.actions.deletion import delete_video, restore_video
from services.api.actions.dismissal import dismiss_video, restore_failure
from services.api.actions.posters import change_poster
from services.api.actions.retries import regenerate_record, retry_record
from services.api.calls import AwsRoute
from services.api.routes.paging import Cursor, Limit, VideoFilter
from services.api.schema import views
from services.api.schema.action_models import (
    Deleted,
    FrameUrl,
    FrameUrlList,
    FrameUrlsRequest,
    Queued,
    RegenerationRequest,
    Retried,
    VideoCounts,
)
from services.api.schema.models import VideoDetails, VideoPage
from services.api.schema.parameters import CHECKED, VideoChoice
from services.api.schema.poster_models import VideoChange
from services.api.schema.problems import ConflictError, NotFoundError, document_problems
from services.api.services import ApiServices, Operator, Services, Viewer
from services.contract.records import VideoRecord, VideoState

router = APIRouter(prefix="/api/videos", tags=["videos"], route_class=AwsRoute, dependencies=CHECKED)

WithUpload = Annotated[
    bool, Query(description="Also delete the upload. It is final if the bucket keeps no versions: see `restorable`.")
]

_PARTS = ("dismissal", "frame-urls", "regenerations", "restoration", "retry")
"""Last segments of the paths below that of a video."""


class _VideoConvertor(PathConvertor):
    """Matches a key with its slashes, but no path of a part of a video: PATCH and DELETE of `{key}/retry` get 405.

    No video has such a key, because it has no extension of a video.
    """

    regex = rf"(?!.*/(?:{'|'.join(_PARTS)})$).*"


register_url_convertor("video", _VideoConvertor())

_COUNTED = 2000
"""Videos that one request counts: it takes less than a second."""

_STATES = (VideoState.DONE, VideoState.FAILED, VideoState.DEGRADED, VideoState.PROCESSING)
_WITH_THUMBNAILS = (VideoState.DONE, VideoState.DEGRADED)

VideoPath = Annotated[
    str,
    Path(
        description="Object key with its slashes, or the `id` of the video.",
        examples=["uploads/trip/harbour.mp4"],
        min_length=1,
        max_length=4096,
    ),
]


@router.get(
    "",
    operation_id="listVideos",
    summary="List videos, the newest or the oldest first",
    response_model=VideoPage,
    responses=document_problems(400, 401, 429, 503),
)
async def list_videos(
    _: Viewer,
    services: Services,
    chosen: Annotated[VideoFilter, Query()],
    cursor: Cursor = None,
    limit: Limit = 48,
) -> Response:
    body = await services.calls.run_shared(
        ("videos", chosen, cursor, limit),
        lambda: _make_page(services, chosen, cursor, limit).model_dump_json().encode(),
    )
    return Response(body, media_type="application/json")


def _make_page(services: ApiServices, chosen: VideoFilter, cursor: str | None, limit: int) -> VideoPage:
    listing = f"videos {chosen.model_dump_json(exclude_defaults=True)}"
    start = services.cursors.read(listing, cursor)[0] if cursor else None
    states: tuple[VideoState, ...] = (chosen.state,) if chosen.state else _STATES
    if chosen.with_thumbnails:
        states = tuple(state for state in states if state in _WITH_THUMBNAILS)
    page = services.listing.page(
        states, limit, start=start, matches=chosen.make_test(), oldest_first=chosen.order == "oldest"
    )
    return VideoPage(
        items=[views.show_video(record, services.sign_url, services.picture_urls.make_url) for record in page.records],
        next_cursor=None if page.is_last else services.cursors.write(listing, page.positions),
    )


@router.get(
    "/counts",
    operation_id="countVideos",
    summary="Count videos by state",
    responses=document_problems(400, 401, 429, 503),
)
def count_videos(
    _: Viewer, services: Services, chosen: Annotated[VideoChoice, Query()], cursor: Cursor = None
) -> VideoCounts:
    """Count the videos of a filter, dismissed ones included: those that a job with this filter would change."""
    matches = chosen.make_test()
    states = (chosen.state,) if chosen.state else (*_STATES, VideoState.DISMISSED)
    if matches is None:
        totals = services.videos.totals()
        return VideoCounts(
            counts={state: max(0, totals.get(f"videos_{state}", 0)) for state in states}, next_cursor=None
        )
    listing = f"counts {chosen.model_dump_json(exclude_none=True)}"
    start = services.cursors.read(listing, cursor)[0] if cursor else None
    page = services.listing.page(states, _COUNTED, start=start, matches=matches, examine=_COUNTED)
    return VideoCounts(
        counts=Counter(record.state for record in page.records),
        next_cursor=None if page.is_last else services.cursors.write(listing, page.positions),
    )


@router.post(
    "/{key:path}/retry",
    operation_id="retryVideo",
    summary="Retry a video",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def retry_video(key: VideoPath, _: Operator, services: Services) -> Retried:
    """Queue a failed video again, or one whose thumbnails are lost: its dead letter if it has one, else a new event."""
    retried = retry_record(services, _find_record(services, key))
    services.live.request_push()
    return retried


@router.post(
    "/{key:path}/regenerations",
    operation_id="regenerateVideo",
    summary="Make the thumbnails of a video again",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 422, 429, 503),
)
def regenerate_video(
    key: VideoPath, _: Operator, services: Services, request: RegenerationRequest | None = None
) -> Queued:
    """Queue a video for new thumbnails with the present settings of the workers, or with options of its own.

    Its options stay until it is regenerated again or has other content. If the attempts fail, the video keeps its
    present thumbnails and its state, and the failure is in `attempts`. Only if a worker has begun to store new
    thumbnails and cannot finish, the video is failed and lists none. A failed video is retried, and a deleted one is
    restored.
    """
    record = _find_record(services, key)
    regenerate_record(services, record, request.overrides if request else None)
    services.live.request_push()
    return Queued(key=record.key)


@router.post(
    "/{key:path}/dismissal",
    operation_id="dismissFailure",
    summary="Dismiss the failure of a video",
    status_code=204,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def dismiss_failure(key: VideoPath, _: Operator, services: Services) -> None:
    """Mark the failure as seen: the video becomes `dismissed`, and its dead letter is deleted.

    It is no longer counted as failed, and raises no alarm. It can still be retried. A dead letter whose video has
    neither a record nor an upload is deleted too.
    """
    dismiss_video(services, _read_key(key))
    services.live.request_push()


@router.delete(
    "/{key:path}/dismissal",
    operation_id="undoDismissal",
    summary="Undo a dismissal",
    status_code=204,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def undo_dismissal(key: VideoPath, _: Operator, services: Services) -> None:
    """Make the video failed again, with a dead letter of the same reason."""
    restore_failure(services, _find_record(services, key))
    services.live.request_push()


@router.post(
    "/{key:path}/restoration",
    operation_id="restoreVideo",
    summary="Restore a deleted video",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def restore_deleted(key: VideoPath, _: Operator, services: Services) -> Queued:
    """Undo a deletion: bring the upload back from the bucket's versions if needed, and queue it for new thumbnails."""
    found = _read_key(key)
    restore_video(services, found)
    services.live.request_push()
    return Queued(key=found)


@router.post(
    "/{key:path}/frame-urls",
    operation_id="signFrameUrls",
    summary="Get URLs of frames of a video",
    responses=document_problems(401, 404, 409, 422, 429, 503),
)
def sign_frame_urls(key: VideoPath, _: Viewer, services: Services, request: FrameUrlsRequest) -> FrameUrlList:
    """Return a signed URL for each frame: the one that players show at a time, made when the URL is first used.

    It changes nothing. 409 if the pipeline has no frames service.
    """
    if not services.settings.frames_enabled:
        raise ConflictError("This pipeline has no frames service: set FRAMES_ENABLED where it runs.")
    video_key = _find_record(services, key).key
    make_url = partial(services.frame_urls.make_url, video_key, lifetime_s=request.lifetime_s)
    return FrameUrlList(items=[FrameUrl(time_s=one.time_s, url=make_url(one)) for one in request.frames])


@router.get(
    "/{key:video}",
    operation_id="getVideo",
    summary="Get a video with its timeline",
    responses=document_problems(401, 404, 429, 503),
)
def get_video(
    key: VideoPath,
    _: Viewer,
    services: Services,
    stable_url_lifetime_s: Annotated[
        int | None,
        Query(ge=60, le=31_536_000, description="Lifetime of each `stable_url`; without it, they do not expire."),
    ] = None,
) -> VideoDetails:
    """Return a video. 404 until a worker has received it for the first time."""
    link = partial(services.picture_urls.make_url, lifetime_s=stable_url_lifetime_s)
    return views.show_details(_find_record(services, key), services.sign_url, link)


@router.patch(
    "/{key:video}",
    operation_id="changeVideo",
    summary="Choose the poster of a video",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 422, 429, 503),
)
def change_video(key: VideoPath, _: Operator, services: Services, change: VideoChange) -> Queued:
    """Pin the poster of a video to a time or a candidate, or let it be chosen again.

    A worker makes it with the video's next attempt, which is queued at once. The pin survives retries, regenerations
    and reconciliations, until it is changed or the video has other content.
    """
    record = _find_record(services, key)
    change_poster(services, record, change.poster)
    services.live.request_push()
    return Queued(key=record.key)


@router.delete(
    "/{key:video}",
    operation_id="deleteVideo",
    summary="Delete a video",
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def remove_video(key: VideoPath, _: Operator, services: Services, *, upload: WithUpload = False) -> Deleted:
    """Delete the record and all pictures of a video, and with `upload=true` also the upload.

    Without it, the upload stays and the video is `deleted`: no late event and no reindex makes its thumbnails again,
    only a new upload of the file or a restoration does. If a worker is processing the video, the request waits for its
    end for 10 s, and is then answered with 409.
    """
    deleted = delete_video(services, _read_key(key), with_upload=upload)
    services.live.request_push()
    return deleted


def _read_key(given: str) -> str:
    key = views.decode_video_key(given)
    if key is None:
        raise NotFoundError(f"There is no video {given[:200]}.")
    return key


def _find_record(services: ApiServices, given: str) -> VideoRecord:
    key = views.decode_video_key(given)
    record = services.videos.get(key) if key else None
    if record is None:
        raise NotFoundError(f"There is no video {(key or given)[:200]}, or no worker has received it yet.")
    return record
