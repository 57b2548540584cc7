"""The pipeline's bucket together with source buckets, from which it only reads."""

from dataclasses import replace
from typing import TYPE_CHECKING

from services.aws.bucket import Bucket, ObjectInfo
from services.contract.keys import source_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_s3 import S3Client


class SourcedBucket(Bucket):
    """A bucket that also shows the objects of source buckets, under `uploads/<source bucket>/`.

    Reads go to the bucket that has the object. Writes, deletions and lists of versions are of the own bucket alone, so
    that a purge deletes nothing in a source.
    """

    def __init__(self, s3: "S3Client", name: str, sources: "Sequence[str]") -> None:
        super().__init__(s3, name)
        self._sources = {source_key(source, ""): Bucket(s3, source) for source in sources}

    def head(self, key: str) -> ObjectInfo:
        for folder, source in self._sources.items():
            if key.startswith(folder):
                return replace(source.head(key.removeprefix(folder)), key=key)
        return super().head(key)

    def is_own(self, key: str) -> bool:
        """Return False for the objects of source buckets."""
        return not any(key.startswith(folder) for folder in self._sources)

    def read(self, key: str, offset: int, length: int, *, etag: str) -> bytes:
        for folder, source in self._sources.items():
            if key.startswith(folder):
                return source.read(key.removeprefix(folder), offset, length, etag=etag)
        return super().read(key, offset, length, etag=etag)

    def sign(self, key: str, *, valid_s: int) -> str:
        for folder, source in self._sources.items():
            if key.startswith(folder):
                return source.sign(key.removeprefix(folder), valid_s=valid_s)
        return super().sign(key, valid_s=valid_s)

    def pages(self, prefix: str, *, after: str = "") -> "Iterator[Sequence[ObjectInfo]]":
        """Yield the objects under `prefix` page by page, those of the source buckets last. Raises: ServiceError."""
        folders = [folder for folder in self._sources if folder.startswith(prefix)]
        # A position in a source bucket is behind the own bucket, and behind the sources before it.
        reached = next((at for at, folder in enumerate(folders) if after.startswith(folder)), None)
        if reached is None:
            yield from super().pages(prefix, after=after)
        for folder in folders[reached or 0 :]:
            start = after.removeprefix(folder) if after.startswith(folder) else ""
            for page in self._sources[folder].pages("", after=start):
                yield [replace(info, key=folder + info.key) for info in page]
