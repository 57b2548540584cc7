"""A Kubernetes API server in memory: it lists, merges and deletes objects, those with finalizers later."""

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Object = dict[str, Any]

KINDS = {
    ("/api/v1", "namespaces"): "Namespace",
    ("/api/v1", "pods"): "Pod",
    ("/api/v1", "secrets"): "Secret",
    ("/apis/apiregistration.k8s.io/v1", "apiservices"): "APIService",
    ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions"): "CustomResourceDefinition",
    ("/apis/keda.sh/v1alpha1", "scaledobjects"): "ScaledObject",
    ("/apis/networking.k8s.io/v1", "ingresses"): "Ingress",
    ("/apis/rbac.authorization.k8s.io/v1", "clusterroles"): "ClusterRole",
}


class KubernetesApi:
    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        """Objects by their paths."""
        self.requests: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                path = urlsplit(self.path).path
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
                api.requests.append(f"{self.command} {path}")
                answer = api.answer(self.command, path, body)
                content = json.dumps(answer or {"reason": "NotFound"}).encode()
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, root: str, plural: str, name: str, namespace: str = "", **metadata: Any) -> Object:
        """Store an object with this metadata, and return it."""
        folder = f"{root}/namespaces/{namespace}" if namespace else root
        place = {"namespace": namespace} if namespace else {}
        found: Object = {"metadata": {"name": name, **place, **metadata}, "status": {}}
        self.objects[f"{folder}/{plural}/{name}"] = found
        return found

    def write_config(self, file: Path) -> Path:
        cluster = {"server": f"http://127.0.0.1:{self._server.server_port}"}
        config = {
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }
        file.write_text(json.dumps(config), encoding="utf-8")
        return file

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: Any) -> Any:
        if method == "GET":
            return self._read(path)
        own = path.removesuffix("/status")
        if own not in self.objects:
            return None
        found = self.objects[own]
        if method == "PATCH":
            _merge(found, body)
        else:
            found["metadata"]["deletionTimestamp"] = "2026-11-28T20:00:00Z"
        # An object is gone once it is deleted and nobody holds it.
        if found["metadata"].get("deletionTimestamp") and not found["metadata"].get("finalizers"):
            del self.objects[own]
        return found

    def _read(self, path: str) -> Any:
        roots = {root for root, _ in KINDS}
        if path == "/version":
            return {"gitVersion": "v1.36.3"}
        if path == "/apis":
            groups = sorted(root.removeprefix("/apis/") for root in roots if root != "/api/v1")
            # Behind the last one nobody answers.
            return {"groups": [{"preferredVersion": {"groupVersion": group}} for group in [*groups, "metrics/v1"]]}
        if path in roots:
            verbs = ["get", "list"]
            kinds = {plural: kind for (root, plural), kind in KINDS.items() if root == path}
            return {
                "resources": [
                    *({"name": plural, "kind": kind, "verbs": verbs} for plural, kind in kinds.items()),
                    {"name": "pods/status", "kind": "Pod", "verbs": ["get"]},
                ]
            }
        root, _, plural = path.rpartition("/")
        group = root.partition("/namespaces/")[0]
        if (group, plural) not in KINDS:
            return None
        items = [
            copy.deepcopy(found)
            for own, found in self.objects.items()
            if own.startswith(f"{root}/") and own.split("/")[-2] == plural
        ]
        return {"items": items}


def _merge(found: Object, changes: Object) -> None:
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            _merge(found[key], value)
        else:
            found[key] = value
