"""The stage of the tests that need minutes: a virtual clock."""

from collections.abc import Iterator

import pytest

from tests.model.stage import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one
