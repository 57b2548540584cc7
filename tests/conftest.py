"""Fixtures for all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.videos import Videos

# No deadline: a busy machine fails no test. No database: a run depends on nothing but the code; a failure prints how to
# repeat it.
settings.register_profile("tests", deadline=None, max_examples=200, database=None, print_blob=True)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Videos:
    """Videos of every kind, each made when a test first asks for it and shared by all tests of the session."""
    return Videos(tmp_path_factory.mktemp("videos"))
