"""HTTP proxy between boto3 and the embedded AWS, with the faults of a weather."""

import contextlib
import copy
import http.client
import json
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.weather import Answer, Fault, Request, Sky, make_answer

_PATIENCE_S = 60.0
_MAX_DELAY_S = 1.5
_REMEMBERED = 20
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Proxy:
    """Server on 127.0.0.1 that forwards requests to `target`."""

    def __init__(self, sky: Sky) -> None:
        self.target = ""
        self.sky = sky
        self._messages = Messages(sky)
        self._server = _Server(lambda: _Link(self.target, self.sky, self._messages))
        self._thread = threading.Thread(target=self._server.serve_forever, name="proxy", daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Messages:
    """Changes of the messages that a queue delivers. It remembers the last ones of each queue."""

    def __init__(self, sky: Sky) -> None:
        self._sky = sky
        self._lock = threading.Lock()
        self._seen: dict[str, deque[dict[str, Any]]] = {}

    def change(self, fault: Fault | None, request: Request, sent: bytes, body: bytes) -> bytes:
        """Return the body of an answer to ReceiveMessage with a duplicate, or with its messages in another order."""
        asked, answer = json.loads(sent), json.loads(body)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        with self._lock:
            seen = self._seen.setdefault(asked["QueueUrl"], deque(maxlen=_REMEMBERED))
            known = list(seen)
            seen.extend(copy.deepcopy(messages))
        has_room = len(messages) < int(asked.get("MaxNumberOfMessages", 1))
        if fault is Fault.DUPLICATE and known and has_room:
            messages = [*messages, known[int(self._sky.choose(0, len(known)))]]
        elif fault is Fault.REORDER and messages:
            # The one that is left out becomes visible again when its visibility times out.
            messages = messages[:0:-1]
        else:
            return body
        self._sky.count(fault, request)
        return json.dumps({**answer, "Messages": messages}).encode()


class _Link:
    """Connection to AWS of one connection of a client."""

    def __init__(self, target: str, sky: Sky, messages: Messages) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(target).netloc, timeout=_PATIENCE_S)
        self.sky = sky
        self.messages = messages

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return the answer of AWS. Raises: OSError, http.client.HTTPException."""
        if self._connection.sock is not None and _is_closed(self._connection.sock):
            self._connection.close()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        return Answer(answer.status, dict(answer.getheaders()), content)

    def close(self) -> None:
        self._connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, make_link: Callable[[], _Link]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.make_link = make_link

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: clients are killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # The head and the body of an answer in one packet.
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        assert isinstance(self.server, _Server)
        self._link = self.server.make_link()

    def finish(self) -> None:
        self._link.close()
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # With the caller's own Host header, because it is signed.
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("expect", "connection")}
        request = Request.of(self.command, self.path, self.headers.get("X-Amz-Target"))
        fault = self._link.sky.draw(request)
        try:
            self._answer(fault, request, headers, body)
        except (OSError, http.client.HTTPException):
            # AWS has been killed, or the client.
            self._reset()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - the names of the base class

    def _answer(self, fault: Fault | None, request: Request, headers: dict[str, str], body: bytes) -> None:
        sky = self._link.sky
        if fault in (Fault.ERROR, Fault.THROTTLE, Fault.CONFLICT):
            sky.count(fault, request)
            self._send(make_answer(fault, request, is_other=sky.choose(0, 1) < 0.5))
            return
        if fault is Fault.RESET:
            sky.count(fault, request)
            self._reset()
            return
        if fault is Fault.DELAY:
            sky.count(fault, request)
            time.sleep(sky.choose(0, _MAX_DELAY_S))
        answer = self._link.forward(self.command, self.path, headers, body)
        if fault is Fault.LOST:
            sky.count(fault, request)
            self._reset()
            return
        if request.action == "ReceiveMessage" and answer.status == 200:
            changed = self._link.messages.change(fault, request, body, answer.body)
            answer = Answer(answer.status, answer.headers, changed)
        if fault is Fault.CUT and len(answer.body) > 1 and self.command != "HEAD":
            sky.count(fault, request)
            self._send(answer, body=answer.body[: len(answer.body) // 2])
            self._reset()
            return
        self._send(answer)

    def _send(self, answer: Answer, *, body: bytes | None = None) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        length = str(len(answer.body))
        if self.command == "HEAD":
            length = next((value for name, value in answer.headers.items() if name.lower() == "content-length"), "0")
        if answer.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body if body is None else body)
        self.wfile.flush()

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""


def _is_closed(connection: socket.socket) -> bool:
    """Return True if the embedded AWS has closed an idle connection, as when it was restarted."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    # AWS says nothing on its own: readable means closed.
    return bool(poll.poll(0))
