"""Requests that a web page can make through a browser: the embedded AWS answers the dashboard's page and no other."""

from __future__ import annotations

import contextlib
import http
import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from services.contract.resources import pipeline_resources
from services.local.pipeline import make_local_clients
from services.local.provision import allow_origins, provision_resources

if TYPE_CHECKING:
    from services.local.embedded_aws import EmbeddedAws
    from tests.support.aws_clients import Clients

DASHBOARD = "http://127.0.0.1:3000"


@pytest.fixture(scope="module")
def bucket(clients: Clients) -> str:
    """Create a bucket with one object and a CORS rule for the dashboard."""
    bucket = clients.bucket()
    clients.s3.put_object(Bucket=bucket, Key="a", Body=b"secret")
    allow_origins(clients.s3, bucket, [DASHBOARD])
    return bucket


def ask(
    aws: EmbeddedAws, method: str, path: str, *, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return the status, the headers in lower case and the body. A header's underscores become hyphens."""
    with contextlib.closing(http.client.HTTPConnection(urlsplit(aws.endpoint).netloc)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4566", "127.0.0.1.evil.example", "localhost.evil", ""])
def test_a_foreign_host_name_is_refused(aws: EmbeddedAws, bucket: str, host: str) -> None:
    assert ask(aws, "GET", f"/{bucket}/a", Host=host)[0] == http.HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:1", "localhost:4566", "LOCALHOST", "[::1]:4566"])
def test_the_names_of_this_machine_are_answered(aws: EmbeddedAws, bucket: str, host: str) -> None:
    assert ask(aws, "GET", f"/{bucket}/a", Host=host)[2] == b"secret"


def test_a_bucket_can_be_part_of_the_name(aws: EmbeddedAws, bucket: str) -> None:
    assert ask(aws, "GET", "/a", Host=f"{bucket}.localhost")[2] == b"secret"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:3001", "null", "https://127.0.0.1:3000"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_a_foreign_page_can_neither_read_nor_write(aws: EmbeddedAws, bucket: str, origin: str, method: str) -> None:
    status, headers, _ = ask(
        aws, method, f"/{bucket}/a", body=b"" if method == "PUT" else None, Origin=origin,
        Access_Control_Request_Method="PUT",
    )  # fmt: skip
    assert status == http.HTTPStatus.FORBIDDEN
    assert not any(name.startswith("access-control-") for name in headers)
    assert ask(aws, "GET", f"/{bucket}/a")[2] == b"secret"


@pytest.mark.parametrize("target", ["AmazonSQS.ListQueues", "DynamoDB_20120810.ListTables"])
def test_queues_and_tables_are_for_no_page(aws: EmbeddedAws, bucket: str, target: str) -> None:
    for path in ("/", f"/{bucket}/a"):
        asked = ask(aws, "POST", path, body=b"{}", Origin=DASHBOARD, X_Amz_Target=target)
        assert asked[0] == http.HTTPStatus.FORBIDDEN


def test_the_dashboards_page_uploads_and_reads_the_etag(aws: EmbeddedAws, clients: Clients, bucket: str) -> None:
    link = urlsplit(clients.s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "part"}))
    path = f"{link.path}?{link.query}"
    status, headers, _ = ask(
        aws,
        "OPTIONS",
        path,
        Access_Control_Request_Method="PUT",
        Access_Control_Request_Headers="content-type",
        Origin=DASHBOARD,
        Sec_Fetch_Site="same-site",
    )
    assert status == http.HTTPStatus.OK
    assert headers["access-control-allow-origin"] == DASHBOARD
    assert headers["access-control-allow-headers"] == "content-type"
    status, headers, _ = ask(aws, "PUT", path, body=b"12345", Origin=DASHBOARD, Sec_Fetch_Site="same-site")
    assert (status, headers["access-control-allow-origin"]) == (http.HTTPStatus.OK, DASHBOARD)
    assert "etag" in headers["access-control-expose-headers"].lower()
    assert clients.read(bucket, "part") == b"12345"


def test_form_upload_needs_the_origin_of_the_dashboard(aws: EmbeddedAws, clients: Clients, bucket: str) -> None:
    form = clients.s3.generate_presigned_post(bucket, "form")
    fields = {**form["fields"], "file": "12345"}
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    kind = "multipart/form-data; boundary=x"
    for origin, status in [("null", http.HTTPStatus.FORBIDDEN), (DASHBOARD, http.HTTPStatus.NO_CONTENT)]:
        sent = f"{body}--x--\r\n".encode()
        assert ask(aws, "POST", f"/{bucket}", body=sent, Origin=origin, Content_Type=kind)[0] == status
    assert clients.read(bucket, "form") == b"12345"


@pytest.mark.parametrize("site", ["same-site", "cross-site", "same-origin"])
def test_a_page_that_does_not_name_itself_is_refused(aws: EmbeddedAws, bucket: str, site: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        asked = ask(aws, method, f"/{bucket}/a?Action=DeleteQueue&X-Amz-Signature=0", Sec_Fetch_Site=site)
        assert asked[0] == http.HTTPStatus.FORBIDDEN


def test_dashboard_loads_a_picture_by_its_presigned_url(aws: EmbeddedAws, clients: Clients, bucket: str) -> None:
    link = urlsplit(clients.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"}))
    path = f"{link.path}?{link.query}"
    for site, status in [("same-site", 200), ("none", 200), ("cross-site", 403), ("same-origin", 403)]:
        assert ask(aws, "GET", path, Sec_Fetch_Site=site)[0] == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/ready"),
        ("GET", "/_ministack/health"),
        ("GET", "/_ministack/sqs/messages"),
        ("GET", "/_localstack/health"),
        ("GET", "/_aws/execute-api/a/b"),
        ("GET", "/%5Fministack/health"),
        ("GET", "//_ministack/health"),
        ("GET", "/health"),
    ],
)
def test_there_are_no_management_paths(aws: EmbeddedAws, bucket: str, method: str, path: str) -> None:
    assert ask(aws, method, path)[0] in {http.HTTPStatus.FORBIDDEN, http.HTTPStatus.NOT_FOUND}
    assert ask(aws, "GET", f"/{bucket}/a")[2] == b"secret"


def test_answers_have_a_date_and_no_cors_headers(aws: EmbeddedAws, bucket: str) -> None:
    for method, path in [("GET", f"/{bucket}/a"), ("HEAD", f"/{bucket}/a"), ("GET", "/missing/a"), ("GET", "/")]:
        _, headers, _ = ask(aws, method, path)
        assert not any(name.startswith("access-control-") for name in headers)
        assert headers["date"].endswith(" GMT")


def test_the_pipelines_bucket_is_for_the_dashboard_that_runs(aws: EmbeddedAws) -> None:
    clients, resources = make_local_clients(aws.endpoint), pipeline_resources("paged")
    for origins, status in [([DASHBOARD], http.HTTPStatus.OK), ([], http.HTTPStatus.FORBIDDEN)]:
        provision_resources(clients, resources, origins=origins)
        assert ask(aws, "GET", f"/{resources.bucket}", Origin=DASHBOARD)[0] == status
        assert ask(aws, "GET", f"/{resources.test_source_bucket}", Origin=DASHBOARD)[0] == http.HTTPStatus.FORBIDDEN
