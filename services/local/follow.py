"""Uploads to a running pipeline and their results."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from services.aws.errors import AwsError
from services.contract.keys import UPLOAD_PREFIX
from services.contract.records import VideoRecord, VideoState
from services.local.errors import LocalError
from services.local.pipeline import LocalPipeline

MAX_NAME_BYTES = 200
"""Most file systems allow 255; boto3 appends a suffix while it writes."""
_MAX_ENDING = 10
_POLL_INTERVAL_S = 0.2
_CLOCK_TOLERANCE = timedelta(seconds=1)
"""Tolerance for SQS, which rounds times to milliseconds and has another clock than this process."""


@dataclass(frozen=True)
class FollowedUpload:
    """A file in the bucket. `name` is the key without its prefix."""

    name: str
    etag: str
    at: datetime

    @property
    def key(self) -> str:
        return UPLOAD_PREFIX + self.name


def upload_video(pipeline: LocalPipeline, file: Path, name: str, *, sent: Callable[[int], None]) -> FollowedUpload:
    """Upload a file under `uploads/` and call `sent` with the size of each part in bytes. Raises: LocalError."""
    at, key = datetime.now(UTC), UPLOAD_PREFIX + name
    try:
        pipeline.clients.s3.upload_file(str(file), pipeline.endpoints.bucket, key, Callback=sent)
        return FollowedUpload(name, pipeline.bucket.head(key).etag, at)
    except (AwsError, Boto3Error, BotoCoreError, ClientError) as error:
        raise LocalError(f"{file} could not be uploaded: {error}") from error


def follow_uploads(
    pipeline: LocalPipeline, uploads: Sequence[FollowedUpload], *, timeout_s: float
) -> Iterator[tuple[FollowedUpload, VideoRecord]]:
    """Return each upload with its record as soon as it is processed; leave out uploads that exceed the timeout."""
    waiting = list(uploads)
    until = time.monotonic() + timeout_s
    while waiting and time.monotonic() < until:
        for entry in list(waiting):
            record = None
            with contextlib.suppress(AwsError):  # the embedded AWS is being restarted, or its disk is full
                record = pipeline.videos.get(entry.key)
            if record and _has_ended(record, entry):
                waiting.remove(entry)
                yield entry, record
        if waiting:
            time.sleep(_POLL_INTERVAL_S)


def _has_ended(record: VideoRecord, entry: FollowedUpload) -> bool:
    """Return True if the record belongs to this upload and has ended.

    The worker skips the same content as before, unless it failed: then the record must be newer than the upload.
    """
    if record.etag != entry.etag or record.finished_at is None:
        return False
    return record.state is not VideoState.FAILED or record.finished_at > entry.at - _CLOCK_TOLERANCE


def shorten_file_name(part: str) -> str:
    """Return a part of a key as a file name. Cut a name that is too long for file systems and append a hash."""
    if len(part.encode()) <= MAX_NAME_BYTES:
        return part
    ending = PurePath(part).suffix
    ending = f"~{hashlib.sha256(part.encode()).hexdigest()[:16]}{ending if len(ending) <= _MAX_ENDING else ''}"
    return part.encode()[: MAX_NAME_BYTES - len(ending.encode())].decode(errors="ignore") + ending


def download_thumbnails(pipeline: LocalPipeline, record: VideoRecord, folder: Path) -> list[Path]:
    """Write the thumbnails of a video to files, for users without an S3 client. A key's slashes become folders.

    Raises: OSError, BotoCoreError, ClientError.
    """
    files = []
    for thumbnail in record.thumbnails:
        parts = [part for part in thumbnail.key.split("/") if part not in ("", ".", "..")]
        file = folder.joinpath(*map(shorten_file_name, parts))
        file.parent.mkdir(parents=True, exist_ok=True)
        pipeline.clients.s3.download_file(pipeline.endpoints.bucket, thumbnail.key, str(file))
        files.append(file)
    return files
