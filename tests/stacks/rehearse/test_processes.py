"""Processes of a rehearsal end with it, those of a killed one with the next."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stacks.rehearse.processes import Processes, end_leftovers

SLEEP = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)",
]


def wait_for_line(log: Path) -> None:
    waiting = threading.Event()
    while "ready" not in (log.read_text(encoding="utf-8") if log.exists() else ""):
        waiting.wait(0.02)


def test_a_programs_status_and_output_are_kept(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "logs")
    command = [sys.executable, "-c", "import os, sys; print(os.environ['A']); sys.exit(3)"]
    status = processes.run(command, cwd=tmp_path, environment={**os.environ, "A": "b"}, log="one")
    assert (status, processes.read("one")) == (3, "b\n")


def test_a_program_ends_with_its_context(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    with processes.running(SLEEP, cwd=tmp_path, environment=os.environ, log="one") as process:
        wait_for_line(tmp_path / "one.log")
    assert process.poll() == -signal.SIGTERM


def test_stop_ends_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    statuses: list[int] = []
    arguments = {"cwd": tmp_path, "environment": os.environ, "log": "one"}
    thread = threading.Thread(target=lambda: statuses.append(processes.run(SLEEP, **arguments)))  # type: ignore[arg-type]
    thread.start()
    wait_for_line(tmp_path / "one.log")
    processes.stop()
    thread.join()
    assert statuses
    assert statuses[0] != 0
    with pytest.raises(KeyboardInterrupt), processes.running(SLEEP, cwd=tmp_path, environment=os.environ, log="two"):
        pass


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_leftovers_are_found_by_their_environment(tmp_path: Path) -> None:
    mark = f"TF_CLI_CONFIG_FILE={tmp_path}/terraform.tfrc"
    name, value = mark.split("=")
    with (
        subprocess.Popen(STUBBORN, env={**os.environ, name: value}, stdout=subprocess.PIPE) as ours,
        subprocess.Popen(STUBBORN, env={**os.environ, name: f"{value}.other"}, stdout=subprocess.PIPE) as other,
    ):
        for process in (ours, other):
            assert process.stdout
            process.stdout.readline()
        reaper = threading.Thread(target=ours.wait)
        reaper.start()
        end_leftovers(mark)
        reaper.join()
        assert ours.returncode == -signal.SIGKILL
        assert other.poll() is None
        other.kill()
