"""A video in the bucket, as the extraction reads it."""

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import AwsError
from services.aws.ranges import SignedObject
from services.worker.extraction.source import SourceError


class ObjectSource:
    """One version of one object: an upload in its place is noticed, and never mixed in."""

    def __init__(self, bucket: Bucket, info: ObjectInfo) -> None:
        self._object = SignedObject(bucket, info.key, etag=info.etag)
        self.size_bytes = info.size_bytes

    def read(self, offset: int, length: int) -> bytes:
        try:
            return self._object.read(offset, length)
        except AwsError as error:
            raise SourceError(str(error)) from error
