"""The team's own stacks are deployed last and destroyed first. Terraform only records what it applies."""

import json
from collections.abc import Callable
from dataclasses import replace

import boto3
import pytest

from stacks.deploy.deploy import deploy_team_stacks
from stacks.deploy.destroy import Consent, destroy_stacks
from stacks.deploy.diff.compare import list_stacks
from stacks.deploy.errors import PrerequisiteError, RefusedError
from stacks.deploy.instance import Instance
from tests.support.bench import Bench

MakeInstance = Callable[..., Instance]

STATES = "thumbnails-tfstate-123456789012-ap-southeast-2"


@pytest.fixture
def instance(session: boto3.Session, make_instance: MakeInstance) -> Instance:
    session.client("s3").create_bucket(
        Bucket=STATES, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    return replace(make_instance(), team=("team-alarms", "team-audit"))


def write_state(session: boto3.Session, stack: str, *modes: str) -> None:
    state = json.dumps({"version": 4, "resources": [{"mode": mode} for mode in modes]})
    session.client("s3").put_object(Bucket=STATES, Key=f"thumbnails/{stack}.tfstate", Body=state.encode())


def test_they_are_deployed_in_their_order(instance: Instance, bench: Bench) -> None:
    deploy_team_stacks(instance, instance.team, unattended=True)
    assert bench.asked("terraform") == ["terraform deploy team-alarms", "terraform deploy team-audit"]


def test_they_need_the_states_bucket(make_instance: MakeInstance, bench: Bench) -> None:
    with pytest.raises(PrerequisiteError, match="deploy bootstrap"):
        deploy_team_stacks(make_instance(), ("team-alarms",), unattended=True)
    assert bench.asked("terraform") == []


def test_they_are_destroyed_backwards_and_only_where_something_stands(
    instance: Instance, session: boto3.Session, bench: Bench
) -> None:
    write_state(session, "team-alarms", "managed")
    write_state(session, "team-audit", "data")
    destroy_stacks(instance, (), Consent(name="thumbnails", unattended=True), team_stacks=instance.team)
    assert bench.asked("terraform") == ["terraform destroy team-alarms"]


def test_a_destroy_asks_for_the_name_and_lists_them(
    instance: Instance, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RefusedError, match="nothing was destroyed"):
        destroy_stacks(instance, (), Consent(ask=lambda _: "other"), team_stacks=instance.team)
    assert "This destroys team-audit, team-alarms of 'thumbnails'" in capsys.readouterr().out
    assert bench.asked("terraform") == []


def test_a_diff_of_all_has_them_at_the_end(instance: Instance) -> None:
    assert list_stacks(instance)[-2:] == ("team-alarms", "team-audit")
