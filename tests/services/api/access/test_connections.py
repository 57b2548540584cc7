"""Limits of connections before a login, against a real process with raw sockets."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.services.api.process import VIEWER, Api, get, message, running
from tests.support.driver import PATIENCE_S, eventually
from tests.support.place import Place

LIMITS = {
    "API_MAX_HEADER_BYTES": "16384",
    "API_MAX_CONNECTIONS": "64",
    "API_HEADER_TIMEOUT_S": "5",
    "API_TRANSFER_TIMEOUT_S": "5",
    "MAX_SOCKETS": "60",
}
"""Of these connections 32 may be receiving a request."""

PROBE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def limited(shared_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running(shared_place, tmp_path_factory.mktemp("limited"), **LIMITS) as api:
        yield api


@pytest.fixture(scope="module")
def patient(shared_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Return limits with the same number of connections, and times that no test reaches."""
    settings = {**LIMITS, "API_HEADER_TIMEOUT_S": "300", "API_TRANSFER_TIMEOUT_S": "300", "PUSH_INTERVAL_S": "60"}
    with running(shared_place, tmp_path_factory.mktemp("patient"), **settings) as api:
        yield api


def connect(api: Api) -> socket.socket:
    address = urlsplit(api.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE_S)


def everything(connection: socket.socket) -> bytes:
    """All that still comes, until the api closes."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            received += part
    return received


def probe(connection: socket.socket) -> int:
    """Send a request on a kept connection, read the whole answer and return its status."""
    connection.sendall(PROBE)
    with connection.makefile("rb") as answer:
        found = int(answer.readline().split()[1])
        lines = iter(answer.readline, b"\r\n")
        length = next(int(line.split(b":")[1]) for line in list(lines) if line.lower().startswith(b"content-length"))
        answer.read(length)
        return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def problem(answer: bytes) -> tuple[int, str]:
    """Status and detail of an answer, which must be a problem."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head.lower()
    return status(answer), json.loads(body)["detail"]


def send_while_read(connection: socket.socket, data: bytes) -> None:
    """Send all that the api takes; it may refuse and close before the end."""
    with contextlib.suppress(ConnectionError):
        connection.sendall(data)


def most_memory_kb(api: Api) -> int:
    """Return the maximum memory of the process so far."""
    lines = Path(f"/proc/{api.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def cut(api: Api, reason: str) -> float:
    for line in get(api.metrics_url).text.splitlines():
        if line.startswith("thumbnail_api_connections_cut_total") and f'"{reason}"' in line:
            return float(line.split()[-1])
    return 0.0


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Big: %s\r\n\r\n" % (b"a" * 1_000_000),
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-Many: aaaaaaaaaaaaaaaa\r\n" * 40_000 + b"\r\n",
        b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 1_000_000),
        b"GET /health HTTP/1.1\r\nHost: x\r\n%s: a\r\n\r\n" % (b"a" * 1_000_000),
        b"\r\n" * 500_000,
    ],
    ids=["one header", "many headers", "an address", "a name", "empty lines"],
)
def test_a_megabyte_of_headers_is_refused(limited: Api, head: bytes) -> None:
    with connect(limited) as connection:
        send_while_read(connection, head)
        assert problem(everything(connection)) == (
            431,
            "The address and the headers of the request have more than 16384 bytes.",
        )


def test_trailers_and_chunk_extensions_are_limited_as_well(limited: Api) -> None:
    chunked = b"POST /api/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailers = chunked + b"1\r\n{\r\n0\r\n" + b"X-Many: aaaaaaaaaaaaaaaa\r\n" * 40_000
    extension = chunked + b"1;" + b"a" * 1_000_000
    for data in (trailers, extension):
        before = cut(limited, "header_size")
        with connect(limited) as connection:
            send_while_read(connection, data)
            everything(connection)
        assert cut(limited, "header_size") == before + 1


def test_many_large_headers_do_not_fill_the_memory(patient: Api) -> None:
    before = most_memory_kb(patient)
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(patient)) for _ in range(30)]
        for connection in connections:
            send_while_read(connection, b"GET /health HTTP/1.1\r\nX-Big: " + b"a" * 4_000_000)
        for connection in connections:
            everything(connection)
    # 120 MB were sent.
    assert most_memory_kb(patient) - before < 40_000


def test_headers_within_the_limit_are_read(limited: Api) -> None:
    with connect(limited) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nConnection: close\r\nX-Big: %s\r\n\r\n" % (b"a" * 16_000))
        assert status(everything(connection)) == 200


