"""Objects of any size under any key: what ministack's S3 is given in place of functions of its own.

ministack holds each body in memory, and copies it a few times. Measured with 2 GB: an upload made all other calls wait
for 7 s and took 4.2 GB, a range of 64 KB took 1.3 s, five downloads that were given up took 14 GB. With a `FileBody`
in place of the bytes none of that happens, while ranges, versions, preconditions, copies and events stay ministack's.

This reaches into private functions. It may: ministack is pinned exactly, and what has moved fails at start or in
tests/services/local/test_embedded_aws_objects.py.
"""
# ruff: noqa: SLF001 - see above

import asyncio
import base64
import hashlib
import inspect
import os
import re
import zlib
from collections.abc import Iterator
from contextvars import ContextVar
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from ministack import app
from ministack.core.responses import StreamingResponse
from ministack.services import s3

from services.local.embedded_aws import disk
from services.local.embedded_aws.bodies import FileBody, Spool
from services.local.embedded_aws.disk import Disk
from services.local.embedded_aws.transfer import ClientGoneError, file_sender, receive_file
from services.local.embedded_aws.versions import load_current

# Up to here a body stays `bytes` and takes ministack's own path: thumbnails, records, documents.
IN_MEMORY_BYTES: Final = 256 * 1024

_RANGE: Final = re.compile(r"bytes=(?P<first>\d+)-(?P<last>\d*)|bytes=-\d+")
_PART_NUMBER: Final = re.compile(rb"<PartNumber>\s*(\d+)\s*</PartNumber>")
_HASHES: Final = {"MD5": hashlib.md5, "SHA1": hashlib.sha1, "SHA256": hashlib.sha256}

# The functions that ours stand in for, and fall back on.
_checksum: Final = s3._compute_s3_checksum
_detect_service: Final = app.detect_service
_get_object: Final = s3._get_object
_handle_request: Final = s3.handle_request
_read_body: Final = s3._read_body
_read_request_body: Final = app._read_request_body
_upload_part_copy: Final = s3._upload_part_copy
_version_body: Final = s3._version_body
_version_entry: Final = s3._version_entry_from_record

# The parts of the multipart upload that the request at hand completes, and all of them in one body.
_joined: ContextVar[tuple[list[Any], FileBody] | None] = ContextVar("_joined", default=None)


def graft(spool: Spool, folder: Path, storage: Disk) -> None:
    """Put the functions below in place of ministack's, then let it load its objects from `folder`.

    Once, and for the life of the process.
    """
    app.detect_service = detect_service
    app._read_request_body = partial(read_request_body, spool)
    s3.handle_request = partial(handle_request, spool, storage)
    s3._dispatch = partial(disk.dispatch, storage)
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
    s3._atomic_write = disk.write
    s3.md5_hash = md5
    s3._compute_s3_checksum = checksum
    s3._fire_s3_event_async = fire_event
    # One flat folder a bucket: a file system that ignores case or Unicode form (macOS) would merge keys.
    s3._plain_path_key = lambda _key: False
    s3._encoded_key_name = lambda key: f"sha256-{hashlib.sha256(key.encode()).hexdigest()}"
    _rewrite(s3._validate_content_md5, ("hashlib.md5(body).digest()", "bytes.fromhex(md5_hash(body))"))
    _rewrite(
        s3._complete_multipart_upload,
        ('hashlib.md5(stored["body"]).digest()', """bytes.fromhex(stored["etag"].strip('"'))"""),
        ('b"".join(combined_parts)', "join_parts(combined_parts)"),
    )
    # They would only log that the disk is full.
    _rewrite(s3._persist_displaced_version, ("except Exception as e", "except () as e"))
    _rewrite(s3._persist_delete_marker, ("except Exception as e", "except () as e"))
    # ministack would take these from the environment and load when it is imported: before it knows the file names.
    s3.S3_PERSIST, s3.DATA_DIR = True, str(folder)
    os.environ.update(S3_PERSIST="1", S3_DATA_DIR=str(folder))  # its reset asks again
    _forget_unfinished(folder)
    load_current(folder)


def detect_service(method: str, path: str, headers: Any, query: Any) -> Any:
    """A presigned URL is S3's: ministack looks at its path first, and takes some keys for another service's."""
    if query.get("X-Amz-Credential", [""])[0].endswith("/s3/aws4_request") or "AWSAccessKeyId" in query:
        return "s3"
    return _detect_service(method, path, headers, query)


async def read_request_body(spool: Spool, receive: Any, method: str, headers: dict[str, str]) -> Any:
    """A big PutObject or UploadPart goes to disk; an aws-chunked one, which SDKs send over TLS, is ministack's."""
    length = headers.get("content-length", "")
    chunked = "x-amz-decoded-content-length" in headers or "aws-chunked" in headers.get("content-encoding", "")
    if method != "PUT" or chunked or not length.isdecimal() or int(length) <= IN_MEMORY_BYTES:
        return await _read_request_body(receive, method, headers)
    body = spool.body(int(length))
    try:
        await receive_file(receive, body.path)
    except ClientGoneError as error:
        raise app._RequestBodyDisconnected from error
    # What the handler will ask for, on the event loop.
    named = [name for name in s3._S3_CHECKSUM_HEADERS if f"x-amz-checksum-{name}" in headers]
    for name in {"md5", *named, headers.get("x-amz-sdk-checksum-algorithm", "md5")}:
        await asyncio.to_thread(checksum, name, body)
    return body


