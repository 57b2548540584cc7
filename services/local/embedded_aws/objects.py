"""Objects of any size and any key: what ministack's S3 is given in place of functions of its own.

ministack holds each body in memory, and copies it a few times: measured with 2 GB, an upload made all other calls wait
for 7 s and took 4.2 GB, a range of 64 KB took 1.3 s, five downloads that were given up took 14 GB. With a `FileBody`
in place of the bytes none of that happens, and ranges, versions, preconditions, copies and events stay ministack's.

This reaches into private functions. It may: ministack is pinned exactly, and what has moved fails at start or in
tests/services/local/test_embedded_aws.py.
"""

import asyncio
import base64
import hashlib
import inspect
import os
import re
import textwrap
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from ministack import app
from ministack.core.responses import StreamingResponse
from ministack.services import s3

from services.local.embedded_aws.bodies import BLOCK_BYTES, FileBody, Spool

# Below this a body stays `bytes` and takes ministack's own path: most thumbnails, all metadata.
IN_MEMORY_BYTES: Final = 256 * 1024

_RANGE: Final = re.compile(r"bytes=(?P<first>\d+)-(?P<last>\d*)|bytes=-\d+")
_HASHES: Final = {"MD5": hashlib.md5, "SHA1": hashlib.sha1, "SHA256": hashlib.sha256}
_READ_BODY: Final = app._read_request_body
_DETECT_SERVICE: Final = app.detect_service
_GET_OBJECT: Final = s3._get_object
_HANDLE_REQUEST: Final = s3.handle_request
_UPLOAD_PART_COPY: Final = s3._upload_part_copy
_CHECKSUM: Final = s3._compute_s3_checksum
_VERSION_ENTRY: Final = s3._version_entry_from_record
_VERSION_BODY: Final = s3._version_body
_STORED_BODY: Final = s3._read_body
_WRITE: Final = s3._atomic_write

# The parts of the multipart upload that this request completes, and all of them in one body.
_joined: ContextVar[tuple[list[Any], FileBody] | None] = ContextVar("_joined", default=None)


def graft(spool: Spool, folder: Path) -> None:
    """Put the functions of this module in place of ministack's, then let it load its objects from `folder`.

    Once, and for the life of the process.
    """

    async def read_request_body(receive: Any, method: str, headers: dict[str, str]) -> Any:
        if not _is_big_upload(method, headers):
            return await _READ_BODY(receive, method, headers)
        body = spool.body(int(headers["content-length"]))
        await _spool(receive, body)
        await asyncio.to_thread(_prepare_digests, body, headers)
        return body

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any, **more: Any) -> Any:
        if method == "POST" and (upload := s3._multipart_uploads.get(s3._qp(query, "uploadId"))):
            parts = _bodies(upload, body)
            if sum(map(len, parts)) > IN_MEMORY_BYTES:
                _joined.set((parts, await asyncio.to_thread(spool.join, parts)))
        try:
            return await _HANDLE_REQUEST(method, path, headers, body, query, **more)
        finally:
            # hypercorn's keep-alive timer inherits this context, and with it the parts.
            _joined.set(None)

    def join(parts: list[Any]) -> Any:
        ready = _joined.get()
        if ready is not None and ready[0] == parts:
            return ready[1]
        return spool.join(parts) if sum(map(len, parts)) > IN_MEMORY_BYTES else b"".join(parts)

    def upload_part_copy(bucket: str, key: str, query: Any, headers: Any) -> Any:
        response = _UPLOAD_PART_COPY(bucket, key, query, headers)
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {"parts": {}})
        part = upload["parts"].get(int(s3._qp(query, "partNumber", "1")))
        if part is not None and isinstance(part["body"], FileBody):
            part["body"] = spool.pin(part["body"])
        return response

    app._read_request_body = read_request_body
    app.detect_service = _detect_service
    s3.handle_request = handle_request
    s3.join_parts = join
    s3._upload_part_copy = upload_part_copy
    s3._get_object = _get_object
    s3._read_body = _read_body
    s3._version_body = _version_body
    s3._version_entry_from_record = _version_entry
    s3._atomic_write = _atomic_write
    s3.md5_hash = _md5
    s3._compute_s3_checksum = _checksum
    _rewrite(s3._validate_content_md5, ("hashlib.md5(body).digest()", "bytes.fromhex(md5_hash(body))"))
    _rewrite(
        s3._complete_multipart_upload,
        ('hashlib.md5(stored["body"]).digest()', """bytes.fromhex(stored["etag"].strip('"'))"""),
        ('b"".join(combined_parts)', "join_parts(combined_parts)"),
    )
    # One flat folder a bucket: a file system that ignores case or Unicode form (macOS) would merge keys.
    s3._plain_path_key = lambda _key: False
    s3._encoded_key_name = lambda key: f"sha256-{hashlib.sha256(key.encode()).hexdigest()}"
    # In the handler and not in a thread of its own: an event is in the queue, and so in the next save, before the
    # upload is acknowledged.
    s3._fire_s3_event_async = _fire_event
    # ministack would read these, and load, when it is imported: before it knows how the files are called.
    s3.S3_PERSIST, s3.DATA_DIR = True, str(folder)
    os.environ.update(S3_PERSIST="1", S3_DATA_DIR=str(folder))  # for its reset
    s3._load_persisted_data()


