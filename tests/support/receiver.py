"""A receiver of webhooks: an HTTP server on 127.0.0.1 that keeps what it gets."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    """Headers, their names in lower case."""
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def key(self) -> str:
        return str(self.message["data"]["key"])


@dataclass
class Receiver:
    """The receiver. `answer` returns the status for a message, or None to close the connection without an answer."""

    url: str = ""
    answer: Callable[[Received], int | None] = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    answered: Callable[[Received], None] = lambda _: None
    """Function that is called after an answer was sent."""

    def of(self, key: str) -> list[str]:
        """Return the types of the messages about a video, each message once, in the order of their first arrival."""
        first = {one.id: one.message["type"] for one in reversed(self.received) if one.key == key}
        ids = dict.fromkeys(one.id for one in self.received if one.key == key)
        return [first[identity] for identity in ids]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the context ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size)
            if len(body) < size:
                # The sender was killed.
                return
            got = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.received.append(got)
            status = receiver.answer(got)
            if status is None:
                return
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()
            receiver.answered(got)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
