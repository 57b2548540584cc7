"""The live state over HTTP and over `/ws`."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from services.contract.records import VideoState
from services.contract.resources import pipeline_resources
from services.contract.version import VERSION
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources
from tests.services.api.process import VIEWER, Api, end_of, get, message, message_when, running, write_pods
from tests.services.api.records import a_record, write
from tests.support.driver import eventually
from tests.support.place import Place


def test_liveness_and_readiness_need_no_login(api: Api) -> None:
    with api.client(token=None) as anybody:
        assert anybody.get("/health").json() == {"status": "ok", "version": VERSION}
        assert anybody.get("/health/ready").json() == {"ready": True, "queue": True, "bucket": True, "table": True}


def test_the_config_tells_what_a_client_must_know(operator: httpx.Client, viewer: httpx.Client) -> None:
    config = operator.get("/api/config").json()

    assert config["positions_pct"] == [10, 50, 95]
    assert len(config["extensions"]) == 10
    assert (config["history_s"], config["history_step_s"]) == (300, 5)
    assert (config["role"], viewer.get("/api/config").json()["role"]) == ("operator", "viewer")


def test_a_client_gets_whole_state_then_pushes_in_order(api: Api) -> None:
    with api.socket(VIEWER) as socket:
        messages = [message(socket) for _ in range(4)]

    assert {one["type"] for one in messages} == {"state"}
    assert {one["server"] for one in messages} == {messages[0]["server"]}
    sequence = [one["seq"] for one in messages]
    assert sequence == list(range(sequence[0], sequence[0] + 4))
    assert all(datetime.fromisoformat(one["at"]) for one in messages)
    assert messages[0]["queue"]["history"]
    assert not any(source["stale"] for one in messages for source in one["sources"].values())


def test_all_clients_get_the_same_message(api: Api) -> None:
    with api.socket() as one, api.socket() as other:
        message(one), message(other)
        mine = {json.loads(text)["seq"]: text for text in (str(one.recv(timeout=30)) for _ in range(5))}
        theirs = {json.loads(text)["seq"]: text for text in (str(other.recv(timeout=30)) for _ in range(5))}

    shared = mine.keys() & theirs.keys()
    assert shared
    assert all(mine[number] == theirs[number] for number in shared)


def test_metrics_come_from_the_totals_and_the_latest_videos(place: Place, own_api: Api) -> None:
    for number in range(20):
        write(place, a_record(f"uploads/{number}.mp4", minute=number))
    write(place, a_record("uploads/broken.mp4", VideoState.FAILED))
    write(place, a_record("uploads/busy.mp4", VideoState.PROCESSING))

    expected = {"processing": 1, "done": 20, "degraded": 0, "failed": 1}
    with own_api.socket() as socket:
        # The api may have read the table between two of the writes: wait for all of them.
        pushed = message_when(socket, lambda state: state["metrics"]["videos"] == expected)
    with own_api.client() as client:
        metrics = client.get("/api/metrics").json()

    assert metrics["videos"] == expected
    assert (metrics["thumbnails"], metrics["upload_bytes"], metrics["thumbnail_bytes"]) == (60, 22_000, 420)
    assert metrics["latency"] == {"p50_s": 4, "p95_s": 4}
    assert pushed["videos"][0]["key"] == "uploads/busy.mp4"
    assert {video["state"] for video in pushed["videos"]} == {"processing", "done", "failed"}


def test_two_processes_show_the_same_samples(place: Place, own_api: Api, tmp_path: Path) -> None:
    place.queue.send(["{}"] * 3)
    with running(place, tmp_path) as second, own_api.client() as one, second.client() as other:

        def histories_agree() -> bool:
            mine, theirs = (client.get("/api/queue").json()["history"] for client in (one, other))
            # The newest: an older one may be known to one process only, if its write failed.
            return len(mine) > 1 and mine[-2:] == theirs[-2:]

        eventually(histories_agree, "the same history")
        mine, theirs = one.get("/api/queue").json(), other.get("/api/queue").json()
        assert (mine["visible"], theirs["visible"]) == (3, 3)
        write(place, a_record("uploads/new.mp4"))
        for client in (one, other):
            eventually(lambda c=client: c.get("/api/metrics").json()["videos"]["done"] == 1, "the video")  # type: ignore[misc]
        assert one.get("/api/thumbnails").json() == other.get("/api/thumbnails").json()


def test_a_new_process_knows_the_history(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path) as first, first.client() as client:
        before = client.get("/api/queue").json()["history"]
        first.kill()
    with running(place, tmp_path) as second, second.client() as client:
        after = client.get("/api/queue").json()["history"]

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
    settings = {"PODS_SOURCE": "file", "PODS_FILE": str(pods), "PUSH_INTERVAL_S": "0.1"}
    with running(place, tmp_path, **settings) as api, api.socket(max_queue=1) as slow, api.socket() as quick:
        seen = [message(quick)["seq"]]

        def is_dropped() -> bool:
            seen.append(message(quick)["seq"])
            return "thumbnail_api_websocket_dropped_total 1.0" in get(api.metrics_url).text

        eventually(is_dropped, "the drop")
        closed = end_of(slow)
        seen.append(message(quick)["seq"])

    assert closed == 1013
    assert seen == list(range(seen[0], seen[0] + len(seen)))


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
        message_when(socket, lambda state: state["metrics"]["videos"]["done"] == 1)

        # Held still, it takes connections and answers none; gone, it refuses them.
        os.kill(aws.process.pid, signal.SIGSTOP)
        stale = message_when(socket, lambda state: state["sources"]["queue"]["stale"])
        os.kill(aws.process.pid, signal.SIGCONT)
        message_when(socket, lambda state: not any(one["stale"] for one in state["sources"].values()))
        aws.stop()
        stale = message_when(socket, lambda state: state["sources"]["metrics"]["stale"])

        assert stale["metrics"]["videos"]["done"] == 1
        assert stale["sources"]["metrics"]["error"]
        assert stale["sources"]["metrics"]["age_s"] >= 0
        assert stale["sources"]["pods"] == {"stale": False, "age_s": stale["sources"]["pods"]["age_s"], "error": None}
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


def test_prometheus_metrics_are_served_on_their_own_port(api: Api, operator: httpx.Client) -> None:
    operator.get("/api/config")
    operator.get("/api/videos/uploads/none.mp4")

    exported = get(api.metrics_url).text

    assert 'thumbnail_api_http_requests_total{method="GET",route="/api/config",status="200"}' in exported
    assert 'route="/api/videos/{key:path}",status="404"' in exported
    assert 'thumbnail_queue_messages{state="visible"}' in exported
    assert 'thumbnail_videos{state="done"}' in exported
    assert 'thumbnail_api_source_stale{source="queue"} 0.0' in exported
    assert 'thumbnail_api_aws_requests_total{operation="GetQueueAttributes",service="sqs"}' in exported
    assert operator.get("/metrics").status_code == 404


def test_pages_for_people_bring_no_foreign_script(api: Api, operator: httpx.Client) -> None:
    with api.client(token=None) as anybody:
        login = anybody.get("/login")
        assert login.status_code == 200
        assert anybody.get("/docs").status_code == 401
    docs = operator.get("/docs")
    for page in (login, docs):
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "http://" not in page.text
        assert "https://" not in page.text
    assert "/api/dead-letters/redrive" in docs.text
    assert operator.get("/openapi.json").json()["openapi"] == "3.1.0"
