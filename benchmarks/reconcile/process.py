"""Time and memory of another process, and counts in words."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessUse:
    cpu_s: float
    peak_mb: float
    """Maximum resident memory since the start of the process."""


def read_process(pid: int) -> ProcessUse:
    """Return what a process has used so far. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    peak_kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return ProcessUse(ticks / os.sysconf("SC_CLK_TCK"), int(peak_kib) * 1024 / 1e6)


def describe_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
