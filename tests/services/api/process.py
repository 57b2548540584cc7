"""An api as a process, with HTTP and WebSocket clients that have its token."""

import contextlib
import json
import os
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from services.contract.pods import PodsFile
from tests.support.driver import PATIENCE_S, eventually
from tests.support.forks import ForkedProcess, fork
from tests.support.place import Place
from tests.support.ports import held_ports

OPERATOR = "operator-token-for-tests"
PREVIOUS = "previous-operator-token"
VIEWER = "viewer-token-for-the-tests"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: without it, each client of httpx loads every public certificate, 35 ms of CPU."""
TOKENS = json.dumps({"operator": [OPERATOR, PREVIOUS], "viewer": VIEWER})


@dataclass
class Api:
    """A running api."""

    url: str
    process: ForkedProcess
    log: Path
    metrics_url: str

    def client(self, token: str | None = OPERATOR, **headers: str) -> httpx.Client:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(
            base_url=self.url, headers={**authorization, **headers}, timeout=PATIENCE_S, trust_env=False, verify=NO_TLS
        )

    def socket(self, token: str | None = OPERATOR, **options: Any) -> ClientConnection:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        url = f"{self.url.replace('http', 'ws')}/ws"
        found: ClientConnection = connect(
            url, additional_headers=headers, proxy=None, open_timeout=PATIENCE_S, **options
        )
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_S)


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
        "FRAMES_ENABLED": "true",
        "PODS_SOURCE": "none",
        "PUSH_INTERVAL_S": "0.3",
        "TEST_SOURCE_BUCKET": place.resources.test_source_bucket,
        "TRUSTED_PROXIES": "1",
        **settings,
    }


@contextmanager
def running(place: Place, folder: Path, **settings: str) -> Iterator[Api]:
    """Run an api until the context ends, and yield it after its first answer."""
    with held_ports(2) as (port, metrics_port):
        log = folder / f"api-{port}.log"
        own = {"API_PORT": str(port), "API_METRICS_PORT": str(metrics_port), "LOG_FOLDER": str(folder)}
        variables = environment(place, **{**own, **settings})
        process = fork("services.api", {name: value for name, value in variables.items() if value}, log)
        api = Api(f"http://127.0.0.1:{port}", process, log, f"http://127.0.0.1:{metrics_port}/metrics")
        try:
            eventually(lambda: _answers(api), f"an answer of the api ({log})")
            yield api
        finally:
            api.kill()


def _answers(api: Api) -> bool:
    assert api.process.poll() is None, api.log.read_text()
    try:
        return get(f"{api.url}/health").status_code == 200
    except httpx.HTTPError:
        return False


def get(url: str, **options: Any) -> httpx.Response:
    """Return the answer to a request without credentials."""
    return httpx.get(url, timeout=PATIENCE_S, trust_env=False, verify=NO_TLS, **options)


def fresh(client: httpx.Client, path: str) -> dict[str, Any]:
    """Return the JSON of /api/queue or /api/metrics, which answer with 503 while AWS is slow."""

    def look() -> dict[str, Any] | None:
        answer = client.get(path)
        assert answer.status_code in (200, 503), answer.text
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found

    return eventually(look, f"the answer of {path}")


def message(connection: ClientConnection) -> dict[str, Any]:
    """Return the next message of the socket."""
    found: dict[str, Any] = json.loads(connection.recv(timeout=PATIENCE_S))
    return found


def message_when(connection: ClientConnection, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the next message that fulfils the condition; skip the ones before."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = message(connection)
        if wanted(found):
            return found
    raise AssertionError(f"no such message within {PATIENCE_S:.0f} s; the last one: {found}")


def write_pods(file: Path, pods: Sequence[Mapping[str, Any]], written_at: str) -> None:
    text = PodsFile.model_validate({"written_at": written_at, "pods": pods}).model_dump_json()
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


def end_of(connection: ClientConnection) -> int | None:
    """Read all remaining messages; return the code of the close."""
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            connection.recv(timeout=PATIENCE_S)
    return connection.close_code
