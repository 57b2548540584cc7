"""Warming of jsii's cache: once for each environment, cache and set of packages."""

import importlib
from pathlib import Path

import pytest

from stacks.engine.warm import warm_caches


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only package of a cache, which is unpacked and has its index."""
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(tmp_path / "cache"))
    monkeypatch.delenv("STACKS_ENGINE", raising=False)
    package = tmp_path / "cache" / "cdktf" / "0.21.0"
    package.mkdir(parents=True)
    for file in (".jsii", ".jsii.runtime.v1.json"):
        (package / file).touch()
    return package


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is imported instead of the stacks, whose import unpacks the packages."""
    names: list[str] = []
    monkeypatch.setattr(importlib, "import_module", names.append)
    return names


@pytest.mark.usefixtures("package")
def test_a_second_call_imports_nothing(imported: list[str], tmp_path: Path) -> None:
    for _ in range(2):
        warm_caches(environment=tmp_path)
    assert imported == ["stacks.app"]


@pytest.mark.parametrize("changed", ["the cache", "an index", "the engine", "the file"])
def test_a_change_is_warmed_again(
    changed: str, package: Path, imported: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm_caches(environment=tmp_path)
    match changed:
        case "the cache":
            monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(tmp_path / "another"))
        case "an index":
            (package / ".jsii.runtime.v1.json").unlink()
        case "the engine":
            monkeypatch.setenv("STACKS_ENGINE", "cdktn")
        case _:
            (tmp_path / "warm.json").write_text("{", encoding="utf-8")
    warm_caches(0, environment=tmp_path)
    assert imported == ["stacks.app", "stacks.app"]


def test_what_is_not_indexed_in_time_is_not_remembered(package: Path, imported: list[str], tmp_path: Path) -> None:
    (package / ".jsii.runtime.v1.json").unlink()
    for _ in range(2):
        warm_caches(0, environment=tmp_path)
    assert imported == ["stacks.app", "stacks.app"]