def _detect_service(method: str, path: str, headers: Any, query: Any) -> Any:
    """A presigned URL is S3's: ministack looks at its path, and takes some keys for another service's."""
    if query.get("X-Amz-Credential", [""])[0].endswith("/s3/aws4_request") or "AWSAccessKeyId" in query:
        return "s3"
    return _DETECT_SERVICE(method, path, headers, query)


def _is_big_upload(method: str, headers: dict[str, str]) -> bool:
    """PutObject or UploadPart of known size: aws-chunked bodies (AWS SDKs over TLS) are left to ministack."""
    length = headers.get("content-length", "")
    chunked = "x-amz-decoded-content-length" in headers or "aws-chunked" in headers.get("content-encoding", "")
    return method == "PUT" and not chunked and length.isdecimal() and int(length) > IN_MEMORY_BYTES


async def _spool(receive: Any, body: FileBody) -> None:
    with body.path.open("xb") as file:
        block = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise app._RequestBodyDisconnected
            block += message.get("body", b"")
            more = message.get("more_body", False)
            if len(block) >= BLOCK_BYTES or not more:
                await asyncio.to_thread(file.write, block)
                block = bytearray()


def _prepare_digests(body: FileBody, headers: dict[str, str]) -> None:
    """Compute in a thread what the handler, on the event loop, will ask for."""
    named = [name for name in s3._S3_CHECKSUM_HEADERS if f"x-amz-checksum-{name}" in headers]
    for name in ("md5", *named, headers.get("x-amz-sdk-checksum-algorithm", "md5")):
        _checksum(name, body)


def _bodies(upload: dict[str, Any], completion: bytes) -> list[Any]:
    """The parts that a CompleteMultipartUpload names, in order; ministack refuses what is wrong with them."""
    numbers = sorted(int(number) for number in re.findall(rb"<PartNumber>\s*(\d+)\s*</PartNumber>", completion))
    return [upload["parts"][number]["body"] for number in numbers if number in upload["parts"]]


