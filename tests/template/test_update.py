"""An instance of the version before this one, edited as a team would, is brought to this version."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stacks.instance.errors import TemplateError
from stacks.instance.new import read_instance_answers
from stacks.instance.source import TemplateSource, as_requirement
from stacks.instance.update import find_newer_version, open_pull_request, update_instance
from tests.template.conftest import Begin, commit, delete_folder, link_nox, noxw, share_environment, version_of
from tests.template.project import PREVIOUS, THIS, Project, append, git, replace

ROOT = Path(__file__).parents[2]

OWN_STACK = '''\
"""A queue of ours."""

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from stacks.team import Construct, PipelineConfig, PipelineStack


class AuditStack(PipelineStack):
    def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
        super().__init__(scope, stack_id, config)
        SqsQueue(self, "audit", name=self.names.of("audit"))
'''
OWN_STEP = "      - run: ./noxw cost\n"

Synthesized = dict[str, dict[str, Any]]


def edit(instance: Path) -> None:
    """Edit as a team does in a year: config, a workflow step, one file less, one stack more, a requirement."""
    append(instance / "pipeline.toml", "thumbnails.positions_pct = [20, 60]\n")
    workflow = instance / ".github" / "workflows" / "ci.yml"
    workflow.write_text(workflow.read_text(encoding="utf-8") + "\n" + OWN_STEP, encoding="utf-8")
    (instance / ".editorconfig").unlink()
    shutil.rmtree(instance / "team" / "worker")
    (instance / "team" / "audit.py").write_text(OWN_STACK, encoding="utf-8")
    names = instance / "team" / "__init__.py"
    replace(names, "import AlarmsStack\n", "import AlarmsStack\nfrom team.audit import AuditStack\n")
    replace(names, '{"team-alarms": AlarmsStack}', '{"team-alarms": AlarmsStack, "team-audit": AuditStack}')
    append(instance / "requirements" / "team.txt", "tomli-w==1.2.0\n")
    commit(instance, "Make it ours")


def synthesized(instance: Path) -> Synthesized:
    """Return the result of `synth` in the instance, by stack."""
    done = noxw(instance, "synth")
    assert done.status == 0, done.said
    files = (instance / "cdktf.out" / "stacks").glob("*/cdk.tf.json")
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


@dataclass(frozen=True)
class Year:
    """An instance before and after its update."""

    instance: Path
    before: Synthesized
    after: Synthesized
    said: str
    """Output of the commands `check-update` and `update`, one after the other."""


def a_year_of(instance: Path, environment: Path) -> Year:
    share_environment(instance, environment, "synth", "test")
    link_nox(instance)
    edit(instance)
    before = synthesized(instance)
    said = "".join(run_command(command, instance) for command in ("check-update", "update"))
    return Year(instance, before, synthesized(instance), said)


def run_command(command: str, instance: Path) -> str:
    """Return the output of a command, run as the sessions of an instance do."""
    done = subprocess.run(
        [sys.executable, "-m", "stacks.instance", command, str(instance)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def year(begin: Begin, project: Project, environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    instance = begin(version_of(project, PREVIOUS), tmp_path_factory.mktemp("year") / "acme-thumbs")
    yield a_year_of(instance, environment)
    delete_folder(instance)


@pytest.fixture(scope="module")
def since_the_release(
    begin: Begin,
    project: Project,
    environment: Path,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Year]:
    """Return the last release; before the first one, the version that was made to be older."""
    if project.released is None:
        yield request.getfixturevalue("year")
        return
    instance = begin(version_of(project, project.released), tmp_path_factory.mktemp("released") / "acme-thumbs")
    yield a_year_of(instance, environment)
    delete_folder(instance)


@pytest.mark.timeout(600)
def test_it_is_at_this_version(year: Year, project: Project) -> None:
    assert read_instance_answers(year.instance)["_commit"] == THIS
    assert project.commit(THIS) in (year.instance / "requirements" / "pipeline.txt").read_text(encoding="utf-8")
    assert find_newer_version(year.instance) is None


def test_the_commands_say_what_there_is(year: Year) -> None:
    checked, updated, *_ = year.said.splitlines()
    assert checked == f"There is {THIS[1:]}, and this is {PREVIOUS[1:]}: ./noxw update"
    assert updated.startswith(f"Updated from {PREVIOUS} to {THIS}: ")


def test_what_the_team_made_of_it_is_kept(year: Year) -> None:
    instance = year.instance
    assert "positions_pct = [20, 60]" in (instance / "pipeline.toml").read_text(encoding="utf-8")
    assert OWN_STEP in (instance / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert not (instance / ".editorconfig").exists()
    assert not (instance / "team" / "worker").exists()
    assert "team-audit" in (instance / "team" / "__init__.py").read_text(encoding="utf-8")
    assert "tomli-w" in (instance / "requirements" / "team.txt").read_text(encoding="utf-8")


def test_what_the_version_brings_is_there(year: Year) -> None:
    instance = year.instance
    assert "timeout-minutes: 30" in (instance / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "## Check it" in (instance / "README.md").read_text(encoding="utf-8")
    assert "nox.options.sessions" in (instance / "noxfile.py").read_text(encoding="utf-8")
    assert "evaluation_periods=5" in (instance / "team" / "alarms.py").read_text(encoding="utf-8")
    assert (instance / ".pre-commit-config.yaml").is_file()


@pytest.mark.timeout(600)
def test_the_terraform_changes_as_upgrading_md_says(since_the_release: Year) -> None:
    before, after = (resources(stacks) for stacks in (since_the_release.before, since_the_release.after))
    changed = {address for address in before | after if before.get(address) != after.get(address)}
    assert changed == told_in_upgrading(THIS[1:])


def resources(stacks: Synthesized) -> dict[tuple[str, str], Any]:
    """Return every resource of the pipeline's own stacks, by stack and address."""
    return {
        (stack, f"{kind}.{name}"): resource
        for stack, document in stacks.items()
        if not stack.startswith("team-")
        for kind, named in document["resource"].items()
        for name, resource in named.items()
    }