def drip(connection: socket.socket, data: bytes) -> bytes:
    """Send byte after byte, slowly, until the api ends it; what it answers."""
    connection.settimeout(0.2)
    for byte in data * 1000:
        with contextlib.suppress(TimeoutError):
            connection.sendall(bytes([byte]))
            received = connection.recv(65_536)
            connection.settimeout(PATIENCE_S)
            return received + everything(connection)
    return b""


def test_a_client_that_sends_byte_after_byte_is_cut(limited: Api) -> None:
    with connect(limited) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        assert problem(drip(connection, b"a")) == (408, "The header of the request takes too long to arrive.")
    with connect(limited) as connection:
        connection.sendall(b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n{")
        assert problem(drip(connection, b" ")) == (408, "The body takes too long to arrive.")


def test_a_kept_connection_with_a_slow_request_is_closed(limited: Api) -> None:
    for begin in (b"GET /health HTT", b"\r\n"):
        with connect(limited) as connection:
            assert probe(connection) == 200
            connection.sendall(begin)
            assert problem(everything(connection))[0] == 408


def test_a_connection_that_asks_for_nothing_is_closed(limited: Api) -> None:
    with connect(limited) as connection:
        assert everything(connection) == b""


def test_an_idle_connection_outlives_the_limit_of_requests(limited: Api) -> None:
    with connect(limited) as connection, connect(limited) as other:
        assert probe(connection) == 200
        # The api closes the other one when the time of a request is over: later than that, this one still works.
        assert everything(other) == b""
        assert probe(connection) == 200


def test_half_open_connections_keep_nobody_out(patient: Api) -> None:
    before = cut(patient, "crowded")
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(patient)) for _ in range(200)]
        for number, connection in enumerate(slow):
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"" if number % 2 else b"GET /health HTTP/1.1\r\nX-Slow: ")
            if number % 20 == 0:
                assert get(f"{patient.url}/health").status_code == 200
                with patient.client(VIEWER) as viewer:
                    assert viewer.get("/api/config").status_code == 200
        assert cut(patient, "crowded") >= before + 200 - 32 - 64


def test_idle_connections_make_room_for_new_ones(patient: Api) -> None:
    with ExitStack() as stack:
        kept = []
        for _ in range(150):
            kept.append(stack.enter_context(connect(patient)))
            assert probe(kept[-1]) == 200
        # The first ones were idle longest.
        assert everything(kept[0]) == b""
        assert probe(kept[-1]) == 200


def connect_and_begin_a_body(api: Api) -> socket.socket:
    """Return a connection whose request the api has begun to read: it is counted, and only its client can end it."""
    connection = connect(api)
    connection.sendall(b"POST /api/session HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
    assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
    return connection


def test_probes_get_through_when_every_connection_is_in_use(patient: Api) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(patient.socket(VIEWER, ping_interval=None)) for _ in range(60)]
        for _ in range(4):
            stack.enter_context(connect_and_begin_a_body(patient))

        def answer(path: str) -> int:
            return get(patient.url + path).status_code

        assert [answer(path) for path in ("/docs", "/health", "/api/config")] == [503, 200, 503]
        eventually(lambda: answer("/health/ready") == 200, "the answer of the other probe")
        assert message(sockets[0])["type"] == "state"
    eventually(lambda: answer("/api/config") == 401, "room again")


def test_a_large_body_is_read_from_known_callers_only(api: Api) -> None:
    body = json.dumps({"keys": [f"uploads/{number}-{'x' * 200}.mp4" for number in range(500)]}).encode()
    assert len(body) > 100_000

    def parts() -> Iterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    bodies: list[Callable[[], bytes | Iterator[bytes]]] = [lambda: body, parts]
    headers = {"Content-Type": "application/json"}
    for make in bodies:
        with api.client(token=None) as anybody, api.client(VIEWER) as viewer, api.client() as operator:
            statuses = [
                client.post("/api/dead-letters/redrive", content=make(), headers=headers).status_code
                for client in (anybody, viewer, operator)
            ]
            login = anybody.post("/api/session", content=make(), headers=headers)
        assert statuses == [401, 403, 200]
        assert (login.status_code, login.headers["Content-Type"]) == (401, "application/problem+json")


def test_pipelined_requests_are_limited(limited: Api) -> None:
    with connect(limited) as connection:
        send_while_read(connection, PROBE * 5000)
        received = everything(connection)
    assert received.count(b"HTTP/1.1 200") < 5000
    assert get(f"{limited.url}/health").status_code == 200


def test_a_websocket_outlives_every_limit_of_a_request(limited: Api) -> None:
    with limited.socket(VIEWER) as listening, connect(limited) as other:
        assert message(listening)["type"] == "state"
        assert everything(other) == b""
        until = message(listening)["seq"] + 3
        while message(listening)["seq"] < until:
            time.sleep(0)
