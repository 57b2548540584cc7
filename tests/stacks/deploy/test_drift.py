"""Plans that are shown and not applied: before a deployment, before a destroy, and for the issue about drift."""

import json
import sys
from pathlib import Path

import pytest

from stacks.deploy.__main__ import main
from stacks.deploy.destroy import list_destroyed
from stacks.deploy.diff.compare import Comparison, PlanKind, show_plans
from stacks.deploy.diff.issue import report_drift
from stacks.deploy.errors import CommandError
from stacks.deploy.instance import Instance
from stacks.terraform.plan import Action, Change, Plan
from tests.stacks.deploy.test_cli import PIPELINE
from tests.stacks.deploy.test_deploy import MakeInstance, make_state_bucket
from tests.support.bench import Bench

TITLE = "Drift: thumbnails differs from its configuration"

CHANGED = Comparison(
    plans={"core": Plan(changes=(Change(address="aws_vpc.vpc", resource_type="aws_vpc", action=Action.CHANGE),))}
)
CLEAN = Comparison(plans={"core": Plan()})

GH = """\
#!/bin/sh
echo "gh $*" >> {log}
case "$*" in
    "issue list "*) echo '{issues}' ;;
    *--body-file*) cat > {body} ;;
esac
exit {status}
"""


def install_gh(bench: Bench, *issues: tuple[int, str], status: int = 0) -> Path:
    """Write a `gh` that knows these open issues; return the file to which it writes the body that it gets."""
    body = bench.project / "body.md"
    listed = json.dumps([{"number": number, "title": title} for number, title in issues])
    script = bench.programs / "gh"
    script.write_text(GH.format(log=bench.log, issues=listed, body=body, status=status), encoding="utf-8")
    script.chmod(0o755)
    return body


@pytest.fixture
def instance(make_instance: MakeInstance) -> Instance:
    made = make_instance(domain="example.com", certificate=True)
    make_state_bucket(made.session)
    return made


def test_drift_opens_an_issue_with_the_plan(bench: Bench, instance: Instance) -> None:
    body = install_gh(bench, (3, f"Re: {TITLE}"))
    report_drift(instance, CHANGED)
    assert bench.asked("gh")[1] == f"gh issue create --title {TITLE} --body-file -"
    assert "aws_vpc.vpc" in body.read_text(encoding="utf-8")


def test_drift_that_stays_updates_the_open_issue(bench: Bench, instance: Instance) -> None:
    body = install_gh(bench, (3, f"Re: {TITLE}"), (7, TITLE))
    report_drift(instance, CHANGED)
    assert bench.asked("gh")[1:] == ["gh issue edit 7 --body-file -"]
    assert "### core: 1 to change" in body.read_text(encoding="utf-8")


def test_no_drift_closes_the_open_issue(bench: Bench, instance: Instance) -> None:
    install_gh(bench, (7, TITLE))
    report_drift(instance, CLEAN)
    assert bench.asked("gh")[1].startswith("gh issue close 7 --comment ")


def test_no_drift_and_no_issue_change_nothing(bench: Bench, instance: Instance) -> None:
    install_gh(bench)
    report_drift(instance, CLEAN)
    assert len(bench.asked("gh")) == 1


def test_a_long_plan_fits_into_an_issue(bench: Bench, instance: Instance) -> None:
    body = install_gh(bench)
    change = Change(address=f"aws_vpc.{'x' * 1000}", resource_type="aws_vpc", action=Action.CHANGE)
    report_drift(instance, Comparison(plans={"core": Plan(changes=(change,) * 100)}))
    text = body.read_text(encoding="utf-8")
    assert len(text) < 65_536
    assert text.endswith("The rest is in the log of the workflow.\n")


def test_a_failure_of_gh_is_one_sentence(bench: Bench, instance: Instance) -> None:
    install_gh(bench, status=4)
    with pytest.raises(CommandError, match="`gh issue list` ended with status 4"):
        report_drift(instance, CHANGED)


def test_plan_of_dns_step_1_matches_its_deployment(bench: Bench, instance: Instance) -> None:
    show_plans(instance, ["dns"], kind=PlanKind(step=1))
    written = bench.project / "cdktf.out" / "stacks" / "dns" / "certificate"
    assert written.read_text(encoding="utf-8") == "certificate=false"


def test_a_destroy_is_planned_and_deletes_nothing(bench: Bench, instance: Instance) -> None:
    compared = show_plans(instance, ["monitoring"], kind=PlanKind(destroy=True))
    assert compared.plans["monitoring"].count(Action.DESTROY) == 1
    assert bench.asked("terraform") == []


def test_a_destroy_of_all_is_planned_backwards_without_bootstrap(instance: Instance) -> None:
    assert list_destroyed(instance) == ("monitoring", "workloads", "dns", "core")


def test_a_destroy_plan_is_not_saved_for_deploy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bench.project / "pipeline.toml").write_text(PIPELINE, encoding="utf-8")
    arguments = ["--project", str(bench.project), "diff", "core", "--destroy", "--out", "plans"]
    monkeypatch.setattr(sys, "argv", ["stacks.deploy", *arguments])
    assert main() == 1
    assert "omit --out" in capsys.readouterr().err
