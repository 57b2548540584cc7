"""HTTP proxy of S3 that blocks reads of videos while it is shut, to hold a worker inside a video."""

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.driver import PATIENCE_S


class Gate:
    """HTTP server that forwards requests to `target`, but blocks reads of objects while it is shut.

    The first read of each object passes: the worker identifies the object with it.
    """

    def __init__(self) -> None:
        self.target = ""
        self._is_open = threading.Event()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers["If-Match"] and "/uploads/" in self.path:
                    gate._is_open.wait(PATIENCE_S)
                self.pass_on()

            def do_HEAD(self) -> None:
                self.pass_on()

            def do_PUT(self) -> None:
                self.pass_on()

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                # With the caller's own Host header, because it is signed.
                headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
                with contextlib.closing(
                    http.client.HTTPConnection(urlsplit(gate.target).netloc, timeout=PATIENCE_S)
                ) as connection:
                    connection.request(self.command, self.path, body, headers)
                    answer = connection.getresponse()
                    content = answer.read()
                # A worker that was killed meanwhile has closed the connection.
                with contextlib.suppress(ConnectionError):
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in ("transfer-encoding", "connection", "server", "date"):
                            self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def open(self) -> None:
        self._is_open.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.open()
        self._server.shutdown()
        self._server.server_close()
