"""Worker and api of a rehearsal start although another process takes their port in the last moment."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.pipeline import video
from stacks.rehearse.processes import Processes

SERVER = """
import os, socket, time
server = socket.socket()
server.bind(("127.0.0.1", int(os.environ["API_PORT"])))
server.listen()
time.sleep(600)
"""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "command", lambda _part: [sys.executable, "-c", SERVER])


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def environment_with(port: str) -> tuple[dict[str, str], list[str]]:
    return {**os.environ, "API_PORT": port}, [f"API_PORT={port}"]


@pytest.mark.usefixtures("program")
def test_a_taken_port_is_replaced_at_the_start(tmp_path: Path) -> None:
    ports: list[str] = []

    def make_environment() -> tuple[dict[str, str], list[str]]:
        ports.append(free_port() if ports else taken)
        return environment_with(ports[-1])

    def find(environment: Mapping[str, str]) -> str | None:
        port = environment["API_PORT"]
        with socket.socket() as client:
            return port if port != taken and client.connect_ex(("127.0.0.1", int(port))) == 0 else None

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        found, changed = video.run_pod(Processes(tmp_path), "api", make_environment, what="an answer", find=find)
    assert ports[0] == taken
    assert found == ports[-1]
    assert changed == [f"api: API_PORT={found}"]


def test_an_ended_process_fails_with_its_last_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "command", lambda _part: [sys.executable, "-c", "raise SystemExit('no queue')"])
    with pytest.raises(RehearsalError, match=r"There is no sign of an answer .*status 1.*\nno queue"):
        video.run_pod(
            Processes(tmp_path), "api", lambda: environment_with(free_port()), what="an answer", find=lambda _: None
        )
