"""URLs that we sign ourselves: those that botocore would make, and the same ones for a while."""

from datetime import UTC, datetime, timedelta
from functools import cache
from unittest.mock import patch

import boto3
import botocore.session
import pytest
from botocore.credentials import RefreshableCredentials

from services.aws.clients import Clients, make_clients
from services.aws.presign import WINDOW_S, Presigner
from services.aws.uploads import Uploads

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEYS = ["thumbnails/a_1.jpg", "thumbnails/Ü +&=?#%2F/日本~*()'!.jpg", "//x/../y", "a b/c"]


@cache
def clients_of(region: str, endpoint: str | None = None) -> Clients:
    """Return the clients of a region, made once: botocore needs a tenth of a second of CPU for each."""
    return make_clients(region, connections=1, endpoint=endpoint, credentials=("AKID", "secret"))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("bucket", ["bucket", "buck.et"])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566"])
@pytest.mark.parametrize("region", ["ap-southeast-2", "us-east-1", "cn-north-1"])
def test_a_url_is_the_one_that_botocore_would_make(region: str, endpoint: str | None, bucket: str, key: str) -> None:
    s3 = clients_of(region, endpoint).s3

    ours = Presigner(s3, bucket, lambda: NOW).url(key, lifetime_s=900)

    with patch("botocore.auth.get_current_datetime", lambda *_, **__: NOW.replace(tzinfo=None)):
        parameters = {"Bucket": bucket, "Key": key}
        assert ours == s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=900 + WINDOW_S)


@pytest.mark.parametrize("region", ["ap-southeast-2", "us-east-1", "us-gov-west-1"])
def test_urls_and_forms_name_the_regional_host(region: str) -> None:
    s3 = clients_of(region).s3
    regional = f"https://thumbnails-videos.s3.{region}.amazonaws.com/"
    assert Presigner(s3, "thumbnails-videos").url("a.jpg", lifetime_s=900).startswith(regional)
    assert s3.generate_presigned_post("thumbnails-videos", "a.mp4")["url"] == regional


@pytest.mark.parametrize(("left_s", "valid_s"), [(1800, 1800), (7200, 3600), (None, 3600)])
def test_a_signature_ends_with_the_credentials_of_a_role(left_s: int | None, valid_s: int) -> None:
    """Renewable credentials are those of a service account on AWS; keys of a user have no end."""
    now = datetime.now(UTC)
    session = botocore.session.get_session()
    if left_s is None:
        session.set_credentials("AKID", "secret")
    else:
        # As botocore's own providers set it.
        credentials = RefreshableCredentials(
            "AKID", "secret", "token", now + timedelta(seconds=left_s), refresh_using=dict, method="assume-role"
        )
        vars(session)["_credentials"] = credentials
    renewing = boto3.Session(region_name="us-east-1", botocore_session=session)
    s3 = make_clients("us-east-1", connections=1, session=renewing).s3
    presigner = Presigner(s3, "bucket", lambda: now)
    form = Uploads(s3, "bucket", presigner, patient=s3).post(
        "uploads/a.mp4", content_type="video/mp4", size_bytes=7, lifetime_s=3600
    )
    assert form.expires_at == now + timedelta(seconds=valid_s)


def test_a_url_is_stable_within_its_window() -> None:
    s3 = make_clients("us-east-1", connections=1, credentials=("AKID", "secret")).s3
    now = [NOW]
    presigner = Presigner(s3, "bucket", lambda: now[0])

    def url() -> str:
        return presigner.url("a", lifetime_s=900)

    first = url()
    now[0] = NOW + timedelta(seconds=WINDOW_S - 1)
    assert url() == first
    now[0] = NOW + timedelta(seconds=WINDOW_S)
    assert url() != first
    # Signed at 12:00:00 for 1,200 s: asked for at 12:04:59, it holds for more than 900.
    assert "X-Amz-Expires=1200" in first
