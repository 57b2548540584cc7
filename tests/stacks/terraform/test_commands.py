"""The whole way with the real Terraform: synthesize, plan, apply, outputs, destroy. No provider is needed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stacks.terraform.commands import Run, deploy_stack, destroy_stack, plan_stack, read_outputs
from stacks.terraform.errors import DeclinedError, PlanFileError, TerraformError
from stacks.terraform.plan import Action
from stacks.terraform.screen import Screen
from stacks.terraform.setup import Setup

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="needs Terraform, which no package index has: install it to run these"
)

MAIN = """\
import os, pathlib, shutil
folder = pathlib.Path(os.environ["CDKTF_OUTDIR"], "stacks", "small")
folder.mkdir(parents=True, exist_ok=True)
shutil.copy("small.json", folder / "cdk.tf.json")
"""


class Project:
    """A project whose only stack is in a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        (folder / "main.py").write_text(MAIN, encoding="utf-8")
        (folder / "terraformrc").write_text("", encoding="utf-8")
        self.shown = StringIO()
        self.answer = "yes"
        self.setup = Setup(environment={"TERRAFORM_BINARY_NAME": "terraform"}, cli_config=folder / "terraformrc")

    @property
    def run(self) -> Run:
        screen = Screen(Console(file=self.shown, width=100))
        return Run(project=self.folder, setup=self.setup, screen=screen, ask=lambda _question: self.answer)

    def write(self, command: str = "true", **values: str) -> None:
        """Write a stack of two resources: `first` has the values, `second` runs the command once."""
        provisioner = [{"local-exec": {"command": command}}]
        document = {
            "resource": {
                "terraform_data": {
                    "first": {"input": values},
                    "second": {"depends_on": ["terraform_data.first"], "provisioner": provisioner},
                }
            },
            "output": {"first": {"value": "${terraform_data.first.output}"}, "names": {"value": ["a", "b"]}},
        }
        (self.folder / "small.json").write_text(json.dumps(document), encoding="utf-8")

    def state(self) -> dict[str, Any]:
        """Return the resources of the state: instances by name."""
        text = (self.folder / "cdktf.out" / "stacks" / "small" / "terraform.tfstate").read_text(encoding="utf-8")
        return {resource["name"]: resource["instances"][0] for resource in json.loads(text)["resources"]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write(size="1")
    return made


def test_deploy_change_and_destroy_a_stack(project: Project, tmp_path: Path) -> None:
    """Only a plan that changes a resource needs `terraform show`, which starts the providers once more."""
    calls, recording = tmp_path / "calls", tmp_path / "terraform"
    recording.write_text(f'#!/bin/sh\necho "$1" >> {calls}\nexec terraform "$@"\n', encoding="utf-8")
    recording.chmod(0o755)
    project.setup = replace(
        project.setup, environment={**project.setup.environment, "TERRAFORM_BINARY_NAME": str(recording)}
    )
    assert deploy_stack(project.run, "small", unattended=True).count(Action.CREATE) == 2
    assert read_outputs(project.run, "small")["names"].value == ["a", "b"]
    assert "    + terraform_data.first\n" in project.shown.getvalue()
    assert "  data  2 resources, " in project.shown.getvalue()
    assert "  names  a, b\n" in project.shown.getvalue()

    assert deploy_stack(project.run, "small", unattended=True).is_empty

    assert "show" not in calls.read_text(encoding="utf-8").split()

    project.write(size="2")
    plan = plan_stack(project.run, "small")
    assert plan.outputs == ("first",)
    [change] = plan.changes
    assert (change.address, change.action) == ("terraform_data.first", Action.CHANGE)
    assert ("input.size", '"1"', '"2"') in [(one.path, one.before, one.after) for one in change.differences]

    assert destroy_stack(project.run, "small", unattended=True).count(Action.DESTROY) == 2
    assert project.state() == {}
    assert calls.read_text(encoding="utf-8").split().count("show") == 1


def test_answer_other_than_yes_changes_nothing(project: Project) -> None:
    project.answer = "y"
    with pytest.raises(DeclinedError, match="Nothing was changed"):
        deploy_stack(project.run, "small", unattended=False)
    assert not (project.folder / "cdktf.out" / "stacks" / "small" / "terraform.tfstate").exists()
    assert not list(project.folder.rglob("*.tfplan"))


def test_failed_deploy_names_resource_and_can_be_resumed(project: Project) -> None:
    project.write("echo the disk is full; exit 3")
    with pytest.raises(TerraformError) as caught:
        deploy_stack(project.run, "small", unattended=True)
    message = str(caught.value)
    assert "at terraform_data.second" in message
    assert "exit status 3. Output: the disk is full" in message
    log = Path(message.rpartition("The whole log: ")[2])
    assert "the disk is full" in (Path.cwd() / log).read_text(encoding="utf-8")

    project.write("true")
    plan = deploy_stack(project.run, "small", unattended=True)
    assert [(one.address, one.action, one.reason) for one in plan.changes] == [
        ("terraform_data.second", Action.REPLACE, "its last creation failed half-way")
    ]


def test_configuration_that_terraform_refuses_changes_nothing(project: Project) -> None:
    (project.folder / "small.json").write_text('{"output": {"one": {"value": "${local.gone}"}}}', encoding="utf-8")
    with pytest.raises(TerraformError, match=r"Reference to undeclared local value[\s\S]*Nothing of small was changed"):
        deploy_stack(project.run, "small", unattended=True)


def test_synthesis_that_fails_shows_its_own_error(project: Project) -> None:
    (project.folder / "small.json").unlink()
    with pytest.raises(TerraformError, match=r"could not be synthesized:[\s\S]*small\.json"):
        deploy_stack(project.run, "small", unattended=True)


def test_saved_plan_is_applied_as_it_was_saved(project: Project, tmp_path: Path) -> None:
    saved = tmp_path / "plans" / "small.tfplan"
    plan_stack(project.run, "small", save_as=saved)
    assert saved.stat().st_mode & 0o077 == 0
    project.write(size="9")
    project.answer = "never asked"
    deploy_stack(project.run, "small", unattended=False, plan_file=saved)
    assert project.state()["first"]["attributes"]["input"]["value"] == {"size": "1"}

    with pytest.raises(TerraformError, match="Saved plan is stale"):
        deploy_stack(project.run, "small", unattended=True, plan_file=saved)


def test_saved_plan_of_another_stack_is_refused(project: Project, tmp_path: Path) -> None:
    saved = tmp_path / "small.tfplan"
    plan_stack(project.run, "small", save_as=saved)
    (project.folder / "small.json").write_text('{"resource": {"terraform_data": {"other": {}}}}', encoding="utf-8")
    with pytest.raises(PlanFileError, match="is the plan of another stack"):
        deploy_stack(project.run, "small", unattended=True, plan_file=saved)
    with pytest.raises(PlanFileError, match="There is no plan"):
        deploy_stack(project.run, "small", unattended=True, plan_file=tmp_path / "absent")


def test_hooks_get_the_folder_of_the_stack(project: Project) -> None:
    calls: list[tuple[str, Path]] = []

    def before_init(folder: Path) -> tuple[str, ...]:
        calls.append(("before", folder))
        return ("-lockfile=readonly",)

    project.setup = Setup(
        out=project.folder / "elsewhere",
        cli_config=project.folder / "terraformrc",
        after_synth=lambda folder: calls.append(("synth", folder)),
        before_init=before_init,
        after_init=lambda folder: calls.append(("after", folder)),
    )
    plan_stack(project.run, "small")
    folder = project.folder / "elsewhere" / "stacks" / "small"
    assert calls == [("synth", folder), ("before", folder), ("after", folder)]
    [log] = (project.folder / "elsewhere" / "logs").glob("*-diff.log")
    assert "init -json -input=false -lockfile=readonly" in log.read_text(encoding="utf-8")


def test_interrupt_lets_terraform_write_the_state(project: Project) -> None:
    """Send Ctrl-C as a terminal does, to the process group; Terraform must get it once."""
    begun = project.folder / "begun"
    project.write(f"touch {begun}; exec sleep 100")
    program = (
        "import sys; from pathlib import Path; from stacks.deploy.__main__ import report_errors\n"
        "from stacks.terraform.commands import Run, deploy_stack; from stacks.terraform.setup import Setup\n"
        "run = Run(project=Path('.'), setup=Setup(cli_config=Path('terraformrc').resolve()))\n"
        "sys.exit(report_errors(lambda: deploy_stack(run, 'small', unattended=True) and 0))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not begun.exists():
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate()
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 130
    assert "Stopping: Terraform finishes its current operations" in output
    assert errors.startswith("Stopped. Terraform has written everything that it did of small to the state")
    assert set(project.state()) == {"first", "second"}
