"""The emulated account has what the config says is there, and keeps it through the destroy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stacks.config.load import load_config
from stacks.deploy.existing.identities import check_identities
from stacks.deploy.existing.network import check_network
from stacks.deploy.existing.sources import check_sources
from stacks.deploy.existing.zone import check_zone
from stacks.rehearse.account import check_account, make_account
from stacks.rehearse.emulated.targets import TargetQueues
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.project.copies import OVERRIDES, RehearsalSettings
from stacks.rehearse.requests import RecordedRequest
from stacks.rehearse.start import Rehearsal, RehearsalOptions
from tests.support.synthesis import MINIMAL

INDEX = "arn:aws:sqs:ap-southeast-2:123456789012:search-index"
OTHER = "arn:aws:lambda:ap-southeast-2:123456789012:function:index"
EXAMPLE = Path(__file__).parents[3] / "examples" / "existing-account.toml"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


def rehearsal_of(file: Path, folder: Path, document: dict[str, Any]) -> Rehearsal:
    config = load_config(file, OVERRIDES)
    place = RehearsalSettings(folder=folder, account=config.account_id, region=config.region)
    (place.synthesized / "stacks" / "core").mkdir(parents=True)
    return Rehearsal(
        options=RehearsalOptions(project=folder, config=file),
        config=config,
        place=place,
        documents={"core": document},
        stacks=("core",),
        left_out={},
        pinned="6.25.0",
        provider="6.25.0",
        terraform="1.11.4",
        unknown=(),
        weakened=(),
        found=None,
    )


def test_everything_that_the_config_names_is_there(session: boto3.Session, tmp_path: Path) -> None:
    asked = load_config(EXAMPLE, {})
    document = {"vpc": asked.network.vpc_id, "policy": f"arn:aws:route53:::hostedzone/{asked.hosted_zone_id}"}
    rehearsal, _ = make_account(rehearsal_of(EXAMPLE, tmp_path, document), session)
    for check in (check_identities, check_network, check_sources, check_zone):
        check(session, rehearsal.config)
    [changed] = rehearsal.documents.values()
    assert changed == {
        "vpc": rehearsal.config.network.vpc_id,
        "policy": f"arn:aws:route53:::hostedzone/{rehearsal.config.hosted_zone_id}",
    }
    file = rehearsal.place.synthesized / "stacks" / "core" / "cdk.tf.json"
    assert json.loads(file.read_text(encoding="utf-8")) == changed
    environment = rehearsal.place.environment("http://127.0.0.1:1", {})
    assert environment["PIPELINE_NETWORK__VPC_ID"] == rehearsal.config.network.vpc_id
    assert environment["PIPELINE_CERTIFICATE"] == "false"


def test_a_destroy_must_leave_what_was_there(session: boto3.Session, tmp_path: Path) -> None:
    rehearsal, before = make_account(rehearsal_of(EXAMPLE, tmp_path, {}), session)
    check_account(rehearsal, session, before)
    session.client("route53").delete_hosted_zone(Id=str(rehearsal.config.hosted_zone_id))
    with pytest.raises(RehearsalError, match="deleted what was there before the deployment: zone /hostedzone/"):
        check_account(rehearsal, session, before)


def test_a_destroy_must_leave_nothing_of_the_instance(session: boto3.Session, tmp_path: Path) -> None:
    sqs = session.client("sqs")
    sqs.create_queue(QueueName="lecture-thumbs-of-others")
    rehearsal, before = make_account(rehearsal_of(EXAMPLE, tmp_path, {}), session)
    check_account(rehearsal, session, before)
    sqs.create_queue(QueueName="lecture-thumbs-videos")
    with pytest.raises(RehearsalError, match=r"there are still: queue http.*/lecture-thumbs-videos\.$"):
        check_account(rehearsal, session, before)


def request_of(operation: str, **asked: str) -> RecordedRequest:
    headers = {"x-amz-target": f"CertificateManager.{operation}"}
    body = json.dumps(asked).encode()
    return RecordedRequest("deploy", "dns", "acm", "eu-west-1", "POST", "/", "", headers, body, 200)


@pytest.mark.parametrize(("tokens", "excused"), [(["a", "a"], True), (["a", "b"], False), (["a"], False)])
def test_only_the_copy_of_a_repeated_request_is_excused(
    session: boto3.Session, tmp_path: Path, tokens: list[str], *, excused: bool
) -> None:
    rehearsal, before = make_account(rehearsal_of(EXAMPLE, tmp_path, {}), session)
    arn = session.client("acm").request_certificate(DomainName=str(rehearsal.names.host))["CertificateArn"]
    requests = [request_of("RequestCertificate", IdempotencyToken=token) for token in tokens]
    requests.append(request_of("DeleteCertificate", CertificateArn="arn:another"))
    if excused:
        [line] = check_account(rehearsal, session, before, requests)
        assert arn in line
        assert "repeated request" in line
    else:
        with pytest.raises(RehearsalError, match=r"still: certificate .*; 1 x DeleteCertificate arn:another\)\.$"):
            check_account(rehearsal, session, before, requests)


def test_queues_among_the_targets_of_the_bus_get_the_event(session: boto3.Session, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    events = f"[events]\nenabled = true\nevent_bus = true\n[events.targets]\nindex = '{INDEX}'\nother = '{OTHER}'\n"
    minimal = "".join(f"{name} = {json.dumps(value)}\n" for name, value in MINIMAL.items())
    file.write_text(minimal + events, encoding="utf-8")
    rehearsal, before = make_account(rehearsal_of(file, tmp_path, {}), session)
    targets = TargetQueues(session, rehearsal.config, "uploads/a.mp4")
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName="search-index")["QueueUrl"]
    for kind, key in (("failed", "uploads/a.mp4"), ("done", "uploads/b.mp4"), ("done", "uploads/a.mp4")):
        assert not targets.receive()
        event = {"detail-type": f"video.{kind}", "detail": {"data": {"key": key}}}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
    assert targets.receive()
    assert targets.received == ["the bus has sent video.done of uploads/a.mp4 to the queue search-index"]
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(RehearsalError, match=r"deleted what was there .*: queue .*/search-index"):
        check_account(rehearsal, session, before)
