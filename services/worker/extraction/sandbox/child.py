"""What a forked child does: takes a job from one pipe, asks for bytes and answers over the other.

It has no network, no credentials, no file and no thread. Whatever a video makes it do ends at its limits.
"""

import os
import resource
from collections.abc import Sequence

import cv2

from services.contract.records import ReasonCode
from services.worker.extraction.extract import extract
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.outcome import ExtractionError, Outcome, encode_outcome
from services.worker.extraction.reading.reader import Place, RangedReader
from services.worker.extraction.reading.source import SourceError
from services.worker.extraction.sandbox import confinement, wire
from services.worker.extraction.sandbox.job import Bounds, Job
from services.worker.extraction.sandbox.wire import Kind

_MIB = 1024 * 1024
_FULL = 0.9
"""Share of the address space at which a failure is put down to memory."""


def run(inbox: int, outbox: int, *, confined: bool) -> None:
    """Works off the one job that comes through `inbox`, behind the filter of `confinement` if `confined`.

    Raises: WireError when the worker is gone.
    """
    _, payload = wire.receive(inbox)
    job = Job.model_validate_json(payload)
    memory = _Memory(job.bounds)
    _restrict(job.bounds)
    if confined:
        confinement.confine()
    outcome = _outcome(job, memory, inbox, outbox)
    wire.send(outbox, Kind.OUTCOME, encode_outcome(outcome))


def _restrict(bounds: Bounds) -> None:
    memory = bounds.memory_mb * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # SIGXCPU at the first, SIGKILL at the second.
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _outcome(job: Job, memory: "_Memory", inbox: int, outbox: int) -> Outcome:
    def fetch_all(places: Sequence[Place]) -> list[bytes]:
        answers = []
        for start in range(0, len(places), wire.MAX_PLACES):
            asked = places[start : start + wire.MAX_PLACES]
            wire.send(outbox, Kind.READ, wire.places(asked))
            answers += [_answer(inbox) for _ in asked]
        return answers

    def fetch(offset: int, length: int) -> bytes:
        return fetch_all([(offset, length)])[0]

    reader = RangedReader(fetch, job.size_bytes, fetch_all=fetch_all)
    # What is left of each is for the frame that is shown when nothing better was found.
    limits = SearchLimits(read_bytes=job.bounds.read_mb * _MIB // 3, cpu_s=job.bounds.cpu_s * 0.7)
    try:
        outcome = extract(reader, job.options, limits)
    except SourceError as error:
        # The worker knows why, and says so in its own words.
        return Outcome.failed(ExtractionError(ReasonCode.STORAGE, str(error), retryable=True))
    except MemoryError:
        return Outcome.failed(memory.ran_out())
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            return Outcome.failed(memory.ran_out())
        return Outcome.failed(ExtractionError(ReasonCode.DAMAGED, f"The video could not be decoded: {error.err}"))
    if outcome.reason_code is ReasonCode.DAMAGED and memory.was_full():
        return Outcome.failed(memory.ran_out(), outcome.info)
    return outcome


def _answer(inbox: int) -> bytes:
    kind, data = wire.receive(inbox)
    if kind is not Kind.DATA:
        raise SourceError("the worker refused the read")
    return data


class _Memory:
    """How much address space this process has had. To be made before the limits: no file can be opened behind them."""

    def __init__(self, bounds: Bounds) -> None:
        self._most_mb = bounds.memory_mb
        try:
            self._status = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # only Linux tells
            self._status = -1

    def was_full(self) -> bool:
        """FFmpeg does not say that it ran out of memory: this does."""
        lines = os.pread(self._status, 8192, 0).decode("ascii").splitlines() if self._status >= 0 else []
        peak_kb = next((line.split()[1] for line in lines if line.startswith("VmPeak:")), "0")
        return int(peak_kb) * 1024 > _FULL * self._most_mb * _MIB

    def ran_out(self) -> ExtractionError:
        reason = f"The video needs more than the {self._most_mb} MiB of memory that one may take."
        return ExtractionError(ReasonCode.MEMORY, reason)


def close_all_but(*keep: int) -> None:
    """Closes every descriptor but these and the standard ones."""
    kept = sorted({*keep, 0, 1, 2})
    for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)
