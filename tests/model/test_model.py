"""The model of the protocol: no schedule loses a video, and a schedule that fails shrinks and replays."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from services.aws.table.items import _to_storable
from services.contract.records import VideoState
from tests.model.aws.attributes import deserialize, remember_storable, serialize
from tests.model.bugs import BUGS
from tests.model.modules import simulated_modules
from tests.model.planting import planted
from tests.model.runner import buffer_of, describe, find_failing_seed, run_buffer, run_seeds, shrink

SCHEDULES = 2000
"""`.github/workflows/nightly.yml` runs 20,000 every night."""

EVENT_SCHEDULES = 300


@pytest.mark.timeout(900)
def test_no_schedule_breaks_a_promise() -> None:
    figures = run_seeds(1, SCHEDULES)

    for seed in figures.failed:
        pytest.fail(f"seed {seed}, shrunk:\n{describe(shrink(buffer_of(seed)))}")
    assert figures.schedules == SCHEDULES


@pytest.mark.timeout(900)
def test_no_schedule_loses_an_event_or_its_order() -> None:
    figures = run_seeds(1, EVENT_SCHEDULES, has_events=True)

    for seed in figures.failed:
        pytest.fail(f"seed {seed}, shrunk:\n{describe(shrink(buffer_of(seed), has_events=True), has_events=True)}")


def test_a_schedule_replays_exactly() -> None:
    with simulated_modules():
        traces = [run_buffer(buffer_of(7), is_traced=True)[0].simulation.trace for _ in range(2)]

    first, second = (_without_secrets(trace or []) for trace in traces)
    assert first == second
    assert len(first) > 10


def _without_secrets(trace: list[str]) -> list[str]:
    """Return the lines without what `secrets` makes: ids of purges, the signing key and the revisions of records."""
    lines = [line for line in trace if "signing-key" not in line and "purge" not in line]
    # A long line is cut, after a number of digits that differs.
    return [re.sub(r"'revision': \{'N': '\d+'\}", "", line)[:300] for line in lines]


@pytest.mark.timeout(900)
def test_a_failing_schedule_shrinks_and_still_fails() -> None:
    bug = next(bug for bug in BUGS if bug.name == "a failed video has no dead letter")
    with planted(bug):
        seed = find_failing_seed(bug.found_by, 3000)
        assert seed is not None
        shrunk = shrink(buffer_of(seed), examples=300)
        with simulated_modules():
            found, _ = run_buffer(buffer_of(seed))
            world, violations = run_buffer(shrunk)

    assert violations
    assert sum(byte > 0 for byte in shrunk) < 200
    assert world.simulation.steps < found.simulation.steps


def test_attributes_are_those_of_boto3() -> None:
    value = {"a": "b", "n": Decimal("1.50"), "i": 3, "t": True, "l": [1, {"m": "x"}], "nothing": None}

    assert serialize(value) == TypeSerializer().serialize(value)
    assert deserialize(serialize(value)) == TypeDeserializer().deserialize(TypeSerializer().serialize(value))


def test_values_are_stored_as_the_services_store_them() -> None:
    now = datetime(2026, 11, 29, 12, 0, 0, 5, tzinfo=UTC)
    times = [now, now.astimezone(timezone(timedelta(hours=2)))]
    value = {"state": VideoState.DONE, "t": (*times, 1.0, 1.5, 1, True, None), "m": {"text": "text", "l": [{}]}}

    found = remember_storable(_to_storable)(value)

    assert found == _to_storable(value)
    assert (type(found["state"]), [type(one) for one in found["t"]]) == (
        str,
        [str, str, int, Decimal, int, bool, type(None)],
    )
