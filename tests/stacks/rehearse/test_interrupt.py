"""A stopped rehearsal leaves no process and no file; after a killed one, the next rehearsal starts clean."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.rehearsal import SmallProject, make_project

if TYPE_CHECKING:
    import subprocess

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    project = make_project(tmp_path / "project")
    yield project
    for pid in processes_of(project):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes_of(project: SmallProject) -> set[int]:
    """Return the processes whose command or environment names the project's folder."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            texts = folder.joinpath("cmdline").read_bytes() + folder.joinpath("environ").read_bytes()
            if os.fsencode(project.folder) in texts:
                found.add(int(folder.name))
    return found


def run_until_applying(project: SmallProject) -> "subprocess.Popen[str]":
    """Start a rehearsal, and return it once Terraform applies the first stack."""
    project.applies.unlink(missing_ok=True)
    process = project.start("--stacks", "bootstrap", terraform=project.terraform())
    waiting = threading.Event()
    while not project.applies.exists():
        assert process.poll() is None, process.communicate()
        waiting.wait(0.1)
    return process


def stop(process: "subprocess.Popen[str]") -> str:
    """Press Ctrl-C, and return what the rehearsal says at its end."""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    return said


def test_ctrl_c_ends_all_processes_and_deletes_the_folder(project: SmallProject) -> None:
    process = run_until_applying(project)
    assert len(processes_of(project)) > 3
    assert stop(process) == "The rehearsal was stopped; its processes and its emulated AWS have ended.\n"
    assert processes_of(project) == set()
    assert not (project.folder / ".rehearsal").exists()


def test_after_a_kill_the_next_rehearsal_starts_clean(project: SmallProject) -> None:
    killed = run_until_applying(project)
    before = processes_of(project)
    killed.kill()
    killed.communicate()
    (project.folder / ".rehearsal" / "left").write_text("", encoding="utf-8")
    process = run_until_applying(project)
    assert processes_of(project) & before == set()
    assert not (project.folder / ".rehearsal" / "left").exists()
    stop(process)
    assert processes_of(project) == set()
