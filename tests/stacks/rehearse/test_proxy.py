"""The proxy in front of the emulated AWS: it passes requests on, records each, and answers what ministack lacks."""

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from stacks.rehearse.emulated import supplement
from stacks.rehearse.emulated.proxy import Proxy, run_proxy
from stacks.rehearse.emulated.supplement import ReplacingCluster, Supplement
from stacks.rehearse.requests import RecordedRequest, read_requests

CLUSTER = {
    "name": "thumbnails",
    "status": "ACTIVE",
    "endpoint": "https://localhost:16443",
    "identity": {"oidc": {"issuer": "http://localhost:4566/oidc/id/ABC123"}},
}

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::1:root</Arn><UserId>1</UserId><Account>1</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


class Upstream(BaseHTTPRequestHandler):
    """An AWS that has one cluster, and echoes every other request."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("X-Amz-Target") == "secretsmanager.GetSecretValue":
            answer = json.dumps({"Name": "token"} | ({"SecretString": "value"} if b"CURRENT" in body else {})).encode()
        elif b"Action=GetCallerIdentity" in body:
            answer = IDENTITY
        elif self.path.startswith("/clusters"):
            answer = json.dumps({"cluster": CLUSTER}).encode()
        else:
            said = {"path": self.path, "host": self.headers["Host"], "body": body.decode()}
            answer = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def requests_file(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def proxy(upstream: str, requests_file: Path) -> Iterator[Proxy]:
    cluster = ReplacingCluster("https://127.0.0.1:6443", base64.b64encode(b"certificate").decode())
    supplement = Supplement(
        region="eu-west-1",
        arn=lambda name: f"arn:aws:eks:eu-west-1:1:{name}",
        callers={"deploy": "arn:aws:sts::1:assumed-role/thumbnails-deploy/rehearsal"},
        cluster=cluster,
    )
    with run_proxy(upstream, requests_file, supplement) as running:
        yield running


def eks(proxy: Proxy) -> Any:
    return client_of("eks", proxy)


def client_of(service: Any, proxy: Proxy, principal: str = "deploy") -> Any:
    return boto3.client(
        service,
        endpoint_url=proxy.endpoint(principal, "core"),
        region_name="eu-west-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="rehearsal",  # noqa: S106 - no real key
        config=Config(retries={"max_attempts": 0}),
    )


def ask(url: str, method: str, path: str, **options: Any) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    connection.request(method, path, **options)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


def create_profile(client: Any, name: str, **more: str) -> Any:
    return client.create_fargate_profile(
        clusterName="thumbnails", fargateProfileName=name, podExecutionRoleArn="arn:aws:iam::1:role/pods", **more
    )


def test_requests_are_recorded_with_their_sender(proxy: Proxy, requests_file: Path) -> None:
    signature = "AWS4-HMAC-SHA256 Credential=123456789012/20261128/eu-west-1/s3/aws4_request, Signature=abc"
    url = proxy.endpoint("worker")
    _, answer = ask(url, "PUT", "/bucket/a%20b?tagging=", body=b"content", headers={"Authorization": signature})
    said = json.loads(answer)
    assert said == {"path": "/bucket/a%20b?tagging=", "host": urlsplit(url).netloc, "body": "content"}
    (recorded,) = read_requests(requests_file)
    assert (recorded.principal, recorded.stack, recorded.service, recorded.region) == ("worker", "", "s3", "eu-west-1")
    assert (recorded.method, recorded.path, recorded.query) == ("PUT", "/bucket/a%20b", "tagging=")
    assert (recorded.body, recorded.status, recorded.answer) == (b"content", 200, b"")
    assert "authorization" not in recorded.headers


def test_answers_of_other_services_than_s3_are_recorded(proxy: Proxy, requests_file: Path) -> None:
    eks(proxy).describe_cluster(name="thumbnails")
    (recorded,) = read_requests(requests_file)
    assert recorded.service == "eks"
    assert json.loads(recorded.answer)["cluster"]["name"] == "thumbnails"


def test_each_sender_has_a_port_of_its_own(proxy: Proxy, requests_file: Path) -> None:
    senders = [("deploy", "core"), ("deploy", "dns"), ("api", "")]
    endpoints = [proxy.endpoint(*sender) for sender in senders]
    assert len(set(endpoints)) == 3
    assert proxy.endpoint("deploy", "core") == endpoints[0]
    for endpoint in endpoints:
        ask(endpoint, "GET", "/")
    recorded: list[RecordedRequest] = list(read_requests(requests_file))
    assert [(one.principal, one.stack) for one in recorded] == senders


def test_chunked_bodies_are_passed_on_whole(proxy: Proxy) -> None:
    _, answer = ask(proxy.endpoint("worker"), "PUT", "/", body=iter([b"one ", b"two"]), encode_chunked=True)
    assert json.loads(answer)["body"] == "one two"


def test_head_keeps_the_length_of_the_object(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection(urlsplit(proxy.endpoint("api")).netloc, timeout=120)
    connection.request("HEAD", "/bucket/key")
    answer = connection.getresponse()
    assert int(answer.getheader("Content-Length", "0")) > 10
    assert answer.read() == b""
    connection.close()


def test_an_absent_upstream_is_answered_with_503(requests_file: Path) -> None:
    supplement = Supplement(region="eu-west-1", arn=str, callers={})
    with run_proxy("http://127.0.0.1:1", requests_file, supplement) as proxy:
        status, body = ask(proxy.endpoint("deploy"), "GET", "/")
    assert status == 503
    assert "does not answer" in json.loads(body)["message"]


def test_fargate_profiles_live_from_creation_to_deletion(proxy: Proxy) -> None:
    client = eks(proxy)
    made = create_profile(client, "keda")["fargateProfile"]
    assert made["status"] == "CREATING"
    assert made["fargateProfileArn"].startswith("arn:aws:eks:eu-west-1:1:fargateprofile/thumbnails/keda/")
    names = {"clusterName": "thumbnails", "fargateProfileName": "keda"}
    client.get_waiter("fargate_profile_active").wait(**names, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    assert client.list_fargate_profiles(clusterName="thumbnails")["fargateProfileNames"] == ["keda"]
    assert client.delete_fargate_profile(**names)["fargateProfile"]["status"] == "DELETING"
    client.get_waiter("fargate_profile_deleted").wait(**names, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    assert client.list_fargate_profiles(clusterName="thumbnails")["fargateProfileNames"] == []


def test_a_second_fargate_profile_has_to_wait(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplement, "_CHANGE_S", 3600)
    client = eks(proxy)
    create_profile(client, "keda")
    with pytest.raises(ClientError, match=r"ResourceInUseException.*keda in status CREATING"):
        create_profile(client, "pipeline")


def test_a_fargate_profile_is_created_once_for_a_token(proxy: Proxy) -> None:
    client = eks(proxy)
    made, again = (create_profile(client, "keda", clientRequestToken="one")["fargateProfile"] for _ in range(2))
    assert again["fargateProfileArn"] == made["fargateProfileArn"]
    with pytest.raises(ClientError, match="already exists with name keda"):
        create_profile(client, "keda", clientRequestToken="two")


def test_clusters_are_described_as_terraform_needs_them(proxy: Proxy) -> None:
    client = eks(proxy)
    network = {"subnetIds": ["subnet-1"]}
    policy = {"supportType": "STANDARD"}
    client.create_cluster(name="thumbnails", roleArn="role", resourcesVpcConfig=network, upgradePolicy=policy)
    cluster = client.describe_cluster(name="thumbnails")["cluster"]
    assert cluster["upgradePolicy"] == {"supportType": "STANDARD"}
    assert cluster["identity"]["oidc"]["issuer"] == "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC123"
    assert cluster["endpoint"] == "https://127.0.0.1:6443"
    assert base64.b64decode(cluster["certificateAuthority"]["data"]) == b"certificate"


def test_every_addon_has_a_default_version(proxy: Proxy) -> None:
    (addon,) = eks(proxy).describe_addon_versions(addonName="coredns", kubernetesVersion="1.36")["addons"]
    assert addon["addonName"] == "coredns"
    (version,) = addon["addonVersions"]
    assert version["compatibilities"][0] == {
        "clusterVersion": "1.36",
        "platformVersions": ["*"],
        "defaultVersion": True,
    }


def test_the_caller_is_the_role_whose_rights_are_checked(proxy: Proxy) -> None:
    callers = {principal: client_of("sts", proxy, principal).get_caller_identity() for principal in ("admin", "deploy")}
    assert callers["admin"]["Arn"] == "arn:aws:iam::1:root"
    # The cluster has an access entry for it, and none for the account.
    assert callers["deploy"]["Arn"] == "arn:aws:sts::1:assumed-role/thumbnails-deploy/rehearsal"
    assert callers["deploy"]["Account"] == "1"


def test_a_secret_version_without_a_value_does_not_exist(proxy: Proxy) -> None:
    client = client_of("secretsmanager", proxy)
    assert client.get_secret_value(SecretId="token", VersionStage="AWSCURRENT")["SecretString"] == "value"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="token", VersionStage="AWSPREVIOUS")
