"""Child process of one video: it reads a job from one pipe, and requests bytes and answers over the other.

It has no network, no credentials, no file and no thread, and it is killed at its limits.
"""

import os
import resource
from collections.abc import Sequence

import cv2

from services.contract.records import ReasonCode
from services.worker.extraction.examine import Denied
from services.worker.extraction.extract import extract, extract_frame
from services.worker.extraction.frames import messages
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.outcome import ChildUsage, ExtractionError, Outcome, VideoInfo, encode_outcome
from services.worker.extraction.reading.reader import ByteRange, RangedReader
from services.worker.extraction.reading.source import SourceError
from services.worker.extraction.sandbox import confinement, wire
from services.worker.extraction.sandbox.control import MAXRSS_PER_MIB
from services.worker.extraction.sandbox.job import Bounds, ExtractionJob
from services.worker.extraction.sandbox.wire import MessageKind

_MIB = 1024 * 1024
_FULL = 0.9
"""Share of the address space above which a failure is attributed to memory."""

_FRAME_TABLE_BYTES = 8 * _MIB
"""Upper limit on a table that is read whole for one frame: that of three hours of MP4. Its parts would be up to eight
requests, of which most wait for the one before."""

_MAX_PIXEL_BYTES = 6
"""Three components of more than 8 bits. A failed allocation of a whole picture leaves the peak as it was."""


def run_job(inbox: int, outbox: int, *, confined: bool) -> None:
    """Run the one job from `inbox`, behind the filter of `confinement` if `confined`.

    Raises: WireError if the worker is gone.
    """
    _, payload = wire.receive_message(inbox)
    job = ExtractionJob.model_validate_json(payload)
    memory = _Memory(job.bounds)
    messages.redirect_output()
    _set_limits(job.bounds)
    if confined:
        confinement.confine_process()
    outcome = _extract(job, memory, inbox, outbox)
    wire.send_message(outbox, MessageKind.OUTCOME, encode_outcome(outcome.with_usage(_measure_usage())))


def _measure_usage() -> ChildUsage:
    """Return CPU and peak memory of this process until now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return ChildUsage(cpu_s=used.ru_utime + used.ru_stime, peak_memory_mb=used.ru_maxrss / MAXRSS_PER_MIB)


def _set_limits(bounds: Bounds) -> None:
    memory = bounds.memory_mb * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # SIGXCPU at the first, SIGKILL at the second.
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _extract(job: ExtractionJob, memory: "_Memory", inbox: int, outbox: int) -> Outcome:
    def fetch_all(places: Sequence[ByteRange]) -> list[bytes]:
        answers = []
        for start in range(0, len(places), wire.MAX_RANGES):
            asked = places[start : start + wire.MAX_RANGES]
            wire.send_message(outbox, MessageKind.READ, wire.pack_ranges(asked))
            answers += [_receive_data(inbox) for _ in asked]
        return answers

    def fetch(offset: int, length: int) -> bytes:
        return fetch_all([(offset, length)])[0]

    max_table_bytes = _FRAME_TABLE_BYTES if job.frame else 0
    reader = RangedReader(fetch, job.size_bytes, fetch_all=fetch_all, max_table_bytes=max_table_bytes)
    # The rest of each is left for the last stage, which takes any frame.
    limits = SearchLimits(
        read_bytes=job.bounds.read_mb * _MIB // 3,
        cpu_s=job.bounds.cpu_s * 0.7,
        denied=Denied(job.bounds.denied_decoders, job.bounds.denied_demuxers),
    )
    try:
        if job.frame:
            outcome = extract_frame(reader, job.options, job.frame, limits)
        else:
            outcome = extract(reader, job.options, limits, only_pin=job.only_pin)
    except SourceError as error:
        # The worker knows the cause and reports it.
        return Outcome.failed(ExtractionError(ReasonCode.STORAGE, str(error), retryable=True))
    except MemoryError:
        return Outcome.failed(memory.ran_out())
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            return Outcome.failed(memory.ran_out())
        return Outcome.failed(ExtractionError(ReasonCode.DAMAGED, f"The video could not be decoded: {error.err}"))
    if outcome.reason_code is ReasonCode.DAMAGED and memory.was_too_small(outcome.info):
        return Outcome.failed(memory.ran_out(), outcome.info)
    return outcome


def _receive_data(inbox: int) -> bytes:
    kind, data = wire.receive_message(inbox)
    if kind is not MessageKind.DATA:
        raise SourceError("the worker refused the read")
    return data


class _Memory:
    """Peak address space of this process. Create it before the limits, which allow no open file."""

    def __init__(self, bounds: Bounds) -> None:
        self._max_mb = bounds.memory_mb
        try:
            self._status = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # not Linux
            self._status = -1

    def was_too_small(self, info: VideoInfo | None) -> bool:
        """Return True if memory was nearly full or had no room for a picture: FFmpeg reports no failed allocation."""
        lines = os.pread(self._status, 8192, 0).decode("ascii").splitlines() if self._status >= 0 else []
        peak_kb = next((line.split()[1] for line in lines if line.startswith("VmPeak:")), "0")
        picture = info.width_px * info.height_px * _MAX_PIXEL_BYTES if info else 0
        return int(peak_kb) * 1024 + picture > _FULL * self._max_mb * _MIB

    def ran_out(self) -> ExtractionError:
        """Return the error of a video that needs too much memory."""
        reason = f"The video needs more than the {self._max_mb} MiB of memory that one may take."
        return ExtractionError(ReasonCode.MEMORY, reason)


def close_other_descriptors(*keep: int) -> None:
    """Close every descriptor except these and the standard ones."""
    kept = sorted({*keep, 0, 1, 2})
    for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)
