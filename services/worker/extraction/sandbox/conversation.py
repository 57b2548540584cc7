"""Messages with the child process of one video, and the pipes that carry them."""

import contextlib
import fcntl
import math
import os
import select
import signal
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Self

from services.contract.records import ReasonCode
from services.contract.storyboards.layout import StoryboardFormat
from services.worker.extraction.outcome import ChildUsage, ExtractionError, Outcome, decode_outcome
from services.worker.extraction.reading.source import LocalFile, SourceError, VideoSource
from services.worker.extraction.sandbox import wire
from services.worker.extraction.sandbox.control import EXIT, PID
from services.worker.extraction.sandbox.job import ExtractionJob
from services.worker.extraction.sandbox.wire import DeadlineError, MessageKind, WireError

START_S = 30.0
"""Upper limit of the time to load OpenCV or to fork on a busy machine; a slower fork server hangs."""
_EXIT_S = 5.0
_PIPE_BYTES = 1024 * 1024
_MIB = 1024 * 1024


class Child:
    """Worker's ends of the pipes to a child, and its PID. `descriptors` are the child's ends, for the fork server."""

    def __init__(self) -> None:
        childs_inbox, self.inbox = os.pipe()
        self.outbox, childs_outbox = os.pipe()
        self.status, childs_status = os.pipe()
        self.descriptors = [childs_inbox, childs_outbox, childs_status]
        self.pid = 0
        _widen(self.inbox)
        os.set_blocking(self.inbox, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all pipes. A child that waits for a job then ends."""
        self.close_descriptors()
        for descriptor in (self.inbox, self.outbox, self.status):
            os.close(descriptor)

    def close_descriptors(self) -> None:
        """Close the child's ends, which the fork server has received."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []

    def await_pid(self) -> int:
        """Return the PID when the fork server has forked. Raises: WireError."""
        wire.await_ready(self.status, select.POLLIN, time.monotonic() + START_S)
        data = os.read(self.status, PID.size)
        if len(data) != PID.size:
            raise WireError("no PID")
        (self.pid,) = PID.unpack(data)
        return self.pid

    def has_ended(self) -> bool:
        """Return True if the child, whose PID is known, or its fork server has ended."""
        return bool(select.select([self.status], [], [], 0)[0])


@dataclass
class _Ending:
    """End of a child: wait status and usage, as the fork server reports them."""

    status: int
    cpu_s: float
    peak_memory_mb: float

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class Conversation:
    """Messages with the child of one video. All messages of the child are checked, as it may be hostile."""

    def __init__(self, child: Child, source: VideoSource, job: ExtractionJob, pool: Executor | None = None) -> None:
        self._child = child
        self._source = source
        self._pool = pool
        self._job = job
        self._deadline = math.inf
        self._bytes_read = 0
        self._requests = 0
        self._has_spoken = False
        self._answer: Outcome | None = None
        self._failure: ExtractionError | None = None
        self._ending: _Ending | None = None

    @property
    def is_silent(self) -> bool:
        """True if the child is gone and has sent no message: it has seen nothing of the video."""
        return not self._has_spoken and self._failure is None

    @property
    def has_answer(self) -> bool:
        """True if the child has sent a valid outcome."""
        return self._answer is not None

    def serve_child(self) -> None:
        """Serve reads until the child answers, dies, exceeds a limit or runs out of time."""
        self._deadline = time.monotonic() + self._job.bounds.deadline_s
        try:
            self._send(MessageKind.JOB, self._job.model_dump_json().encode())
            while self._answer is None and self._failure is None:
                self._handle_message(*wire.receive_message(self._child.outbox, deadline=self._deadline))
        except DeadlineError:
            reason = f"The video took longer than {self._job.bounds.deadline_s:g} s."
            self._failure = ExtractionError(ReasonCode.TIMEOUT, reason, retryable=True)
        except WireError:
            # The child is gone; its exit status has the cause.
            return

    def _send(self, kind: MessageKind, payload: bytes) -> None:
        wire.send_message(self._child.inbox, kind, payload, deadline=self._deadline)

    def _handle_message(self, kind: MessageKind, payload: bytes) -> None:
        self._has_spoken = True
        if kind is MessageKind.READ:
            self._serve(wire.parse_ranges(payload))
        elif kind is MessageKind.OUTCOME:
            try:
                answer = decode_outcome(payload)
            except ValueError as error:
                raise WireError(str(error)) from error
            positions_pct = tuple(picture.position_pct for picture in answer.pictures)
            options = self._job.options
            if not self._job.expects(positions_pct):
                raise WireError("pictures that were not requested")
            if (answer.storyboard and not options.storyboard) or (answer.preview and not options.preview):
                raise WireError("an overview that was not requested")
            if answer.poster and not options.has_poster:
                raise WireError("a poster that was not requested")
            wants_frames = StoryboardFormat.BIF in options.storyboard_layout.formats
            if answer.storyboard and bool(answer.storyboard.frames) is not wants_frames:
                raise WireError("a storyboard with other files than requested")
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
                self._send(MessageKind.DATA, data)
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
            wire.await_ready(self._child.status, select.POLLIN, time.monotonic() + _EXIT_S)
            data = os.read(self._child.status, EXIT.size)
            if len(data) == EXIT.size:
                self._ending = _Ending(*EXIT.unpack(data))

    def build_outcome(self) -> Outcome:
        """Return the answer of the child, or the reason why it has none, with its usage."""
        # Its own figures, unless its end was waited for: they are no more than the limits that the kernel enforces.
        reported = self._answer.usage if self._answer else ChildUsage()
        bounds = self._job.bounds
        cpu_s = min(reported.cpu_s, bounds.cpu_s + 1.0)
        memory_mb = min(reported.peak_memory_mb, float(bounds.memory_mb))
        if self._ending:
            cpu_s, memory_mb = self._ending.cpu_s, self._ending.peak_memory_mb
        usage = ChildUsage(
            bytes_read=self._bytes_read,
            requests=self._requests,
            cpu_s=round(cpu_s, 4),
            peak_memory_mb=round(memory_mb, 1),
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
