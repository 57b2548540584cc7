"""Fixtures of the extraction's tests."""

from collections.abc import Iterator

import pytest

from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with SharedSandbox() as sandbox:
        yield sandbox
