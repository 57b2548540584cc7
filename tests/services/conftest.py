"""The embedded AWS for the tests of the services: one server a session, and resources of its own for each test.

With SIMULATED_AWS=1, tests that need no process run on the simulated AWS of the model: a hundred times as fast, for
`./noxw mutation`.
"""

import itertools
import os
from collections.abc import Iterator

import pytest

from services.aws.clients import Clients
from services.contract.resources import pipeline_resources
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources
from tests.model.place import simulated_place
from tests.support.place import Place

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def aws_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedAws.start(tmp_path_factory.mktemp("aws")) as aws:
        yield aws.endpoint


@pytest.fixture(scope="session")
def aws_clients(aws_endpoint: str) -> Clients:
    return make_local_clients(aws_endpoint)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    resources = pipeline_resources(f"test{next(_numbers)}")
    if os.environ.get("SIMULATED_AWS"):
        with simulated_place(resources) as simulated:
            yield simulated
        return
    endpoint, clients = request.getfixturevalue("aws_endpoint"), request.getfixturevalue("aws_clients")
    yield Place(endpoint, clients, resources, provision_resources(clients, resources))
