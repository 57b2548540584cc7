"""Proxy in front of ministack: a port for each sender, and a line of JSON for each request."""

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from stacks.rehearse.emulated.answers import ProxyAnswer, ProxyRequest, json_error
from stacks.rehearse.emulated.supplement import Supplement
from stacks.rehearse.requests import RecordedRequest

HOST = "127.0.0.1"

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
_MAX_RECORDED_BYTES = 1 << 20
_OF_ONE_CONNECTION = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "expect"})


@dataclass(frozen=True)
class Sender:
    """Sender of the requests of one port."""

    principal: str
    """`admin`, `deploy`, `worker`, `api` or `frames`."""
    stack: str = ""


class Proxy:
    """Servers on 127.0.0.1, one for each sender, each on a free port."""

    def __init__(self, upstream: str, requests: Path, supplement: Supplement) -> None:
        self._upstream = str(urlsplit(upstream).netloc)
        self._supplement = supplement
        self._file = requests.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._servers: dict[Sender, ThreadingHTTPServer] = {}

    def endpoint(self, principal: str, stack: str = "") -> str:
        """Return the URL at which requests are recorded as those of this sender."""
        sender = Sender(principal, stack)
        if sender not in self._servers:
            self._servers[sender] = self._start_server(sender)
        return f"http://{HOST}:{self._servers[sender].server_port}"

    def close(self) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        with self._lock:
            self._file.close()

    def _start_server(self, sender: Sender) -> ThreadingHTTPServer:
        server = _ProxyServer(partial(self.respond, sender))
        threading.Thread(target=server.serve_forever, name=f"proxy-{sender.principal}", daemon=True).start()
        return server

    def respond(self, sender: Sender, request: ProxyRequest) -> ProxyAnswer:
        """Return the answer to a request, and record both."""
        answer = self._supplement.answer(request)
        if answer is None:
            try:
                upstream = self._ask_upstream(request)
                answer = self._supplement.amend(request, upstream, principal=sender.principal)
            except (OSError, HTTPException) as error:
                answer = json_error("ServiceUnavailable", f"The emulated AWS does not answer: {error}", 503)
        self._record(sender, request, answer)
        return answer

    def _ask_upstream(self, request: ProxyRequest) -> ProxyAnswer:
        connection = HTTPConnection(self._upstream)
        try:
            path = f"{request.path}?{request.query}" if request.query else request.path
            connection.putrequest(request.method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name not in _OF_ONE_CONNECTION:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            response = connection.getresponse()
            headers = {name: value for name, value in response.getheaders() if name.lower() not in _OF_ONE_CONNECTION}
            if request.method == "HEAD" and (length := response.getheader("Content-Length")):
                headers["Content-Length"] = length
            return ProxyAnswer(response.status, response.read(), headers)
        finally:
            connection.close()

    def _record(self, sender: Sender, request: ProxyRequest, answer: ProxyAnswer) -> None:
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        signed = _CREDENTIAL.search(request.headers.get("authorization", ""))
        service = signed[2] if signed else ""
        recorded = RecordedRequest(
            principal=sender.principal,
            stack=sender.stack,
            service=service,
            region=signed[1] if signed else "",
            method=request.method,
            path=request.path,
            query=request.query,
            headers=headers,
            body=request.body if len(request.body) <= _MAX_RECORDED_BYTES else b"",
            status=answer.status,
            answer=b"" if service == "s3" else answer.body,
        )
        with self._lock:
            if not self._file.closed:
                self._file.write(f"{recorded.to_line()}\n")
                self._file.flush()


@contextmanager
def run_proxy(upstream: str, requests: Path, supplement: Supplement) -> Iterator[Proxy]:
    """Run a proxy in front of `upstream` until the context ends."""
    proxy = Proxy(upstream, requests, supplement)
    try:
        yield proxy
    finally:
        proxy.close()


class _ProxyServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # A client that hangs in a long poll must not hold up the end of the rehearsal.
    block_on_close = False

    def __init__(self, respond: Callable[[ProxyRequest], ProxyAnswer]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.respond = respond

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that end in the middle of a request: Terraform was interrupted."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connection: socket.socket
    server: "_ProxyServer"
    methods: ClassVar[tuple[str, ...]] = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")

    def _handle(self) -> None:
        path, _, query = self.path.partition("?")
        headers = _merge_headers(self.headers.items())
        request = ProxyRequest(self.command, path, query, headers, self._read_body(headers))
        answer = self.server.respond(request)
        self.send_response_only(answer.status)
        length = (
            {}
            if self.command == "HEAD" and "Content-Length" in answer.headers
            else {"Content-Length": str(len(answer.body))}
        )
        for name, value in {**answer.headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _handle  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Print nothing: the requests are in the file."""

    def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body


def _merge_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        merged[key] = f"{merged[key]},{value}" if key in merged else value
    return merged
