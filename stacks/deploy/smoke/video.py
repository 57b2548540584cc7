"""The video of the smoke test: uploaded, waited for, decoded, and deleted with everything that was made of it."""

import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urljoin

import urllib3
from botocore.exceptions import ClientError

from services.aws.bucket import Bucket
from services.aws.errors import WriteConflictError
from services.aws.videos import VideosTable
from services.contract.frames import frame_folder
from services.contract.keys import UPLOAD_PREFIX, thumbnail_bases
from services.contract.records import StoredThumbnail, VideoRecord, VideoState
from services.contract.resources import RESERVATION_PREFIX
from stacks.deploy.errors import SmokeError
from stacks.deploy.instance import Instance

SAMPLE = Path(__file__).with_name("sample.mp4")

_FRAME_S = 2.2
"""Time in the sample between two keyframes."""

_PAUSE_S = 1.0
_REMOVALS = 5


@dataclass(frozen=True, kw_only=True)
class InstanceStorage:
    """Bucket and table of the instance."""

    bucket: Bucket
    videos: VideosTable

    @classmethod
    def of(cls, instance: Instance) -> "InstanceStorage":
        resources = instance.names.resources
        return cls(
            bucket=Bucket(instance.session.client("s3"), resources.bucket),
            videos=VideosTable(instance.session.client("dynamodb"), resources.table.name),
        )


def make_name() -> str:
    """Return a file name that no other upload has."""
    return f"smoke-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.mp4"


def read_token(instance: Instance) -> str | None:
    """Return the api's token; None if the config asks for none. Raises: SmokeError."""
    if instance.config.auth.mode != "token":
        return None
    secret = instance.names.api_token_secret
    try:
        return instance.session.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    except ClientError as error:
        raise SmokeError(f"The secret {secret} with the api's token could not be read: {error}.") from None


def upload_through_api(http: urllib3.PoolManager, url: str, name: str, token: str | None) -> str:
    """Upload the sample as an application does, with a form that the api signs; return its key. Raises: SmokeError."""
    content = SAMPLE.read_bytes()
    address = f"{url}/api/uploads"
    body = json.dumps({"name": name, "size_bytes": len(content)})
    try:
        answer = http.request("POST", address, body=body, headers=_make_headers(token))
        if answer.status != 201:
            raise SmokeError(f"POST {address} answers {answer.status}: {_start_of(answer)}")
        ticket = answer.json()
        fields = [*ticket["fields"].items(), ("file", (name, content, ticket["content_type"]))]
        stored = http.request("POST", ticket["url"], fields=fields)
    except urllib3.exceptions.HTTPError as error:
        raise SmokeError(f"The upload did not reach the api or the bucket: {error}.") from None
    if stored.status not in (200, 201, 204):
        raise SmokeError(f"The bucket answers {stored.status} to the upload: {_start_of(stored)}")
    return str(ticket["key"])


def upload_to_bucket(instance: Instance, name: str) -> str:
    """Upload the sample without the api, where a login in a browser guards it; return its key. Raises: ClientError."""
    key = UPLOAD_PREFIX + name
    instance.session.client("s3").put_object(
        Bucket=instance.names.resources.bucket, Key=key, Body=SAMPLE.read_bytes(), ContentType="video/mp4"
    )
    return key


def wait_for_thumbnails(
    instance: Instance, storage: InstanceStorage, key: str, *, patience_s: float
) -> list[StoredThumbnail]:
    """Wait until a worker has ended the video, and decode its thumbnails. Raises: SmokeError, AwsError."""
    until = time.monotonic() + patience_s
    while (record := storage.videos.get(key)) is None or record.state is VideoState.PROCESSING:
        if time.monotonic() > until:
            found = "a worker still processes it" if record else "no worker has started it"
            raise SmokeError(
                f"After {patience_s:.0f} s there are no thumbnails of {key}: {found}. docs/operating.md says where to "
                "look under `queue-message-age`."
            )
        time.sleep(_PAUSE_S)
    wanted = len(instance.config.thumbnails.positions_pct)
    if record.state is VideoState.FAILED or len(record.thumbnails) != wanted:
        raise SmokeError(
            f"{key} is {record.state} with {len(record.thumbnails)} of {wanted} thumbnails: {record.reason or '-'}"
        )
    client = instance.session.client("s3")
    for thumbnail in record.thumbnails:
        content = client.get_object(Bucket=storage.bucket.name, Key=thumbnail.key)["Body"].read()
        if decode(content) != (thumbnail.width_px, thumbnail.height_px):
            raise SmokeError(f"{thumbnail.key} ({len(content)} bytes) does not decode to a picture of its size.")
    return list(record.thumbnails)


def ask_for_frame(http: urllib3.PoolManager, url: str, key: str, token: str | None) -> tuple[int, int]:
    """Let the api sign the URL of a frame, and get it; return width and height in pixels. Raises: SmokeError."""
    address = f"{url}/api/videos/{quote(key)}/frame-urls"
    body = json.dumps({"frames": [{"time_s": _FRAME_S}], "lifetime_s": 600})
    try:
        answer = http.request("POST", address, body=body, headers=_make_headers(token))
        if answer.status != 200:
            raise SmokeError(f"POST {address} answers {answer.status}: {_start_of(answer)}")
        frame = http.request("GET", urljoin(f"{url}/", answer.json()["items"][0]["url"]))
    except urllib3.exceptions.HTTPError as error:
        raise SmokeError(f"The frames service was not reached: {error}.") from None
    if frame.status != 200:
        raise SmokeError(f"The frames service answers {frame.status}: {_start_of(frame)}")
    size = decode(frame.data)
    if size is None:
        raise SmokeError(f"The frame ({len(frame.data)} bytes) does not decode to a picture.")
    return size


def _make_headers(token: str | None) -> dict[str, str]:
    return {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}


def decode(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture; None if it cannot be decoded or has one colour only.

    Raises: SmokeError without OpenCV, which is large and needed nowhere else in a deployment.
    """
    try:
        import cv2  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415
    except ImportError:
        raise SmokeError(
            "Thumbnails are decoded with OpenCV, which is not installed here: run `./noxw smoke`."
        ) from None

    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if picture is None or np.ptp(picture) == 0:
        return None
    height, width = picture.shape[:2]
    return width, height


def remove(storage: InstanceStorage, key: str) -> int:
    """Delete the upload, its record and its pictures, every version, and return the number of objects.

    Raises: AwsError.
    """
    deleted = _delete(storage.bucket, key) + _delete(storage.bucket, frame_folder(key))
    record = _remove_record(storage.videos, key)
    storage.videos.delete([RESERVATION_PREFIX + key])
    base = (record and record.base) or thumbnail_bases(key)[0]
    deleted += _delete(storage.bucket, f"{base}_")
    storage.videos.release([base])
    return deleted


def _remove_record(videos: VideosTable, key: str) -> VideoRecord | None:
    """Remove and return the record, if there is one. Raises: AwsError if a worker keeps changing it."""
    for attempt in range(1, _REMOVALS + 1):
        record = videos.get(key)
        try:
            if record is not None:
                videos.remove([record])
        except WriteConflictError:
            # A worker that is late has changed the record since it was read.
            if attempt == _REMOVALS:
                raise
        else:
            return record
    return None


def _delete(bucket: Bucket, prefix: str) -> int:
    versions = list(bucket.versions(prefix))
    if versions:
        bucket.delete(versions)
    return len(versions)


def _start_of(answer: urllib3.BaseHTTPResponse) -> str:
    return answer.data.decode(errors="replace").strip()[:300] or "nothing"
