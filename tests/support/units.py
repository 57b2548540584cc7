"""The units in which several processes (pytest-xdist, `--dist loadfile`) share the tests, and their order."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling

TESTS = Path(__file__).parents[1]

SYNTHESIS = "synthesis"
"""All files that synthesize stacks: one process starts jsii's node, and synthesizes a config once for all of them."""

INSTANCES = "instances"
"""The files whose instances share an environment, in the order of their names."""

LONGEST_FIRST = (
    *(INSTANCES, SYNTHESIS, "faults/test_faults.py", "test_sbom.py"),
    *("model/test_model.py", "services/api", "pipeline", "services/local", "services/worker", "stacks"),
)
"""Units and folders in the order in which the processes take them: at the end, none has a long file left."""


@cache
def unit_of(path: Path) -> str:
    """Return the name of a file's unit: its own path, unless it shares what is slow to set up."""
    text = path.read_text(encoding="utf-8")
    if "from tests.support.synthesis import" in text:
        return SYNTHESIS
    return INSTANCES if "share_environment" in text else path.relative_to(TESTS).as_posix()


def find_turn(path: Path) -> int:
    """Return the index in LONGEST_FIRST of a file's unit or of a folder above it."""
    unit = unit_of(path)
    turns = (turn for turn, first in enumerate(LONGEST_FIRST) if unit.startswith(first))
    return next(turns, len(LONGEST_FIRST))


class UnitScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Give all tests of a unit to one process, because they share what is slow to set up."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(self.config.rootpath / nodeid.split("::", 1)[0])
