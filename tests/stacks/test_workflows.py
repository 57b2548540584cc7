"""The workflows: valid, safe, pinned, named as documented, and without logic of their own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stacks.config.sections import Github
from tests.support.synthesis import Synthesized

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
ACTIONS = ROOT / ".github" / "actions"

INPUTS: dict[str, set[str]] = {
    "bootstrap": set(),
    "terraform-apply": set(),
    "build-push-a": {"image_tag"},
    "deploy-k8s": set(),
    "terraform-global": {"action", "step", "name"},
    "terraform-monitoring": {"action", "name"},
    "terraform-destroy": {"name", "empty_buckets"},
}
"""Each workflow that people start, and what they are asked."""

SECRETS = {
    "AWS_ROLE_ARN",
    "AWS_BUILD_ROLE_ARN",
    "ECR_BASE_FRONTEND",
    "ECR_BASE_WORKER",
    "ECR_BASE_API",
    "S3_BUCKET_NAME",
    "DOMAIN_NAME",
    "ALERT_EMAIL",
}

AUTOMATIC = {"ci", "drift", "nightly", "plan", "release", "weekly"}
"""Workflows that an event starts."""

CALLED = "change-stack"
"""Workflow that others call: a job that plans, and one that applies or destroys."""

LEAST = {"contents": "read", "id-token": "write"}

MANUAL = sorted(INPUTS)
FILES = sorted([*WORKFLOWS.glob("*.yml"), *ACTIONS.glob("*/*.yml")])


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return loaded


def _workflow(name: str) -> dict[str, Any]:
    return _load(WORKFLOWS / f"{name}.yml")


def _triggers(workflow: dict[str, Any]) -> dict[str, Any]:
    triggers: dict[str, Any] = workflow["on"]
    return triggers


def _jobs(name: str) -> dict[str, dict[str, Any]]:
    """Return the jobs of a workflow; instead of a job that calls, those that it calls."""
    jobs: dict[str, dict[str, Any]] = _workflow(name)["jobs"]
    if any("uses" in job for job in jobs.values()):
        [caller] = jobs.values()
        assert caller["uses"] == f"./.github/workflows/{CALLED}.yml"
        return _jobs(CALLED)
    return jobs


def _commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def _role(job: dict[str, Any]) -> str:
    role: str = job["steps"][1]["with"]["role"]
    return role


def _tool(*command: str) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    return subprocess.run([scripts / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_workflow_is_known() -> None:
    assert {file.stem for file in WORKFLOWS.glob("*")} == {*INPUTS, *AUTOMATIC, CALLED}


@pytest.mark.parametrize(("schema", "files"), [("workflows", WORKFLOWS.glob("*")), ("actions", ACTIONS.glob("*/*"))])
def test_they_follow_githubs_schema(schema: str, files: Any) -> None:
    done = _tool("check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", *map(str, files))
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    done = _tool("zizmor", "--offline", "--no-progress", "--quiet", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / ".github")))
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    used = re.findall(r"uses:\s*(\S+)(.*)", file.read_text(encoding="utf-8"))
    for action, comment in used:
        if action.startswith("./"):
            assert (ROOT / action / "action.yml").exists() or (ROOT / action).is_file()
            continue
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} says no release"


def test_an_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for file in FILES:
        for action, commit in re.findall(r"uses:\s*([\w./-]+)@([0-9a-f]{40})", file.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add(commit)
    assert all(len(commits) == 1 for commits in pins.values()), pins


@pytest.mark.parametrize("name", MANUAL)
def test_people_start_them_and_are_asked_what_is_documented(name: str) -> None:
    triggers = _triggers(_workflow(name))
    assert set(triggers) == {"workflow_dispatch"}
    assert set((triggers["workflow_dispatch"] or {}).get("inputs", {})) == INPUTS[name]


@pytest.mark.parametrize("name", [*MANUAL, CALLED, "plan", "drift"])
def test_rights_are_the_least(name: str) -> None:
    assert _workflow(name)["permissions"] == {}
    wanted = {**LEAST, "issues": "write"} if name == "drift" else LEAST
    assert all(job["permissions"] == wanted for job in [*_workflow(name)["jobs"].values(), *_jobs(name).values()])


@pytest.mark.parametrize("name", MANUAL)
def test_workflows_that_share_resources_never_overlap(name: str) -> None:
    group = "images" if name == "build-push-a" else "infrastructure"
    assert _workflow(name)["concurrency"] == {"group": group, "cancel-in-progress": False}


@pytest.mark.parametrize("name", [*MANUAL, "plan", "drift"])
def test_what_they_run_is_nox_sessions(name: str, sessions: set[str]) -> None:
    commands = [command for job in _jobs(name).values() for command in _commands(job)]
    assert commands
    for command in commands:
        session = re.match(r"\./noxw (\w+)", command)
        assert session, command
        assert session[1] in sessions
        # An input reaches the shell as a variable, never as text of the script.
        assert "${{" not in command


@pytest.mark.parametrize("name", [*MANUAL, *sorted(AUTOMATIC)])
def test_every_deployment_needs_saved_plan_and_environment(name: str) -> None:
    jobs = _jobs(name)
    for job in jobs.values():
        for command in _commands(job):
            if "./noxw deploy" in command:
                assert "--plan" in command
                assert "--yes" not in command
            if "--yes" in command:
                assert command.startswith("./noxw destroy ")
                assert any("--destroy" in planned for planned in _commands(jobs[job["needs"]]))
            if re.match(r"\./noxw (deploy|destroy) ", command):
                assert job["environment"]
                assert any(planned.startswith("./noxw diff ") for planned in _commands(jobs[job["needs"]]))


def test_a_deployment_applies_the_plan_that_was_shown() -> None:
    plan, apply = (_jobs(CALLED)[name] for name in ("plan", "apply"))
    [saved] = [step for step in plan["steps"] if "upload-artifact@" in step.get("uses", "")]
    [used] = [step for step in apply["steps"] if "download-artifact@" in step.get("uses", "")]
    assert used["with"] == {name: saved["with"][name] for name in ("name", "path")}
    assert saved["with"]["retention-days"] == 1
    folder = saved["with"]["path"]
    assert any(f"--out {folder}" in command for command in _commands(plan))
    assert any(f'--plan "{folder}/$STACK.tfplan"' in command for command in _commands(apply))


def test_a_deployment_of_the_workloads_ends_with_a_video() -> None:
    [caller] = _workflow("deploy-k8s")["jobs"].values()
    assert caller["with"]["smoke"] is True
    last = _jobs(CALLED)["apply"]["steps"][-1]
    assert (last["if"], last["run"]) == ("inputs.smoke", "./noxw smoke")


def test_environments_are_those_that_the_roles_trust() -> None:
    from stacks.bootstrap.stack import PLAN_ENVIRONMENT  # noqa: PLC0415 - it starts jsii's node

    default = Github().environment
    inputs = _triggers(_workflow(CALLED))["workflow_call"]["inputs"]
    assert inputs["environment"]["default"] == default
    assert _jobs("terraform-destroy")["terraform-destroy"]["environment"] == default
    assert _jobs("plan")["plan"]["environment"] == PLAN_ENVIRONMENT
    chosen = {
        name: job["with"].get("environment")
        for name in MANUAL
        for job in _workflow(name)["jobs"].values()
        if "with" in job
    }
    assert {name for name, environment in chosen.items() if environment} == {"bootstrap"}


@pytest.mark.parametrize("name", [*MANUAL, "plan", "drift"])
def test_the_read_only_role_makes_the_plan(name: str) -> None:
    for job in _jobs(name).values():
        if any(command.startswith("./noxw diff") for command in _commands(job)):
            assert _role(job) == "${{ vars.AWS_PLAN_ROLE_ARN }}"
            assert job["env"]["TF_CLI_ARGS_plan"] == "-lock=false"


def test_a_pull_request_gets_no_role_that_changes_something() -> None:
    for file in WORKFLOWS.glob("*.yml"):
        if {"pull_request", "pull_request_target"} & set(_triggers(_load(file))):
            assert file.stem in {"ci", "plan"}
            assert not re.search(r"secrets\.AWS_|pull_request_target", file.read_text(encoding="utf-8"))
    condition = _jobs("plan")["plan"]["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition


@pytest.mark.parametrize("name", [*MANUAL, *sorted(AUTOMATIC), CALLED])
def test_secrets_are_those_that_are_documented(name: str) -> None:
    text = (WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)", text)) <= SECRETS


@pytest.mark.parametrize("name", [*MANUAL, "plan", "drift"])
def test_variables_name_config_and_token_region(name: str) -> None:
    variables = {variable: f"${{{{ vars.{variable} }}}}" for variable in ("PIPELINE_CONFIG", "TOKEN_REGION")}
    for job in _jobs(name).values():
        assert variables.items() <= job["env"].items()


def test_images_are_built_by_a_role_of_their_own() -> None:
    roles = {name: {_role(job) for job in _jobs(name).values()} for name in MANUAL}
    assert roles.pop("build-push-a") == {"${{ secrets.AWS_BUILD_ROLE_ARN }}"}
    assert set().union(*roles.values()) == {"${{ secrets.AWS_ROLE_ARN }}", "${{ vars.AWS_PLAN_ROLE_ARN }}"}


@pytest.mark.parametrize("name", [*MANUAL, "plan", "drift"])
def test_a_role_is_held_until_the_job_must_end(name: str, bootstrap: Synthesized) -> None:
    default = _load(ACTIONS / "prepare" / "action.yml")["inputs"]["session"]["default"]
    [first, *_] = _workflow(name)["jobs"].values()
    given = {
        key: entry.get("default") for key, entry in _triggers(_workflow(CALLED))["workflow_call"]["inputs"].items()
    }
    given |= first.get("with", {})
    # The role of `bootstrap` is an administrator's, of whom AWS' default of an hour is all that is known.
    allowed_s = {role["max_session_duration"] for role in bootstrap.resources("aws_iam_role").values()}
    for job in _jobs(name).values():
        minutes, session_s = job["timeout-minutes"], job["steps"][1]["with"].get("session", default)
        minutes = given["minutes"] if minutes == "${{ inputs.minutes }}" else minutes
        session_s = int(given["session"] if session_s == "${{ inputs.session }}" else session_s)
        assert session_s > minutes * 60
        assert session_s <= (3600 if name == "bootstrap" else min(allowed_s))


def test_ci_runs_the_sessions_of_the_ci_script(sessions: set[str]) -> None:
    jobs = _workflow("ci")["jobs"].values()
    assert all(job["permissions"] == {"contents": "read"} for job in jobs)
    commands = [step["run"].split() for job in jobs for step in job["steps"] if "run" in step]
    assert all(command[0] in {"./noxw", "kind", "mkdir", "terraform"} for command in commands)
    called = {command[1] for command in commands if command[0] == "./noxw"}
    script = re.findall(r"^ *\./noxw ([a-z0-9 ]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert called <= sessions
    # The script installs no Helm, and asks no repository for charts.
    assert called - {"demo", "charts"} == {name for line in script for name in line.split()}


def test_ci_runs_every_test() -> None:
    commands = [step.get("run", "").split() for job in _workflow("ci")["jobs"].values() for step in job["steps"]]
    given = [ROOT / word for command in commands if "test" in command for word in command if word.startswith("tests/")]
    assert all(path.exists() for path in given)
    files = [*(ROOT / "tests").rglob("test_*.py")]
    assert [file for file in files if not any(file.is_relative_to(path) for path in given)] == []


def test_a_release_uses_no_cache_and_attests_all() -> None:
    text = (WORKFLOWS / "release.yml").read_text(encoding="utf-8")
    assert "cache" not in text.replace("No caches", "")
    for job in _workflow("release")["jobs"].values():
        assert job["permissions"]["attestations"] == "write"
        assert any(step.get("uses", "").startswith("actions/attest-build-provenance@") for step in job["steps"])


@pytest.mark.parametrize("schema", ["dependabot", "github-issue-forms"])
def test_files_of_github_follow_their_schema(schema: str) -> None:
    file = {"dependabot": "dependabot.yml", "github-issue-forms": "ISSUE_TEMPLATE/bug.yml"}[schema]
    done = _tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", str(ROOT / ".github" / file))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def sessions() -> set[str]:
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    return set(re.findall(r"@nox\.session.*\ndef (\w+)\(", text))
