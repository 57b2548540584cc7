"""Apis for the tests of this folder: one process that most of a file share, each test with names of its own.

They end with the file: an api asks AWS three times a second here, also while the tests of other folders run.
"""

import os
from collections.abc import Iterator

import httpx
import pytest

from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.contract.resources import TOTALS_KEY, pipeline_resources
from services.local.provision import provision_resources
from tests.model.place import simulated_place
from tests.services.api import process
from tests.services.api.process import Api
from tests.support.driver import eventually
from tests.support.place import Place


@pytest.fixture(scope="session")
def shared_place(aws_endpoint: str, aws_clients: Clients) -> Place:
    resources = pipeline_resources("api")
    return Place(aws_endpoint, aws_clients, resources, provision_resources(aws_clients, resources))


@pytest.fixture(scope="module")
def api(shared_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with process.running(shared_place, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def operator(api: Api) -> Iterator[httpx.Client]:
    with api.client() as client:
        yield client


@pytest.fixture
def viewer(api: Api) -> Iterator[httpx.Client]:
    with api.client(process.VIEWER) as client:
        yield client


@pytest.fixture(scope="session")
def own_place(aws_endpoint: str, aws_clients: Clients) -> Place:
    resources = pipeline_resources("own")
    return Place(aws_endpoint, aws_clients, resources, provision_resources(aws_clients, resources))


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Bucket, queues and table with nothing in them: emptied for each test, as a process takes seconds to start."""
    if os.environ.get("SIMULATED_AWS"):
        with simulated_place(pipeline_resources("own")) as simulated:
            yield simulated
        return
    own_place: Place = request.getfixturevalue("own_place")
    empty(own_place)
    yield own_place


@pytest.fixture
def simulated() -> Iterator[Place]:
    """Bucket, queues and table in this process: for tests of many steps, which need no api."""
    with simulated_place(pipeline_resources("own")) as made:
        yield made


@pytest.fixture(scope="module")
def own_process(own_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with process.running(own_place, tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture
def own_api(place: Place, own_process: Api) -> Api:
    """Run an api on the resources of the test."""
    del place
    with own_process.client() as client:
        # Whatever it still keeps of the test before is forgotten.
        client.post("/api/dead-letters/redrive", json={}).raise_for_status()
        before = client.get("/api/state").json()["seq"]

        def is_empty() -> bool:
            state = client.get("/api/state").json()
            # The next push may have read its sources before they were emptied.
            if state["seq"] < before + 2 or any(source["stale"] for source in state["sources"].values()):
                return False
            counts = [*state["metrics"]["videos"].values(), state["queue"]["visible"]]
            return not (state["videos"] or state["purge"] or any(counts))

        eventually(is_empty, "an empty pipeline")
    return own_process


def empty(place: Place) -> None:
    for name in (place.resources.bucket, place.resources.test_source_bucket):
        bucket = Bucket(place.clients.s3, name)
        if versions := list(bucket.versions("")):
            bucket.delete(versions)
    for url in (place.queues.url, place.queues.dead_letter_url):
        place.clients.sqs.purge_queue(QueueUrl=url)
    place.videos.delete([item["pk"] for item in place.videos.scan() if item["pk"] != TOTALS_KEY])
    place.videos.correct(place.videos.counters(), {})
