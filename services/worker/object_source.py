"""Source of a video in the bucket, for the extraction."""

from services.aws.errors import AwsError
from services.aws.ranges import SignedObject
from services.worker.extraction.reading.source import SourceError


class ObjectSource:
    """One version of one object. Reading fails if another upload replaces it, so two versions never mix."""

    def __init__(self, video: SignedObject) -> None:
        self._object = video
        self.size_bytes = video.info.size_bytes

    def read(self, offset: int, length: int) -> bytes:
        try:
            return self._object.read(offset, length)
        except AwsError as error:
            raise SourceError(str(error)) from error
