"""Source of pods in Kubernetes: one list and then a watch. The requests do not depend on the number of clients."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from urllib3.response import HTTPResponse

from services.api.live.sources.source import LiveSourceError
from services.contract.pods import Pod

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_WATCH_S = 60
"""Length of one watch, and upper bound of the time of a stop."""

_RESYNC_S = 300
_RETRY_S = 5.0
_SILENCE_S = _WATCH_S + 30
_TIMEOUT_S = 10
_COMPONENT_LABELS = ("app.kubernetes.io/component", "app.kubernetes.io/name", "app")


class PodsFromKubernetes:
    """Pods of a namespace, followed in a thread, which calls `changed`. Reading them needs no request."""

    def __init__(self, namespace: str, changed: Callable[[], None]) -> None:
        self._namespace = namespace
        self._changed = changed
        self._log = structlog.get_logger()
        self._lock = threading.Lock()
        self._pods: dict[str, Pod] = {}
        self._error: str | None = "Kubernetes has not answered yet."
        self._heard_at = 0.0
        self._stopping = threading.Event()
        threading.Thread(target=self._follow, name="pods", daemon=True).start()

    def read(self) -> list[Pod]:
        """Return the pods. Raises: LiveSourceError while Kubernetes does not answer."""
        with self._lock:
            if self._error is None and time.monotonic() - self._heard_at > _SILENCE_S:
                self._error = "Kubernetes no longer sends events."
            if self._error is not None:
                raise LiveSourceError(self._error)
            return sorted(self._pods.values(), key=lambda pod: (pod.component, pod.name))

    def close(self) -> None:
        self._stopping.set()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._sync(_client())
            except Exception as error:  # noqa: BLE001 - the next attempt starts from the beginning
                self._log.warning("kubernetes_failed", error=str(error))
                with self._lock:
                    self._error = f"Kubernetes does not answer: {_short(error)}"
                self._stopping.wait(_RETRY_S)

    def _sync(self, client: "ApiClient") -> None:
        """List the pods, then follow their changes until it is time to list again."""
        listed = json.loads(self._ask(client, _TIMEOUT_S).data)
        with self._lock:
            self._pods = {item["metadata"]["name"]: parse_pod(item) for item in listed["items"]}
            self._error = None
            self._heard_at = time.monotonic()
        self._changed()
        version: str | None = listed["metadata"]["resourceVersion"]
        until = time.monotonic() + _RESYNC_S
        while version and not self._stopping.is_set() and time.monotonic() < until:
            version = self._watch(client, version)
        if version is None:
            self._stopping.wait(1)

    def _watch(self, client: "ApiClient", version: str) -> str | None:
        """Follow changes from a resource version; return the version to continue from, None if it is too old."""
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(_WATCH_S),
        }
        answer = self._ask(client, (_TIMEOUT_S, _SILENCE_S), query)
        try:
            for event in _events(answer):
                if event["type"] == "ERROR":
                    return None
                version = event["object"]["metadata"]["resourceVersion"]
                self._apply(event)
                if self._stopping.is_set():
                    break
        finally:
            # Not returned to the pool: the connection can have unread data.
            answer.close()
        with self._lock:
            self._heard_at = time.monotonic()
        return version

    def _ask(
        self, client: "ApiClient", timeout_s: float | tuple[float, float], query: Mapping[str, str] | None = None
    ) -> HTTPResponse:
        """Return the answer to `GET .../pods`, with an unread body. Raises: LiveSourceError, HTTPError."""
        # Not through CoreV1Api: it loads a class for every kind of Kubernetes, 80 MB and a second of CPU.
        request = client.param_serialize(
            "GET",
            "/api/v1/namespaces/{namespace}/pods",
            path_params={"namespace": self._namespace},
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        answer: HTTPResponse = client.call_api(*request, _request_timeout=timeout_s).response
        if answer.status != HTTPStatus.OK:
            answer.close()
            raise LiveSourceError(f"{answer.status} {answer.reason}")
        return answer

    def _apply(self, event: Mapping[str, Any]) -> None:
        item = event["object"]
        with self._lock:
            self._heard_at = time.monotonic()
            if event["type"] == "BOOKMARK":
                return
            if event["type"] == "DELETED":
                self._pods.pop(item["metadata"]["name"], None)
            else:
                self._pods[item["metadata"]["name"]] = parse_pod(item)
        self._changed()


def parse_pod(item: Mapping[str, Any]) -> Pod:
    """Return a pod from its object in Kubernetes."""
    metadata, status = item["metadata"], item.get("status", {})
    labels = metadata.get("labels") or {}
    containers = status.get("containerStatuses") or []
    conditions = {one["type"]: one["status"] for one in status.get("conditions") or []}
    started = status.get("startTime")
    return Pod(
        name=metadata["name"],
        component=next((labels[label] for label in _COMPONENT_LABELS if label in labels), "other"),
        phase=_phase(metadata, status),
        ready=conditions.get("Ready") == "True",
        restarts=sum(one.get("restartCount", 0) for one in containers),
        started_at=datetime.fromisoformat(started) if started else None,
        node=(item.get("spec") or {}).get("nodeName"),
    )


def _phase(metadata: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Return the phase as in `kubectl get pods`: the reason of the first container that does not run, or the pod's."""
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    phase = status.get("reason") or status.get("phase") or "Unknown"
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        state = container.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated") or {}
        if reason := waiting.get("reason"):
            return str(reason)
        if terminated.get("exitCode") and (reason := terminated.get("reason")):
            return str(reason)
    return str(phase)


def _client() -> "ApiClient":
    """Return a client with the in-cluster identity, which it renews itself, or outside of a cluster KUBECONFIG."""
    # Imported here, in the thread: the api's start must not wait for half a second of imports.
    from kubernetes import config  # noqa: PLC0415
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415

    configuration = Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except config.ConfigException:
        config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    return ApiClient(configuration)


def _events(answer: HTTPResponse) -> Iterator[dict[str, Any]]:
    rest = b""
    for block in answer.stream(decode_content=False):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _short(error: Exception) -> str:
    return str(error) if isinstance(error, LiveSourceError) else type(error).__name__
