"""Memory and open files of processes, from /proc."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.local.pipeline import LocalPipeline
from tests.faults.processes import list_children

_KINDS_OF_MEMORY = ("RssAnon:", "RssShmem:", "VmSwap:")


@dataclass(frozen=True)
class Sample:
    """One process at one time.

    `memory_kb` is what the process has written or shares on purpose, in memory and in swap. It has no pages of programs
    and libraries: how many of these count for a process depends on what else the machine runs.
    """

    at_s: float
    memory_kb: int
    descriptors: int


def measure_process(pid: int, at_s: float) -> Sample | None:
    """Return memory and open files of a process, None if it has ended."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        memory_kb = sum(int(line.split()[1]) for line in lines if line.startswith(_KINDS_OF_MEMORY))
        # A process that has just ended has a status without these lines.
        if memory_kb:
            return Sample(at_s, memory_kb, sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))
    return None


def list_processes(pipeline: LocalPipeline) -> Iterator[tuple[str, int]]:
    """Yield name and PID of each process of a pipeline that lasts; a child of one video does not."""
    assert pipeline.workers is not None
    assert pipeline.aws is not None
    yield "aws", pipeline.aws.pid
    for name, pid in sorted(pipeline.workers.pids().items()):
        yield name, pid
        if name.startswith(("worker", "frames")):
            for server in list_children(pid):
                yield f"{name} fork server", server
