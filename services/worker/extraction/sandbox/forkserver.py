"""Fork server: a small, single-threaded process that has loaded OpenCV and forks a child for each video.

A fork takes 2 to 3 ms where a fresh interpreter takes 150, and the child inherits neither the worker's threads, nor
its credentials, nor its connections. The worker talks to it over one socket:

    worker                                    fork server
                                        ◀───── when it is up: the missing protection of its children, and a new line
    b"F" + three descriptors: inbox, outbox,
           status of the child-to-be   ─────▶ forks; writes the child's PID to its status pipe
    b"K" + PID                         ─────▶ kills that child
                                              when a child ends: writes its status and usage to its status pipe

Closing the socket ends the fork server and all of its children: a worker that is killed leaves no process.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
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
from services.worker.extraction.dolby_vision import planes
from services.worker.extraction.extract import extract
from services.worker.extraction.frames import avi_wrapper, capture, messages
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.poster import faces
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.sandbox import child, confinement
from services.worker.extraction.sandbox.control import (
    EXIT,
    KILL,
    MAX_GREETING_BYTES,
    MAXRSS_PER_MIB,
    MESSAGE_BYTES,
    PID,
)
from services.worker.extraction.sandbox.wire import WireError

_WARM_UP_CPU_S = 60.0
_FAILED = 255
"""Exit status of a rehearsal that failed for another reason than a missing filter."""


def serve_forks(control: socket.socket) -> None:
    """Fork children on request until the socket is closed."""
    # All messages: a child reads its own, and this process has no output.
    capture.prepare_process(messages.DEBUG)
    _warm_up()
    _load_faces()
    _warn_of_threads()
    missing = _rehearse()
    # Objects that exist now are never collected, so that their pages stay shared with the children.
    gc.collect()
    gc.freeze()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, _ignore)
    signal.set_wakeup_fd(wake_write)
    # The worker decides when this process ends. A Ctrl-C in the terminal reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # the loop below notices that the worker is gone
        control.send(missing.encode()[: MAX_GREETING_BYTES - 1] + b"\n")
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
            elif not _handle_message(control, status_pipes, confined=not missing):
                for pid in status_pipes:
                    os.kill(pid, signal.SIGKILL)
                return


def _warm_up() -> None:
    """Extract thumbnails of a generated picture, so that children share what is set up at first use.

    This saves each child 20 ms, and loads what NumPy imports late, which a child cannot read behind its filter. This
    process never reads a video.
    """
    planes.load_libraries()
    # Noise, as a flat picture would skip a part of the checks; 16:9, as the tables of placeholders are kept by shape.
    noise = np.random.default_rng(0).integers(0, 256, (36, 64, 3), np.uint8)
    _, picture = cv2.imencode(".jpg", noise)
    video = avi_wrapper.wrap_pictures(get_codec("mjpeg"), b"", (64, 36), [picture.tobytes()])
    reader = RangedReader(lambda offset, length: video[offset : offset + length], len(video))
    warm = extract(reader, ThumbnailOptions(), SearchLimits(read_bytes=1 << 20, cpu_s=_WARM_UP_CPU_S))
    outcome.encode_outcome(warm)
    if warm.state is not VideoState.DONE:
        raise RuntimeError(f"the generated picture cannot be decoded: {warm.reason}")


def _rehearse() -> str:
    """Return the missing protection of children; empty if a first child can be confined and then decode a picture."""
    pid = os.fork()
    if pid == 0:
        code = _FAILED
        try:
            confinement.confine_process()
            _warm_up()
            code = 0
        except OSError as error:
            code = min(error.errno or _FAILED, _FAILED)
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 0:
        return ""
    return f"seccomp: {os.strerror(code) if 0 < code < _FAILED else 'no picture can be decoded behind the filter'}"


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing; a handler must exist so that the signal wakes the selector."""


def _handle_message(control: socket.socket, status_pipes: dict[int, int], *, confined: bool) -> bool:
    """Handle one message; return False if the socket is closed."""
    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 3)
    if not message:
        return False
    if message[:1] == KILL:
        (pid,) = PID.unpack(message[1:])
        # Only children that were not reaped, as their PIDs cannot be reused yet.
        if pid in status_pipes:
            os.kill(pid, signal.SIGKILL)
        return True
    inbox, outbox, status = descriptors
    pid = os.fork()
    if pid == 0:
        _run_child(inbox, outbox, confined=confined)
    os.close(inbox)
    os.close(outbox)
    status_pipes[pid] = status
    _write_status(status, PID.pack(pid))
    return True


def _run_child(inbox: int, outbox: int, *, confined: bool) -> None:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        child.close_other_descriptors(inbox, outbox)
        child.run_job(inbox, outbox, confined=confined)
        code = 0
    except WireError:
        # The worker is gone, or has given up on this child.
        code = 2
    except BaseException:  # noqa: BLE001 - a child must never continue as a second fork server
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
        _write_status(pipe, EXIT.pack(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MAXRSS_PER_MIB))
        os.close(pipe)


def _write_status(pipe: int, message: bytes) -> None:
    with contextlib.suppress(OSError):  # a worker that gave up on this child no longer reads
        os.write(pipe, message)


def _warn_of_threads() -> None:
    """Warn if a library has started threads: a fork copies one thread, but the locks of all."""
    with contextlib.suppress(OSError):
        count = len(list(Path("/proc/self/task").iterdir()))
        if count > 1:
            print(f"fork server: {count} threads instead of 1; children may hang", file=sys.stderr)  # noqa: T201


def _load_faces() -> None:
    """Load what finds faces, or warn that posters are chosen by the other scores.

    It is not run: a run here would save 3 ms of a child that makes a poster, and cost every worker 8 MB.
    """
    try:
        faces.load_detector()
    except faces.NoDetectorError as error:
        print(f"fork server: {error}; posters are scored without faces", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    serve_forks(socket.socket(fileno=int(sys.argv[1])))
