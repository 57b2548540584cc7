"""The live state over HTTP and over `/ws`."""

import json
import os
import signal
import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from services.contract.records import VideoState
from services.contract.resources import pipeline_resources
from services.contract.version import VERSION
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources
from tests.services.api.process import (
    VIEWER,
    Api,
    end_of,
    fresh,
    get,
    message,
    message_when,
    running,
    write_pods,
)
from tests.services.api.records import a_record, write
from tests.support.driver import PATIENCE_S, eventually
from tests.support.place import Place


def test_liveness_and_readiness_need_no_login(api: Api) -> None:
    with api.client(token=None) as anybody:
        assert anybody.get("/health").json() == {"status": "ok", "version": VERSION}
        ready = eventually(lambda: (answer := anybody.get("/health/ready")).is_success and answer.json(), "ready")
        assert ready == {"ready": True, "queue": True, "bucket": True, "table": True}


def test_the_config_tells_what_a_client_must_know(operator: httpx.Client, viewer: httpx.Client) -> None:
    config = operator.get("/api/config").json()

    assert config["positions_pct"] == [10, 50, 95]
    assert len(config["extensions"]) == 10
    assert (config["history_s"], config["history_step_s"]) == (300, 5)
    assert (config["role"], viewer.get("/api/config").json()["role"]) == ("operator", "viewer")


def test_a_client_gets_whole_state_then_pushes_in_order(api: Api) -> None:
    with api.socket(VIEWER) as earlier:
        message_when(earlier, lambda state: state["queue"] and state["queue"]["history"])
    with api.socket(VIEWER) as socket:
        messages = [message(socket) for _ in range(4)]
        message_when(socket, lambda state: not any(source["stale"] for source in state["sources"].values()))

    assert {one["type"] for one in messages} == {"state"}
    assert {one["server"] for one in messages} == {messages[0]["server"]}
    sequence = [one["seq"] for one in messages]
    assert sequence == list(range(sequence[0], sequence[0] + 4))
    assert all(datetime.fromisoformat(one["at"]) for one in messages)
    assert messages[0]["queue"]["history"]


def test_all_clients_get_the_same_message(api: Api) -> None:
    with api.socket() as one, api.socket() as other:
        message(one), message(other)
        theirs = {json.loads(text)["seq"]: text for text in (str(other.recv(PATIENCE_S)) for _ in range(5))}
        mine: dict[int, str] = {}
        # The first client has been there longer: it gets all that the other one gets.
        while max(theirs) not in mine:
            text = str(one.recv(PATIENCE_S))
            mine[json.loads(text)["seq"]] = text

    assert {number: mine.get(number) for number in theirs} == theirs


def test_metrics_come_from_the_totals_and_the_latest_videos(place: Place, own_api: Api) -> None:
    for number in range(20):
        write(place, a_record(f"uploads/{number}.mp4", minute=number))
    write(place, a_record("uploads/broken.mp4", VideoState.FAILED))
    write(place, a_record("uploads/busy.mp4", VideoState.PROCESSING))

    expected = {"processing": 1, "done": 20, "degraded": 0, "failed": 1, "deleted": 0, "dismissed": 0}
    with own_api.socket() as socket:
        # The api may have read the table between two of the writes: wait for all of them.
        pushed = message_when(socket, lambda state: state["metrics"]["videos"] == expected)
    with own_api.client() as client:
        metrics = fresh(client, "/api/metrics")

    assert metrics["videos"] == expected
    assert (metrics["thumbnails"], metrics["upload_bytes"], metrics["thumbnail_bytes"]) == (60, 22_000, 420)
    assert metrics["latency"] == {"p50_s": 4, "p95_s": 4}
    assert pushed["videos"][0]["key"] == "uploads/busy.mp4"
    assert {video["state"] for video in pushed["videos"]} == {"processing", "done", "failed"}


def test_two_processes_show_the_same_samples(place: Place, own_api: Api, tmp_path: Path) -> None:
    place.queue.send(["{}"] * 3)
    with running(place, tmp_path) as second, own_api.client() as one, second.client() as other:

        def histories_agree() -> bool:
            mine, theirs = (fresh(client, "/api/queue")["history"] for client in (one, other))
            # The newest: an older one may be known to one process only, if its write failed.
            return len(mine) > 1 and mine[-2:] == theirs[-2:]

        eventually(histories_agree, "the same history")
        for client in (one, other):
            eventually(lambda c=client: fresh(c, "/api/queue")["visible"] == 3, "the messages")  # type: ignore[misc]
        write(place, a_record("uploads/new.mp4"))
        for client in (one, other):
            eventually(lambda c=client: fresh(c, "/api/metrics")["videos"]["done"] == 1, "the video")  # type: ignore[misc]

        def thumbnails_agree() -> bool:
            # Their URLs change between two answers at the border of two windows.
            mine, theirs = (client.get("/api/thumbnails").json() for client in (one, other))
            return bool(mine["items"]) and mine == theirs

        eventually(thumbnails_agree, "the same thumbnails")


def test_a_new_process_knows_the_history(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path) as first, first.client() as client:
        before = eventually(lambda: fresh(client, "/api/queue")["history"], "a sample")
        first.kill()
    with running(place, tmp_path) as second, second.client() as client:
        after = eventually(lambda: fresh(client, "/api/queue")["history"], "the history")

    # The history covers five minutes: its oldest samples may have gone meanwhile.
    still_covered = [sample for sample in before if sample["at"] >= after[0]["at"]]
    assert still_covered
    assert [sample for sample in after if sample in before] == still_covered


