"""Routes of the frames service: the frames, and the probes."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ValidationError

from services.api.access.frame_urls import REFUSED, FrameUrls
from services.api.calls import AwsCalls
from services.api.schema.models import Health
from services.api.schema.parameters import check_parameters
from services.api.schema.problems import ForbiddenError, UnprocessableError
from services.api.schema.views import decode_video_key
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ObjectMissingError
from services.contract.frames import FRAMES_PATH, MAX_FRAMES, MAX_TIME_S, FrameForm, FrameOptions, frame_key
from services.contract.thumbnails import ImageFormat
from services.contract.version import VERSION
from services.frames.cache import CachedFrame, FrameCache
from services.frames.extraction import Extractor, make_missing
from services.frames.metrics import FrameMetrics
from services.frames.turns import Turns

_MAX_AGE_S = 300
"""Time for which caches need not ask again. Another upload under the same key shows after it at the latest."""

router = APIRouter()
_default = FrameOptions(time_s=0)


@dataclass(frozen=True)
class FrameServices:
    """Services of the routes: made once in `app.py`."""

    bucket: Bucket
    cache: FrameCache
    urls: FrameUrls
    calls: AwsCalls
    turns: Turns[CachedFrame]
    extractor: Extractor
    metrics: FrameMetrics


async def get_services(request: Request) -> FrameServices:
    """Return the services. It is a coroutine so that FastAPI calls it on the event loop and not in a thread."""
    services: FrameServices = request.app.state.services
    return services


Services = Annotated[FrameServices, Depends(get_services)]


# The functions below are coroutines, as FastAPI calls each plain function in a thread.


async def parse_options(
    t: Annotated[float, Query(ge=0, le=MAX_TIME_S, allow_inf_nan=False, description="Time in seconds.")],
    w: Annotated[int, Query(ge=16, le=4096, description="Maximum width in pixels.")] = _default.width_px,
    h: Annotated[int | None, Query(ge=16, le=4096, description="Maximum height in pixels.")] = None,
    format: Annotated[  # noqa: A002 - the name in the URL
        ImageFormat, Query(description="Format of the picture.")
    ] = _default.format,
    quality: Annotated[int, Query(ge=1, le=100, description="Quality of the picture.")] = _default.quality,
) -> FrameOptions:
    """Return the options of a single frame."""
    return FrameOptions(time_s=t, width_px=w, height_px=h, format=format, quality=quality)


async def parse_range(
    end: Annotated[float | None, Query(ge=0, le=MAX_TIME_S, allow_inf_nan=False)] = None,
    columns: Annotated[int, Query(ge=1, le=MAX_FRAMES)] = _default.columns,
    rows: Annotated[int, Query(ge=1, le=MAX_FRAMES)] = _default.rows,
    fps: Annotated[int, Query(ge=1, le=25)] = _default.fps,
) -> dict[str, Any]:
    """Return the options of several frames."""
    return {"end_s": end, "columns": columns, "rows": rows, "fps": fps}


async def parse_form(
    one: Annotated[FrameOptions, Depends(parse_options)],
    several: Annotated[dict[str, Any], Depends(parse_range)],
    form: Annotated[FrameForm, Query(description="One frame, tiles or an animation.")] = _default.form,
) -> FrameOptions:
    """Return the options of a request. Raises: UnprocessableError if they do not fit together."""
    given = {"form": form, **several}
    try:
        return FrameOptions.model_validate({**one.model_dump(exclude=set(given)), **given})
    except ValidationError as error:
        raise UnprocessableError("query.form", error.errors()[0]["msg"].removeprefix("Value error, ")) from None


@dataclass(frozen=True)
class Signature:
    value: str
    expires_s: int | None


async def parse_signature(
    signature: Annotated[str, Query(max_length=100, description="Signature of the api.")] = "",
    expires: Annotated[int | None, Query(ge=0, le=10**11, description="Expiry in seconds since 1970.")] = None,
) -> Signature:
    """Return the signature of a request, empty if there is none."""
    return Signature(signature, expires)


@router.get(FRAMES_PATH + "/{key:path}", response_class=Response, dependencies=[Depends(check_parameters)])
async def get_frame(
    key: Annotated[str, Path(min_length=1, max_length=4096)],
    options: Annotated[FrameOptions, Depends(parse_form)],
    signed: Annotated[Signature, Depends(parse_signature)],
    services: Services,
    request: Request,
) -> Response:
    """Answer with the frame that players show at a time. The signature in the URL replaces a login."""
    video_key = decode_video_key(key)
    if video_key is None:
        raise ForbiddenError(REFUSED)

    def find_video() -> tuple[float | None, ObjectInfo]:
        left_s = services.urls.check_url(video_key, options, signature=signed.value, expires_s=signed.expires_s)
        try:
            return left_s, services.bucket.head(video_key)
        except ObjectMissingError:
            raise make_missing(video_key) from None

    left_s, info = await services.calls.run(find_video)
    stored_key = frame_key(video_key, info.etag, options)
    max_age_s = _MAX_AGE_S if left_s is None else min(_MAX_AGE_S, int(left_s))
    headers = {
        "ETag": f'"{stored_key.rpartition("/")[2].partition(".")[0]}"',
        "Cache-Control": f"public, max-age={max_age_s}",
        # Without it, browsers show the picture on pages of the same origin only.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if _is_known(request, headers["ETag"]):
        services.metrics.answers.labels("client").inc()
        return Response(status_code=304, headers=headers)
    # Its key has the ETag that S3 has just answered with: a frame in memory is of this upload, too.
    frame = services.cache.recall(stored_key)
    if frame is None:
        frame = await services.calls.run_shared(stored_key, lambda: services.cache.read(stored_key))
    source = "cache" if frame else "extraction"
    if frame is None:
        frame = await services.turns.take(
            stored_key, video_key, lambda: services.extractor.extract(video_key, info.etag, options)
        )
    services.metrics.answers.labels(source).inc()
    return _make_answer(frame, options, headers, source)


def _is_known(request: Request, etag: str) -> bool:
    """Return True if the client has the frame already: If-None-Match of RFC 9110, 13.1.2."""
    given = request.headers.get("if-none-match", "")
    return etag in {one.strip().removeprefix("W/") for one in given.split(",")}


def _make_answer(frame: CachedFrame, options: FrameOptions, headers: dict[str, str], source: str) -> Response:
    described: dict[str, str] = {
        "Frame-Time": f"{frame.time_s:.3f}",
        # RFC 9211.
        "Cache-Status": "thumbnails; hit" if source == "cache" else "thumbnails; fwd=miss; stored",
    }
    if frame.duration_s is not None:
        described["Video-Duration"] = f"{frame.duration_s:.3f}"
    return Response(frame.data, headers={**headers, **described}, media_type=options.format.content_type)


@router.get("/health")
async def get_health() -> Health:
    """Return 200 while the process runs, whatever the state of AWS is."""
    return Health(version=VERSION)


@router.get("/health/ready")
async def get_readiness(services: Services) -> dict[str, Any]:
    """Return 200 if the bucket answers, otherwise 503."""
    await services.calls.run_shared("ready", services.bucket.check)
    return {"ready": True}
