"""Isolation of a child process: no credential, no file, no socket, nothing of another child."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.sandboxes import (
    PROC,
    Source,
    children_of,
    descriptors,
    extract_together,
    needs_proc,
    the_child,
    the_fork_server,
)

pytestmark = pytest.mark.usefixtures("processes_of_other_tests")


@needs_proc
def test_no_process_of_the_sandbox_knows_a_credential(film: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "secret-1",
        "AWS_SESSION_TOKEN": "secret-2",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/secret-3",
        "DATABASE_PASSWORD": "secret-4",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    seen: dict[str, bytes] = {}

    def look() -> None:
        seen["server"] = (PROC / str(the_fork_server()) / "environ").read_bytes()
        seen["child"] = (PROC / str(the_child()) / "environ").read_bytes()

    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        sandbox.extract(Source(film, look))
    assert set(seen) == {"server", "child"}
    for environment in seen.values():
        assert b"PATH=" in environment
        assert b"secret" not in environment
        assert b"AWS" not in environment


def test_a_worker_itself_loads_no_decoder() -> None:
    """Its own process has the credentials; without OpenCV and NumPy, it also starts in two thirds of the time."""
    program = "import sys, services.worker.__main__; print(sorted({'cv2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@needs_proc
def test_a_child_may_only_read_write_and_exit(lasting: Sandbox, film: bytes) -> None:
    """Limits besides the filter, which test_confinement.py tests."""
    seen: dict[str, str] = {}

    def look() -> None:
        status = (PROC / str(the_child()) / "status").read_text()
        seen.update({name: value.strip() for name, _, value in (line.partition(":") for line in status.splitlines())})

    assert lasting.start() == ""
    lasting.extract(Source(film, look))
    assert (seen["NoNewPrivs"], seen["Seccomp"]) == ("1", "2")


@needs_proc
def test_a_child_holds_two_pipes_besides_its_own_messages(sandbox: Sandbox, film: bytes, tmp_path: Path) -> None:
    """It has neither files nor sockets of the worker, nor the pipes of another child."""
    seen: list[dict[int, str]] = []

    def look() -> None:
        seen.extend(descriptors(child) for child in children_of(the_fork_server()))

    with (tmp_path / "open").open("w"):
        outcomes = extract_together(sandbox, film, 2, while_all_read=look)
    assert [outcome.state for outcome in outcomes] == [VideoState.DONE] * 2
    assert len(seen) == 2
    for files in seen:
        assert files[0] == "/dev/null"
        # The standard output is a pipe of the child to itself, for FFmpeg's messages.
        messages = files[1]
        assert messages.startswith("pipe:")
        assert [*files.values()].count(messages) == 3
        status, *pipes = sorted(target for number, target in files.items() if number > 2 and target != messages)
        assert re.fullmatch(r"/proc/\d+/status", status)
        assert len(pipes) == 2
        assert all(target.startswith("pipe:") for target in pipes)
    assert not set(seen[0].values()) & set(seen[1].values()) - {"/dev/null", seen[0][2]}
