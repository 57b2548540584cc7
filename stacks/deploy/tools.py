"""The programs that a deployment needs on this machine: Terraform, Node, the AWS CLI, Docker."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from stacks.deploy.errors import CommandError, PrerequisiteError

MIN_TERRAFORM = (1, 11)
"""Oldest version of Terraform, as in `stacks/engine/stack.py`: lock files in S3, and write-only arguments."""

MIN_NODE = 20
"""Oldest version of Node that the CDKTF library was tried with."""

_ANSWER_WITHIN_S = 60


def check_terraform() -> None:
    """Raise PrerequisiteError if there is no Terraform, or one that is too old."""
    binary = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    wanted = ".".join(map(str, MIN_TERRAFORM))
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
    if parts < MIN_TERRAFORM:
        raise PrerequisiteError(
            f"Terraform {wanted} or newer is needed and `{binary}` is {version}: install a newer one."
        )


def check_node() -> None:
    """Raise PrerequisiteError if there is no Node, or one that is too old for the CDKTF library."""
    text = _ask(["node", "--version"])
    found = re.match(r"v?(\d+)\.", text or "")
    if found is None:
        raise PrerequisiteError(
            f"Node {MIN_NODE} or newer is needed to synthesize the stacks and `node` does not run: install it."
        )
    if int(found[1]) < MIN_NODE:
        raise PrerequisiteError(
            f"Node {MIN_NODE} or newer is needed to synthesize the stacks and `node` is {str(text).strip()}: install a "
            "newer one."
        )


def check_aws_cli() -> None:
    """Raise PrerequisiteError if `aws` does not run: Terraform gets the cluster's tokens from it."""
    if _ask(["aws", "--version"]) is None:
        raise PrerequisiteError(
            "The AWS CLI is needed, as Terraform gets the cluster's tokens from `aws eks get-token`, and `aws` does "
            "not run: install version 2."
        )


def check_docker() -> None:
    """Raise PrerequisiteError if there is no Docker, or its engine does not answer."""
    if shutil.which("docker") is None:
        raise PrerequisiteError("Docker is needed to build images and `docker` is not on the PATH: install it.")
    if _ask(["docker", "version", "--format", "{{.Server.Version}}"]) is None:
        raise PrerequisiteError(
            "Docker is installed but its engine does not answer: start it (`docker info` says more)."
        )


def run_program(
    command: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None, stdin: str | None = None
) -> None:
    """Run a program in the foreground, with its output to ours.

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
        raise CommandError(f"`{shown}` ended with status {done.returncode}: see its output above.")


def _ask(command: Sequence[str]) -> str | None:
    """Return the output of a program; None if it is not there or fails."""
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
