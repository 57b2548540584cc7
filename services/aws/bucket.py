"""The bucket with the videos and their thumbnails."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class ObjectInfo:
    key: str
    etag: str
    size_bytes: int


class Bucket:
    def __init__(self, s3: "S3Client", name: str) -> None:
        self._s3 = s3
        self.name = name

    def head(self, key: str) -> ObjectInfo:
        """Raises: ObjectMissingError, ServiceError."""
        with translated(f"HEAD s3://{self.name}/{key}"):
            answer = self._s3.head_object(Bucket=self.name, Key=key)
        return ObjectInfo(key, answer["ETag"].strip('"'), answer["ContentLength"])

    def read(self, key: str, offset: int, length: int, *, etag: str) -> bytes:
        """`length` bytes from `offset`, fewer at the end of the object, and only while its ETag is `etag`.

        Raises: ObjectMissingError, ObjectChangedError, ServiceError.
        """
        with translated(f"GET s3://{self.name}/{key}"):
            answer = self._s3.get_object(
                Bucket=self.name, Key=key, Range=f"bytes={offset}-{offset + length - 1}", IfMatch=f'"{etag}"'
            )
            return answer["Body"].read()

    def sign(self, key: str, *, valid_s: int) -> str:
        """A URL by which anybody may get the object for so many seconds. Raises: ServiceError."""
        with translated(f"sign s3://{self.name}/{key}"):
            return self._s3.generate_presigned_url(
                "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=valid_s
            )

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Raises: ServiceError."""
        with translated(f"PUT s3://{self.name}/{key}"):
            self._s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def list(self, prefix: str) -> "Iterator[ObjectInfo]":
        """Every object under `prefix`, in the order of the keys, a page at a time. Raises: ServiceError."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        with translated(f"LIST s3://{self.name}/{prefix}"):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield ObjectInfo(entry["Key"], entry["ETag"].strip('"'), entry["Size"])
