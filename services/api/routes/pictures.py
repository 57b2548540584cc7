"""Thumbnails for pages of applications: stable, signed URLs that lead to the picture in the bucket."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from services.api.access.picture_urls import PATH
from services.api.calls import AwsRoute
from services.api.routes.videos import VideoPath
from services.api.schema import views
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import RETRY_AFTER_S, ForbiddenError, NotFoundError, document_problems
from services.api.services import ApiServices, Services
from services.aws.errors import ObjectMissingError
from services.aws.presign import WINDOW_S
from services.contract.keys import MAX_POSITIONS, picture_number
from services.contract.records import VideoState
from services.contract.thumbnails import get_image_type

router = APIRouter(prefix=PATH, tags=["videos"], route_class=AwsRoute, dependencies=CHECKED)

_CACHING = {"Cache-Control": "Minutes for which the answer can be reused; a presigned URL is valid for longer."}
_LOCATION = {"Location": "Presigned URL of the picture, of any image format."}


def _document_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture itself, if its key has a segment of two dots, which no URL can have.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        "headers": _document_headers(_CACHING),
    },
    302: {
        "description": "The picture is at the presigned URL of the header Location.",
        "headers": _document_headers(_LOCATION | _CACHING),
    },
}

Number = Annotated[
    int, Path(ge=1, le=MAX_POSITIONS, description="Number of the thumbnail, from 1, in the order of the positions.")
]


@router.get(
    "/{key:path}/{number}.jpg",
    operation_id="getPicture",
    summary="Get a thumbnail by its stable URL",
    status_code=302,
    response_class=Response,
    responses=_ANSWERS | document_problems(403, 404, 503),
)
def get_picture(
    key: VideoPath,
    number: Number,
    services: Services,
    signature: Annotated[
        str, Query(alias="s", max_length=100, description="Signature, as in `stable_url` of a thumbnail.")
    ] = "",
    expires_s: Annotated[
        int | None, Query(alias="e", ge=0, le=10**11, description="Expiry in seconds since 1970, if there is one.")
    ] = None,
) -> Response:
    """Redirect to the thumbnail. The signature in the URL replaces a login.

    404 has `Retry-After` while the video waits or is processed: the URL can be used before the thumbnail exists.
    """
    video_key = views.decode_video_key(key)
    if video_key is None:
        raise ForbiddenError("The signature of this address is not valid.")
    left_s = services.picture_urls.check_url(video_key, number, signature=signature, expires_s=expires_s)
    picture_key = _find_picture(services, video_key, number)
    # Half of the presigned URL's lifetime at most, so that a browser has time to follow a redirect from its cache.
    max_age_s = min(WINDOW_S, services.settings.url_lifetime_s // 2)
    if left_s is not None:
        max_age_s = min(max_age_s, int(left_s))
    headers = {
        "Cache-Control": f"public, max-age={max_age_s}",
        # Without it, browsers show the picture on pages of the api's own origin only.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if {".", ".."} & set(picture_key.split("/")):
        return _send_picture(services, picture_key, headers)
    return Response(status_code=302, headers={**headers, "Location": services.sign_url(picture_key)})


def _send_picture(services: ApiServices, picture_key: str, headers: Mapping[str, str]) -> Response:
    """Return the picture itself: clients resolve the dotted segments of a URL, also if they are escaped."""
    info = services.bucket.head(picture_key)
    body = services.bucket.read(picture_key, 0, info.size_bytes, etag=info.etag)
    return Response(body, headers=dict(headers), media_type=get_image_type(picture_key))


def _find_picture(services: ApiServices, video_key: str, number: int) -> str:
    """Return the object key of a thumbnail. Raises: NotFoundError, with a time to wait if it can still be made."""
    record = services.videos.get(video_key)
    for thumbnail in record.thumbnails if record else ():
        if picture_number(thumbnail.key) == number:
            return thumbnail.key
    if record.state is VideoState.PROCESSING if record else _is_uploaded(services, video_key):
        raise NotFoundError("The thumbnail does not exist yet. Try again in a moment.", retry_after_s=RETRY_AFTER_S)
    raise NotFoundError(f"The video has no thumbnail {number}.")


def _is_uploaded(services: ApiServices, video_key: str) -> bool:
    try:
        services.bucket.head(video_key)
    except ObjectMissingError:
        return False
    return True
