"""Figures of runs: they add up over batches, processes and files."""

from pathlib import Path

from tests.model.figures import Figures
from tests.model.runner import run_seeds


def test_figures_in_a_file_add_up_over_runs(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    for first in (1, 4):
        saved = Figures.load(file)
        saved.merge(run_seeds(first, 3))
        saved.failed[first] = ["a violation"]
        saved.save(file)

    whole, added = run_seeds(1, 6), Figures.load(file)

    assert (added.schedules, added.steps, added.contested) == (6, whole.steps, whole.contested)
    assert (added.deliveries, added.duplicates, added.faults) == (whole.deliveries, whole.duplicates, whole.faults)
    assert added.failed == {1: ["a violation"], 4: ["a violation"]}
    assert min(added.steps, added.contested, added.deliveries) > 0
