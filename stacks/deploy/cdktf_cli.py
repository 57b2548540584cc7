"""What we ask of cdktf-cli: it synthesizes with `main.py`, and runs Terraform on the result."""

import os
from collections.abc import Mapping
from pathlib import Path

from stacks.deploy import tools

_ENVIRONMENT = {"CHECKPOINT_DISABLE": "1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
"""No question to HashiCorp whether there is a newer version, and no banner over every run."""


def deploy(project: Path, stack: str, *, overrides: Mapping[str, str], unattended: bool) -> None:
    """Raises: CommandError."""
    _run(project, "deploy", stack, *_approval(unattended=unattended), overrides=overrides)


def destroy(project: Path, stack: str, *, overrides: Mapping[str, str], unattended: bool) -> None:
    """Raises: CommandError."""
    _run(project, "destroy", stack, *_approval(unattended=unattended), overrides=overrides)


def diff(project: Path, stack: str) -> None:
    """Raises: CommandError."""
    _run(project, "diff", stack, overrides={})


def _approval(*, unattended: bool) -> tuple[str, ...]:
    return ("--auto-approve",) if unattended else ()


def _run(project: Path, *arguments: str, overrides: Mapping[str, str]) -> None:
    cli = project / "node_modules" / ".bin" / "cdktf"
    tools.run([os.fspath(cli), *arguments], cwd=project, env={**_ENVIRONMENT, **overrides})
