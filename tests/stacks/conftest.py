"""One synth for all tests of the stacks."""

import pytest

from tests.support.synthesis import WITH_DOMAIN, Synthesized, synthesize


@pytest.fixture(scope="session")
def synthesized() -> dict[str, Synthesized]:
    """Return all five stacks of the config with a domain, by their names."""
    return synthesize(WITH_DOMAIN)


@pytest.fixture(scope="session")
def bootstrap(synthesized: dict[str, Synthesized]) -> Synthesized:
    return synthesized["bootstrap"]


@pytest.fixture(scope="session")
def core(synthesized: dict[str, Synthesized]) -> Synthesized:
    return synthesized["core"]


@pytest.fixture(scope="session")
def workloads(synthesized: dict[str, Synthesized]) -> Synthesized:
    return synthesized["workloads"]


@pytest.fixture(scope="session")
def dns(synthesized: dict[str, Synthesized]) -> Synthesized:
    return synthesized["dns"]


@pytest.fixture(scope="session")
def monitoring(synthesized: dict[str, Synthesized]) -> Synthesized:
    return synthesized["monitoring"]
