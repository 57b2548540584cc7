"""What we ask of git."""

import os
import subprocess
from pathlib import Path

from stacks.instance.errors import TemplateError

_ANSWER_WITHIN_S = 30


def run_git(*arguments: str, cwd: Path) -> str:
    """What git prints. Raises: TemplateError with its own words if it fails."""
    done = _run(arguments, cwd)
    if done.returncode != 0:
        raise TemplateError(f"git {arguments[0]} failed in {cwd}: {done.stderr.strip()}")
    return done.stdout.strip()


def git_succeeds(*arguments: str, cwd: Path) -> bool:
    return _run(arguments, cwd).returncode == 0


def _run(arguments: tuple[str, ...], cwd: Path) -> subprocess.CompletedProcess[str]:
    # Nobody is asked for a password: what needs one is out of reach.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    try:
        return subprocess.run(  # noqa: S603 - git, without a shell
            ["git", *arguments],  # noqa: S607 - the git of the one who calls
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_ANSWER_WITHIN_S,
            check=False,
        )
    except FileNotFoundError:
        raise TemplateError("git is needed and is not on the PATH: install it.") from None
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(arguments, 1, "", f"no answer within {_ANSWER_WITHIN_S} s")
