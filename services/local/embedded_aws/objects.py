"""Replacements of functions of ministack's S3, for objects of any size under any key.

ministack holds each body in memory and copies it several times. Measured with 2 GB: an upload blocked all other calls
for 7 s and took 4.2 GB, a range of 64 KB took 1.3 s, and five cancelled downloads took 14 GB. A `FileBody` in place of
the bytes avoids that; ranges, versions, preconditions, copies and events are still ministack's.

These functions are private. ministack is pinned exactly, and a function that has changed fails at start or in
tests/services/local/test_embedded_aws_objects.py.
"""
# ruff: noqa: SLF001 - see above

import asyncio
import base64
import hashlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from ministack import app
from ministack.core.responses import StreamingResponse
from ministack.services import s3

from services.local.embedded_aws import disk
from services.local.embedded_aws.bodies import Crc32, FileBody, Spool
from services.local.embedded_aws.disk import Disk
from services.local.embedded_aws.transfer import ClientGoneError, make_file_sender, receive_file
from services.local.embedded_aws.versions import load_current_versions

# Bodies up to this size stay `bytes` and take ministack's own path: thumbnails, records, documents.
IN_MEMORY_BYTES: Final = 256 * 1024

_RANGE: Final = re.compile(r"bytes=(?P<first>\d+)-(?P<last>\d*)|bytes=-\d+")
_PART_NUMBER: Final = re.compile(rb"<PartNumber>\s*(\d+)\s*</PartNumber>")
_DIGESTS: Final[dict[str, Callable[[], Any]]] = {
    "CRC32": Crc32,
    **{name: partial(hashlib.new, name.lower(), usedforsecurity=False) for name in ("MD5", "SHA1", "SHA256")},
}

# The functions that ours replace, and fall back on.
_checksum: Final = s3._compute_s3_checksum
_detect_service: Final = app.detect_service
_get_object: Final = s3._get_object
_handle_request: Final = s3.handle_request
_read_body: Final = s3._read_body
_read_request_body: Final = app._read_request_body
_upload_part_copy: Final = s3._upload_part_copy
_version_body: Final = s3._version_body
_version_entry: Final = s3._version_entry_from_record

# The parts of the multipart upload that the current request completes, and their joined body.
_joined: ContextVar[tuple[list[Any], FileBody] | None] = ContextVar("_joined", default=None)


def install_replacements(spool: Spool, folder: Path, storage: Disk) -> None:
    """Replace functions of ministack by those below, then let it load its objects from `folder`.

    Call it once per process.
    """
    app.detect_service = detect_service
    app._read_request_body = partial(read_request_body, spool)
    s3.handle_request = partial(handle_request, spool, storage)
    s3._dispatch = partial(disk.dispatch_request, storage)
    s3._record_object_version = disk.record_object_version
    s3._record_delete_marker = disk.record_delete_marker
    s3._delete_object_version = disk.delete_object_version
    s3._persist_object = disk.persist_object
    s3.join_parts = partial(join_parts, spool)
    s3._upload_part_copy = partial(upload_part_copy, spool)
    s3._get_object = get_object
    s3._read_body = read_body
    s3._version_body = version_body
    s3._version_entry_from_record = version_entry
    s3._atomic_write = disk.write_file
    s3.md5_hash = hash_md5
    s3._compute_s3_checksum = compute_checksum
    s3._fire_s3_event_async = fire_event
    # Hashed names in one folder per bucket: macOS ignores case and Unicode form, and would merge keys.
    s3._plain_path_key = lambda _key: False
    s3._encoded_key_name = lambda key: f"sha256-{hashlib.sha256(key.encode()).hexdigest()}"
    rewrite_function(s3._validate_content_md5, ("hashlib.md5(body).digest()", "bytes.fromhex(md5_hash(body))"))
    rewrite_function(
        s3._complete_multipart_upload,
        ('hashlib.md5(stored["body"]).digest()', """bytes.fromhex(stored["etag"].strip('"'))"""),
        ('b"".join(combined_parts)', "join_parts(combined_parts)"),
    )
    # ministack only logs errors in these functions, such as a full disk.
    rewrite_function(s3._persist_displaced_version, ("except Exception as e", "except () as e"))
    rewrite_function(s3._persist_delete_marker, ("except Exception as e", "except () as e"))
    # From the environment, ministack would load the objects at import, before the file names above are set.
    s3.S3_PERSIST, s3.DATA_DIR = True, str(folder)
    os.environ.update(S3_PERSIST="1", S3_DATA_DIR=str(folder))  # its reset reads them again
    _forget_unfinished(folder)
    load_current_versions(folder)


