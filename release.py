"""Checks, tag and notes of a release, for `./noxw release X.Y.Z`: one tag versions package, template and images."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from services.contract.version import VERSION

ROOT = Path(__file__).parent


def find_problems(version: str, root: Path = ROOT) -> Iterator[str]:
    """Return what is missing before this checkout can be released as the version, one sentence per problem."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        yield f"{version} is not a version: give three numbers, for example 1.0.5."
        return
    for found, place in (
        (tomllib.loads(_read(root, "pyproject.toml"))["project"]["version"], "pyproject.toml"),
        (VERSION, "VERSION in services/contract/version.py"),
    ):
        if found != version:
            yield f"{place} is {found}: set it to {version}."
    for page, content in (("CHANGELOG.md", "the changes"), ("docs/upgrading.md", "what changes for an instance")):
        if not re.search(rf"^## {re.escape(version)}$", _read(root, page), re.MULTILINE):
            yield f"{page} has no section `## {version}`: describe {content}."
    if _git(root, "status", "--porcelain"):
        yield "There are changes that are not committed: commit them."
    if _git(root, "branch", "--show-current") != "main":
        yield "The current branch is not main: switch to main."
    if "origin" in _git(root, "remote").splitlines():
        yield from _find_commits_of_others(root)
    tags = [tag for tag in _git(root, "tag", "--list", "v*").splitlines() if _numbers(tag)]
    newest = max(tags, key=_numbers, default="v0.0.0")
    if _numbers(f"v{version}") <= _numbers(newest):
        yield f"{newest} exists: the next version must be higher."


def _find_commits_of_others(root: Path) -> Iterator[str]:
    """Return a problem if origin's main has other commits. Fetches its tags, so that no version is used twice."""
    try:
        _git(root, "fetch", "--quiet", "--tags", "origin", "main")
    except subprocess.CalledProcessError as error:
        yield f"The branch main of origin cannot be fetched: {error.stderr.strip()}"
        return
    if _git(root, "rev-list", "HEAD..FETCH_HEAD"):
        yield "The branch main of origin has newer commits: run `git pull`."


def read_notes(version: str, root: Path = ROOT) -> str:
    """Return the section of a version in the changelog, without its heading. Raises: ValueError if there is none."""
    section = re.search(
        rf"^## {re.escape(version)}\n(.*?)(?=^## |\Z)", _read(root, "CHANGELOG.md"), re.MULTILINE | re.DOTALL
    )
    if section is None:
        raise ValueError(f"CHANGELOG.md has no section `## {version}`.")
    return section[1].strip() + "\n"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("which version? For example: ./noxw release 1.0.5")
    command, version = sys.argv[1:]
    if command == "notes":
        print(read_notes(version), end="")  # noqa: T201 - the command's output
        return
    _check(version)
    for sessions in (("lint", "types", "synth", "test"), ("wheel",)):
        if subprocess.run([str(ROOT / "noxw"), *sessions], cwd=ROOT, check=False).returncode != 0:  # noqa: S603
            sys.exit("Nothing was tagged: fix what failed above, commit, and run the release again.")
    # Once more: a session may have changed a file.
    _check(version)
    _git(ROOT, "tag", "--annotate", f"v{version}", f"--message=Version {version}")
    print(f"v{version} is tagged. Next: git push origin main v{version}")  # noqa: T201 - the command's output


def _check(version: str) -> None:
    found = list(find_problems(version))
    if found:
        lines = ["Nothing was tagged. Before this can be released:", *(f"  - {problem}" for problem in found)]
        sys.exit("\n".join(lines))


def _read(root: Path, file: str) -> str:
    path = root / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _numbers(tag: str) -> tuple[int, ...]:
    return tuple(map(int, tag[1:].split("."))) if re.fullmatch(r"v\d+\.\d+\.\d+", tag) else ()


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return done.stdout.strip()


if __name__ == "__main__":
    main()
