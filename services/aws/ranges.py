"""Reads of an object through a signed URL: 0.4 ms of CPU per read, with boto3 1.4 ms.

A video takes 10 to 30 reads of ranges, with one URL. boto3 builds, signs and checks each request, which adds up to as
much CPU as decoding.
"""

from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from botocore.httpsession import get_cert_path

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import AwsError, ObjectChangedError, ObjectMissingError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONNECT_TIMEOUT_S = 3
_READ_TIMEOUT_S = 15
_ATTEMPTS = 4
_BACKOFF_S = 0.2
_CONNECTIONS = 64
"""Maximum number of open connections: the reads in progress of several videos."""
_WORTH_A_RETRY = (429, 500, 502, 503, 504)
_WHOLE, _PART, _NO_SUCH_RANGE = 200, 206, 416
_ERRORS: dict[int, type[AwsError]] = {404: ObjectMissingError, 412: ObjectChangedError}
_FIRST_BYTES = 64 * 1024
"""Block size of the extraction's reader."""

VALID_S = 3600
"""Validity of a URL: longer than the processing deadline of a video."""


class SignedObject:
    """One version of one object, which several threads can read in ranges at the same time.

    The first request reads the first bytes, in place of a HEAD, and keeps them, as every reader of a video starts
    there. `info` is without metadata.
    """

    def __init__(self, bucket: Bucket, key: str) -> None:
        """Read the first bytes and the properties. Raises: ObjectMissingError, ServiceError."""
        self._name = f"GET s3://{bucket.name}/{key}"
        self._url = bucket.sign(key, valid_s=VALID_S)
        status, headers, body = _request_range(self._name, self._url, {"Range": f"bytes=0-{_FIRST_BYTES - 1}"})
        if status == _NO_SUCH_RANGE:  # it is empty
            self.info, self._first = bucket.head(key), b""
            return
        if status not in (_PART, _WHOLE):
            raise _make_error(self._name, status, body)
        size_bytes = int(headers["Content-Range"].rpartition("/")[2]) if status == _PART else len(body)
        self.info = ObjectInfo(
            key,
            headers["ETag"].strip('"'),
            size_bytes,
            parsedate_to_datetime(headers["Last-Modified"]),
            version_id=headers.get("x-amz-version-id", ""),
        )
        self._first = body

    def __repr__(self) -> str:
        # The URL is a credential.
        return f"<SignedObject {self._name}>"

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end of the object, if its ETag is still the same.

        Raises: ObjectMissingError, ObjectChangedError, ServiceError.
        """
        if offset + length <= len(self._first) or len(self._first) == self.info.size_bytes:
            return self._first[offset : offset + length]
        asked = {"Range": f"bytes={offset}-{offset + length - 1}", "If-Match": f'"{self.info.etag}"'}
        status, _, body = _request_range(self._name, self._url, asked)
        if status == _PART or (status == _WHOLE and offset == 0 and len(body) <= length):
            return body
        raise _make_error(self._name, status, body)


def read_object(bucket: Bucket, key: str) -> "tuple[Mapping[str, str], bytes]":
    """Return the headers and the content of a small object. Raises: ObjectMissingError, ServiceError."""
    name = f"GET s3://{bucket.name}/{key}"
    status, headers, body = _request_range(name, bucket.sign(key, valid_s=VALID_S), {})
    if status != _WHOLE:
        raise _make_error(name, status, body)
    return headers, body


def _make_error(name: str, status: int, body: bytes) -> AwsError:
    # Only the error code of S3's XML: the answer repeats parts of the URL, which is a credential.
    code = body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode(errors="replace")[:100]
    return _ERRORS.get(status, ServiceError)(f"{name}: {code or status}")


def _request_range(name: str, url: str, asked: "Mapping[str, str]") -> tuple[int, "Mapping[str, str]", bytes]:
    address = urlsplit(url)
    # Through the pool of the host: a pool manager resolves `..`, which is part of the key and of the signature.
    host = _connection_pool().connection_from_url(f"{address.scheme}://{address.netloc}")
    try:
        answer = host.urlopen("GET", f"{address.path}?{address.query}", headers=asked, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        # The error's text contains the URL, and with it the signature.
        raise ServiceError(f"{name}: {type(error).__name__}") from None
    return answer.status, answer.headers, answer.data


@cache
def _connection_pool() -> urllib3.PoolManager:
    """Return the connection pool of the process; it is kept between videos, as TLS handshakes are expensive."""
    retries = urllib3.Retry(
        total=_ATTEMPTS - 1,
        backoff_factor=_BACKOFF_S,
        status_forcelist=_WORTH_A_RETRY,
        redirect=False,
        raise_on_status=False,
    )
    timeout = urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=_READ_TIMEOUT_S)
    return urllib3.PoolManager(
        maxsize=_CONNECTIONS, retries=retries, timeout=timeout, ca_certs=get_cert_path(verify=True)
    )
