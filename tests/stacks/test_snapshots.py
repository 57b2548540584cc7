"""Each stack's JSON as a file to review: a change of the code shows what it changes.

`UPDATE_SNAPSHOTS=1 ./noxw test tests/stacks/test_snapshots.py` updates them.
"""

import json
import os
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from tests.support.synthesis import STACKS, Synthesized

FOLDER = Path(__file__).with_name("snapshots")

SHOWN_LINES = 80


@pytest.mark.parametrize("stack", STACKS)
def test_stack_is_as_reviewed(stack: str, synthesized: dict[str, Synthesized]) -> None:
    file = FOLDER / f"{stack}.json"
    text = json.dumps(without_notes(synthesized[stack].document), indent=2, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    reviewed = file.read_text(encoding="utf-8")
    changes = list(unified_diff(reviewed.splitlines(), text.splitlines(), "reviewed", "synthesized", lineterm=""))
    assert not changes, "UPDATE_SNAPSHOTS=1 takes this as the new snapshot:\n" + "\n".join(changes[:SHOWN_LINES])


def without_notes(value: Any) -> Any:
    """Return a value without the notes that CDKTF adds to every block, under `//`."""
    if isinstance(value, dict):
        return {name: without_notes(entry) for name, entry in value.items() if name != "//"}
    return [without_notes(entry) for entry in value] if isinstance(value, list) else value
