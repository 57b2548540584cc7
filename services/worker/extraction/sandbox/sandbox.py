"""Worker's side of an extraction: it starts the fork server, serves the reads of a child, and reports its end."""

import contextlib
import fcntl
import math
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from services.contract.records import ReasonCode
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import ExtractionError, Outcome, Usage, decode_outcome
from services.worker.extraction.reading.source import LocalFile, SourceError, VideoSource
from services.worker.extraction.sandbox import wire
from services.worker.extraction.sandbox.control import EXIT, FORK, KILL, MAX_GREETING_BYTES, MESSAGE_BYTES, PID
from services.worker.extraction.sandbox.job import Bounds, ExtractionJob
from services.worker.extraction.sandbox.wire import DeadlineError, Kind, WireError

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
}
"""Variables that are set for the fork server."""

_FORK_SERVER = f"{__package__}.forkserver"
"""Not imported: it loads OpenCV, which only children need."""

_IMPORT_PATH = str(Path(__file__).parents[4])
"""Folder of the package `services`."""

_PIPE_BYTES = 1024 * 1024
_MIB = 1024 * 1024
_START_S = 30.0
"""Upper limit of the time to load OpenCV or to fork on a busy machine; a slower fork server hangs."""

_EXIT_S = 5.0
_MAX_READS = 16
"""Upper limit of parallel reads, of all videos together."""


class SandboxError(Exception):
    """The fork server does not work; no video can be extracted until it is started again."""