async def handle_request(spool: Spool, storage: Disk, *request: Any, **options: Any) -> Any:
    """The entry to S3: before a CompleteMultipartUpload the parts are joined, in a thread."""
    method, _path, _headers, body, query, *_ = request
    if method == "POST" and (upload := s3._multipart_uploads.get(s3._qp(query, "uploadId"))):
        numbers = sorted(map(int, _PART_NUMBER.findall(body)))
        # ministack will refuse what is wrong with them.
        parts = [upload["parts"][number]["body"] for number in numbers if number in upload["parts"]]
        if sum(map(len, parts)) > IN_MEMORY_BYTES:
            try:
                _joined.set((parts, await asyncio.to_thread(spool.join, parts)))
            except OSError as error:
                storage.failed(error)
                return disk.refusal("")
    try:
        return await _handle_request(*request, **options)
    finally:
        # What outlives the request in this context must not keep the parts.
        _joined.set(None)


def join_parts(spool: Spool, parts: list[Any]) -> Any:
    """The body of a completed upload; what `handle_request` has joined is taken only if it still is the same."""
    joined = _joined.get()
    if joined is not None and joined[0] == parts:
        return joined[1]
    return spool.join(parts) if sum(map(len, parts)) > IN_MEMORY_BYTES else b"".join(parts)


def upload_part_copy(spool: Spool, bucket: str, key: str, query: Any, headers: Any) -> Any:
    """UploadPartCopy; the part must outlive the object that it was copied from."""
    response = _upload_part_copy(bucket, key, query, headers)
    upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {"parts": {}})
    part = upload["parts"].get(int(s3._qp(query, "partNumber", "1")))
    if part is not None and isinstance(part["body"], FileBody):
        part["body"] = spool.pin(part["body"])
    return response


def get_object(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
    """GetObject, with the ranges that ministack gets wrong put right, and big bodies streamed."""
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or (asked["last"] and int(asked["first"]) > int(asked["last"])):
        # S3 ignores what is not one valid range.
        headers = {name: value for name, value in headers.items() if name != "range"}
    status, answer, body = _get_object(bucket, key, headers, query)
    if status == HTTPStatus.OK and "range" in headers:
        # ministack ignores the range of a version.
        status, answer, body = _slice(bucket, key, headers["range"], answer, body)
    return status, answer, StreamingResponse(file_sender(body)) if isinstance(body, FileBody) else body


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
    """Without the data, as after a restart: ministack then looks for the version's file."""
    return _version_entry(record, version_id, None)


def md5(data: Any) -> str:
    """MD5 in hexadecimal: S3's ETag."""
    if isinstance(data, FileBody):
        return base64.b64decode(checksum("MD5", data) or "").hex()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def checksum(algorithm: str, data: Any) -> Any:
    """A checksum in base64, or None if ministack does not know the algorithm."""
    if not isinstance(data, FileBody):
        return _checksum(algorithm, data)
    name = (algorithm or "").upper().replace("_", "")
    return data.digest(name, partial(_checksum_of_blocks, name))


def fire_event(bucket: str, key: str, event: str, *details: Any, **more: Any) -> None:
    """Deliver an event when the object is on disk, where ministack starts a thread before it writes.

    So it is in the queue, and in the next save, before the upload is acknowledged.
    """

    def send() -> None:
        s3._fire_s3_event(bucket, key, event, *details, sequencer=s3._next_event_sequencer(event), **more)

    if bucket in s3._bucket_notifications:
        disk.after_the_change(send)


def _slice(bucket: str, key: str, wanted: str, answer: dict[str, str], body: Any) -> Any:
    span = s3._parse_range(wanted, len(body))
    if span is None:
        answer = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
        return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, answer, s3._xml_body(s3._range_error_xml(bucket, key))
    first, last = span
    answer = {name: value for name, value in answer.items() if not name.startswith("x-amz-checksum-")}
    answer |= {"Content-Length": str(last - first + 1), "Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return HTTPStatus.PARTIAL_CONTENT, answer, body[first : last + 1]


def _checksum_of_blocks(name: str, blocks: Iterator[bytes]) -> Any:
    if name in _HASHES:
        digest = _HASHES[name](usedforsecurity=False)
        for block in blocks:
            digest.update(block)
        return base64.b64encode(digest.digest()).decode()
    if name == "CRC32":
        crc = 0
        for block in blocks:
            crc = zlib.crc32(block, crc)
        return base64.b64encode(crc.to_bytes(4, "big")).decode()
    return _checksum(name, b"".join(blocks))


def _forget_unfinished(folder: Path) -> None:
    """Delete what a kill in the middle of a write left: ministack would take it for an object named after its file."""
    for keys in folder.glob(f"*/*/{s3._ENCODED_KEYS_DIR}"):
        names = {path.name for path in keys.iterdir()}
        for name in names:
            if name.endswith(".tmp") or not (name.endswith(".meta.json") or f"{name}.meta.json" in names):
                (keys / name).unlink()


def _rewrite(function: Any, *swaps: tuple[str, str]) -> None:
    """Define a function of ministack anew with other expressions in it: where there is no name to replace."""
    source = inspect.getsource(function)
    for old, new in swaps:
        if source.count(old) != 1:
            raise RuntimeError(f"{function.__qualname__} of ministack has changed: it has no one {old} to replace.")
        source = source.replace(old, new)
    exec(source, function.__globals__)  # noqa: S102 - ministack's own source
