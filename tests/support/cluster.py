"""A Kubernetes API server with a few pods, as far as following them asks it."""

import contextlib
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


def a_pod(name: str = "clips-worker-1", **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "resourceVersion": "7", "labels": {"app.kubernetes.io/component": "worker"}},
        "spec": {"nodeName": "fargate-1"},
        "status": {"phase": "Running", "startTime": "2026-11-24T09:00:00Z", **status},
    }


class Cluster:
    """The two requests of a Kubernetes API server that a watch takes."""

    def __init__(self) -> None:
        self.pods = [a_pod()]
        self.events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.lists = self.watches = 0
        self.is_away = False
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if cluster.is_away or url.path != "/api/v1/namespaces/clips/pods":
                    self.send_error(503)
                elif "watch" in (query := parse_qs(url.query)):
                    cluster.watches += 1
                    self._watch(time.monotonic() + float(query["timeoutSeconds"][0]))
                else:
                    cluster.lists += 1
                    body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": cluster.pods}).encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def _watch(self, until: float) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                while event := cluster.next_event(until):
                    line = json.dumps(event).encode() + b"\n"
                    self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                    if event["type"] == "ERROR":
                        break
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def requests(self) -> int:
        return self.lists + self.watches

    def next_event(self, until: float) -> dict[str, Any] | None:
        """Return the next change, or None at the end of the watch."""
        with contextlib.suppress(queue.Empty):
            return self.events.get(timeout=max(0.0, until - time.monotonic()))
        return None

    def close(self) -> None:
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()

    def write_config(self, file: Path) -> None:
        """Write the kubeconfig of the cluster."""
        file.write_text(
            json.dumps(
                {
                    "current-context": "test",
                    "clusters": [
                        {"name": "test", "cluster": {"server": f"http://127.0.0.1:{self.server.server_port}"}}
                    ],
                    "users": [{"name": "test", "user": {}}],
                    "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
                }
            )
        )
