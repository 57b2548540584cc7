"""The cluster must admit the caller who deploys workloads: its creator has no rights by itself."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from stacks.deploy import progress
from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.instance import Instance
from tests.support.bench import config

_ACCOUNT = "123456789012"
_PLATFORM = f"arn:aws:iam::{_ACCOUNT}:role/teams/platform"
_SESSION = f"arn:aws:sts::{_ACCOUNT}:assumed-role/platform/jo"


class _Aws:
    """A session with a caller and a cluster's access entries; None is no cluster."""

    def __init__(self, caller: str, entries: list[str] | None) -> None:
        keys: Any = {"region_name": "ap-southeast-2", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
        self._clients: dict[str, Any] = {name: boto3.Session().client(name, **keys) for name in ("sts", "eks")}
        sts, eks = Stubber(self._clients["sts"]), Stubber(self._clients["eks"])
        sts.add_response("get_caller_identity", {"Arn": caller})
        if entries is None:
            eks.add_client_error("list_access_entries", "ResourceNotFoundException")
        else:
            eks.add_response("list_access_entries", {"accessEntries": entries}, {"clusterName": "thumbnails"})
        sts.activate()
        eks.activate()

    def client(self, name: str) -> Any:
        return self._clients[name]


def check(tmp_path: Path, caller: str, entries: list[str] | None, admins: list[str] | None = None) -> None:
    values = {"cluster": {"admin_principal_arns": admins or []}}
    session: Any = _Aws(caller, entries)
    progress.check_access(Instance(config=config(**values), project=tmp_path, session=session))


@pytest.mark.parametrize(
    ("caller", "entry"),
    [
        (_SESSION, _PLATFORM),
        (f"arn:aws:iam::{_ACCOUNT}:user/staff/jo", f"arn:aws:iam::{_ACCOUNT}:user/staff/jo"),
        (
            f"arn:aws:sts::{_ACCOUNT}:assumed-role/thumbnails-deploy/run",
            f"arn:aws:iam::{_ACCOUNT}:role/thumbnails-deploy",
        ),
    ],
)
def test_a_caller_with_an_access_entry_passes(tmp_path: Path, caller: str, entry: str) -> None:
    check(tmp_path, caller, [entry])


def test_caller_without_access_entry_is_shown_the_setting(tmp_path: Path) -> None:
    with pytest.raises(
        PrerequisiteError,
        match=re.escape("does not admit role:platform of your credentials")
        + ".*add it to cluster.admin_principal_arns",
    ):
        check(tmp_path, _SESSION, [f"arn:aws:iam::{_ACCOUNT}:role/thumbnails-deploy"])


def test_configured_caller_without_entry_must_deploy_core(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match=r"by itself: run `\./noxw deploy core`"):
        check(tmp_path, _SESSION, [], admins=[_PLATFORM])


def test_without_a_cluster_the_config_decides(tmp_path: Path) -> None:
    check(tmp_path, _SESSION, None, admins=[_PLATFORM])
    with pytest.raises(PrerequisiteError, match="add it to cluster"):
        check(tmp_path, _SESSION, None)


def test_user_and_role_of_one_name_differ(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="does not admit"):
        check(tmp_path, _SESSION, [f"arn:aws:iam::{_ACCOUNT}:user/platform"])
