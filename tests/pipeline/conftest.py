"""A pipeline that runs for the tests of this folder: the embedded AWS over HTTP, and two real workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.local.pipeline import run_pipeline
from tests.support.driver import IMPATIENT, Driver
from tests.support.forks import fork_program


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Shared by all tests: each uses names of its own."""
    said: list[str] = []
    data = tmp_path_factory.mktemp("pipeline")
    settings = {**IMPATIENT, "EVENTS_ENABLED": "true", "EVENTS_ALLOW_PRIVATE_TARGETS": "true"}
    with run_pipeline(data, workers=2, say=said.append, settings=settings, start=fork_program) as local:
        yield Driver(local)


@pytest.fixture
def lone_worker(tmp_path: Path) -> Iterator[Driver]:
    """Run a pipeline with one worker, for tests that end it."""
    with run_pipeline(tmp_path, workers=1, say=lambda _: None, settings=IMPATIENT, start=fork_program) as local:
        yield Driver(local)
