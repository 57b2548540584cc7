"""Checks before a release, and its notes."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from release import find_problems, read_notes
from services.contract.version import VERSION
from tests.template.project import ROOT, git, replace


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a repository with the files that a release checks, committed on main."""
    for file in ("pyproject.toml", "CHANGELOG.md", "docs/upgrading.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=Begin")
    return tmp_path


def test_current_version_has_no_problems(checkout: Path) -> None:
    assert list(find_problems(VERSION, checkout)) == []


def test_no_entry_of_the_changelog_comes_twice() -> None:
    unreleased = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]
    titles = Counter(line.split("**")[1] for line in unreleased.splitlines() if line.startswith("- **"))

    assert titles
    assert [title for title, count in titles.items() if count > 1] == []


def test_all_missing_places_are_reported_together(checkout: Path) -> None:
    found = "\n".join(find_problems("99.0.0", checkout))
    for place in ("pyproject.toml", "VERSION in services/contract/version.py"):
        assert f"{place} is {VERSION}: set it to 99.0.0." in found
    for page in ("CHANGELOG.md", "docs/upgrading.md"):
        assert f"{page} has no section `## 99.0.0`" in found


@pytest.mark.parametrize("version", ["v0.1.0", "0.1", "0.1.0rc1", "00.1.0"])
def test_version_must_be_three_numbers(version: str, checkout: Path) -> None:
    [found] = find_problems(version, checkout)
    assert "is not a version: give three numbers" in found


def test_uncommitted_changes_are_a_problem(checkout: Path) -> None:
    replace(checkout / "CHANGELOG.md", "# Changelog", "# Changes")
    [found] = find_problems(VERSION, checkout)
    assert "not committed" in found


def test_other_branch_than_main_is_a_problem(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--create", "other")
    [found] = find_problems(VERSION, checkout)
    assert "branch is not main" in found


@pytest.mark.parametrize("tag", [f"v{VERSION}", "v10.0.0", "v9.10.0"])
def test_version_must_be_higher_than_every_tag(tag: str, checkout: Path) -> None:
    git(checkout, "tag", tag)
    [found] = find_problems(VERSION, checkout)
    assert found == f"{tag} exists: the next version must be higher."


def test_commits_and_tags_of_origin_are_problems(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    origin, other = (tmp_path_factory.mktemp(name) / name for name in ("origin", "other"))
    git(checkout, "clone", "--quiet", "--bare", str(checkout), str(origin))
    git(checkout, "remote", "add", "origin", str(origin))
    assert list(find_problems(VERSION, checkout)) == []
    git(checkout, "clone", "--quiet", str(origin), str(other))
    git(other, "commit", "--quiet", "--allow-empty", "--message=Go on")
    git(other, "tag", "v99.0.0")
    git(other, "push", "--quiet", "origin", "main", "v99.0.0")
    assert list(find_problems(VERSION, checkout)) == [
        "The branch main of origin has newer commits: run `git pull`.",
        "v99.0.0 exists: the next version must be higher.",
    ]


def test_unreachable_remote_is_a_problem(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "remote", "add", "origin", str(tmp_path / "nowhere"))
    [found] = find_problems(VERSION, checkout)
    assert "cannot be fetched" in found


def test_notes_are_the_section_of_the_changelog(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.0.5\n\n- Faster.\n\n### Fixed\n\n- A bug.\n\n## 1.0.4\n\n- Old.\n"
    )
    assert read_notes("1.0.5", tmp_path) == "- Faster.\n\n### Fixed\n\n- A bug.\n"
    assert read_notes("1.0.4", tmp_path) == "- Old.\n"
    with pytest.raises(ValueError, match=r"no section `## 1\.0\.0`"):
        read_notes("1.0.0", tmp_path)
