"""Where an instance's template and package come from: a git repository, at a commit."""

import re
from dataclasses import dataclass
from pathlib import Path

from stacks.instance import git
from stacks.instance.errors import TemplateError


@dataclass(frozen=True, kw_only=True)
class TemplateSource:
    url: str
    """As both pip and Copier take it: `git+https://...`, `git+ssh://...`, `git+file:///...`."""
    commit: str | None
    """None: the newest version there."""
    notes: tuple[str, ...] = ()
    """What the person should know about it."""


def named_source(url: str) -> TemplateSource:
    """The newest version in a repository that somebody names. Raises: TemplateError if it cannot be read."""
    source = TemplateSource(url=as_requirement(url), commit=None)
    check_reachable(source.url)
    return source


def source_of(checkout: Path) -> TemplateSource:
    """The commit of a checkout: in the repository that it was cloned from if that has it, else in itself.

    Raises: TemplateError if it is no git repository.
    """
    if not git.git_succeeds("rev-parse", "--verify", "HEAD", cwd=checkout):
        raise TemplateError(
            f"{checkout} is not a git repository, and an instance is pinned to a commit of one: clone the project, or "
            "name a repository with --source URL."
        )
    commit = git.run_git("rev-parse", "HEAD", cwd=checkout)
    notes = []
    if git.run_git("status", "--porcelain", "--untracked-files=no", cwd=checkout):
        notes.append("Changes of this checkout that are not committed are left out.")
    origin = _origin(checkout, commit)
    if origin is None:
        notes.append(
            f"The instance takes this version and its updates from {checkout}, which only this machine has: for CI and "
            "for others, name the project's repository with --source URL."
        )
    return TemplateSource(url=origin or as_requirement(str(checkout)), commit=commit, notes=tuple(notes))


def as_requirement(url: str) -> str:
    """`url` as git takes it, in the form that pip takes: pip knows no `git@host:owner/repo`."""
    if url.startswith("git+"):
        return url
    if "://" in url:
        return f"git+{url}"
    if short := re.fullmatch(r"([\w.-]+@[\w.-]+):(?!/)(.+)", url):
        return f"git+ssh://{short[1]}/{short[2]}"
    return f"git+{Path(url).resolve().as_uri()}"


def check_reachable(url: str) -> None:
    """Raises: TemplateError if git cannot read the repository at `url`."""
    plain = url.removeprefix("git+")
    try:
        git.run_git("ls-remote", "--", plain, "HEAD", cwd=Path.cwd())
    except TemplateError as error:
        raise TemplateError(f"The template cannot be had from {plain}. {error}") from error


def _origin(checkout: Path, commit: str) -> str | None:
    """The remote repository that the checkout was cloned from, if it can be reached and has the commit."""
    if not git.git_succeeds("remote", "get-url", "origin", cwd=checkout):
        return None
    url = as_requirement(git.run_git("remote", "get-url", "origin", cwd=checkout))
    if url.startswith("git+file:") or not git.run_git("branch", "--remotes", "--contains", commit, cwd=checkout):
        return None
    return url if git.git_succeeds("ls-remote", "--exit-code", "origin", "HEAD", cwd=checkout) else None
