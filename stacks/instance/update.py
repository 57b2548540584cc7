"""Brings an instance to a newer version: what changed in the template goes into what the team has changed since."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import copier
from copier.errors import CopierError

from stacks.instance import git
from stacks.instance.errors import TemplateError
from stacks.instance.new import read_instance_answers
from stacks.instance.source import check_reachable

_TITLE = "Update thumbnail-pipeline to {version}"
_BODY = """\
From {before} to {version}: `docs/upgrading.md` of that version says what changes in the Terraform, and what to do.
After the merge, `./noxw diff` shows what a deployment would change."""


@dataclass(frozen=True, kw_only=True)
class Update:
    before: str
    version: str
    changed: tuple[str, ...]


def update_instance(instance: Path, *, to: str | None = None) -> Update:
    """Merge the newest version, or the version `to`, into the instance's files, and commit nothing.

    Raises: TemplateError if the instance has changes that are not committed, if the template cannot be read, or if a
    file changed in both: then the message names it, and the file shows both.
    """
    answers = read_instance_answers(instance)
    check_reachable(answers["_src_path"])
    before = answers["_commit"]
    try:
        copier.run_update(instance, vcs_ref=to, defaults=True, skip_answered=True, overwrite=True, quiet=True)
    except (CopierError, ValueError) as error:
        raise TemplateError(f"The instance cannot be updated: {str(error).strip()}") from error
    conflicts = sorted(
        {line.split("\t")[1] for line in git.run_git("ls-files", "--unmerged", cwd=instance).splitlines()}
    )
    if conflicts:
        raise TemplateError(
            f"Changed both here and in the new version: {', '.join(conflicts)}. Each shows both, between <<<<<<< and "
            ">>>>>>>: decide, `git add` them, and commit; or `git reset --hard && git clean -fd` to be where you were."
        )
    changed = git.run_git("status", "--porcelain", "--untracked-files=all", cwd=instance).splitlines()
    version = str(read_instance_answers(instance)["_commit"])
    return Update(before=before, version=version, changed=tuple(line.split(maxsplit=1)[1] for line in changed))


def find_newer_version(instance: Path) -> tuple[str, str] | None:
    """Return this version and the newest, None if this is it. Raises: TemplateError if the template cannot be read."""
    check_reachable(read_instance_answers(instance)["_src_path"])
    # As a command: Copier has no public function for it.
    command = (sys.executable, "-m", "copier", "check-update", "--output-format=json", str(instance))
    said = json.loads(_run(*command, cwd=instance))
    return (str(said["current_version"]), str(said["latest_version"])) if said["update_available"] else None


def open_pull_request(instance: Path, done: Update) -> None:
    """Commit the update to a branch, push it, and open a pull request with GitHub's `gh`, unless one is open.

    Raises: TemplateError if git or gh fail.
    """
    branch, title = f"template-update-{done.version}", _TITLE.format(version=done.version)
    _run("gh", "auth", "setup-git", cwd=instance)
    bot = ("-c", "user.name=github-actions[bot]", "-c", "user.email=github-actions[bot]@users.noreply.github.com")
    git.run_git("switch", "--force-create", branch, cwd=instance)
    git.run_git("add", "--all", cwd=instance)
    git.run_git(*bot, "commit", f"--message={title}", cwd=instance)
    git.run_git("push", "--force", "origin", branch, cwd=instance)
    if _run("gh", "pr", "list", f"--head={branch}", "--state=open", "--json=url", "--jq=.[].url", cwd=instance):
        return
    body = _BODY.format(before=done.before, version=done.version)
    _run("gh", "pr", "create", f"--head={branch}", f"--title={title}", f"--body={body}", cwd=instance)


def _run(*command: str, cwd: Path) -> str:
    if shutil.which(command[0]) is None:
        raise TemplateError(f"{command[0]} is needed and is not on the PATH: install it.")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode != 0:
        raise TemplateError(f"`{' '.join(command[:3])}` failed: {done.stderr.strip()}")
    return done.stdout.strip()