def test_a_client_that_does_not_read_is_dropped(place: Place, tmp_path: Path) -> None:
    pods = tmp_path / "pods.json"
    # Large messages fill the buffers of a connection soon.
    many = [{"name": f"worker-{n}-{'x' * 200}", "component": "worker", "phase": "Running", "ready": True, "restarts": 0}
            for n in range(1000)]  # fmt: skip
    write_pods(pods, many, (datetime.now(UTC) + timedelta(hours=1)).isoformat())
    settings = {"PODS_SOURCE": "file", "PODS_FILE": str(pods)}
    with running(place, tmp_path, **settings) as api, api.socket() as quick, narrow(api) as slow:
        seen = [message(quick)["seq"]]

        def is_dropped() -> bool:
            seen.append(message(quick)["seq"])
            return "thumbnail_api_websocket_dropped_total 1.0" in get(api.metrics_url).text

        eventually(is_dropped, "the drop")
        closed = end_of(slow)
        seen.append(message(quick)["seq"])

    assert closed == 1013
    assert seen == list(range(seen[0], seen[0] + len(seen)))


@contextmanager
def narrow(api: Api) -> Iterator[ClientConnection]:
    """Connect a client that buffers little of what it has not read, so that the api notices soon."""
    address = urlsplit(api.url)
    with sockets.socket() as connection:
        connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 128 * 1024)
        connection.settimeout(PATIENCE_S)
        connection.connect((address.hostname, address.port))
        with api.socket(max_queue=1, sock=connection) as client:
            yield client


def test_there_is_a_cap_on_clients(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path, MAX_SOCKETS="1") as api, api.socket() as first:
        message(first)
        with pytest.raises(InvalidStatus) as refused:
            api.socket()
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "5"


def test_an_api_that_ends_sends_its_clients_away(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path) as api, api.socket() as socket:
        message(socket)
        assert api.stop() == 0
        closed = end_of(socket)
    assert closed == 1012
    assert '"event": "api_stopped"' in api.log.read_text()


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[tuple[EmbeddedAws, Place]]:
    """Run a separate embedded AWS, for a test that stops it."""
    with EmbeddedAws.start(tmp_path / "aws") as aws:
        clients = make_local_clients(aws.endpoint)
        resources = pipeline_resources("fragile")
        yield aws, Place(aws.endpoint, clients, resources, provision_resources(clients, resources))


def test_the_state_reports_stale_sources_during_an_outage(fragile: tuple[EmbeddedAws, Place], tmp_path: Path) -> None:
    aws, place = fragile
    write(place, a_record("uploads/before.mp4"))
    with running(place, tmp_path) as api, api.client() as client, api.socket() as socket:
        message_when(socket, lambda state: state["metrics"] and state["metrics"]["videos"]["done"] == 1)

        # Held still, it takes connections and answers none; gone, it refuses them.
        os.kill(aws.process.pid, signal.SIGSTOP)
        message_when(socket, lambda state: state["sources"]["queue"]["stale"])
        os.kill(aws.process.pid, signal.SIGCONT)
        message_when(socket, lambda state: not any(one["stale"] for one in state["sources"].values()))
        aws.stop()
        stale = message_when(socket, are_stale)

        assert stale["metrics"]["videos"]["done"] == 1
        assert stale["sources"]["metrics"]["error"]
        assert stale["sources"]["metrics"]["age_s"] >= 0
        for path in ("/api/queue", "/api/metrics", "/api/thumbnails", "/api/videos/uploads/a.mp4"):
            answer = client.get(path)
            assert (path, answer.status_code) == (path, 503)
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert set(answer.json()) == {"type", "title", "status", "detail"}
        eventually(lambda: client.get("/health/ready").status_code == 503, "not ready")
        assert client.get("/health").status_code == 200
        assert client.get("/api/config").status_code == 200

        port = int(place.endpoint.rpartition(":")[2])
        with EmbeddedAws.start(tmp_path / "aws", port=port) as again:
            assert again.endpoint == place.endpoint
            back = message_when(socket, lambda state: not any(one["stale"] for one in state["sources"].values()))
            assert back["metrics"]["videos"]["done"] == 1
            eventually(lambda: client.get("/health/ready").status_code == 200, "ready")


def are_stale(state: dict[str, Any]) -> bool:
    """Return True if the sources in AWS, and no others, have not answered."""
    return {name for name, source in state["sources"].items() if source["stale"]} == {"queue", "metrics"}


def test_prometheus_metrics_are_served_on_their_own_port(api: Api, operator: httpx.Client) -> None:
    operator.get("/api/config")
    operator.get("/api/videos/uploads/none.mp4")

    def look() -> str | None:
        text = get(api.metrics_url).text
        return text if 'thumbnail_api_source_stale{source="queue"} 0.0' in text else None

    exported = eventually(look, "a queue that answers")

    assert 'thumbnail_api_http_requests_total{method="GET",route="/api/config",status="200"}' in exported
    assert 'route="/api/videos/{key:video}",status="404"' in exported
    assert 'thumbnail_queue_messages{state="visible"}' in exported
    assert 'thumbnail_videos{state="done"}' in exported
    assert 'thumbnail_api_aws_requests_total{operation="GetQueueAttributes",service="sqs"}' in exported
    assert operator.get("/metrics").status_code == 404


def test_pages_for_people_bring_no_foreign_script(api: Api, operator: httpx.Client) -> None:
    with api.client(token=None) as anybody:
        login = anybody.get("/login")
        problems = anybody.get("/docs/problems")
    for page in (login, problems):
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "http://" not in page.text
        assert "https://" not in page.text
    assert operator.get("/openapi.json").json()["openapi"] == "3.1.0"
