"""A frames service as a process, with a film in its bucket, for all tests of this folder."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from services.api.access.frame_urls import FrameUrls
from services.api.access.secret_key import SecretKey
from services.aws.clients import Clients
from services.aws.shared import SharedItems
from services.contract.resources import pipeline_resources
from services.local.provision import provision_resources
from tests.services.api.process import get
from tests.support.driver import eventually
from tests.support.extracted import SMALL
from tests.support.forks import ForkedProcess, fork
from tests.support.place import Place
from tests.support.ports import held_ports
from tests.support.videos import Videos

FILM = "uploads/frames/../a film é.mp4"
DURATION_S = 8


@dataclass(frozen=True)
class FramesService:
    """A running service; `urls` signs as the api does."""

    place: Place
    url: str
    metrics_url: str
    urls: FrameUrls
    process: ForkedProcess
    log: Path

    def read_metric(self, name: str) -> float:
        """Return the value of a metric, 0 if it was never counted."""
        lines = get(self.metrics_url).text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)


@pytest.fixture(scope="session")
def film(videos: Videos) -> Path:
    return videos.video("plain.mp4", **SMALL, duration_s=DURATION_S, gop=100)


@pytest.fixture(scope="session")
def frames(
    aws_endpoint: str, aws_clients: Clients, film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FramesService]:
    resources = pipeline_resources("frames")
    place = Place(aws_endpoint, aws_clients, resources, provision_resources(aws_clients, resources))
    place.bucket.put(FILM, film.read_bytes(), content_type="video/mp4")
    with held_ports(2) as (port, metrics_port):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **place.environment(),
            "AWS_ENDPOINT_URL": place.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "FRAMES_HOST": "127.0.0.1",
            "FRAMES_PORT": str(port),
            "FRAMES_METRICS_PORT": str(metrics_port),
        }
        log = tmp_path_factory.mktemp("frames") / "frames.log"
        process = fork("services.frames", environment, log)
        url = f"http://127.0.0.1:{port}"
        key = SecretKey(SharedItems(aws_clients.dynamodb, resources.table.name))

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return get(f"{url}/health").status_code == 200
            except httpx.HTTPError:
                return False

        try:
            eventually(answers, f"an answer of the frames service ({log})")
            yield FramesService(
                place, url, f"http://127.0.0.1:{metrics_port}/metrics", FrameUrls(key, url), process, log
            )
        finally:
            process.kill()
            process.wait()
