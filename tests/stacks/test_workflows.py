"""The workflows: valid, safe, pinned, named as documented, and without logic of their own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

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

AUTOMATIC = {"ci", "nightly", "release"}
"""Workflows that an event starts."""

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


def _job(name: str) -> dict[str, Any]:
    (job,) = _workflow(name)["jobs"].values()
    assert isinstance(job, dict)
    return job


def _tool(*command: str) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    return subprocess.run([scripts / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_workflow_is_known() -> None:
    assert {file.stem for file in WORKFLOWS.glob("*")} == {*INPUTS, *AUTOMATIC}


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
            assert (ROOT / action / "action.yml").exists()
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


@pytest.mark.parametrize("name", MANUAL)
def test_rights_are_the_least(name: str) -> None:
    assert _workflow(name)["permissions"] == {}
    assert _job(name)["permissions"] == {"contents": "read", "id-token": "write"}


@pytest.mark.parametrize("name", MANUAL)
def test_two_that_change_the_same_do_not_run_at_once(name: str) -> None:
    group = "images" if name == "build-push-a" else "infrastructure"
    assert _workflow(name)["concurrency"] == {"group": group, "cancel-in-progress": False}


@pytest.mark.parametrize("name", MANUAL)
def test_what_they_run_is_one_nox_session(name: str, sessions: set[str]) -> None:
    commands = [step["run"] for step in _job(name)["steps"] if "run" in step]
    assert commands
    for command in commands:
        session = re.match(r"\./noxw (\w+) ", command)
        assert session, command
        assert session[1] in sessions
        # An input reaches the shell as a variable, never as text of the script.
        assert "${{" not in command


@pytest.mark.parametrize("name", [*MANUAL, *sorted(AUTOMATIC)])
def test_secrets_are_those_that_are_documented(name: str) -> None:
    text = (WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)", text)) <= SECRETS


@pytest.mark.parametrize("name", MANUAL)
def test_variables_name_the_config_and_the_region_of_the_token(name: str) -> None:
    variables = {variable: f"${{{{ vars.{variable} }}}}" for variable in ("PIPELINE_CONFIG", "TOKEN_REGION")}
    assert variables.items() <= _job(name)["env"].items()


def test_images_are_built_by_a_role_of_their_own() -> None:
    roles = {name: _job(name)["steps"][1]["with"]["role"] for name in MANUAL}
    assert roles.pop("build-push-a") == "${{ secrets.AWS_BUILD_ROLE_ARN }}"
    assert set(roles.values()) == {"${{ secrets.AWS_ROLE_ARN }}"}


def test_ci_runs_the_sessions_of_the_ci_script(sessions: set[str]) -> None:
    jobs = _workflow("ci")["jobs"].values()
    assert all(job["permissions"] == {"contents": "read"} for job in jobs)
    commands = [step["run"].split() for job in jobs for step in job["steps"] if "run" in step]
    assert all(command[0] == "./noxw" for command in commands)
    called = {command[1] for command in commands}
    script = re.findall(r"^ *\./noxw ([a-z0-9 ]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert called <= sessions
    assert called - {"demo"} == {name for line in script for name in line.split()}


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
