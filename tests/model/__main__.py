"""`./noxw model`: run many schedules of the model, and print the figures and the first schedule that fails."""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.model.figures import Figures
from tests.model.runner import buffer_of, describe, run_seeds, shrink

_BATCH = 200
"""Schedules between two looks at the clock."""


def main() -> int:
    """Run the schedules; return 1 if one fails."""
    parser = argparse.ArgumentParser(prog="./noxw model", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000, help="number of schedules (10000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first schedule; the others follow (1)")
    parser.add_argument("--processes", type=int, default=1, help="processes that run schedules (1)")
    parser.add_argument("--every", type=float, default=30, help="seconds between two lines of figures (30)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="add the figures to FILE, and go on after a schedule that fails"
    )
    arguments = parser.parse_args()
    # Without a file for the findings, the first one ends the run.
    total, saved = Figures(), Figures.load(arguments.json) if arguments.json else None
    shown_at = time.monotonic()
    for figures in _run_batches(arguments.seed, arguments.schedules, arguments.processes, goes_on=saved is not None):
        total.merge(figures)
        for seed in figures.failed:
            print(f"seed {seed} fails. Replay: ./noxw model -- --schedules 1 --seed {seed}", flush=True)  # noqa: T201
        if saved is not None:
            saved.merge(figures)
        elif figures.failed:
            break
        if time.monotonic() - shown_at >= arguments.every:
            shown_at = time.monotonic()
            print(total, flush=True)  # noqa: T201 - for people
            if saved is not None:
                saved.save(arguments.json)
    print(total, flush=True)  # noqa: T201 - for people
    if saved is not None:
        saved.save(arguments.json)
    else:
        for seed in total.failed:
            print(f"Seed {seed}, shrunk:\n{describe(shrink(buffer_of(seed)))}")  # noqa: T201
            break
    return 1 if total.failed else 0


def _run_batches(first: int, count: int, processes: int, *, goes_on: bool) -> Iterator[Figures]:
    end = first + count
    batches = [(seed, min(_BATCH, end - seed), _BATCH if goes_on else 1) for seed in range(first, end, _BATCH)]
    if processes == 1:
        yield from map(_run_batch, batches)
        return
    with multiprocessing.Pool(processes) as pool:
        yield from pool.imap_unordered(_run_batch, batches)


def _run_batch(batch: tuple[int, int, int]) -> Figures:
    first, count, most_failures = batch
    return run_seeds(first, count, most_failures=most_failures)


if __name__ == "__main__":
    sys.exit(main())
