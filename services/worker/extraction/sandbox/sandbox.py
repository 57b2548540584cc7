"""The worker's side of an extraction: starts the fork server, serves a child's reads, and says how it ended."""

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
from services.worker.extraction.reading.source import LocalFile, Source, SourceError
from services.worker.extraction.sandbox import forkserver, wire
from services.worker.extraction.sandbox.job import Bounds, Job
from services.worker.extraction.sandbox.wire import DeadlineError, Kind, WireError

_PASSED_ON = ("PATH", "PYTHONHOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
"""All that the fork server gets of the environment: nothing that could be a secret."""

TUNING = {
    # One thread, and so one core: parallelism comes from working on several videos.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Frames are large, and few: memory is kept for the next one, in huge pages. Saves a tenth of the CPU.
    "MALLOC_MMAP_THRESHOLD_": "268435456",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
"""What the environment of the fork server adds."""

_IMPORT_PATH = str(Path(__file__).parents[4])
"""Where `services` was imported from."""

_PIPE_BYTES = 1024 * 1024
_MIB = 1024 * 1024
_START_S = 30.0
"""More than the fork server takes to load OpenCV, or to fork, on a busy machine; one that takes longer hangs."""

_LAST_WORDS_S = 5.0
_READS_AT_ONCE = 16
"""Of all videos together. A thread is started when it is first needed."""


class SandboxError(Exception):
    """The fork server does not work: nothing can be extracted until it is started again."""


class Sandbox:
    """Extracts thumbnails in child processes. May be used from several threads at once.

    The fork server is started with the first video, and again if it dies.
    """

    def __init__(self, options: ThumbnailOptions, bounds: Bounds) -> None:
        self._options = options
        self._bounds = bounds
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lacking = ""
        self._running: set[int] = set()
        self._closed = False
        self._ending = False
        self._pool = ThreadPoolExecutor(_READS_AT_ONCE, thread_name_prefix="read")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> str:
        """Starts the fork server, and says what its children lack of protection: nothing, as a rule.

        Raises: SandboxError.
        """
        with self._lock:
            try:
                self._started()
            except OSError as error:
                self._forget()
                raise SandboxError(f"The fork server does not start: {error}") from error
            return self._lacking

    def extract(self, source: Source) -> Outcome:
        """The thumbnails of the video in `source`, or why there are none.

        Whatever the video does to the child, this returns. Raises: SandboxError.
        """
        job = Job(size_bytes=source.size_bytes, options=self._options, bounds=self._bounds)
        try:
            return self._extract(source, job)
        except _ServerLostError:
            # It died just now, before it forked: nothing is lost, and another one is started.
            return self._extract(source, job)

    def _extract(self, source: Source, job: Job) -> Outcome:
        with _Conversation(source, job, self._pool) as conversation:
            pid = self._fork(conversation)
            try:
                conversation.hold()
            finally:
                # It has answered, or will not: whatever it does now ends here.
                self._kill(pid)
                with self._lock:
                    self._running.discard(pid)
            conversation.wait()
            return conversation.outcome()

    def kill_children(self) -> None:
        """Ends every extraction that is under way or begins later; they fail as `crashed`, to be tried again."""
        with self._lock:
            self._ending = True
            pids = list(self._running)
        for pid in pids:
            self._kill(pid)

    def close(self) -> None:
        """Ends the fork server, and every child with it."""
        with self._lock:
            self._closed = True
            server, control = self._server, self._control
            self._server = self._control = None
        self._pool.shutdown(wait=False, cancel_futures=True)
        if control:
            control.close()
        if server:
            try:
                server.wait(timeout=_LAST_WORDS_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def _fork(self, conversation: "_Conversation") -> int:
        with self._lock:
            for _ in range(2):
                try:
                    server, control = self._started()
                    message = forkserver.FORK.ljust(forkserver.MESSAGE_BYTES)
                    socket.send_fds(control, [message], conversation.childs_ends)
                except OSError:
                    self._forget()
                    continue
                break
            else:
                raise SandboxError("The fork server could not be reached.")
        conversation.close_childs_ends()
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
                # -P: nothing is imported from where the worker happens to stand.
                [sys.executable, "-P", "-m", forkserver.__name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**environment, **TUNING, "PYTHONPATH": _IMPORT_PATH},
            )
        self._control = ours
        self._lacking = _greeting(ours)
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
                    self._control.send(forkserver.KILL + forkserver.PID.pack(pid))


def _greeting(control: socket.socket) -> str:
    """What the fork server says when it is up. Raises: OSError if it does not."""
    control.settimeout(_START_S)
    greeting = control.recv(forkserver.MOST_GREETING_BYTES)
    control.settimeout(None)
    if not greeting.endswith(b"\n"):
        raise OSError("it ended before it was up")
    return greeting.decode(errors="replace").strip()


class _ServerLostError(SandboxError):
    """The fork server was gone before a child began."""


@dataclass
class _Ending:
    """How a child ended, as the fork server saw it."""

    status: int
    cpu_s: float
    peak_memory_mb: float

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class _Conversation:
    """One video's talk with its child. Everything that the child says is checked, nothing is believed."""

    def __init__(self, source: Source, job: Job, pool: Executor | None = None) -> None:
        self._source = source
        self._pool = pool
        self._job = job
        self._deadline = math.inf
        childs_inbox, self._to_child = os.pipe()
        self._from_child, childs_outbox = os.pipe()
        self._status, childs_status = os.pipe()
        self.childs_ends = [childs_inbox, childs_outbox, childs_status]
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
        self.close_childs_ends()
        for descriptor in self._open:
            os.close(descriptor)

    def close_childs_ends(self) -> None:
        for descriptor in self.childs_ends:
            os.close(descriptor)
        self.childs_ends = []

    def await_pid(self) -> int:
        """Raises: WireError."""
        wire.await_ready(self._status, select.POLLIN, time.monotonic() + _START_S)
        data = os.read(self._status, forkserver.PID.size)
        if len(data) != forkserver.PID.size:
            raise WireError("no PID")
        (pid,) = forkserver.PID.unpack(data)
        return int(pid)

    def hold(self) -> None:
        """Serves the child until it has answered, died, overstepped a bound or run out of time."""
        self._deadline = time.monotonic() + self._job.bounds.deadline_s
        try:
            self._send(Kind.JOB, self._job.model_dump_json().encode())
            while self._answer is None and self._failure is None:
                self._reply(*wire.receive(self._from_child, deadline=self._deadline))
        except DeadlineError:
            reason = f"The video took longer than {self._job.bounds.deadline_s:g} s."
            self._failure = ExtractionError(ReasonCode.TIMEOUT, reason, retryable=True)
        except WireError:
            # The child is gone; its ending tells why.
            return

    def _send(self, kind: Kind, payload: bytes) -> None:
        wire.send(self._to_child, kind, payload, deadline=self._deadline)

    def _reply(self, kind: Kind, payload: bytes) -> None:
        if kind is Kind.READ:
            self._serve(wire.parse_places(payload))
        elif kind is Kind.OUTCOME:
            try:
                answer = decode_outcome(payload)
            except ValueError as error:
                raise WireError(str(error)) from error
            positions_pct = tuple(picture.position_pct for picture in answer.pictures)
            options = self._job.options
            if positions_pct not in ((), options.positions_pct):
                raise WireError("pictures that nobody asked for")
            if (answer.storyboard and not options.storyboard) or (answer.preview and not options.preview):
                raise WireError("an overview that nobody asked for")
            self._answer = answer
        else:
            raise WireError(f"a {kind.name} from a child")

    def _serve(self, places: Sequence[tuple[int, int]]) -> None:
        for offset, length in places:
            if not 0 < length <= self._job.size_bytes - offset:
                raise WireError(f"a read of {length} bytes at {offset}")
        if sum(length for _, length in places) > wire.MAX_FRAME_BYTES:
            raise WireError("reads of too many bytes at once")
        self._requests += len(places)
        self._bytes_read += sum(length for _, length in places)
        bounds = self._job.bounds
        if self._bytes_read > bounds.read_mb * _MIB or self._requests > bounds.requests:
            reason = f"More than {bounds.read_mb} MiB or {bounds.requests} reads were needed to find the frames."
            self._failure = ExtractionError(ReasonCode.BUDGET, reason)
            return
        try:
            for data in self._read(places):
                self._send(Kind.DATA, data)
        except SourceError as error:
            reason = f"The video could not be read: {error}"
            self._failure = ExtractionError(ReasonCode.STORAGE, reason, retryable=error.retryable)

    def _read(self, places: Sequence[tuple[int, int]]) -> Iterable[bytes]:
        """The bytes of each place, in order. Reads of a file take no time; others go out together."""
        if self._pool is None or len(places) == 1 or isinstance(self._source, LocalFile):
            return (self._source.read(*place) for place in places)
        return self._pool.map(self._source.read, *zip(*places, strict=True))

    def wait(self) -> None:
        """Waits for the child's end, which is near: it has answered, or was killed."""
        with contextlib.suppress(DeadlineError):
            wire.await_ready(self._status, select.POLLIN, time.monotonic() + _LAST_WORDS_S)
            data = os.read(self._status, forkserver.EXIT.size)
            if len(data) == forkserver.EXIT.size:
                self._ending = _Ending(*forkserver.EXIT.unpack(data))

    def outcome(self) -> Outcome:
        ending = self._ending
        usage = Usage(
            bytes_read=self._bytes_read,
            requests=self._requests,
            cpu_s=round(ending.cpu_s, 4) if ending else 0.0,
            peak_memory_mb=round(ending.peak_memory_mb, 1) if ending else 0.0,
        )
        outcome = Outcome.failed(self._failure) if self._failure else self._answer or Outcome.failed(self._cause())
        return outcome.with_usage(usage)

    def _cause(self) -> ExtractionError:
        number = self._ending.signal if self._ending else 0
        if number == signal.SIGXCPU:
            reason = f"The video took more than {self._job.bounds.cpu_s} s of CPU time."
            return ExtractionError(ReasonCode.TIMEOUT, reason)
        # A real-time signal has a number only.
        name = next((known.name for known in signal.Signals if known == number), f"signal {number}")
        how = f"was ended by {name}" if number else "ended without an answer"
        return ExtractionError(ReasonCode.CRASHED, f"The process that decoded the video {how}.", retryable=True)


def _widen(pipe: int) -> None:
    """Lets a whole read of 1 MiB into the pipe at once, where the kernel can: fewer switches between the processes."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
