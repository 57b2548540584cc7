"""A release is tagged from a checkout that is that version in every place, and from no other."""

import shutil
from pathlib import Path

import pytest

from release import problems
from services.contract.version import VERSION
from tests.template.project import ROOT, git, replace


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a release looks at, committed on main."""
    for file in ("pyproject.toml", "CHANGELOG.md", "docs/upgrading.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=Begin")
    return tmp_path


def test_this_version_is_written_down_everywhere(checkout: Path) -> None:
    assert list(problems(VERSION, checkout)) == []


def test_everything_that_is_missing_is_told_at_once(checkout: Path) -> None:
    told = "\n".join(problems("99.0.0", checkout))
    for place in ("pyproject.toml", "VERSION in services/contract/version.py"):
        assert f"{place} says {VERSION}: set it to 99.0.0." in told
    for page in ("CHANGELOG.md", "docs/upgrading.md"):
        assert f"{page} has no section `## 99.0.0`" in told


@pytest.mark.parametrize("version", ["v0.1.0", "0.1", "0.1.0rc1", "00.1.0"])
def test_a_version_is_three_numbers(version: str, checkout: Path) -> None:
    [told] = problems(version, checkout)
    assert "is no version: three numbers" in told


def test_changes_that_are_not_committed_are_told(checkout: Path) -> None:
    replace(checkout / "CHANGELOG.md", "# Changelog", "# Changes")
    [told] = problems(VERSION, checkout)
    assert "not committed" in told


def test_it_is_made_from_main(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--create", "other")
    [told] = problems(VERSION, checkout)
    assert "not the branch main" in told


@pytest.mark.parametrize("tag", [f"v{VERSION}", "v10.0.0", "v9.10.0"])
def test_a_version_goes_up(tag: str, checkout: Path) -> None:
    git(checkout, "tag", tag)
    [told] = problems(VERSION, checkout)
    assert told == f"{tag} is there already: the next version is a higher one."


def test_what_others_have_pushed_counts(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    origin, other = (tmp_path_factory.mktemp(name) / name for name in ("origin", "other"))
    git(checkout, "clone", "--quiet", "--bare", str(checkout), str(origin))
    git(checkout, "remote", "add", "origin", str(origin))
    assert list(problems(VERSION, checkout)) == []
    git(checkout, "clone", "--quiet", str(origin), str(other))
    git(other, "commit", "--quiet", "--allow-empty", "--message=Go on")
    git(other, "tag", "v99.0.0")
    git(other, "push", "--quiet", "origin", "main", "v99.0.0")
    assert list(problems(VERSION, checkout)) == [
        "origin's main has commits that are not here: `git pull`.",
        "v99.0.0 is there already: the next version is a higher one.",
    ]


def test_a_remote_that_is_out_of_reach_is_told(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "remote", "add", "origin", str(tmp_path / "nowhere"))
    [told] = problems(VERSION, checkout)
    assert "cannot be fetched" in told
