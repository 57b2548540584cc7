"""Everything that is missing is reported at once, in a sentence each, before anything is changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from stacks.deploy import account, progress, tools
from stacks.deploy.errors import OperateError, PrerequisiteError
from stacks.deploy.instance import Instance
from stacks.deploy.prerequisites import check_prerequisites
from stacks.deploy.stages import CORE, WORKLOADS, Need
from tests.support.bench import Bench, config, manifest

MakeInstance = Callable[..., Instance]


def test_a_machine_with_everything_passes(make_instance: MakeInstance) -> None:
    check_prerequisites(make_instance(), [])


def test_everything_missing_is_told_at_once(bench: Bench, make_instance: MakeInstance) -> None:
    (bench.programs / "terraform").unlink()
    bench.program("node", says="v18.20.0")
    (bench.programs / "aws").unlink()
    instance = make_instance(account_id="999999999999")
    with pytest.raises(PrerequisiteError) as caught:
        check_prerequisites(instance, [Need.AWS_CLI])
    message = str(caught.value)
    assert message.startswith("Nothing was changed.")
    assert "Terraform 1.11 or newer is needed and `terraform` does not run" in message
    assert "Node 20 or newer is needed to synthesize the stacks and `node` is v18.20.0" in message
    assert "`aws eks get-token`" in message
    assert f"The credentials are those of account {config().account_id}" in message
    assert "account_id = '999999999999'" in message
    assert len(message.splitlines()) == 5


@pytest.mark.parametrize("version", ["0.15.5", "1.9.8", "1.10.0"])
def test_an_old_terraform_is_refused(bench: Bench, version: str) -> None:
    bench.program("terraform", says=json.dumps({"terraform_version": version}))
    with pytest.raises(PrerequisiteError, match=rf"1\.11 or newer is needed and `terraform` is {version}"):
        tools.check_terraform()


def test_another_terraform_can_be_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (bench.programs / "terraform").unlink()
    bench.program("tofu", says=json.dumps({"terraform_version": "1.12.0-rc1"}))
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    tools.check_terraform()


def test_what_is_no_terraform_is_told(bench: Bench) -> None:
    bench.program("terraform", says="hello")
    with pytest.raises(PrerequisiteError, match="is it Terraform"):
        tools.check_terraform()


def test_a_docker_without_an_engine_is_told(bench: Bench) -> None:
    bench.program("docker", status=1)
    with pytest.raises(PrerequisiteError, match="its engine does not answer"):
        tools.check_docker()


def test_no_credentials_are_told(
    session: boto3.Session, make_instance: MakeInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(PrerequisiteError, match=r"There are no AWS credentials: log in"):
        account.check_credentials(replace(make_instance(), session=boto3.Session(region_name=session.region_name)))


class _Quotas:
    """A session that knows one quota."""

    def __init__(self, answer: Callable[[Stubber], None]) -> None:
        self._client = boto3.Session(
            region_name="ap-southeast-2",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106
        ).client("service-quotas")
        stubber = Stubber(self._client)
        answer(stubber)
        stubber.activate()

    def client(self, _name: str) -> Any:
        return self._client


def _quota_of(vcpus: float) -> Any:
    expected = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}
    return _Quotas(lambda stubber: stubber.add_response("get_service_quota", {"Quota": {"Value": vcpus}}, expected))


def test_low_quota_of_a_new_account_names_the_fix() -> None:
    with pytest.raises(PrerequisiteError) as caught:
        account.check_fargate_quota(_quota_of(6), config(), needed_vcpus=14.75)
    message = str(caught.value)
    assert "needs 14.75 Fargate vCPUs at most and the quota in ap-southeast-2 is 6" in message
    assert "set worker.max_replicas = 1, api.max_replicas = 2, frontend.max_replicas = 2, or ask for more" in message
    assert "--quota-code L-3032A538 --desired-value 15" in message


def test_core_deployment_notes_what_workloads_will_lack(
    make_instance: MakeInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PrerequisiteError("the quota is 6: ask for more.")

    instance = make_instance()
    monkeypatch.setattr(account, "check_fargate_quota", refuse)
    check_prerequisites(instance, [Need.QUOTA_LATER])
    assert "Note: the quota is 6: ask for more. The workloads stack needs it" in capsys.readouterr().out
    with pytest.raises(PrerequisiteError, match="the quota is 6"):
        check_prerequisites(instance, [Need.QUOTA])
    assert (
        Need.QUOTA_LATER in CORE.needs,
        Need.QUOTA in CORE.needs,
        Need.QUOTA in WORKLOADS.needs,
    ) == (
        True,
        False,
        True,
    )


def test_only_the_certificate_of_the_dns_stack_counts(
    make_instance: MakeInstance, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moto.settings.ACM_VALIDATION_WAIT", 0)
    acm = session.client("acm")
    foreign, ours = (acm.request_certificate(DomainName="thumbnail.example.com")["CertificateArn"] for _ in range(2))
    instance = make_instance(domain="example.com", certificate=True)
    assert acm.describe_certificate(CertificateArn=foreign)["Certificate"]["Status"] == "ISSUED"
    assert not progress.has_certificate(instance)
    state = {"outputs": {"certificate_arn": {"value": ours}}}
    monkeypatch.setattr(progress, "read_state", lambda _instance, stack: state if stack == "dns" else {})
    assert progress.has_certificate(instance)
    acm.delete_certificate(CertificateArn=ours)
    assert not progress.has_certificate(instance)


@pytest.mark.parametrize(
    ("line", "secret", "refusal"),
    [
        ("", "acme-videos", "refused"),
        ("[storage]\nbucket_name = 'acme-videos'", "acme-videos", None),
        ("[storage]\nbucket_name = 'acme-videos'", "another", "refused"),
        ("", "", None),
    ],
)
def test_differing_bucket_secret_and_file_are_refused(
    tmp_path: Path, line: str, secret: str, refusal: str | None
) -> None:
    file = tmp_path / "pipeline.toml"
    values = config().model_dump(include={"name", "region", "account_id", "repository", "alert_email"})
    file.write_text("\n".join([*(f'{name} = "{value}"' for name, value in values.items()), line]), encoding="utf-8")
    if refusal is None:
        account.check_bucket_secret(file, {"S3_BUCKET_NAME": secret})
        return
    with pytest.raises(PrerequisiteError, match=f"S3_BUCKET_NAME is '{secret}', and by pipeline.toml the bucket is"):
        account.check_bucket_secret(file, {"S3_BUCKET_NAME": secret})


def test_a_quota_that_holds_the_config_passes() -> None:
    assert account.check_fargate_quota(_quota_of(15), config(), needed_vcpus=14.75) is None


def test_unreadable_quota_is_only_a_note() -> None:
    quotas: Any = _Quotas(lambda stubber: stubber.add_client_error("get_service_quota", "AccessDeniedException"))
    note = account.check_fargate_quota(quotas, config(), needed_vcpus=14.75)
    assert note is not None
    assert "could not be read" in note
    assert "14.75" in note


def test_absent_images_are_named(session: boto3.Session) -> None:
    ecr = session.client("ecr")
    ecr.create_repository(repositoryName="thumbnails-api")
    ecr.put_image(repositoryName="thumbnails-api", imageTag="1.0.5", imageManifest=manifest())
    ecr.create_repository(repositoryName="thumbnails-worker")
    assert account.missing_images(session, config()) == ["worker", "frontend"]
    with pytest.raises(PrerequisiteError, match=r"ECR has no image 1\.0\.5 of worker, frontend: run `./noxw images"):
        account.check_images(session, config())


def test_the_state_bucket_is_made_closed_and_versioned(session: boto3.Session) -> None:
    with pytest.raises(PrerequisiteError, match=r"does not exist: run `./noxw deploy bootstrap` first"):
        account.check_state_bucket(session, config())
    account.make_state_bucket(session, config())
    account.check_state_bucket(session, config())
    s3, bucket = session.client("s3"), "thumbnails-tfstate-123456789012-ap-southeast-2"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (
            Need.CLUSTER,
            "The cluster thumbnails does not exist in ap-southeast-2: run `./noxw deploy core` first",
        ),
        (
            Need.LOAD_BALANCER,
            "The load balancer thumbnails does not exist: run `./noxw deploy workloads` first",
        ),
        (Need.CERTIFICATE, "ACM has issued none for thumbnail.example.com"),
        (
            Need.DELEGATION,
            "The dns stack has made no zone for example.com yet: run `./noxw deploy dns --step 1` first",
        ),
    ],
)
def test_a_stack_that_must_come_first_is_named(make_instance: MakeInstance, need: Need, words: str) -> None:
    with pytest.raises(OperateError) as caught:
        check_prerequisites(make_instance(domain="example.com", certificate=True), [need])
    assert words in str(caught.value)
