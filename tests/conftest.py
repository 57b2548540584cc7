"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.videos import Videos

# No deadline: a busy machine fails no test. No database: a run depends on nothing but the code; a failure prints how to
# repeat it.
settings.register_profile("tests", deadline=None, max_examples=200, database=None, print_blob=True)
settings.load_profile("tests")

TESTS = Path(__file__).parent
LONGEST_FIRST = ("template", "services/worker", "stacks", "pipeline", "services/local", "services/api")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `-n 2 --dist loadgroup`, a folder's tests share a process, as they share what is slow to set up."""
    if not hasattr(config, "workerinput"):
        return
    folders = {item: folder_of(item.path) for item in items}
    items.sort(key=lambda item: LONGEST_FIRST.index(folders[item]) if folders[item] in LONGEST_FIRST else len(folders))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(folders[item]))


def folder_of(path: Path) -> str:
    """Return the folder below `tests`; for the services, the folder of each."""
    parts = path.relative_to(TESTS).parts[:-1]
    return "/".join(parts[:2] if parts[:1] == ("services",) else parts[:1])


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Videos:
    """Videos of every kind, each made when a test first asks for it and shared by all tests and processes of a run."""
    folder = tmp_path_factory.getbasetemp()
    return Videos((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "videos")
