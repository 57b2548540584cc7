"""An instance in an AWS of moto's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import dns.resolver
import pytest
from moto import mock_aws

from stacks.deploy import account, prerequisites, progress
from stacks.deploy.instance import Instance
from tests.support.bench import Bench, config


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a machine that has everything."""
    made = Bench(tmp_path / "project", tmp_path / "programs", tmp_path / "log")
    made.project.mkdir()
    made.terraform()
    made.program("node", says="v22.19.0")
    made.program("aws", says="aws-cli/2.31.0")
    made.program("docker", says="28.2.2")
    monkeypatch.setenv("PATH", f"{made.programs}:/usr/bin:/bin")
    monkeypatch.delenv("TERRAFORM_BINARY_NAME", raising=False)
    return made


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "ECR_BASE_WORKER"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.Session(region_name="ap-southeast-2")


@pytest.fixture
def make_instance(
    bench: Bench,
    session: boto3.Session,
    quota: None,  # noqa: ARG001
    charts: None,  # noqa: ARG001
    access: None,  # noqa: ARG001
) -> Callable[..., Instance]:
    def make(**values: Any) -> Instance:
        return Instance(config=config(**values), project=bench.project, session=session, ask=lambda _question: "yes")

    return make


@pytest.fixture
def quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a large Fargate quota, as moto knows none. Tests of the check itself set their own."""
    monkeypatch.setattr(account, "check_fargate_quota", lambda *_, **__: None)


@pytest.fixture
def charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the public charts out: tests/stacks/charts fetches some from a server of its own."""
    monkeypatch.setattr(prerequisites, "fetch_charts", lambda _instance: None)


@pytest.fixture
def access(monkeypatch: pytest.MonkeyPatch) -> None:
    """Admit every caller to the cluster, as moto knows no access entries. Tests of the check itself set their own."""
    monkeypatch.setattr(progress, "check_access", lambda _instance: None)


@pytest.fixture
def delegate(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Return a function that delegates every domain to name servers; none is delegated before."""
    known: list[str] = []
    monkeypatch.setattr(progress, "public_name_servers", lambda _domain: sorted(known))

    def tell(servers: list[str]) -> None:
        known[:] = servers

    return tell


@pytest.fixture(autouse=True)
def smoke_runs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace the smoke test of `deploy all`, and return what Terraform had applied at each."""
    runs: list[list[str]] = []
    monkeypatch.setattr("stacks.deploy.deploy.run_smoke", lambda _instance: runs.append(bench.asked("terraform")))
    return runs


@pytest.fixture(autouse=True)
def _no_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise dns.resolver.NoNameservers

    monkeypatch.setattr(dns.resolver, "resolve", refuse)
