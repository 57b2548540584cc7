"""Pods, from a Kubernetes API server that the test plays, and from a supervisor's file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.live.sources.pods_kubernetes import parse_pod
from tests.services.api.process import fresh, message_when, running, write_pods
from tests.support.cluster import Cluster, a_pod
from tests.support.driver import eventually
from tests.support.place import Place


def container(**state: Any) -> dict[str, Any]:
    return {"restartCount": 3, "state": state}


def waiting(reason: str) -> dict[str, Any]:
    return container(waiting={"reason": reason})


def ended(reason: str, code: int) -> dict[str, Any]:
    return container(terminated={"reason": reason, "exitCode": code})


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ({}, "Running"),
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Pending", "containerStatuses": [waiting("ImagePullBackOff")]}, "ImagePullBackOff"),
        ({"containerStatuses": [waiting("CrashLoopBackOff")]}, "CrashLoopBackOff"),
        ({"containerStatuses": [ended("OOMKilled", 137)]}, "OOMKilled"),
        ({"phase": "Succeeded", "containerStatuses": [ended("Completed", 0)]}, "Succeeded"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        ({"initContainerStatuses": [waiting("ErrImagePull")]}, "ErrImagePull"),
    ],
)
def test_a_pod_shows_its_phase_or_its_error(status: dict[str, Any], phase: str) -> None:
    assert parse_pod(a_pod(**status)).phase == phase


def test_a_pod_that_is_deleted_is_terminating() -> None:
    pod = a_pod(containerStatuses=[container(running={})], conditions=[{"type": "Ready", "status": "True"}])
    assert (parse_pod(pod).ready, parse_pod(pod).restarts, parse_pod(pod).component) == (True, 3, "worker")
    pod["metadata"]["deletionTimestamp"] = "2026-11-24T09:05:00Z"
    assert parse_pod(pod).phase == "Terminating"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.close()


def test_pods_are_listed_once_and_then_watched(place: Place, tmp_path: Path, cluster: Cluster) -> None:
    config = tmp_path / "kubeconfig"
    cluster.write_config(config)
    settings = {"PODS_SOURCE": "kubernetes", "KUBECONFIG": str(config), "WORKER_NAMESPACE": "clips"}
    with running(place, tmp_path, **settings) as api, api.socket() as socket, api.client() as client:
        message_when(socket, lambda state: [pod["name"] for pod in state["pods"] or ()] == ["clips-worker-1"])
        cluster.events.put({"type": "ADDED", "object": a_pod("clips-worker-2", phase="Pending")})
        two = message_when(socket, lambda state: len(state["pods"]) == 2)
        assert [pod["phase"] for pod in two["pods"]] == ["Running", "Pending"]
        cluster.events.put({"type": "DELETED", "object": a_pod("clips-worker-1")})
        message_when(socket, lambda state: [pod["name"] for pod in state["pods"]] == ["clips-worker-2"])
        assert cluster.lists == 1

        # A watch from a version that is too old begins again with a list.
        cluster.events.put({"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}})
        message_when(socket, lambda state: [pod["name"] for pod in state["pods"]] == ["clips-worker-1"])

        cluster.is_away = True
        cluster.events.put(None)
        stale = message_when(socket, is_without_pods)
        assert "Kubernetes" in stale["sources"]["pods"]["error"]
        assert [pod["name"] for pod in stale["pods"]] == ["clips-worker-1"]
        found = client.get("/api/pods").json()
        assert (found["stale"], found["total"]) == (True, 1)
        fresh(client, "/api/queue")

        cluster.is_away = False
        message_when(socket, lambda state: not state["sources"]["pods"]["stale"])


def is_without_pods(state: dict[str, Any]) -> bool:
    return bool(state["sources"]["pods"]["stale"] and not state["sources"]["queue"]["stale"])


def test_processes_of_a_supervisor_are_pods_grouped_by_component(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "pods.json"
    now = datetime.now(UTC)
    processes = [("worker", 1, "Running"), ("api", 1, "Running"), ("worker", 2, "CrashLoopBackOff")]
    pods = [
        {"name": f"{component}-{n}", "component": component, "phase": phase, "ready": phase == "Running", "restarts": 0}
        for component, n, phase in processes
    ]
    write_pods(file, pods, (now + timedelta(hours=1)).isoformat())
    with running(place, tmp_path, PODS_SOURCE="file", PODS_FILE=str(file)) as api, api.client() as client:
        found = eventually(lambda: _pods(client), "the pods")
        assert (found["total"], found["running"], found["stale"]) == (3, 2, False)
        assert [(group["component"], group["ready"], group["total"]) for group in found["groups"]] == [
            ("api", 1, 1),
            ("worker", 1, 2),
        ]
        write_pods(file, pods, (now - timedelta(minutes=5)).isoformat())
        old = eventually(lambda: _pods(client, error="not written"), "an old file")
        assert (old["total"], old["stale"]) == (3, True)


def _pods(client: httpx.Client, *, error: str = "") -> dict[str, Any] | None:
    """Return the pods once they are known, with that error or with none."""
    found: dict[str, Any] = client.get("/api/pods").json()
    is_so = error in found["error"] if error and found["error"] else not error and not found["stale"]
    return found if found["total"] and is_so else None
