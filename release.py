"""What `./noxw -s release -- X.Y.Z` asks before and does at the end: one tag versions package, template and images."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from services.contract.version import VERSION

ROOT = Path(__file__).parent


def problems(version: str, root: Path = ROOT) -> Iterator[str]:
    """What keeps this checkout from being that version, a sentence each."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        yield f"{version} is no version: three numbers, for example 1.0.5."
        return
    for said, where in (
        (tomllib.loads(_read(root, "pyproject.toml"))["project"]["version"], "pyproject.toml"),
        (VERSION, "VERSION in services/contract/version.py"),
    ):
        if said != version:
            yield f"{where} says {said}: set it to {version}."
    for page, what in (("CHANGELOG.md", "what is new"), ("docs/upgrading.md", "what an instance meets")):
        if not re.search(rf"^## {re.escape(version)}$", _read(root, page), re.MULTILINE):
            yield f"{page} has no section `## {version}`: write down {what}."
    if _git(root, "status", "--porcelain"):
        yield "There are changes that are not committed: commit them, as the tag is on a commit."
    if _git(root, "branch", "--show-current") != "main":
        yield "This is not the branch main, which releases are made from: switch to it."
    if "origin" in _git(root, "remote").splitlines():
        yield from _behind(root)
    tags = [tag for tag in _git(root, "tag", "--list", "v*").splitlines() if _numbers(tag)]
    newest = max(tags, key=_numbers, default="v0.0.0")
    if _numbers(f"v{version}") <= _numbers(newest):
        yield f"{newest} is there already: the next version is a higher one."


def _behind(root: Path) -> Iterator[str]:
    """What others have pushed; brings their tags here, so that no version is given twice."""
    try:
        _git(root, "fetch", "--quiet", "--tags", "origin", "main")
    except subprocess.CalledProcessError as error:
        yield f"The branch main of origin cannot be fetched, whose tags count as well: {error.stderr.strip()}"
        return
    if _git(root, "rev-list", "HEAD..FETCH_HEAD"):
        yield "origin's main has commits that are not here: `git pull`."


def main() -> None:
    command, version = sys.argv[1:]
    found = list(problems(version))
    if found:
        lines = ["Nothing was tagged. Before this can be released:", *(f"  - {problem}" for problem in found)]
        sys.exit("\n".join(lines))
    if command == "tag":
        _git(ROOT, "tag", "--annotate", f"v{version}", f"--message=Version {version}")
        print(f"v{version} is tagged. Next: git push origin main v{version}")  # noqa: T201 - the command's output


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
