"""The embedded AWS for the tests of the services: one server a session, and resources of its own for each test."""

import itertools
from collections.abc import Iterator

import pytest

from services.aws.clients import Clients
from services.contract.resources import pipeline_resources
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources
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
def place(aws_endpoint: str, aws_clients: Clients) -> Place:
    resources = pipeline_resources(f"test{next(_numbers)}")
    return Place(aws_endpoint, aws_clients, resources, provision_resources(aws_clients, resources))
