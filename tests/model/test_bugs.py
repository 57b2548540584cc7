"""Each deliberate bug of `bugs.py` is found, by the model or by a fast test on the simulated AWS."""

import importlib

import pytest

from services.contract.resources import pipeline_resources
from tests.model.bugs import BUGS
from tests.model.place import simulated_place
from tests.model.planting import Bug, planted
from tests.model.runner import find_failing_seed


@pytest.mark.timeout(900)
@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_deliberate_bug_is_found(bug: Bug) -> None:
    with planted(bug):
        if bug.test:
            is_found = fails(bug.test)
        else:
            is_found = find_failing_seed(bug.found_by, bug.seeds, has_events=bug.has_events) is not None

    assert is_found, f"nothing finds that {bug.breaks}"


def test_the_tests_that_find_bugs_pass_without_them() -> None:
    assert [bug.test for bug in BUGS if bug.test and fails(bug.test)] == []


def fails(test: str) -> bool:
    """Return True if a test function fails on the simulated AWS."""
    module, _, name = test.partition(":")
    function = getattr(importlib.import_module(module), name)
    with simulated_place(pipeline_resources("bugs")) as place:
        try:
            function(place)
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever it is, the bug is found
            return True
    return False
