"""Synthesized stacks are changed to reach the emulated AWS only, with the provider that is there."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.project.copies import OVERRIDES, RehearsalSettings, change_document, copy_project, write_stacks
from stacks.rehearse.project.documents import RequestTarget, check_endpoints, redirect
from tests.support.synthesis import Synthesized

ENDPOINT = "http://127.0.0.1:4566"
TARGET = RequestTarget(endpoint=ENDPOINT, account="123456789012")
STACK: dict[str, Any] = {
    "terraform": {
        "backend": {"s3": {"bucket": "state", "key": "core.tfstate", "region": "eu-west-1"}},
        "required_providers": {"aws": {"source": "aws", "version": "6.25.0"}},
    },
    "provider": {"aws": [{"region": "eu-west-1"}, {"region": "us-east-1", "alias": "virginia"}]},
    "data": {"terraform_remote_state": {"core": {"backend": "s3", "config": {"bucket": "state"}}}},
    "resource": {
        "aws_eks_cluster": {"cluster": {"name": "thumbnails", "deletion_protection": True, "lifecycle": {}}},
    },
}
PROVIDER = {
    "attributes": {
        key: {} for key in ["access_key", "https_proxy", "no_proxy", "region", "s3_use_path_style", "secret_key"]
    },
    "block_types": {
        "endpoints": {
            "nesting_mode": "set",
            "block": {"attributes": {key: {} for key in ["ec2", "eks", "s3", "sts"]}},
        }
    },
}
SCHEMAS = {
    "provider_schemas": {
        "registry.terraform.io/hashicorp/aws": {
            "provider": {"block": PROVIDER},
            "resource_schemas": {"aws_eks_cluster": {"block": {"attributes": {"name": {}}}}},
            "data_source_schemas": {},
            "ephemeral_resource_schemas": {},
        }
    }
}


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(STACK)


def test_backend_remote_state_and_providers_are_redirected(document: dict[str, Any]) -> None:
    redirect(document, TARGET)
    backend = document["terraform"]["backend"]["s3"]
    remote = document["data"]["terraform_remote_state"]["core"]["config"]
    for state in (backend, remote):
        assert state["bucket"] == "state"
        assert (state["endpoints"]["s3"], state["use_path_style"]) == (ENDPOINT, True)
        assert (state["access_key"], state["secret_key"]) == ("123456789012", "test")
    for provider in document["provider"]["aws"]:
        assert "endpoints" not in provider
        assert (provider["https_proxy"], provider["no_proxy"]) == (ENDPOINT, "127.0.0.1,localhost")
        assert provider["s3_use_path_style"] is True
    check_endpoints("core", document)


@pytest.mark.parametrize("stack", ["bootstrap", "core", "workloads", "dns", "monitoring"])
def test_every_stack_can_be_redirected(stack: str, synthesized: dict[str, Synthesized]) -> None:
    document = json.loads(synthesized[stack].text)
    with pytest.raises(RehearsalError, match="could reach real AWS"):
        check_endpoints(stack, document)
    redirect(document, TARGET)
    check_endpoints(stack, document)


@pytest.mark.parametrize(
    "missing", ["a provider", "its exceptions", "one of two endpoints", "the backend", "the remote state"]
)
def test_a_stack_that_could_reach_aws_is_refused(missing: str, document: dict[str, Any]) -> None:
    redirect(document, TARGET)
    match missing:
        case "a provider":
            del document["provider"]["aws"][1]["https_proxy"]
        case "its exceptions":
            document["provider"]["aws"][0]["no_proxy"] = ".amazonaws.com"
        case "one of two endpoints":
            document["provider"]["aws"][0]["endpoints"] = [{"s3": ENDPOINT, "sts": "https://sts.amazonaws.com"}]
        case "the backend":
            del document["terraform"]["backend"]["s3"]["endpoints"]
        case _:
            del document["data"]["terraform_remote_state"]["core"]["config"]["endpoints"]
    with pytest.raises(RehearsalError, match="of the stack core has no endpoint on this machine"):
        check_endpoints("core", document)


def test_a_stack_without_a_provider_block_is_refused(document: dict[str, Any]) -> None:
    redirect(document, TARGET)
    del document["provider"]
    with pytest.raises(RehearsalError, match="the provider `aws`, which has no block"):
        check_endpoints("core", document)


def test_an_older_provider_leaves_arguments_out(document: dict[str, Any]) -> None:
    left_out = change_document(document, "core", TARGET, provider="5.100.0", schemas=SCHEMAS)
    assert "aws_eks_cluster.deletion_protection" in left_out
    assert document["terraform"]["required_providers"]["aws"]["version"] == "5.100.0"
    assert document["resource"]["aws_eks_cluster"]["cluster"] == {"name": "thumbnails", "lifecycle": {}}


def test_a_provider_that_takes_no_proxy_is_refused(document: dict[str, Any]) -> None:
    schemas: Any = copy.deepcopy(SCHEMAS)
    del schemas["provider_schemas"]["registry.terraform.io/hashicorp/aws"]["provider"]["block"]["attributes"][
        "no_proxy"
    ]
    with pytest.raises(RehearsalError, match="could reach real AWS"):
        change_document(document, "core", TARGET, provider="5.100.0", schemas=schemas)


def test_a_provider_without_a_resource_type_is_too_old(document: dict[str, Any]) -> None:
    document["resource"]["aws_new_thing"] = {"one": {}}
    with pytest.raises(RehearsalError, match="too old for the stack core: it has no aws_new_thing"):
        change_document(document, "core", TARGET, provider="5.100.0", schemas=SCHEMAS)


@pytest.fixture
def in_a_cluster(workloads: Synthesized) -> dict[str, Any]:
    """Return the workloads stack as it is rehearsed in a cluster."""
    document: dict[str, Any] = json.loads(workloads.text)
    redirect(document, RequestTarget(endpoint=ENDPOINT, account="123456789012", kubeconfig="/kind/config"))
    return document


def test_a_cluster_replaces_eks_logins(in_a_cluster: dict[str, Any]) -> None:
    assert in_a_cluster["provider"]["kubernetes"] == [{"config_path": "/kind/config"}]
    assert in_a_cluster["provider"]["helm"] == [{"kubernetes": {"config_path": "/kind/config"}}]


def test_no_pod_in_a_cluster_is_waited_for(in_a_cluster: dict[str, Any]) -> None:
    resources = in_a_cluster["resource"]
    for kind in ("kubernetes_deployment_v1", "kubernetes_stateful_set_v1"):
        assert all(arguments["wait_for_rollout"] is False for arguments in resources[kind].values())
    waited = {name for name, arguments in resources["helm_release"].items() if arguments["wait"]}
    # It has no pods, and the finalizers of its objects need KEDA.
    assert waited == {"worker-autoscaler"}


def test_no_pod_in_a_cluster_can_reach_aws(in_a_cluster: dict[str, Any]) -> None:
    away = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    resources = in_a_cluster["resource"]
    releases = {name: _merged(arguments["values"]) for name, arguments in resources["helm_release"].items()}
    environments = [
        {entry["name"]: entry["value"] for entry in releases["keda"]["env"]},
        releases["aws-load-balancer-controller"]["env"],
        *(
            {entry["name"]: entry.get("value") for entry in container["env"]}
            for kind in ("kubernetes_deployment_v1", "kubernetes_stateful_set_v1")
            for arguments in resources[kind].values()
            for container in arguments["spec"]["template"]["spec"]["container"]
        ),
    ]
    assert len(environments) == 6
    for environment in environments:
        assert away.items() <= environment.items()


def test_webhooks_of_a_controller_that_cannot_start_are_off(in_a_cluster: dict[str, Any]) -> None:
    values = _merged(in_a_cluster["resource"]["helm_release"]["aws-load-balancer-controller"]["values"])
    assert values["webhookConfig"]["disableIngressValidation"] is True
    assert values["webhookNamespaceSelectors"] == [{"key": "rehearsal", "operator": "In", "values": ["never"]}]
    # The values of a deployment stay.
    assert values["replicaCount"] == 2


def _merged(values: list[str]) -> dict[str, Any]:
    return {key: value for text in values for key, value in json.loads(text).items()}


def test_processes_inherit_nothing_that_reaches_aws(tmp_path: Path) -> None:
    place = RehearsalSettings(folder=tmp_path, account="123456789012", region="eu-west-1")
    caller = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "AWS_SESSION_TOKEN": "token",
        "TF_VAR_x": "1",
        "TF_CLI_ARGS": "-refresh=false",
        "PIPELINE_CERTIFICATE": "true",
        "PIPELINE_CONFIG": "staging.toml",
    }
    environment = place.environment(ENDPOINT, caller)
    assert environment["PATH"] == "/bin"
    amazon = {name: value for name, value in environment.items() if name.startswith("AWS_")}
    assert amazon == {
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    assert {name for name in environment if name.startswith("TF_")} == {"TF_CLI_CONFIG_FILE", "TF_IN_AUTOMATION"}
    assert "PIPELINE_CONFIG" not in environment
    assert environment["PIPELINE_CERTIFICATE"] == OVERRIDES["PIPELINE_CERTIFICATE"]


def test_a_copied_project_writes_redirected_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "staging.toml").write_text('name = "thumbnails"\n', encoding="utf-8")
    place = RehearsalSettings(folder=tmp_path / "rehearsal", account="123456789012", region="eu-west-1")
    source = place.synthesized / "stacks" / "core"
    source.mkdir(parents=True)
    (source / "cdk.tf.json").write_text(json.dumps(STACK), encoding="utf-8")
    place.schemas.write_text(json.dumps(SCHEMAS), encoding="utf-8")
    folder = copy_project(project / "staging.toml", place, "core", target=TARGET, provider="5.100.0")
    monkeypatch.delenv("CDKTF_OUTDIR", raising=False)
    assert (folder / "pipeline.toml").read_text(encoding="utf-8") == 'name = "thumbnails"\n'
    write_stacks(folder)
    written = json.loads((folder / "cdktf.out" / "stacks" / "core" / "cdk.tf.json").read_text(encoding="utf-8"))
    check_endpoints("core", written)
    assert json.loads((source / "cdk.tf.json").read_text(encoding="utf-8")) == STACK
