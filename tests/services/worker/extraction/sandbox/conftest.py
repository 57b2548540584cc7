"""Fixtures of the sandbox's tests."""

from collections.abc import Iterator

import pytest

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox
from tests.support.sandboxes import know_the_processes_of_other_tests
from tests.support.videos import Videos


@pytest.fixture
def processes_of_other_tests() -> None:
    know_the_processes_of_other_tests()


@pytest.fixture(scope="module")
def film(videos: Videos) -> bytes:
    return videos.video("a.mp4").read_bytes()


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """For tests that neither look at the fork server nor harm it."""
    with SharedSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        yield sandbox
