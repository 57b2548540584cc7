"""Simulate many workers on one videos table, before and after its totals had shards: `./noxw bench table`.

Options: `--workers N`, `--shards N ...`, `--seconds S` of virtual time, `--latency-ms MS` of a transaction, and
`--plot FILE` for an SVG. The command fails if a worker gives up a video although there are 64 shards.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.table.dynamodb import LATENCY_MS
from benchmarks.table.plot import draw_plot
from benchmarks.table.workers import EXTRACTION_MEAN_S, NEW, OLD, SLOTS, Result, Retries, Simulation
from services.contract.shards import MAX_SHARDS

CASES: tuple[tuple[int, Retries], ...] = (
    (1, OLD),
    (1, NEW),
    (4, NEW),
    (8, NEW),
    (16, NEW),
    (32, NEW),
    (MAX_SHARDS, NEW),
)
PLOTTED_WORKERS = (5, 10, 20, 50, 100, 200)
PLOTTED = (CASES[0], (8, NEW), (16, NEW), (32, NEW), (MAX_SHARDS, NEW))
_COLUMNS = ("shards", "retries", "videos/s", "conflicts a video", "given up", "failed", "p50", "p95", "p99")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw bench table", description=__doc__)
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--shards", type=int, nargs="*", default=[shards for shards, _ in CASES])
    parser.add_argument("--seconds", type=float, default=60, help="virtual seconds after a warm-up of ten")
    parser.add_argument("--latency-ms", type=float, default=LATENCY_MS, help="median latency of a transaction")
    parser.add_argument("--plot", type=Path, help="write videos a second over workers as an SVG")
    arguments = parser.parse_args()

    def simulate(workers: int, shards: int, retries: Retries, measured_s: float) -> Result:
        return Simulation(workers, shards, retries, latency_ms=arguments.latency_ms, measured_s=measured_s).run()

    limit = arguments.workers * SLOTS / EXTRACTION_MEAN_S
    title = f"{arguments.workers} workers, {limit:.0f} videos/s without a table; finishing in ms"
    table = Table(*_COLUMNS, title=title)
    results = {}
    for shards, retries in (case for case in CASES if case[0] in arguments.shards):
        result = results[shards, retries.name] = simulate(arguments.workers, shards, retries, arguments.seconds)
        table.add_row(str(shards), retries.name, *_show(result))
    console = Console(width=100)
    console.print(table)
    if arguments.plot:
        lines = {
            f"{shards} shards" if shards > 1 else "0.1.0": [
                (workers, simulate(workers, shards, retries, 10).videos_per_s) for workers in PLOTTED_WORKERS
            ]
            for shards, retries in PLOTTED
        }
        limits = [(workers, workers * SLOTS / EXTRACTION_MEAN_S) for workers in PLOTTED_WORKERS]
        arguments.plot.write_text(draw_plot({"without a table": limits, **lines}), encoding="utf-8")
    most = results.get((MAX_SHARDS, NEW.name))
    return 1 if most and most.given_up else 0


def _show(result: Result) -> list[str]:
    return [
        f"{result.videos_per_s:.0f}",
        f"{result.conflicts / max(1, result.videos):.1f}",
        f"{result.given_up:,}",
        f"{result.failed:,}",
        *(f"{result.finishing_ms(percent):,.0f}" for percent in (50, 95, 99)),
    ]


if __name__ == "__main__":
    sys.exit(main())
