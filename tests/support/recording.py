"""A server on this machine that records what boto3's clients send, as the rehearsal's proxy does."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from stacks.rehearse.requests import RecordedRequest

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
REGION = "ap-southeast-2"


class Recorder:
    """Records requests of a principal with a successful status, and tells their clients that they have failed.

    Clients of this server need no answers: only what they send matters.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.principal, self.stack, self.answer = "deploy", "core", b""
        self.requests: list[RecordedRequest] = []
        self.endpoint = ""
        # Nobody checks the signature. Typed loosely, as the name of a service is not a literal.
        self._session: Any = boto3.Session("123456789012", "x")

    def client(self, service: str, *, region: str = REGION) -> Any:
        """Return a client of a service that sends to this server."""
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return self._session.client(service, region_name=region, endpoint_url=self.endpoint, config=config)

    def send(self, call: Callable[[], object], *, answer: bytes = b"") -> RecordedRequest:
        """Return the request that a call of a client sends; `answer` is recorded with it."""
        self.answer = answer
        before = len(self.requests)
        with suppress(ClientError, BotoCoreError, ResponseParserError, ParseError):
            call()
        # A client of S3 asks more after an error.
        return self.requests[before]

    def record(self, request: RecordedRequest) -> None:
        self.requests.append(request)
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(f"{request.to_line()}\n")


@contextmanager
def recording(file: Path) -> Iterator[Recorder]:
    """Run a recorder that writes the requests to a file."""
    recorder = Recorder(file)

    class Handler(BaseHTTPRequestHandler):
        def handle_all(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            signed = _CREDENTIAL.search(headers.pop("authorization", ""))
            path, _, query = self.path.partition("?")
            recorder.record(
                RecordedRequest(
                    principal=recorder.principal,
                    stack=recorder.stack,
                    service=signed[2] if signed else "",
                    region=signed[1] if signed else "",
                    method=self.command,
                    path=path,
                    query=query,
                    headers=headers,
                    body=self.rfile.read(int(headers.get("content-length", 0))),
                    status=200,
                    answer=recorder.answer,
                )
            )
            self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_all  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()
