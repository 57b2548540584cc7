"""System calls that a child's filter refuses, tried by a process that has the filter."""

import errno
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from services.worker.extraction.sandbox import confinement
from tests.support.sandboxes import WITHOUT_SECCOMP
from tests.support.videos import Videos

ROOT = Path(__file__).parents[5]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in confinement.MACHINES, reason="the filter is for Linux"
)

ATTEMPTS = """
import ctypes, json, os, platform, resource, signal, socket, subprocess, sys, threading
from services.worker.extraction.sandbox.confinement import confine_process

# Loaded by now, as everything is that a child needs.
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
reader, writer = os.pipe()

def thread():
    threading.Thread(target=print).start()

def look_into(pid):
    if libc.ptrace(16, pid, 0, 0):  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")

def execute():
    if libc.execve(b"/bin/true", None, None):
        raise OSError(ctypes.get_errno(), "execve")

attempts = {
    "a socket": lambda: socket.socket(),
    "a local socket": lambda: socket.socket(socket.AF_UNIX),
    "reading a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "writing a file": lambda: os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT),
    "listing a folder": lambda: os.listdir("/"),
    "asking for a file": lambda: os.stat("/etc/passwd"),
    "removing a file": lambda: os.unlink(sys.argv[2]),
    "a program": execute,
    "a process": lambda: os.fork(),
    "a thread": thread,
    "a signal": lambda: os.kill(parent, 0),
    "looking into a process": lambda: look_into(parent),
    "more than its limits": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    "another user": lambda: os.setuid(12345),
    "shared memory": lambda: os.memfd_create("memory"),
}
confine_process()
answers = {}
for what, attempt in attempts.items():
    try:
        attempt()
        answers[what] = 0
    except OSError as error:
        answers[what] = error.errno
    except (RuntimeError, ValueError):  # Python's words for EPERM: no thread, and no other limit
        answers[what] = 1
os.write(writer, b"a pipe")
answers["a pipe"] = os.read(reader, 6).decode()
answers["memory"] = len(bytes(64 << 20)) >> 20
print(json.dumps(answers), flush=True)
os._exit(0)
"""


def test_a_confined_process_reaches_nothing_but_its_pipes(tmp_path: Path) -> None:
    there, new = tmp_path / "there", tmp_path / "new"
    there.touch()
    command = [sys.executable, "-c", ATTEMPTS, str(new), str(there)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    answers = json.loads(result.stdout)
    assert (answers.pop("a pipe"), answers.pop("memory")) == ("a pipe", 64)
    assert len(answers) == 15
    assert answers == dict.fromkeys(answers, errno.EPERM)
    assert there.exists()
    assert not new.exists()


def test_a_confined_process_cannot_change_its_filter() -> None:
    """There is no way back: not even for a program that is owned by root and setuid."""
    code = (
        "from services.worker.extraction.sandbox.confinement import confine_process, install_filter; "
        "confine_process(); install_filter([])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "PermissionError" in result.stderr


EXTRACTS = """
import sys
from pathlib import Path
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.extraction.reading.source import LocalFile

with Sandbox(ThumbnailOptions(), Bounds()) as sandbox, LocalFile(Path(sys.argv[1])) as source:
    print(sandbox.start())
    print(sandbox.extract(source).state)
"""


def test_sandbox_works_and_warns_without_kernel_filters(videos: Videos) -> None:
    command = [sys.executable, "-c", WITHOUT_SECCOMP + EXTRACTS, str(videos.video("a.mp4"))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [f"seccomp: {os.strerror(errno.ENOSYS)}", "done"]
