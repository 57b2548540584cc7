"""S3: consistent, with versions or without, conditional requests, pages, events that come late, twice and reordered."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit

from tests.model.aws.calls import Boundary, Paginator, client_error
from tests.model.shortcuts import show_http_date
from tests.model.simulation import CURRENT

PAGE = 3
"""Entries of a page: small, so that much can happen between two pages."""

_RECORD = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "eventName": "%(name)s",
    "eventTime": "%(time)s",
    "s3": {
        "bucket": {"name": "%(bucket)s"},
        "object": {"key": "%(key)s", "size": "%(size)d", "eTag": "%(etag)s", "sequencer": "%(sequencer)s"},
    },
}
_EVENT = json.dumps({"Records": [_RECORD]}).replace('"%(size)d"', "%(size)d")
"""Body of a notification, to be formatted: an encoder takes much longer."""

_quote_key = lru_cache(maxsize=256)(lambda key: quote_plus(key, safe="/*-._"))


@dataclass(eq=False, slots=True)
class StoredVersion:
    """A version of an object; a delete marker has no body."""

    version_id: str
    body: bytes | None
    etag: str
    modified_at: datetime
    metadata: Mapping[str, str]
    sequencer: str
    put_at: float = 0.0
    """Simulated time."""
    put_by: Any = None
    """Process that has put it, None outside of a schedule."""
    replaced_other: bool = False
    """The ETag that its request named was that of an object which was put after the request had been sent."""


class SimulatedBucket:
    def __init__(self, name: str, *, is_versioned: bool = True) -> None:
        self.name = name
        self.is_versioned = is_versioned
        self.versions: dict[str, list[StoredVersion]] = {}
        """The newest last."""
        self.stored_at: dict[str, datetime] = {}
        """Time of the newest upload of each key, also if it is deleted."""
        self.removed_late: set[str] = set()
        """Keys without versions whose object was put after the request had been sent that removed it."""

    def current(self, key: str) -> StoredVersion | None:
        versions = self.versions.get(key)
        return versions[-1] if versions and versions[-1].body is not None else None


class SimulatedS3:
    """The client, with the methods that the services call. `notify` is called with each event of a new object."""

    def __init__(
        self,
        boundary: Boundary,
        buckets: list[SimulatedBucket],
        *,
        notify: Callable[[str, str], None] = lambda _key, _body: None,
        clock_ahead_s: float = 0.0,
    ) -> None:
        self._boundary = boundary
        self.buckets = {bucket.name: bucket for bucket in buckets}
        self._notify = notify
        self._clock_ahead_s = clock_ahead_s
        self._numbers = iter(range(1, 1_000_000))
        self.meta = SimpleNamespace(region_name="us-east-1")
        keys = SimpleNamespace(access_key="key", secret_key="secret", token=None)  # noqa: S106 - signs nothing
        self._request_signer = SimpleNamespace(_credentials=SimpleNamespace(get_frozen_credentials=lambda: keys))

    @property
    def clock(self) -> datetime:
        """The time by S3's clock."""
        return datetime.fromtimestamp(self._boundary.now + self._clock_ahead_s, UTC)

    def generate_presigned_url(self, _: str, Params: Mapping[str, str]) -> str:  # noqa: N803 - boto3's names
        return f"https://s3.simulated/{Params['Bucket']}/{Params['Key']}"

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803 - boto3's names
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ContentType: str = "",  # noqa: N803, ARG002
        Metadata: Mapping[str, str] | None = None,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        bucket, sent_at = self.buckets[Bucket], self._boundary.now

        def put() -> dict[str, Any]:
            present = bucket.current(Key)
            if IfNoneMatch is not None and present is not None:
                raise client_error("PutObject", "PreconditionFailed")
            if IfMatch is not None:
                if present is None:
                    raise client_error("PutObject", "NoSuchKey")
                if present.etag != IfMatch.strip('"'):
                    raise client_error("PutObject", "PreconditionFailed")
            version = self._store(bucket, Key, Body, Metadata or {})
            version.replaced_other = IfMatch is not None and present is not None and present.put_at > sent_at
            return {}

        return self._boundary.call(f"PutObject {Key}", put, refusal="SlowDown")

    def _store(self, bucket: SimulatedBucket, key: str, body: bytes, metadata: Mapping[str, str]) -> StoredVersion:
        number = next(self._numbers)
        version = StoredVersion(
            f"v{number}" if bucket.is_versioned else "null",
            body,
            hashlib.md5(body, usedforsecurity=False).hexdigest(),
            self.clock.replace(microsecond=0),
            metadata,
            f"{number:016X}",
            self._boundary.now,
            CURRENT.simulation.current.process if CURRENT.simulation and CURRENT.simulation.current else None,
        )
        before = bucket.versions.get(key, []) if bucket.is_versioned else []
        bucket.versions[key] = [*before, version]
        bucket.stored_at[key] = version.modified_at
        self._notify(key, self._event(bucket, key, version))
        return version

    def _event(self, bucket: SimulatedBucket, key: str, version: StoredVersion) -> str:
        return _EVENT % {
            "name": "ObjectCreated:Put" if version.body is not None else "ObjectRemoved:DeleteMarkerCreated",
            "bucket": bucket.name,
            "key": _quote_key(key),
            "size": len(version.body or b""),
            "etag": version.etag,
            "sequencer": version.sequencer,
            "time": self.clock.isoformat(),
        }

    def put_bucket_versioning(self, *, Bucket: str, VersioningConfiguration: Mapping[str, str]) -> None:  # noqa: N803 - boto3's names
        self.buckets[Bucket].is_versioned = VersioningConfiguration["Status"] == "Enabled"

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Delete an object as a user does: with versions, by a delete marker."""
        bucket = self.buckets[Bucket]

        def delete() -> dict[str, Any]:
            number = next(self._numbers)
            marker = StoredVersion(f"v{number}", None, "", self.clock.replace(microsecond=0), {}, f"{number:016X}")
            if bucket.is_versioned:
                bucket.versions[Key] = [*bucket.versions.get(Key, []), marker]
            elif bucket.versions.pop(Key, None) is None:
                return {}
            self._notify(Key, self._event(bucket, Key, marker))
            return {"DeleteMarker": True} if bucket.is_versioned else {}

        return self._boundary.call(f"DeleteObject {Key}", delete)

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        bucket = self.buckets[Bucket]

        def head() -> dict[str, Any]:
            version = _existing("HeadObject", bucket, Key, code="404")
            more = {"VersionId": version.version_id} if bucket.is_versioned else {}
            return {
                "ETag": f'"{version.etag}"',
                "ContentLength": len(version.body or b""),
                "LastModified": version.modified_at,
                "Metadata": dict(version.metadata),
                **more,
            }

        return self._boundary.call(f"HeadObject {Key}", head)

    def get_object(self, *, Bucket: str, Key: str, Range: str = "", IfMatch: str | None = None) -> dict[str, Any]:  # noqa: N803 - boto3's names
        bucket = self.buckets[Bucket]

        def get() -> dict[str, Any]:
            version = _existing("GetObject", bucket, Key)
            if IfMatch is not None and version.etag != IfMatch.strip('"'):
                raise client_error("GetObject", "PreconditionFailed")
            body = version.body or b""
            if Range:
                first, _, last = Range.removeprefix("bytes=").partition("-")
                body = body[int(first) : int(last) + 1]
            about = {"LastModified": version.modified_at, "Metadata": dict(version.metadata)}
            return {"Body": BytesIO(body), "ETag": f'"{version.etag}"', **about}

        return self._boundary.call(f"GetObject {Key}", get)

    def request_range(self, url: str, asked: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer a GET of a presigned URL: status, headers, body."""
        name, _, key = _read_path(url).partition("/")
        bucket = self.buckets[name]

        def get() -> tuple[int, Mapping[str, str], bytes]:
            version = bucket.current(key)
            if version is None or version.body is None:
                return 404, {}, b"<Code>NoSuchKey</Code>"
            if "If-Match" in asked and asked["If-Match"].strip('"') != version.etag:
                return 412, {}, b"<Code>PreconditionFailed</Code>"
            first, _, last = asked["Range"].removeprefix("bytes=").partition("-")
            size = len(version.body)
            if int(first) >= size:
                return 416, {}, b"<Code>InvalidRange</Code>"
            headers = {
                "ETag": f'"{version.etag}"',
                "Content-Range": f"bytes {first}-{min(int(last), size - 1)}/{size}",
                "Last-Modified": show_http_date(version.modified_at),
            }
            if bucket.is_versioned:
                headers["x-amz-version-id"] = version.version_id
            return 206, headers, version.body[int(first) : int(last) + 1]

        return self._boundary.call(f"GetRange {key}", get)

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        bucket, sent_at = self.buckets[Bucket], self._boundary.now

        def delete() -> dict[str, Any]:
            errors = []
            for entry in Delete["Objects"]:
                before = len(bucket.versions.get(entry["Key"], []))
                present = bucket.current(entry["Key"])
                if not bucket.is_versioned and present is not None and present.put_at > sent_at:
                    bucket.removed_late.add(entry["Key"])
                if error := _delete_version(bucket, entry):
                    errors.append(error)
                elif len(bucket.versions.get(entry["Key"], [])) < before:
                    number = next(self._numbers)
                    gone = StoredVersion("", None, "", self.clock, {}, f"{number:016X}")
                    self._notify(entry["Key"], self._event(bucket, entry["Key"], gone))
            return {"Errors": errors} if errors else {}

        return self._boundary.call(f"DeleteObjects {[one['Key'] for one in Delete['Objects']]}", delete)

    def head_bucket(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        def head() -> dict[str, Any]:
            date = show_http_date(self.clock.replace(microsecond=0))
            return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}

        return self._boundary.call(f"HeadBucket {Bucket}", head)

    def get_paginator(self, name: str) -> Paginator:
        return Paginator({"list_objects_v2": self._list_objects, "list_object_versions": self._list_versions}[name])

    def _list_objects(self, request: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any] | None]:
        bucket, prefix = self.buckets[request["Bucket"]], request["Prefix"]
        after = request.get("after", request.get("StartAfter", ""))

        def page() -> tuple[Any, Mapping[str, Any] | None]:
            found = []
            for key in sorted(bucket.versions):
                version = bucket.current(key) if key > after and key.startswith(prefix) else None
                if version is not None:
                    found.append((key, version))
            contents = [
                {
                    "Key": key,
                    "ETag": f'"{version.etag}"',
                    "Size": len(version.body or b""),
                    "LastModified": version.modified_at,
                }
                for key, version in found[:PAGE]
            ]
            # botocore leaves out an empty list.
            answer = {"Contents": contents} if contents else {}
            return answer, {**request, "after": found[PAGE - 1][0]} if len(found) > PAGE else None

        return self._boundary.call(f"ListObjectsV2 {prefix}", page)

    def _list_versions(self, request: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any] | None]:
        bucket, prefix, after = self.buckets[request["Bucket"]], request["Prefix"], request.get("after", ("", ""))

        def page() -> tuple[Any, Mapping[str, Any] | None]:
            # Newest first under each key; the position of a page is the key and the sequence of its last version.
            found = sorted(
                (
                    (key, _reversed(version.sequencer), version, version is versions[-1])
                    for key, versions in bucket.versions.items()
                    if key.startswith(prefix)
                    for version in versions
                ),
                key=lambda entry: entry[:2],
            )
            found = [entry for entry in found if entry[:2] > after]
            answer: dict[str, Any] = {}
            for key, _, version, is_latest in found[:PAGE]:
                entry = {
                    "Key": key,
                    "VersionId": version.version_id,
                    "LastModified": version.modified_at,
                    "IsLatest": is_latest,
                }
                if version.body is None:
                    answer.setdefault("DeleteMarkers", []).append(entry)
                else:
                    details = {"Size": len(version.body), "ETag": f'"{version.etag}"'}
                    answer.setdefault("Versions", []).append({**entry, **details})
            return answer, {**request, "after": found[PAGE - 1][:2]} if len(found) > PAGE else None

        return self._boundary.call(f"ListObjectVersions {prefix}", page)


@lru_cache(maxsize=256)
def _read_path(url: str) -> str:
    return unquote(urlsplit(url).path).lstrip("/")


def _existing(operation: str, bucket: SimulatedBucket, key: str, code: str = "NoSuchKey") -> StoredVersion:
    version = bucket.current(key)
    if version is None:
        raise client_error(operation, code)
    return version


def _reversed(sequencer: str) -> str:
    return f"{(1 << 64) - 1 - int(sequencer, 16):016X}"


def _delete_version(bucket: SimulatedBucket, entry: Mapping[str, str]) -> dict[str, str] | None:
    """Delete one version for good; return the error, None if it is deleted or did not exist."""
    key, version_id = entry["Key"], entry["VersionId"]
    versions = bucket.versions.get(key, [])
    if "ETag" in entry:
        if not versions:
            return {"Key": key, "VersionId": version_id, "Code": "NoSuchKey"}
        if versions[-1].etag != entry["ETag"].strip('"'):
            return {"Key": key, "VersionId": version_id, "Code": "PreconditionFailed"}
    left = [version for version in versions if version.version_id != version_id]
    if left:
        bucket.versions[key] = left
    else:
        bucket.versions.pop(key, None)
    return None