def test_the_teams_own_stacks_are_still_synthesized(year: Year) -> None:
    assert year.after["team-audit"]["resource"]["aws_sqs_queue"]["audit"]["name"] == "acme-thumbs-audit"
    assert year.after["team-alarms"]["resource"]["aws_cloudwatch_metric_alarm"]["backlog"]["evaluation_periods"] == 5


@pytest.mark.timeout(600)
def test_it_passes_its_own_checks(year: Year) -> None:
    done = noxw(year.instance, "lint", "test")
    assert done.status == 0, done.said


def told_in_upgrading(version: str) -> set[tuple[str, str]]:
    """Return the rows of the tables about every version, and about this one."""
    page = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    changes = sections["Changes in every version"] + sections[version]
    return set(re.findall(r"^\| ([a-z]+) \| `([\w.-]+)` \|", changes, re.MULTILINE))


def test_update_conflict_is_named_and_shows_both_sides(
    begin: Begin, previous_version: TemplateSource, tmp_path: Path
) -> None:
    instance = begin(previous_version, tmp_path / "acme-thumbs")
    workflow = instance / ".github" / "workflows" / "ci.yml"
    replace(workflow, "timeout-minutes: 20", "timeout-minutes: 90")
    commit(instance, "Wait longer")
    with pytest.raises(TemplateError, match=r"Changed both here and in the new version: \.github/workflows/ci\.yml\."):
        update_instance(instance)
    text = workflow.read_text(encoding="utf-8")
    assert "timeout-minutes: 90" in text
    assert "timeout-minutes: 30" in text
    git(instance, "reset", "--quiet", "--hard")
    git(instance, "clean", "-fd")
    assert read_instance_answers(instance)["_commit"] == PREVIOUS
    assert git(instance, "status", "--porcelain") == ""


def test_instance_of_a_later_tagged_commit_updates_cleanly(begin: Begin, tmp_path: Path) -> None:
    """Change one file of the template in a new version: a test of the template itself is enough."""
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy2(ROOT / "copier.yml", project)
    shutil.copytree(ROOT / "template", project / "template")
    git(project, "init", "--quiet", "--initial-branch=main")
    commit(project, "Begin")
    source = TemplateSource(url=as_requirement(str(project)), commit=git(project, "rev-parse", "HEAD"))
    instance = begin(source, tmp_path / "acme-thumbs")
    git(project, "tag", "v1.0.0")
    append(project / "template" / "ruff.toml", "# New.\n")
    commit(project, "Change")
    git(project, "tag", "v1.1.0")
    for version in ("v1.0.0", "v1.1.0"):
        assert update_instance(instance, to=version).version == version
        commit(instance, version)
    assert (instance / "ruff.toml").read_text(encoding="utf-8").endswith("# New.\n")


def test_changes_that_are_not_committed_are_not_touched(
    begin: Begin, previous_version: TemplateSource, tmp_path: Path
) -> None:
    instance = begin(previous_version, tmp_path / "acme-thumbs")
    (instance / "README.md").write_text("ours", encoding="utf-8")
    with pytest.raises(TemplateError, match="commit or stash"):
        update_instance(instance)
    assert git(instance, "status", "--porcelain") == "M README.md"


def test_a_template_that_is_out_of_reach_is_told(begin: Begin, this_version: TemplateSource, tmp_path: Path) -> None:
    instance = begin(this_version, tmp_path / "acme-thumbs")
    replace(instance / ".copier-answers.yml", this_version.url, f"git+file://{tmp_path}/nowhere")
    commit(instance, "Move")
    for command in (find_newer_version, update_instance):
        with pytest.raises(TemplateError, match=f"cannot be read from file://{tmp_path}/nowhere"):
            command(instance)
    assert git(instance, "status", "--porcelain") == ""


def test_the_newest_version_stays_as_it_is(begin: Begin, this_version: TemplateSource, tmp_path: Path) -> None:
    instance = begin(this_version, tmp_path / "acme-thumbs")
    assert find_newer_version(instance) is None
    assert update_instance(instance).changed == ()


def test_a_pull_request_is_opened_once(
    begin: Begin, previous_version: TemplateSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record the calls of `gh`, which knows of a pull request once it has opened one."""
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    instance = begin(previous_version, tmp_path / "acme-thumbs")
    git(instance, "remote", "add", "origin", str(tmp_path / "origin.git"))
    asked = tmp_path / "asked"
    gh = tmp_path / "programs" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        f'#!/bin/sh\n[ "$2" != list ] || ! grep -qs "pr create" {asked} || echo https://one\necho "$@" >> {asked}\n',
        encoding="utf-8",
    )
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}:{os.environ['PATH']}")
    done = update_instance(instance)
    open_pull_request(instance, done)
    branch = f"template-update-{THIS}"
    assert git(tmp_path / "origin.git", "log", "-1", "--format=%s %an", branch) == (
        f"Update thumbnail-pipeline to {THIS} github-actions[bot]"
    )
    git(instance, "switch", "--quiet", "main")
    open_pull_request(instance, update_instance(instance))
    assert asked.read_text(encoding="utf-8").count("pr create") == 1
