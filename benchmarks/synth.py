"""`./noxw bench synth`: what our loading saves. The peer is CDKTF as its packages come.

The same `main.py` synthesizes the same five stacks by each engine, in processes of their own, and the results are
compared byte for byte. CPU seconds count, Python's and node's: they hold on a busy machine, wall time does not.
"""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent

ENGINES = {
    "cdktf": "cdktf, lazily loaded",
    "cdktf-plain": "cdktf, as its packages come",
    "cdktn": "CDK Terrain, lazily loaded",
}
RUNS = 3
LIMIT_CPU_S = 3.0
"""Upper limit of the CPU of one synth of all stacks, with a warm cache."""


@dataclass(frozen=True)
class SynthRun:
    cpu_s: float
    wall_s: float
    stacks: dict[str, bytes]


def main() -> int:
    subprocess.run([sys.executable, "-m", "stacks.engine.warm"], cwd=ROOT, check=True)
    rows, ours, plain = [], None, None
    for engine, title in ENGINES.items():
        runs = [_run(engine) for _ in range(1 if engine == "cdktf-plain" else RUNS)]
        best = min(runs, key=lambda run: run.cpu_s)
        rows.append((title, best))
        ours = best if engine == "cdktf" else ours
        plain = best if engine == "cdktf-plain" else plain
    print(f"{'engine':<30} {'CPU':>8} {'wall':>8}   (best of {RUNS}; plain once)")  # noqa: T201 - the command's output
    for title, run in rows:
        print(f"{title:<30} {run.cpu_s:>6.1f} s {run.wall_s:>6.1f} s")  # noqa: T201
    if ours is None or plain is None:
        return 1
    same = ours.stacks == plain.stacks
    print(f"lazy and plain output: {'the same, byte for byte' if same else 'DIFFERENT'}")  # noqa: T201
    print(f"limit: {LIMIT_CPU_S:g} s of CPU")  # noqa: T201
    return 0 if same and ours.cpu_s < LIMIT_CPU_S else 1


def _run(engine: str) -> SynthRun:
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "STACKS_ENGINE": engine, "CDKTF_OUTDIR": folder}
        before, start = _cpu_s(), time.monotonic()
        subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, check=True)
        cpu_s, wall_s = _cpu_s() - before, time.monotonic() - start
        files = sorted(Path(folder).glob("stacks/*/cdk.tf.json"))
        return SynthRun(cpu_s, wall_s, {file.parent.name: file.read_bytes() for file in files})


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
