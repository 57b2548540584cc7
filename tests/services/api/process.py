"""An api as a process, with HTTP and WebSocket clients that have its token."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from services.contract.pods import PodsFile
from tests.support.driver import eventually
from tests.support.place import Place

OPERATOR = "operator-token-for-tests"
PREVIOUS = "previous-operator-token"
VIEWER = "viewer-token-for-the-tests"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: without it, each client of httpx loads every public certificate, 35 ms of CPU."""
TOKENS = json.dumps({"operator": [OPERATOR, PREVIOUS], "viewer": VIEWER})


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Api:
    """A running api."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    metrics_url: str

    def client(self, token: str | None = OPERATOR, **headers: str) -> httpx.Client:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(
            base_url=self.url, headers={**authorization, **headers}, timeout=30, trust_env=False, verify=NO_TLS
        )

    def socket(self, token: str | None = OPERATOR, **options: Any) -> ClientConnection:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        url = f"{self.url.replace('http', 'ws')}/ws"
        found: ClientConnection = connect(url, additional_headers=headers, proxy=None, open_timeout=30, **options)
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.kill()


def environment(place: Place, **settings: str) -> dict[str, str]:
    """Return the environment of an api on these resources, with short intervals."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **place.environment(),
        "AWS_ENDPOINT_URL": place.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "API_HOST": "127.0.0.1",
        "AUTH_TOKENS": TOKENS,
        "PODS_SOURCE": "none",
        "PUSH_INTERVAL_S": "0.3",
        "TEST_SOURCE_BUCKET": place.resources.test_source_bucket,
        "TRUSTED_PROXIES": "1",
        **settings,
    }


def get(url: str, **options: Any) -> httpx.Response:
    """Return the answer to a request without credentials."""
    return httpx.get(url, trust_env=False, verify=NO_TLS, **options)


def start(place: Place, folder: Path, **settings: str) -> Api:
    """Run an api, and yield it after its first answer."""
    port, metrics_port = a_free_port(), a_free_port()
    log = folder / f"api-{port}.log"
    variables = environment(place, **{"API_PORT": str(port), "API_METRICS_PORT": str(metrics_port), **settings})
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.api"],
            env={name: value for name, value in variables.items() if value},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    api = Api(f"http://127.0.0.1:{port}", process, log, f"http://127.0.0.1:{metrics_port}/metrics")
    try:
        eventually(lambda: _answers(api), f"an answer of the api ({log})")
    except BaseException:
        api.kill()
        raise
    return api


def _answers(api: Api) -> bool:
    assert api.process.poll() is None, api.log.read_text()
    try:
        return get(f"{api.url}/health").status_code == 200
    except httpx.HTTPError:
        return False


def message(connection: ClientConnection) -> dict[str, Any]:
    """Return the next message of the socket."""
    found: dict[str, Any] = json.loads(connection.recv(timeout=30))
    return found


def message_when(connection: ClientConnection, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the next message that fulfils the condition; skip the ones before."""
    for _ in range(500):
        found = message(connection)
        if wanted(found):
            return found
    raise AssertionError("no such message")


def write_pods(file: Path, pods: Sequence[Mapping[str, Any]], written_at: str) -> None:
    text = PodsFile.model_validate({"written_at": written_at, "pods": pods}).model_dump_json()
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


@contextmanager
def running(place: Place, folder: Path, **settings: str) -> Iterator[Api]:
    with start(place, folder, **settings) as api:
        yield api


def end_of(connection: ClientConnection) -> int | None:
    """Read all remaining messages; return the code of the close."""
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            connection.recv(timeout=30)
    return connection.close_code
