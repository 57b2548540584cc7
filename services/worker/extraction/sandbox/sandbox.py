"""Worker's side of an extraction: it starts the fork server, serves the reads of a child, and reports its end."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from services.contract.frames import FrameOptions
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import VideoSource
from services.worker.extraction.sandbox.control import FORK, KILL, MAX_GREETING_BYTES, MESSAGE_BYTES, PID
from services.worker.extraction.sandbox.conversation import START_S, Child, Conversation
from services.worker.extraction.sandbox.job import Bounds, ExtractionJob
from services.worker.extraction.sandbox.wire import WireError

_PASSED_ON = ("PATH", "PYTHONHOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
"""Variables that the fork server inherits; none can be a secret."""

TUNING = {
    # One thread each, as several videos are processed in parallel.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Frames are few and large: memory is kept for the next one, in huge pages. Saves a tenth of the CPU.
    "MALLOC_MMAP_THRESHOLD_": "268435456",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    # Pydantic would look for plugins in every installed package, and load them.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""Variables that are set for the fork server."""

_FORK_SERVER = f"{__package__}.forkserver"
"""Not imported: it loads OpenCV, which only children need."""

_IMPORT_PATH = str(Path(__file__).parents[4])
"""Folder of the package `services`."""

_EXIT_S = 5.0
_MAX_READS = 16
"""Upper limit of parallel reads, of all videos together."""


class SandboxError(Exception):
    """The fork server does not work; no video can be extracted until it is started again."""


