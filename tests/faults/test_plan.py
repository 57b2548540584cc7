"""The seed decides the whole plan, and the faults of many plans are of all kinds."""

from collections import Counter

from tests.faults.clips import KINDS
from tests.faults.plan import (
    ALL,
    VISIBILITY_TIMEOUT_S,
    WORKERS,
    AwaitPurge,
    Kill,
    StartPurge,
    Step,
    Stop,
    Upload,
    make_plan,
)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert make_plan(7) == make_plan(7)
    assert make_plan(7).steps != make_plan(8).steps


def test_hundred_plans_have_every_step_and_file_kind() -> None:
    steps = [step for seed in range(100) for step in make_plan(seed).steps]

    assert {type(step) for step in steps} == set(Step.__args__)
    for kind in (Kill, Stop):
        assert {len(step.names) for step in steps if isinstance(step, kind)} == {1, len(ALL)}
    assert {step.kind for step in steps if isinstance(step, Upload)} == set(KINDS)


def test_each_purge_is_awaited_after_its_start() -> None:
    for seed in range(100):
        kinds = [type(step) for step in make_plan(seed).steps if isinstance(step, StartPurge | AwaitPurge)]
        assert kinds in ([], [StartPurge, AwaitPurge])


def test_a_worker_stops_for_longer_than_messages_stay_hidden() -> None:
    steps = [step for seed in range(100) for step in make_plan(seed).steps]
    stops = [step.seconds for step in steps if isinstance(step, Stop) and {*step.names} & {*WORKERS}]

    assert len(stops) > 50
    assert min(stops) > VISIBILITY_TIMEOUT_S


def test_each_upload_has_a_number_of_its_own() -> None:
    counts = Counter(step.number for step in make_plan(3, uploads=40).steps if isinstance(step, Upload))
    assert len(counts) == 41
    assert set(counts.values()) == {1}
