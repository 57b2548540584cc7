"""The embedded AWS for the tests of this folder that need no pipeline."""

from collections.abc import Iterator

import pytest

from services.aws.clients import Clients
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import make_local_clients


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Clients]]:
    with EmbeddedAws.start(tmp_path_factory.mktemp("aws")) as embedded:
        yield embedded.endpoint, make_local_clients(embedded.endpoint)
