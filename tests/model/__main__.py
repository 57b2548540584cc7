"""`./noxw model`: run many schedules of the model, and print the figures and the first schedule that fails."""

import argparse
import sys

from tests.model.runner import Figures, buffer_of, describe, run_seeds, shrink

_BATCH = 1000


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw model", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000, help="number of schedules (10000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first schedule; the others follow (1)")
    arguments = parser.parse_args()
    total = Figures()
    end = arguments.seed + arguments.schedules
    for first in range(arguments.seed, end, _BATCH):
        figures = run_seeds(first, min(_BATCH, end - first))
        total.merge(figures)
        print(total, flush=True)  # noqa: T201 - for people
        for seed in figures.failed:
            print(f"seed {seed} fails. Replay: ./noxw model -- --schedules 1 --seed {seed}. Shrunk:")  # noqa: T201
            print(describe(shrink(buffer_of(seed))))  # noqa: T201
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
