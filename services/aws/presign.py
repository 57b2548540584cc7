"""Presigned URLs of S3: 20 microseconds each, and the same URL within a window of time.

botocore signs for the current second, so a browser could never reuse a cached picture, and takes 0.5 ms a URL. The
signature is https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from services.aws.errors import ServiceError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

WINDOW_S = 300
"""Length of the time window within which the URLs of an object are the same."""

_PROBE = "key"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    key_id: str
    secret: str
    token: str | None


class Presigner:
    """Signer of URLs for the objects of one bucket; needs no requests to S3."""

    def __init__(self, s3: "S3Client", bucket: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._s3 = s3
        self._region = s3.meta.region_name
        # What botocore makes of region, endpoint and bucket name: the host, and with an endpoint of its own a path.
        example = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": _PROBE}))
        self._origin = f"{example.scheme}://{example.netloc}"
        self._host = example.netloc
        self._path = example.path.removesuffix(_PROBE)
        self._now = now
        self._signing_key: tuple[tuple[str, str], bytes] | None = None

    def url(
        self,
        key: str,
        *,
        lifetime_s: int,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
    ) -> str:
        """Return a URL that is valid for at least `lifetime_s` seconds, unless the credentials expire before.

        Raises: ServiceError if there are no credentials.
        """
        credentials = self._get_credentials()
        window = datetime.fromtimestamp(self._now().timestamp() // WINDOW_S * WINDOW_S, UTC)
        date, time = f"{window:%Y%m%d}", f"{window:%Y%m%dT%H%M%SZ}"
        scope = f"{date}/{self._region}/s3/aws4_request"
        parameters = {
            **(query or {}),
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{credentials.key_id}/{scope}",
            "X-Amz-Date": time,
            "X-Amz-Expires": str(lifetime_s + WINDOW_S),
            **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
            "X-Amz-SignedHeaders": "host",
        }
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(parameters.items()))
        path = self._path + quote(key, safe="/~")
        request = f"{method}\n{path}\n{text}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = hmac.new(
            self._derive_key(credentials.secret, date),
            f"{_ALGORITHM}\n{time}\n{scope}\n{digest}".encode(),
            hashlib.sha256,
        ).hexdigest()
        return f"{self._origin}{path}?{text}&X-Amz-Signature={signature}"

    def ends_at(self, *, lifetime_s: int) -> datetime:
        """Return when a signature of now ends: after `lifetime_s`, or before, with the credentials of a role.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
        """
        end = self._now() + timedelta(seconds=lifetime_s)
        # Only credentials that boto3 renews have it: those of a service account live for an hour.
        credentials_end: datetime | None = getattr(self._own_credentials(), "_expiry_time", None)
        return end if credentials_end is None else min(end, credentials_end)

    def _get_credentials(self) -> Credentials:
        # Read each time, as boto3 renews the credentials of a role.
        found = self._own_credentials()
        if found is None:
            raise ServiceError("There are no AWS credentials to sign a URL with.")
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    def _own_credentials(self) -> Any:
        return self._s3._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way to the client's own

    def _derive_key(self, secret: str, date: str) -> bytes:
        if self._signing_key is None or self._signing_key[0] != (secret, date):
            key = f"AWS4{secret}".encode()
            for part in (date, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._signing_key = ((secret, date), key)
        return self._signing_key[1]
