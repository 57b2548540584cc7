"""The programs that a deployment needs on this machine: Terraform, Node, cdktf-cli, the AWS CLI, Docker."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stacks.deploy.errors import CommandError, PrerequisiteError

OLDEST_TERRAFORM = (1, 11)
"""As in `stacks/engine/stack.py`: lock files in S3, and arguments that are never stored in the state."""

NODE_MAJORS = range(20, 24)
"""cdktf-cli 0.21 crashes on Node 24, and was not tried on older ones than 20."""

_ANSWER_WITHIN_S = 60

_CDKTF_ENVIRONMENT = {"CHECKPOINT_DISABLE": "1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
"""No question to HashiCorp whether there is a newer version, and no banner over every run."""


def check_terraform() -> None:
    """Raises: PrerequisiteError if there is no Terraform, or one that is too old."""
    binary = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    wanted = ".".join(map(str, OLDEST_TERRAFORM))
    text = _ask([binary, "version", "-json"])
    if text is None:
        raise PrerequisiteError(
            f"Terraform {wanted} or newer is needed and `{binary}` does not run: install it, "
            "or name the program in TERRAFORM_BINARY_NAME."
        )
    try:
        version = str(json.loads(text[text.index("{") :])["terraform_version"])
        parts = tuple(int(part) for part in version.partition("-")[0].split("."))
    except (ValueError, KeyError, TypeError):
        raise PrerequisiteError(f"`{binary} version -json` does not answer with a version: is it Terraform?") from None
    if parts < OLDEST_TERRAFORM:
        raise PrerequisiteError(
            f"Terraform {wanted} or newer is needed and `{binary}` is {version}: install a newer one."
        )


def check_node() -> None:
    """Raises: PrerequisiteError if there is no Node, or one that cdktf-cli does not run on."""
    wanted = f"{NODE_MAJORS.start} to {NODE_MAJORS.stop - 1}"
    text = _ask(["node", "--version"])
    found = re.match(r"v?(\d+)\.", text or "")
    if found is None:
        raise PrerequisiteError(f"Node {wanted} is needed and `node` does not run: install one of these.")
    if int(found[1]) not in NODE_MAJORS:
        raise PrerequisiteError(f"Node {wanted} is needed, which cdktf-cli runs on, and `node` is {str(text).strip()}.")


def check_cdktf(project: Path) -> None:
    """Raises: PrerequisiteError if cdktf-cli is not installed beside the project's package.json."""
    if not (project / "node_modules" / ".bin" / "cdktf").exists():
        raise PrerequisiteError(f"cdktf-cli is not installed in {project}: run `npm ci` there.")


def check_aws_cli() -> None:
    """Raises: PrerequisiteError if `aws` does not run: Terraform asks it for the cluster's tokens."""
    if _ask(["aws", "--version"]) is None:
        raise PrerequisiteError(
            "The AWS CLI is needed, as Terraform gets the cluster's tokens from `aws eks get-token`, and `aws` does "
            "not run: install version 2."
        )


def check_docker() -> None:
    """Raises: PrerequisiteError if there is no Docker, or its engine does not answer."""
    if shutil.which("docker") is None:
        raise PrerequisiteError("Docker is needed to build images and `docker` is not on the PATH: install it.")
    if _ask(["docker", "version", "--format", "{{.Server.Version}}"]) is None:
        raise PrerequisiteError(
            "Docker is installed but its engine does not answer: start it (`docker info` says more)."
        )


def run_program(
    command: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None, stdin: str | None = None
) -> None:
    """Runs a program in the foreground, its output to ours.

    Raises:
        CommandError: it ends with a status other than 0, or is not there.
    """
    shown = " ".join(command)
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and our own arguments
            command, cwd=cwd, env={**os.environ, **(env or {})}, input=stdin, text=True, check=False
        )
    except FileNotFoundError:
        raise CommandError(f"`{command[0]}` is not on the PATH, so `{shown}` could not be run.") from None
    if done.returncode != 0:
        raise CommandError(f"`{shown}` ended with status {done.returncode}: see what it says above.")


def deploy_with_cdktf(project: Path, stack: str, *, overrides: Mapping[str, str], unattended: bool) -> None:
    """Raises: CommandError."""
    _run_cdktf(project, "deploy", stack, *_approval(unattended=unattended), overrides=overrides)


def destroy_with_cdktf(project: Path, stack: str, *, overrides: Mapping[str, str], unattended: bool) -> None:
    """Raises: CommandError."""
    _run_cdktf(project, "destroy", stack, *_approval(unattended=unattended), overrides=overrides)


def plan_with_cdktf(project: Path, stack: str) -> None:
    """Raises: CommandError."""
    _run_cdktf(project, "diff", stack, overrides={})


def _approval(*, unattended: bool) -> tuple[str, ...]:
    return ("--auto-approve",) if unattended else ()


def _run_cdktf(project: Path, *arguments: str, overrides: Mapping[str, str]) -> None:
    cli = project / "node_modules" / ".bin" / "cdktf"
    run_program([os.fspath(cli), *arguments], cwd=project, env={**_CDKTF_ENVIRONMENT, **overrides})


def _ask(command: Sequence[str]) -> str | None:
    """What a program prints; None if it is not there or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and our own arguments
            command,
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            timeout=_ANSWER_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
