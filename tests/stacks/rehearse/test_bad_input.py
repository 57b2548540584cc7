"""A rehearsal that cannot start says why in one sentence, and starts nothing."""

import fcntl
import json
import shutil
import socket
from pathlib import Path

import pytest

from tests.support.rehearsal import SmallProject, make_project

POLICY = json.dumps({"Statement": [{"Sid": "Queues", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "project")


def test_an_old_terraform_is_named_with_its_version(project: SmallProject) -> None:
    said = project.refusal(terraform=project.terraform(version="1.9.8"))
    assert "Terraform 1.11 or newer is needed and" in said
    assert "is 1.9.8: install a newer one" in said


def test_an_unknown_stack_is_refused_before_the_provider(project: SmallProject) -> None:
    said = project.refusal("--stacks", "nope", terraform=project.terraform())
    assert said == "There is no stack 'nope': there are bootstrap, core, workloads.\n"
    assert project.calls == ["version"]


def test_workloads_without_a_cluster_is_refused(project: SmallProject) -> None:
    said = project.refusal("--stacks", "core,workloads", terraform=project.terraform())
    assert said == "The stack workloads cannot be rehearsed: it needs a cluster (--kubeconfig FILE).\n"


def test_a_cluster_that_does_not_answer_is_named(project: SmallProject, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{closed.getsockname()[1]}"
        context = {"cluster": "c", "user": "u"}
        kubeconfig = {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": context}],
        }
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(kubeconfig), encoding="utf-8")
        said = project.refusal("--kubeconfig", str(file), terraform=project.terraform())
    assert said.startswith(f"The cluster of {file} does not answer")


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs Terraform")
def test_a_provider_that_terraform_cannot_get_is_named(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", provider="0.0.1")
    said = project.refusal(terraform="terraform")
    assert said.startswith("Terraform cannot get the provider hashicorp/aws 0.0.1: it is in no plug-in mirror")


def test_another_provider_that_is_not_there_is_named(project: SmallProject) -> None:
    said = project.refusal("--aws-provider", "0.0.1", terraform=project.terraform())
    assert said.startswith("There is no provider hashicorp/aws 0.0.1: the mirrors of this machine have")


def test_a_too_old_provider_is_named_with_type(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", resources={"aws_new_thing": {"one": {}}})
    said = project.refusal(terraform=project.terraform())
    assert "This version of the AWS provider is too old for the stack bootstrap: it has no aws_new_thing" in said


def test_a_wrong_config_is_named(project: SmallProject) -> None:
    said = project.refusal("--config", str(project.folder / "staging.toml"), terraform=project.terraform())
    assert "staging.toml cannot be read" in said


def test_an_unknown_statement_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", resources={"aws_iam_policy": {"one": {"policy": POLICY}}})
    said = project.refusal("--without-statement", "Queue", terraform=project.terraform())
    assert said == "No policy has a statement 'Queue': there are Queues.\n"


def test_a_second_rehearsal_of_a_project_is_refused(project: SmallProject) -> None:
    folder = project.folder / ".rehearsal"
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = project.refusal(terraform=project.terraform())
    assert said == f"Another rehearsal runs in {folder}: wait for its end, or stop it.\n"
