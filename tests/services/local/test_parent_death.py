"""A command that ends when its parent does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.driver import eventually

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's part is Linux'")

PARENT_DEATH = [sys.executable, "-m", "services.local.parent_death"]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def has_ended(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def test_a_command_ends_when_its_parent_is_killed() -> None:
    script = (
        "import os, subprocess, time\n"
        f"child = subprocess.Popen([*{PARENT_DEATH!r}, str(os.getpid()), *{SLEEP!r}])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        eventually(lambda: "time.sleep" in Path(f"/proc/{child}/cmdline").read_text(), "the command")
        parent.send_signal(signal.SIGKILL)

    eventually(lambda: has_ended(child), "the end of the command")


def test_a_command_whose_parent_died_meanwhile_is_not_started(tmp_path: Path) -> None:
    started = tmp_path / "started"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    subprocess.run([*PARENT_DEATH, str(gone.pid), sys.executable, "-c", f"open({str(started)!r}, 'w')"], check=True)
    assert not started.exists()
    subprocess.run([*PARENT_DEATH, str(os.getpid()), sys.executable, "-c", f"open({str(started)!r}, 'w')"], check=True)
    assert started.exists()
