"""Uploads: the browser sends the bytes directly to S3, with a signature from here."""

import contextlib
import secrets
import time

from fastapi import APIRouter

from services.api.calls import AwsRoute
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import (
    ConflictError,
    NotFoundError,
    TooLargeError,
    UnprocessableError,
    document_problems,
)
from services.api.schema.upload_models import (
    CompleteRequest,
    PartsTicket,
    PartUrl,
    PartUrls,
    PartUrlsRequest,
    Ticket,
    Uploaded,
    UploadNameError,
    UploadRef,
    UploadRequest,
    WholeTicket,
    clean_name,
    propose_names,
)
from services.api.services import ApiServices, Operator, Services
from services.aws.errors import ObjectMissingError
from services.contract.formats import get_content_type, is_video_name
from services.contract.keys import UPLOAD_PREFIX, is_upload
from services.contract.resources import MAX_PARTS, MIN_PART_BYTES, MULTIPART_FROM_BYTES

router = APIRouter(prefix="/api/uploads", tags=["uploads"], route_class=AwsRoute, dependencies=CHECKED)

_LIFETIME_S = 3600
_MIB = 1024 * 1024


@router.post(
    "",
    operation_id="createUpload",
    summary="Begin an upload",
    status_code=201,
    responses=document_problems(401, 403, 413, 422, 429, 503),
)
def create_upload(request: UploadRequest, _: Operator, services: Services) -> Ticket:
    """Return a form for a POST of the file, or begin a multipart upload of a large one.

    It never overwrites another video unless `overwrite` is set.
    """
    if request.size_bytes > services.settings.upload_max_mb * _MIB:
        raise TooLargeError(f"A video has at most {services.settings.upload_max_mb} MiB.")
    try:
        name = clean_name(request.name, services.settings.video_extensions)
    except UploadNameError as error:
        raise UnprocessableError("body.name", str(error)) from error
    key = UPLOAD_PREFIX + name if request.overwrite else _free_key(services, name)
    media_type = get_content_type(key)
    if request.size_bytes >= MULTIPART_FROM_BYTES:
        part_size = max(MIN_PART_BYTES, -(-request.size_bytes // (MAX_PARTS * _MIB)) * _MIB)
        return PartsTicket(
            key=key,
            content_type=media_type,
            upload_id=services.uploads.begin(key, content_type=media_type),
            part_size_bytes=part_size,
            part_count=-(-request.size_bytes // part_size),
        )
    form = services.uploads.post(key, content_type=media_type, size_bytes=request.size_bytes, lifetime_s=_LIFETIME_S)
    return WholeTicket(
        key=key,
        content_type=media_type,
        url=form.url,
        fields=dict(form.fields),
        expires_at=form.expires_at,
    )


@router.post(
    "/part-urls",
    operation_id="signParts",
    summary="Get URLs for parts",
    responses=document_problems(401, 403, 404, 422, 429, 503),
)
def sign_parts(request: PartUrlsRequest, _: Operator, services: Services) -> PartUrls:
    """Return URLs to PUT parts to, valid for an hour at most. Request later parts later."""
    _check_key(services, request.key)
    return PartUrls(
        parts=[
            PartUrl(
                number=number,
                url=services.uploads.part_url(request.key, request.upload_id, number, lifetime_s=_LIFETIME_S),
            )
            for number in request.numbers
        ]
    )


@router.post(
    "/complete",
    operation_id="completeUpload",
    summary="Complete a multipart upload",
    responses=document_problems(401, 403, 404, 409, 413, 422, 429, 503),
)
def complete_upload(request: CompleteRequest, _: Operator, services: Services) -> Uploaded:
    """Make one object of the parts; S3 then notifies the queue. May be sent again if the answer was lost."""
    _check_key(services, request.key)
    most = services.settings.upload_max_mb * _MIB
    try:
        size_bytes = services.uploads.size_bytes(request.key, request.upload_id)
        if size_bytes > most:
            services.uploads.abort(request.key, request.upload_id)
            raise TooLargeError(f"A video has at most {services.settings.upload_max_mb} MiB.")
        named = sorted({part.number: part.etag for part in request.parts}.items())
        services.uploads.complete(request.key, request.upload_id, named)
    except ObjectMissingError:
        return _completed_before(services, request.key, len(request.parts))
    services.live.request_push()
    return Uploaded(key=request.key, size_bytes=size_bytes)


@router.post(
    "/abort",
    operation_id="abortUpload",
    summary="Abort a multipart upload",
    status_code=204,
    responses=document_problems(401, 403, 404, 422, 429, 503),
)
def abort_upload(request: UploadRef, _: Operator, services: Services) -> None:
    """Delete the upload and its parts."""
    _check_key(services, request.key)
    try:
        services.uploads.abort(request.key, request.upload_id)
    except ObjectMissingError:
        raise NotFoundError("There is no such upload, or it has ended.") from None


def _completed_before(services: ApiServices, key: str, part_count: int) -> Uploaded:
    """Return the object that an earlier request made of `part_count` parts. Raises: NotFoundError."""
    with contextlib.suppress(ObjectMissingError):
        found = services.bucket.head(key)
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
        if found.etag.endswith(f"-{part_count}"):
            return Uploaded(key=key, size_bytes=found.size_bytes)
    raise NotFoundError("There is no such upload, or it has ended.")


def _check_key(services: ApiServices, key: str) -> None:
    if not is_upload(key) or not is_video_name(key, services.settings.video_extensions):
        raise NotFoundError("There is no such upload, or it has ended.")


def _free_key(services: ApiServices, name: str) -> str:
    """Return a key without an object that no other caller has been given in the last hour. Raises: ConflictError."""
    now_s = time.time()
    for candidate in propose_names(name, secrets.token_hex(4)):
        key = UPLOAD_PREFIX + candidate
        try:
            services.bucket.head(key)
        except ObjectMissingError:
            if services.shared.reserve(key, now_s=now_s, until_s=now_s + _LIFETIME_S):
                return key
    raise ConflictError("There is no free name for this file. Choose another one.")