def detect_service(method: str, path: str, headers: Any, query: Any) -> Any:
    """Return S3 for a presigned URL: ministack checks the path first, and mistakes some keys for other services."""
    if query.get("X-Amz-Credential", [""])[0].endswith("/s3/aws4_request") or "AWSAccessKeyId" in query:
        return "s3"
    return _detect_service(method, path, headers, query)


async def read_request_body(spool: Spool, receive: Any, method: str, headers: dict[str, str]) -> Any:
    """Write the body of a large PutObject or UploadPart to disk; leave aws-chunked bodies (over TLS) to ministack."""
    length = headers.get("content-length", "")
    chunked = "x-amz-decoded-content-length" in headers or "aws-chunked" in headers.get("content-encoding", "")
    if method != "PUT" or chunked or not length.isdecimal() or int(length) <= IN_MEMORY_BYTES:
        return await _read_request_body(receive, method, headers)
    body = spool.make_body(int(length))
    # The digests that the handler would compute on the event loop, of the pieces as they come.
    named = [name for name in s3._S3_CHECKSUM_HEADERS if f"x-amz-checksum-{name}" in headers]
    names = {_clean_name(name) for name in ("md5", *named, headers.get("x-amz-sdk-checksum-algorithm", "md5"))}
    digests = {name: _DIGESTS[name]() for name in names if name in _DIGESTS}

    def update_digests(piece: bytes) -> None:
        for digest in digests.values():
            digest.update(piece)

    try:
        await receive_file(receive, body.path, update_digests)
    except ClientGoneError as error:
        raise app._RequestBodyDisconnected from error
    for name, digest in digests.items():
        body.keep_digest(name, base64.b64encode(digest.digest()).decode())
    for name in names - digests.keys():
        await asyncio.to_thread(compute_checksum, name, body)
    return body


async def handle_request(spool: Spool, storage: Disk, *request: Any, **options: Any) -> Any:
    """Answer a request to S3; join the parts of a CompleteMultipartUpload in a thread first."""
    method, _path, _headers, body, query, *_ = request
    if method == "POST" and (upload := s3._multipart_uploads.get(s3._qp(query, "uploadId"))):
        numbers = sorted(map(int, _PART_NUMBER.findall(body)))
        # ministack checks the parts afterwards.
        parts = [upload["parts"][number]["body"] for number in numbers if number in upload["parts"]]
        if sum(map(len, parts)) > IN_MEMORY_BYTES:
            try:
                _joined.set((parts, await asyncio.to_thread(spool.join_parts, parts)))
            except OSError as error:
                storage.report_failure(error)
                return disk.make_refusal("")
    try:
        return await _handle_request(*request, **options)
    finally:
        # The context may outlive the request, and must not keep the parts.
        _joined.set(None)


def join_parts(spool: Spool, parts: list[Any]) -> Any:
    """Return the body of a completed upload: the one that `handle_request` has joined, if its parts are the same."""
    joined = _joined.get()
    if joined is not None and joined[0] == parts:
        return joined[1]
    # A part that was copied from a large object is a file, however small it is.
    if sum(map(len, parts)) > IN_MEMORY_BYTES or any(isinstance(part, FileBody) for part in parts):
        return spool.join_parts(parts)
    return b"".join(parts)


def upload_part_copy(spool: Spool, bucket: str, key: str, query: Any, headers: Any) -> Any:
    """Answer UploadPartCopy with a part that outlives the copied object."""
    response = _upload_part_copy(bucket, key, query, headers)
    upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {"parts": {}})
    part = upload["parts"].get(int(s3._qp(query, "partNumber", "1")))
    if part is not None and isinstance(part["body"], FileBody):
        part["body"] = spool.pin_body(part["body"])
    return response


