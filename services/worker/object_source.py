"""Source of a video in the bucket, for the extraction."""

from opentelemetry import context

from services.aws.errors import AwsError
from services.aws.ranges import SignedObject
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
