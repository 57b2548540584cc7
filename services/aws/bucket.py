"""The bucket with the videos and their thumbnails."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from services.aws.errors import MISSING, ObjectMissingError, ServiceError, translate_errors
from services.aws.presign import Presigner
from services.contract.records import ObjectIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class ObjectInfo:
    key: str
    etag: str
    size_bytes: int
    modified_at: datetime | None = None
    metadata: "Mapping[str, str]" = field(default_factory=dict)
    version_id: str = ""

    @property
    def identity(self) -> ObjectIdentity:
        return ObjectIdentity(self.etag, self.version_id, self.modified_at)


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object, or a delete marker, which has size 0 and no ETag."""

    key: str
    version_id: str
    size_bytes: int
    modified_at: datetime
    etag: str = ""
    is_latest: bool = False


NOTHING = ""
"""Value of `replaces` in `Bucket.put`: there must be no object under the key."""

DELETE_AT_ONCE = 1000
"""Maximum number of versions in one request to delete."""

_NO_VERSION = "null"
"""Version id of every object in a bucket without versioning; a new object under the key has the same."""

_REPLACED = {"ConditionalRequestConflict", "OperationAborted", "PreconditionFailed"}


class Bucket:
    def __init__(self, s3: "S3Client", name: str) -> None:
        self._s3 = s3
        self.name = name

    def head(self, key: str) -> ObjectInfo:
        """Return the properties of an object. Raises: ObjectMissingError, ServiceError."""
        with translate_errors(f"HEAD s3://{self.name}/{key}"):
            answer = self._s3.head_object(Bucket=self.name, Key=key)
        return ObjectInfo(
            key,
            answer["ETag"].strip('"'),
            answer["ContentLength"],
            answer["LastModified"],
            answer["Metadata"],
            answer.get("VersionId", ""),
        )

    def read(self, key: str, offset: int, length: int, *, etag: str) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end of the object, if its ETag is still `etag`.

        Raises: ObjectMissingError, ObjectChangedError, ServiceError.
        """
        with translate_errors(f"GET s3://{self.name}/{key}"):
            answer = self._s3.get_object(
                Bucket=self.name, Key=key, Range=f"bytes={offset}-{offset + length - 1}", IfMatch=f'"{etag}"'
            )
            return answer["Body"].read()

    def get(self, key: str) -> "tuple[ObjectInfo, bytes]":
        """Return the properties and the content of a small object of this bucket, with one request.

        Raises: ObjectMissingError, ServiceError.
        """
        with translate_errors(f"GET s3://{self.name}/{key}"):
            answer = self._s3.get_object(Bucket=self.name, Key=key)
            body = answer["Body"].read()
        info = ObjectInfo(key, answer["ETag"].strip('"'), len(body), answer["LastModified"], answer["Metadata"])
        return info, body

    def sign(self, key: str, *, valid_s: int) -> str:
        """Return a presigned GET URL that is valid for at least `valid_s` seconds. Raises: ServiceError."""
        with translate_errors(f"sign s3://{self.name}/{key}"):
            return self._presigner.url(key, lifetime_s=valid_s)

    @cached_property
    def _presigner(self) -> Presigner:
        return Presigner(self._s3, self.name)

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        metadata: "Mapping[str, str] | None" = None,
        replaces: str | None = None,
    ) -> None:
        """Store an object.

        With `replaces`, only in place of the object with that ETag, or with `NOTHING` only where there is none.

        Raises: ObjectChangedError or ObjectMissingError if another object or none is there, ServiceError.
        """
        condition: Any = {}
        if replaces is not None:
            condition = {"IfMatch": f'"{replaces}"'} if replaces else {"IfNoneMatch": "*"}
        with translate_errors(f"PUT s3://{self.name}/{key}"):
            self._s3.put_object(
                Bucket=self.name,
                Key=key,
                Body=body,
                ContentType=content_type,
                Metadata=dict(metadata or {}),
                **condition,
            )

    def copy_from(self, bucket: str, source: str, key: str, *, content_type: str) -> None:
        """Copy an object of another bucket within S3, in parts if it is large. Raises: ServiceError."""
        with translate_errors(f"COPY s3://{bucket}/{source} to s3://{self.name}/{key}"):
            self._s3.copy(
                {"Bucket": bucket, "Key": source},
                self.name,
                key,
                ExtraArgs={"ContentType": content_type, "MetadataDirective": "REPLACE"},
            )

    def delete(self, versions: "Sequence[ObjectVersion]") -> "Sequence[ObjectVersion]":
        """Delete exactly these versions for good, at most `DELETE_AT_ONCE`, and return those that are deleted.

        A version with an id of its own is deleted by it. One without is deleted only while its ETag is the one given:
        a new object under the key stays. Raises: ServiceError if one could not be deleted for another reason.
        """
        objects: Any = [_make_identifier(version) for version in versions]
        with translate_errors(f"DELETE {len(versions)} versions of s3://{self.name}"):
            answer = self._s3.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        replaced: set[tuple[str | None, str]] = set()
        for error in answer.get("Errors", []):
            if error.get("Code") in _REPLACED:
                replaced.add((error.get("Key"), error.get("VersionId") or _NO_VERSION))
            elif error.get("Code") not in MISSING:
                raise ServiceError(f"DELETE s3://{self.name}/{error.get('Key')}: {error.get('Code')}")
        return [version for version in versions if (version.key, version.version_id) not in replaced]

    def is_own(self, key: str) -> bool:
        """Return True if this bucket may delete the object under a key."""
        del key
        return True

    def delete_current(self, key: str) -> bool:
        """Delete the object under a key. Return True if `restore` can undo it. Raises: ServiceError."""
        with translate_errors(f"DELETE s3://{self.name}/{key}"):
            answer = self._s3.delete_object(Bucket=self.name, Key=key)
        return answer.get("DeleteMarker", False)

    def restore(self, key: str) -> None:
        """Make the latest version of a deleted object the current one; S3 sends no event for it.

        Raises: ObjectMissingError if the bucket keeps no version, ServiceError.
        """
        while True:
            found = [version for version in self.versions(key) if version.key == key]
            if not any(version.etag for version in found):
                raise ObjectMissingError(f"restore s3://{self.name}/{key}: it has no version")
            markers = [version for version in found if version.is_latest and not version.etag]
            if not markers:
                return
            self.delete(markers)

    def clock(self) -> datetime:
        """Return the time by S3's clock, in whole seconds as in LastModified. Raises: AwsError."""
        with translate_errors(f"HEAD s3://{self.name}"):
            answer = self._s3.head_bucket(Bucket=self.name)
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    def versions(self, prefix: str) -> "Iterator[ObjectVersion]":
        """Yield every version and delete marker under `prefix`; one request per page. Raises: ServiceError."""
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix)
        with translate_errors(f"LIST versions of s3://{self.name}/{prefix}"):
            for page in pages:
                for entry in page.get("Versions", []):
                    yield ObjectVersion(
                        entry["Key"],
                        entry["VersionId"],
                        entry["Size"],
                        entry["LastModified"],
                        entry["ETag"].strip('"'),
                        entry["IsLatest"],
                    )
                for marker in page.get("DeleteMarkers", []):
                    yield ObjectVersion(
                        marker["Key"],
                        marker["VersionId"],
                        0,
                        marker["LastModified"],
                        is_latest=marker.get("IsLatest", False),
                    )

    def check(self) -> None:
        """Raise an error if the bucket does not answer or denies access. Raises: AwsError."""
        with translate_errors(f"HEAD s3://{self.name}"):
            self._s3.head_bucket(Bucket=self.name)

    def list(self, prefix: str) -> "Iterator[ObjectInfo]":
        """Yield every object under `prefix` in the order of the keys; one request per page. Raises: ServiceError."""
        for page in self.pages(prefix):
            yield from page

    def pages(self, prefix: str, *, after: str = "") -> "Iterator[Sequence[ObjectInfo]]":
        """Yield the objects of `list` page by page, only those behind the key `after`. Raises: ServiceError."""
        start: Any = {"StartAfter": after} if after else {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, **start)
        with translate_errors(f"LIST s3://{self.name}/{prefix}"):
            for page in pages:
                yield [
                    ObjectInfo(entry["Key"], entry["ETag"].strip('"'), entry["Size"], entry["LastModified"])
                    for entry in page.get("Contents", [])
                ]


def _make_identifier(version: ObjectVersion) -> dict[str, str]:
    identifier = {"Key": version.key, "VersionId": version.version_id}
    # S3 compares the ETag with the current version alone: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
    if version.version_id == _NO_VERSION and version.is_latest and version.etag:
        identifier["ETag"] = f'"{version.etag}"'
    return identifier
