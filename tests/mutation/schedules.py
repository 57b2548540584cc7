"""A few schedules of the model: `./noxw mutation` runs them after the other tests, which are faster."""

import pytest

from tests.model.runner import run_seeds

SCHEDULES = 10
"""Schedules of one test: few, because the first that fails ends a mutant."""


@pytest.mark.parametrize("first", range(1, 61, SCHEDULES))
def test_no_schedule_breaks_a_promise(first: int) -> None:
    assert run_seeds(first, SCHEDULES).failed == {}