class Sandbox:
    """Extraction of thumbnails in child processes. Thread-safe.

    The fork server is started with the first video, and again if it dies.
    """

    def __init__(self, options: ThumbnailOptions, bounds: Bounds) -> None:
        self._options = options
        self._bounds = bounds
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._missing = ""
        self._running: set[int] = set()
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
            return self._missing

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        """Return the thumbnails of the video in `source`, or the reason why there are none.

        `options` are those of this video, if they are not those of the sandbox. A crash of the child is a reason, too.
        Raises: SandboxError.
        """
        job = ExtractionJob(size_bytes=source.size_bytes, options=options or self._options, bounds=self._bounds)
        try:
            return self._extract(source, job)
        except _ServerLostError:
            # It died before it forked, so the video can be tried again with another one.
            return self._extract(source, job)

    def _extract(self, source: VideoSource, job: ExtractionJob) -> Outcome:
        with _Conversation(source, job, self._pool) as conversation:
            pid = self._fork(conversation)
            try:
                conversation.serve_child()
            finally:
                # It has answered, or never will.
                self._kill(pid)
                with self._lock:
                    self._running.discard(pid)
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
            server, control = self._server, self._control
            self._server = self._control = None
        self._pool.shutdown(wait=False, cancel_futures=True)
        if control:
            control.close()
        if server:
            try:
                server.wait(timeout=_EXIT_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def _fork(self, conversation: "_Conversation") -> int:
        with self._lock:
            for _ in range(2):
                try:
                    server, control = self._started()
                    message = FORK.ljust(MESSAGE_BYTES)
                    socket.send_fds(control, [message], conversation.child_descriptors)
                except OSError:
                    self._forget()
                    continue
                break
            else:
                raise SandboxError("The fork server could not be reached.")
        conversation.close_child_descriptors()
        try:
            pid = conversation.await_pid()
        except WireError as error:
            with self._lock:
                if self._server is server:
                    self._forget()
            raise _ServerLostError("The fork server died or hangs.") from error
        with self._lock:
            self._running.add(pid)
            is_unwanted = self._ending
        if is_unwanted:
            self._kill(pid)
        return pid

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
    control.settimeout(_START_S)
    greeting = control.recv(MAX_GREETING_BYTES)
    control.settimeout(None)
    if not greeting.endswith(b"\n"):
        raise OSError("it ended before it started to serve")
    return greeting.decode(errors="replace").strip()


class _ServerLostError(SandboxError):
    """The fork server was gone before it forked a child."""


@dataclass
class _Ending:
    """End of a child: wait status and usage, as the fork server reports them."""

    status: int
    cpu_s: float
    peak_memory_mb: float

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class _Conversation:
    """Messages with the child of one video. All messages of the child are checked, as it may be hostile."""

    def __init__(self, source: VideoSource, job: ExtractionJob, pool: Executor | None = None) -> None:
        self._source = source
        self._pool = pool
        self._job = job
        self._deadline = math.inf
        childs_inbox, self._to_child = os.pipe()
        self._from_child, childs_outbox = os.pipe()
        self._status, childs_status = os.pipe()
        self.child_descriptors = [childs_inbox, childs_outbox, childs_status]
        self._open = [self._to_child, self._from_child, self._status]
        _widen(self._to_child)
        os.set_blocking(self._to_child, False)
        self._bytes_read = 0
        self._requests = 0
        self._answer: Outcome | None = None
        self._failure: ExtractionError | None = None
        self._ending: _Ending | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_child_descriptors()
        for descriptor in self._open:
            os.close(descriptor)

    def close_child_descriptors(self) -> None:
        for descriptor in self.child_descriptors:
            os.close(descriptor)
        self.child_descriptors = []

    def await_pid(self) -> int:
        """Return the PID of the child. Raises: WireError."""
        wire.await_ready(self._status, select.POLLIN, time.monotonic() + _START_S)
        data = os.read(self._status, PID.size)
        if len(data) != PID.size:
            raise WireError("no PID")
        (pid,) = PID.unpack(data)
        return int(pid)

    def serve_child(self) -> None:
        """Serve reads until the child answers, dies, exceeds a limit or runs out of time."""
        self._deadline = time.monotonic() + self._job.bounds.deadline_s
        try:
            self._send(Kind.JOB, self._job.model_dump_json().encode())
            while self._answer is None and self._failure is None:
                self._handle_message(*wire.receive_message(self._from_child, deadline=self._deadline))
        except DeadlineError:
            reason = f"The video took longer than {self._job.bounds.deadline_s:g} s."
            self._failure = ExtractionError(ReasonCode.TIMEOUT, reason, retryable=True)
        except WireError:
            # The child is gone; its exit status has the cause.
            return

    def _send(self, kind: Kind, payload: bytes) -> None:
        wire.send_message(self._to_child, kind, payload, deadline=self._deadline)

    def _handle_message(self, kind: Kind, payload: bytes) -> None:
        if kind is Kind.READ:
            self._serve(wire.parse_ranges(payload))
        elif kind is Kind.OUTCOME:
            try:
                answer = decode_outcome(payload)
            except ValueError as error:
                raise WireError(str(error)) from error
            positions_pct = tuple(picture.position_pct for picture in answer.pictures)
            options = self._job.options
            if positions_pct not in ((), options.positions_pct):
                raise WireError("pictures that were not requested")
            if (answer.storyboard and not options.storyboard) or (answer.preview and not options.preview):
                raise WireError("an overview that was not requested")
            self._answer = answer
        else:
            raise WireError(f"a message {kind.name} from a child")

    def _serve(self, ranges: Sequence[tuple[int, int]]) -> None:
        for offset, length in ranges:
            if not 0 < length <= self._job.size_bytes - offset:
                raise WireError(f"a read of {length} bytes at {offset}")
        if sum(length for _, length in ranges) > wire.MAX_MESSAGE_BYTES:
            raise WireError("reads of too many bytes at once")
        self._requests += len(ranges)
        self._bytes_read += sum(length for _, length in ranges)
        bounds = self._job.bounds
        if self._bytes_read > bounds.read_mb * _MIB or self._requests > bounds.requests:
            reason = f"More than {bounds.read_mb} MiB or {bounds.requests} reads were needed to find the frames."
            self._failure = ExtractionError(ReasonCode.BUDGET, reason)
            return
        try:
            for data in self._read(ranges):
                self._send(Kind.DATA, data)
        except SourceError as error:
            reason = f"The video could not be read: {error}"
            self._failure = ExtractionError(ReasonCode.STORAGE, reason, retryable=error.retryable)

    def _read(self, ranges: Sequence[tuple[int, int]]) -> Iterable[bytes]:
        """Return the bytes of each range, in order. Reads are parallel, except those of a local file."""
        if self._pool is None or len(ranges) == 1 or isinstance(self._source, LocalFile):
            return (self._source.read(*wanted) for wanted in ranges)
        return self._pool.map(self._source.read, *zip(*ranges, strict=True))

    def await_exit(self) -> None:
        """Wait for the end of the child, which has answered or was killed."""
        with contextlib.suppress(DeadlineError):
            wire.await_ready(self._status, select.POLLIN, time.monotonic() + _EXIT_S)
            data = os.read(self._status, EXIT.size)
            if len(data) == EXIT.size:
                self._ending = _Ending(*EXIT.unpack(data))

    def build_outcome(self) -> Outcome:
        """Return the answer of the child, or the reason why it has none, with its usage."""
        ending = self._ending
        usage = Usage(
            bytes_read=self._bytes_read,
            requests=self._requests,
            cpu_s=round(ending.cpu_s, 4) if ending else 0.0,
            peak_memory_mb=round(ending.peak_memory_mb, 1) if ending else 0.0,
        )
        outcome = (
            Outcome.failed(self._failure) if self._failure else self._answer or Outcome.failed(self._explain_exit())
        )
        return outcome.with_usage(usage)

    def _explain_exit(self) -> ExtractionError:
        number = self._ending.signal if self._ending else 0
        if number == signal.SIGXCPU:
            reason = f"The video took more than {self._job.bounds.cpu_s} s of CPU time."
            return ExtractionError(ReasonCode.TIMEOUT, reason)
        # A real-time signal has a number only.
        name = next((known.name for known in signal.Signals if known == number), f"signal {number}")
        how = f"was ended by {name}" if number else "ended without an answer"
        return ExtractionError(ReasonCode.CRASHED, f"The process that decoded the video {how}.", retryable=True)


def _widen(pipe: int) -> None:
    """Enlarge the pipe to a whole read of 1 MiB on Linux, which saves context switches."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
