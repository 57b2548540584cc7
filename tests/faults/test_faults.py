"""Two seeds of the fault run: `./noxw faults --seeds N` runs more, and `--seed S` one of them again."""

from pathlib import Path

import pytest

from tests.faults.clips import ClipFolder
from tests.faults.plan import make_plan
from tests.faults.run import run_plan


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    return ClipFolder(tmp_path_factory.mktemp("clips"))


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_while_everything_breaks(seed: int, clips: ClipFolder, tmp_path: Path) -> None:
    result = run_plan(make_plan(seed), tmp_path, clips)

    assert result.violations == [], f"./noxw faults --seed {seed} runs it again"
    assert result.counts["objects"] > 0