def _get_object(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or (asked["last"] and int(asked["first"]) > int(asked["last"])):
        # S3 sends everything where ministack sends an error or the first of several ranges.
        headers = {name: value for name, value in headers.items() if name != "range"}
    status, answer, body = _GET_OBJECT(bucket, key, headers, query)
    if status == HTTPStatus.OK and "range" in headers:
        # A version: ministack forgets the range.
        status, answer, body = _slice(bucket, key, headers["range"], answer, body)
    return status, answer, StreamingResponse(_sender(body)) if isinstance(body, FileBody) else body


def _slice(bucket: str, key: str, range_header: str, answer: dict[str, str], body: Any) -> Any:
    span = s3._parse_range(range_header, len(body))
    if span is None:
        answer = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
        return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, answer, s3._xml_body(s3._range_error_xml(bucket, key))
    first, last = span
    answer = {name: value for name, value in answer.items() if not name.startswith("x-amz-checksum-")}
    answer |= {"Content-Length": str(last - first + 1), "Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return HTTPStatus.PARTIAL_CONTENT, answer, body[first : last + 1]


def _sender(body: FileBody) -> Callable[[Any, Any], Any]:
    # Opened now: by the time the headers are sent the object may be another one.
    file = body.open()

    async def send_file(send: Any, receive: Any) -> None:
        gone = asyncio.ensure_future(_disconnect(receive))
        remaining = len(body)
        try:
            with file:
                while remaining and not gone.done():
                    block = await asyncio.to_thread(file.read, min(BLOCK_BYTES, remaining))
                    if not block:
                        return
                    remaining -= len(block)
                    await send({"type": "http.response.body", "body": block, "more_body": remaining > 0})
        finally:
            gone.cancel()

    return send_file


async def _disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _read_body(bucket: str, key: str, record: dict[str, Any]) -> Any:
    if record.get("body") is not None or record["size"] <= IN_MEMORY_BYTES:
        return _STORED_BODY(bucket, key, record)
    return FileBody(Path(s3._object_disk_path(bucket, key)), size=record["size"])


def _version_body(records: Any, bucket: str, key: str, version: dict[str, Any]) -> Any:
    path = s3._version_disk_path(bucket, key, version["version_id"])
    if version.get("data") is None and version["size"] > IN_MEMORY_BYTES and path is not None and Path(path).is_file():
        return FileBody(Path(path), size=version["size"])
    return _VERSION_BODY(records, bucket, key, version)


def _version_entry(record: dict[str, Any], version_id: str, _data: Any) -> Any:
    """Without the data, as after a restart: ministack then looks for the version's file."""
    return _VERSION_ENTRY(record, version_id, None)


def _atomic_write(path: str, data: Any, *, text: bool = False) -> None:
    if isinstance(data, FileBody):
        data.save(Path(path))
    else:
        _WRITE(path, data, text=text)


def _md5(data: Any) -> str:
    digest = _checksum("MD5", data) if isinstance(data, FileBody) else None
    return base64.b64decode(digest).hex() if digest else hashlib.md5(data).hexdigest()  # noqa: S324 - S3's ETag


def _checksum(algorithm: str, data: Any) -> str | None:
    """A checksum in base64; of an algorithm that ministack does not know, None."""
    if not isinstance(data, FileBody):
        result: str | None = _CHECKSUM(algorithm, data)
        return result
    name = (algorithm or "").upper().replace("_", "")

    def compute(blocks: Iterator[bytes]) -> str | None:
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
        other: str | None = _CHECKSUM(name, b"".join(blocks))
        return other

    return data.digest(name, compute)


def _fire_event(bucket: str, key: str, event: str, *details: Any, **more: Any) -> None:
    if bucket in s3._bucket_notifications:
        s3._fire_s3_event(bucket, key, event, *details, sequencer=s3._next_event_sequencer(event), **more)


def _rewrite(function: Any, *swaps: tuple[str, str]) -> None:
    """Define a function of ministack anew, with other expressions in it where no name can be replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in swaps:
        if source.count(old) != 1:
            raise RuntimeError(f"{function.__qualname__} of ministack has changed: no {old} to replace.")
        source = source.replace(old, new)
    exec(source, function.__globals__)  # noqa: S102 - ministack's own source


__all__: Sequence[str] = ["IN_MEMORY_BYTES", "graft"]
