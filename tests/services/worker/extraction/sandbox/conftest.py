"""Fixtures of the sandbox's tests."""

import os
from collections.abc import Iterator

import pytest

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox
from tests.support.sandboxes import children_of, know_the_processes_of_other_tests, of_other_tests
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


@pytest.fixture(scope="session")
def lasting_sandbox() -> Iterator[tuple[Sandbox, int]]:
    """Return a sandbox and the PID of its fork server, a child of this process."""
    before = children_of(os.getpid())
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        sandbox.start()
        (server,) = set(children_of(os.getpid())).difference(before)
        yield sandbox, server


@pytest.fixture
def lasting(lasting_sandbox: tuple[Sandbox, int]) -> Sandbox:
    """For tests that look at the fork server and do not harm it."""
    sandbox, server = lasting_sandbox
    know_the_processes_of_other_tests()
    of_other_tests.discard(server)
    return sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        yield sandbox
