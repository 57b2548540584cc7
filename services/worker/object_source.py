"""The object of a video in the bucket: its source for the extraction, and its identity."""

import contextlib
from dataclasses import replace

from opentelemetry import context

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import AwsError, ObjectMissingError, ServiceError
from services.aws.ranges import SignedObject
from services.contract.events import UploadEvent
from services.contract.records import VideoRecord
from services.tracing import tracer
from services.worker.extraction.reading.source import SourceError


class ObjectSource:
    """One version of one object. Reading fails if another upload replaces it, so two versions never mix."""

    def __init__(self, video: SignedObject) -> None:
        self._object = video
        self.size_bytes = video.info.size_bytes
        # Threads of a pool read: they know nothing of the span that is current here.
        self._context = context.get_current()

    def read(self, offset: int, length: int) -> bytes:
        attributes = {"offset_bytes": offset, "length_bytes": length}
        with tracer.start_as_current_span("read", self._context, attributes=attributes):
            try:
                return self._object.read(offset, length)
            except AwsError as error:
                raise SourceError(str(error)) from error


def identify_upload(bucket: Bucket, upload: UploadEvent, before: VideoRecord | None) -> ObjectInfo:
    """Return the object of an upload, with version and time as far as the record `before` or S3 knows them."""
    known = ObjectInfo(upload.key, upload.etag, upload.size_bytes)
    if before is not None and before.etag == upload.etag:
        return replace(known, modified_at=before.modified_at, version_id=before.version_id)
    with contextlib.suppress(AwsError):
        info = bucket.head(upload.key)
        if info.etag == upload.etag:
            return info
    return known


def is_upload_stored(bucket: Bucket, upload: UploadEvent) -> bool:
    """Return True if the upload is still in the bucket, or if S3 does not answer and the sequencers must decide.

    Raises: ServiceError if S3 does not answer and there is no sequencer.
    """
    try:
        return bucket.head(upload.key).etag == upload.etag
    except ObjectMissingError:
        return False
    except ServiceError:
        if not upload.sequencer:
            raise
        return True