def get_object(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
    """Answer GetObject: correct the ranges that ministack handles wrong, and stream large bodies."""
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or (asked["last"] and int(asked["first"]) > int(asked["last"])):
        # S3 ignores a header that is not one valid range.
        headers = {name: value for name, value in headers.items() if name != "range"}
    status, answer, body = _get_object(bucket, key, headers, query)
    if status == HTTPStatus.OK and "range" in headers:
        # ministack ignores the range of a version.
        status, answer, body = _slice_body(bucket, key, headers["range"], answer, body)
    return status, answer, StreamingResponse(make_file_sender(body)) if isinstance(body, FileBody) else body


def read_body(bucket: str, key: str, record: dict[str, Any]) -> Any:
    if record.get("body") is not None or record["size"] <= IN_MEMORY_BYTES:
        return _read_body(bucket, key, record)
    return FileBody(Path(s3._object_disk_path(bucket, key)), size=record["size"])


def version_body(records: Any, bucket: str, key: str, version: dict[str, Any]) -> Any:
    path = s3._version_disk_path(bucket, key, version["version_id"])
    if version.get("data") is None and version["size"] > IN_MEMORY_BYTES and path is not None and Path(path).is_file():
        return FileBody(Path(path), size=version["size"])
    return _version_body(records, bucket, key, version)


def version_entry(record: dict[str, Any], version_id: str, _data: Any) -> Any:
    """Return the entry of a version without its data, as after a restart: ministack then reads the version's file."""
    return _version_entry(record, version_id, None)


def hash_md5(data: Any) -> str:
    """Return the MD5 in hexadecimal, which is S3's ETag."""
    if isinstance(data, FileBody):
        return base64.b64decode(compute_checksum("MD5", data) or "").hex()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def compute_checksum(algorithm: str, data: Any) -> Any:
    """Return a checksum in base64, or None if ministack does not know the algorithm."""
    if not isinstance(data, FileBody):
        return _checksum(algorithm, data)
    name = _clean_name(algorithm)
    return data.compute_once(name, partial(_checksum_of_blocks, name))


def fire_event(bucket: str, key: str, event: str, *details: Any, **more: Any) -> None:
    """Deliver an event after the object is on disk; ministack starts a thread before it writes.

    The event is in the queue, and in the next save, before the upload is acknowledged.
    """

    def send() -> None:
        s3._fire_s3_event(bucket, key, event, *details, sequencer=s3._next_event_sequencer(event), **more)

    if bucket in s3._bucket_notifications:
        disk.send_after_change(send)


def _slice_body(bucket: str, key: str, wanted: str, answer: dict[str, str], body: Any) -> Any:
    span = s3._parse_range(wanted, len(body))
    if span is None:
        answer = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
        return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, answer, s3._xml_body(s3._range_error_xml(bucket, key))
    first, last = span
    answer = {name: value for name, value in answer.items() if not name.startswith("x-amz-checksum-")}
    answer |= {"Content-Length": str(last - first + 1), "Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return HTTPStatus.PARTIAL_CONTENT, answer, body[first : last + 1]


def _clean_name(algorithm: str | None) -> str:
    return (algorithm or "").upper().replace("_", "")


def _checksum_of_blocks(name: str, blocks: Iterator[bytes]) -> Any:
    if name not in _DIGESTS:
        return _checksum(name, b"".join(blocks))
    digest = _DIGESTS[name]()
    for block in blocks:
        digest.update(block)
    return base64.b64encode(digest.digest()).decode()


def _forget_unfinished(folder: Path) -> None:
    """Delete files of interrupted writes, which ministack would load as objects."""
    for keys in folder.glob(f"*/*/{s3._ENCODED_KEYS_DIR}"):
        names = {path.name for path in keys.iterdir()}
        for name in names:
            if name.endswith(".tmp") or not (name.endswith(".meta.json") or f"{name}.meta.json" in names):
                (keys / name).unlink()


def rewrite_function(function: Any, *swaps: tuple[str, str]) -> None:
    """Redefine a function of ministack with other expressions in its source, where no name can be replaced."""
    source = inspect.getsource(function)
    for old, new in swaps:
        if source.count(old) != 1:
            raise RuntimeError(
                f"{function.__qualname__} of ministack has changed: it does not contain {old} exactly once."
            )
        source = source.replace(old, new)
    exec(source, function.__globals__)  # noqa: S102 - ministack's own source