class Sandbox:
    """Extraction of thumbnails in child processes. Thread-safe.

    The fork server is started with the first video, and again if it dies.

    With `is_eager`, a spare child waits for the next video, and an outcome is returned as soon as a child has sent it,
    before the child ends. CPU and memory are then the child's own figures, up to its answer.
    """

    def __init__(self, options: ThumbnailOptions, bounds: Bounds, *, is_eager: bool = False) -> None:
        self._options = options
        self._bounds = bounds
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._missing = ""
        self._running: set[int] = set()
        self._is_eager = is_eager
        self._spare: Child | None = None
        self._closed = False
        self._ending = False
        self._pool = ThreadPoolExecutor(_MAX_READS, thread_name_prefix="read")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> str:
        """Start the fork server and return the missing protection of its children, empty if nothing is missing.

        Raises: SandboxError.
        """
        with self._lock:
            try:
                self._started()
            except OSError as error:
                self._forget()
                raise SandboxError(f"The fork server does not start: {error}") from error
        self._add_spare()
        return self._missing

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        """Return the thumbnails of the video in `source`, or the reason why there are none.

        `options` are those of this video, if they are not those of the sandbox. A crash of the child is a reason, too.
        Raises: SandboxError.
        """
        job = ExtractionJob(size_bytes=source.size_bytes, options=options or self._options, bounds=self._bounds)
        return self._run(source, job)

    def extract_pin(self, source: VideoSource, options: ThumbnailOptions) -> Outcome:
        """Return the thumbnails and the poster of a pin, without storyboard, preview and a search for candidates.

        The outcome has no poster if the pinned frame cannot be reached. Raises: SandboxError.
        """
        options = options.model_copy(update={"storyboard": False, "preview": False})
        job = ExtractionJob(size_bytes=source.size_bytes, options=options, bounds=self._bounds, only_pin=True)
        return self._run(source, job)

    def extract_frame(self, source: VideoSource, frame: FrameOptions) -> Outcome:
        """Return the picture that a request asks for as the only one, or the reason why there is none.

        The time of the picture is that of its first frame. A failure has `info` if the duration is known. Raises:
        SandboxError.
        """
        return self._run(source, ExtractionJob.for_frame(source.size_bytes, frame, self._bounds))

    def _run(self, source: VideoSource, job: ExtractionJob) -> Outcome:
        try:
            spare = self._take_spare()
            return self._extract(spare or self._fork(), source, job, is_spare=spare is not None)
        except _ChildLostError:
            # It died before it read of the video, which can be tried again with another one.
            return self._extract(self._fork(), source, job)

    def _extract(self, child: Child, source: VideoSource, job: ExtractionJob, *, is_spare: bool = False) -> Outcome:
        with child:
            self._add_spare()
            conversation = Conversation(child, source, job, self._pool)
            try:
                conversation.serve_child()
            finally:
                # It has answered, or never will.
                self._kill(child.pid)
                with self._lock:
                    self._running.discard(child.pid)
            if is_spare and conversation.is_silent:
                raise _ChildLostError("The spare child had died.")
            if not (self._is_eager and conversation.has_answer):
                conversation.await_exit()
            return conversation.build_outcome()

    def kill_children(self) -> None:
        """Kill every child, also those that start later; their videos fail as `crashed` and retryable."""
        with self._lock:
            self._ending = True
            pids = list(self._running)
        for pid in pids:
            self._kill(pid)

    def close(self) -> None:
        """End the fork server and all children."""
        with self._lock:
            self._closed = True
            server, control, spare = self._server, self._control, self._spare
            self._server = self._control = self._spare = None
        if spare:
            spare.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if control:
            control.close()
        if server:
            try:
                server.wait(timeout=_EXIT_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def _add_spare(self) -> None:
        """Let the fork server fork a child for the next video, and do not wait for it."""
        if not self._is_eager or self._spare:
            return
        child = Child()
        with contextlib.suppress(SandboxError):
            self._request_fork(child)
            with self._lock:
                if self._spare is None and not self._closed:
                    self._spare = child
                    return
        child.close()

    def _take_spare(self) -> Child | None:
        """Return the spare child; None if there is none, or if it or its fork server has died."""
        with self._lock:
            child, self._spare = self._spare, None
        if child is None:
            return None
        with contextlib.suppress(WireError):
            child.await_pid()
            if not child.has_ended():
                self._note_running(child.pid)
                return child
        child.close()
        return None

    def _fork(self) -> Child:
        child = Child()
        try:
            server = self._request_fork(child)
            try:
                child.await_pid()
            except WireError as error:
                with self._lock:
                    if self._server is server:
                        self._forget()
                raise _ChildLostError("The fork server died or hangs.") from error
        except SandboxError:
            child.close()
            raise
        self._note_running(child.pid)
        return child

    def _request_fork(self, child: Child) -> "subprocess.Popen[bytes]":
        """Send the child's ends of the pipes to the fork server, and return that. Raises: SandboxError."""
        with self._lock:
            for _ in range(2):
                try:
                    server, control = self._started()
                    socket.send_fds(control, [FORK.ljust(MESSAGE_BYTES)], child.descriptors)
                except OSError:
                    self._forget()
                    continue
                break
            else:
                raise SandboxError("The fork server could not be reached.")
        child.close_descriptors()
        return server

    def _note_running(self, pid: int) -> None:
        with self._lock:
            self._running.add(pid)
            is_unwanted = self._ending
        if is_unwanted:
            self._kill(pid)

    def _started(self) -> "tuple[subprocess.Popen[bytes], socket.socket]":
        if self._closed:
            raise SandboxError("The sandbox is closed.")
        if self._server and self._control and self._server.poll() is None:
            return self._server, self._control
        self._forget()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            self._server = subprocess.Popen(  # noqa: S603 - our own module
                # -P: no module is imported from the working directory.
                [sys.executable, "-P", "-m", _FORK_SERVER, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**environment, **TUNING, "PYTHONPATH": _IMPORT_PATH},
            )
        self._control = ours
        self._missing = _receive_greeting(ours)
        return self._server, self._control

    def _forget(self) -> None:
        if self._control:
            self._control.close()
        if self._server:
            self._server.kill()
            self._server.wait()
        self._server = self._control = None

    def _kill(self, pid: int) -> None:
        with self._lock:
            if self._control:
                with contextlib.suppress(OSError):
                    self._control.send(KILL + PID.pack(pid))


def _receive_greeting(control: socket.socket) -> str:
    """Return the greeting of the fork server. Raises: OSError if it does not start."""
    control.settimeout(START_S)
    greeting = control.recv(MAX_GREETING_BYTES)
    control.settimeout(None)
    if not greeting.endswith(b"\n"):
        raise OSError("it ended before it started to serve")
    return greeting.decode(errors="replace").strip()


class _ChildLostError(SandboxError):
    """The fork server was gone before it forked a child, or the child before it asked for its first bytes."""
