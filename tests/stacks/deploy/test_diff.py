"""Plans of several stacks: shown, summarized, saved for a later deployment."""

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from stacks.deploy.deploy import deploy_stack
from stacks.deploy.diff.compare import show_plans
from stacks.deploy.errors import CommandError
from stacks.deploy.instance import Instance
from stacks.naming import StackId
from tests.support.bench import Bench

MakeInstance = Callable[..., Instance]


@pytest.fixture
def instance(session: boto3.Session, make_instance: MakeInstance) -> Instance:
    session.client("s3").create_bucket(
        Bucket="thumbnails-tfstate-123456789012-ap-southeast-2",
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"},
    )
    return make_instance()


def test_diff_shows_plans_and_applies_nothing(
    instance: Instance, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    comparison = show_plans(instance, ["core", "monitoring"])
    assert comparison.has_changes
    assert capsys.readouterr().out.endswith("\ncore        1 to create\nmonitoring  1 to create\n")
    assert bench.asked("terraform") == []


def test_job_summary_has_the_plan_of_each_stack(instance: Instance, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    show_plans(instance, ["core", "monitoring"], summary=summary)
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "before"
    assert [line for line in lines if line.startswith("#")] == [
        "### core: 1 to create",
        "### monitoring: 1 to create",
    ]
    assert "+ create terraform_data.one" in lines


def test_stack_without_a_plan_does_not_hide_the_others(
    instance: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="No plan for team-gone"):
        show_plans(instance, ["team-gone", "core"], summary=tmp_path / "summary.md")
    assert "plan of core: 1 to create" in capsys.readouterr().out
    assert "### team-gone: no plan" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_saved_plan_is_deployed_without_a_question(
    instance: Instance, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_plans(instance, ["bootstrap"], out=tmp_path / "plans")

    def refuse(_question: str) -> str:
        raise AssertionError

    asked = Instance(
        config=instance.config, project=instance.project, session=instance.session, setup=instance.setup, ask=refuse
    )
    saved = tmp_path / "plans" / "bootstrap.tfplan"
    deploy_stack(asked, StackId.BOOTSTRAP, step=None, unattended=False, plan_file=saved)
    assert bench.asked("terraform") == ["terraform deploy bootstrap"]
    assert "Next: ./noxw images" in capsys.readouterr().out
