"""The fork server: a small, single-threaded process that has loaded OpenCV, and forks a child for each video.

A fork takes 2 to 3 ms where a fresh interpreter takes 150, and the child inherits neither the worker's threads, nor
its credentials, nor its connections. The worker talks to it over one socket:

    worker                                    fork server
                                        ◀───── when it is up: what its children lack of protection, and a new line
    b"F" + three descriptors: inbox, outbox,
           status of the child-to-be   ─────▶ forks; writes the child's PID to its status pipe
    b"K" + PID                         ─────▶ kills that child
                                              when a child ends: writes how, and what it used, to its status pipe

Closing the socket ends the fork server and all of its children: a worker that is killed leaves nobody behind.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from types import FrameType

import cv2
import numpy as np

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import outcome
from services.worker.extraction.codecs import get_codec
from services.worker.extraction.extract import extract
from services.worker.extraction.frames import avi_wrapper, capture
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.sandbox import child, confinement
from services.worker.extraction.sandbox.wire import WireError

PID = struct.Struct("!i")
EXIT = struct.Struct("!idd")
"""Wait status, CPU seconds, peak resident memory in MiB."""

FORK, KILL = b"F", b"K"
MESSAGE_BYTES = 1 + PID.size
MOST_GREETING_BYTES = 256
_WARM_UP_CPU_S = 60.0
_UNUSABLE = 255
"""Exit status of a rehearsal in which something else failed than the kernel."""


def serve(control: socket.socket) -> None:
    """Forks children as asked until the socket is closed."""
    capture.prepare_process()
    _warm_up()
    _warn_of_threads()
    lacking = _rehearse()
    # What is loaded by now is never collected: its pages stay shared with the children.
    gc.collect()
    gc.freeze()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, _ignore)
    signal.set_wakeup_fd(wake_write)
    # The worker decides when this process ends: a Ctrl-C in the terminal reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # a worker that is gone already is noticed below
        control.send(lacking.encode()[: MOST_GREETING_BYTES - 1] + b"\n")
    status_pipes: dict[int, int] = {}
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(wake_read, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake_read, 4096)
                _reap(status_pipes)
            elif not _obey(control, status_pipes, confined=not lacking):
                for pid in status_pipes:
                    os.kill(pid, signal.SIGKILL)
                return


def _warm_up() -> None:
    """Takes thumbnails of a picture of our own, so that what is set up at first use is shared with children.

    Saves each of them 20 ms, and what NumPy imports late could not be read behind their filter. No video comes near
    this process.
    """
    # Noise: a flat picture would be looked at less closely.
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    _, picture = cv2.imencode(".jpg", noise)
    video = avi_wrapper.wrap_pictures(get_codec("mjpeg"), b"", (64, 64), [picture.tobytes()])
    reader = RangedReader(lambda offset, length: video[offset : offset + length], len(video))
    warm = extract(reader, ThumbnailOptions(), SearchLimits(read_bytes=1 << 20, cpu_s=_WARM_UP_CPU_S))
    outcome.encode_outcome(warm)
    if warm.state is not VideoState.DONE:
        raise RuntimeError(f"a picture of our own cannot be decoded: {warm.reason}")


def _rehearse() -> str:
    """What children lack of protection: nothing where a first one can be confined, and decode a picture then."""
    pid = os.fork()
    if pid == 0:
        code = _UNUSABLE
        try:
            confinement.confine()
            _warm_up()
            code = 0
        except OSError as error:
            code = min(error.errno or _UNUSABLE, _UNUSABLE)
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 0:
        return ""
    return f"seccomp: {os.strerror(code) if 0 < code < _UNUSABLE else 'no picture can be decoded behind the filter'}"


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """A handler, so that the signal wakes the selector."""


def _obey(control: socket.socket, status_pipes: dict[int, int], *, confined: bool) -> bool:
    """Carries out one message; False when there are no more."""
    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 3)
    if not message:
        return False
    if message[:1] == KILL:
        (pid,) = PID.unpack(message[1:])
        # Only children that were not reaped: their number cannot be anybody else's.
        if pid in status_pipes:
            os.kill(pid, signal.SIGKILL)
        return True
    inbox, outbox, status = descriptors
    pid = os.fork()
    if pid == 0:
        _be_a_child(inbox, outbox, confined=confined)
    os.close(inbox)
    os.close(outbox)
    status_pipes[pid] = status
    _tell(status, PID.pack(pid))
    return True


def _be_a_child(inbox: int, outbox: int, *, confined: bool) -> None:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        child.close_all_but(inbox, outbox)
        child.run(inbox, outbox, confined=confined)
        code = 0
    except WireError:
        # The worker is gone or has had enough: nobody is left to tell.
        code = 2
    except BaseException:  # noqa: BLE001 - a child must never go on as a second fork server
        traceback.print_exc()
    finally:
        os._exit(code)


def _reap(status_pipes: dict[int, int]) -> None:
    while status_pipes:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        pipe = status_pipes.pop(pid)
        per_mib = 1024 * 1024 if sys.platform == "darwin" else 1024
        _tell(pipe, EXIT.pack(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / per_mib))
        os.close(pipe)


def _tell(pipe: int, message: bytes) -> None:
    with contextlib.suppress(OSError):  # a worker that gave up on this child does not read any more
        os.write(pipe, message)


def _warn_of_threads() -> None:
    """A fork copies only one thread, and the locks of all: the libraries must not have started any."""
    with contextlib.suppress(OSError):
        count = len(list(Path("/proc/self/task").iterdir()))
        if count > 1:
            print(f"fork server: {count} threads instead of 1; children may hang", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
