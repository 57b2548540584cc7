"""KEDA's and Kubernetes' decisions on the number of workers, with the rules that the stacks write."""

from dataclasses import replace

import pytest

from stacks.scaling.autoscaler import SYNC_S, QueueAutoscaler
from stacks.workloads.scaling_rules import ScalingRules, scaling_rules
from tests.support.bench import config


@pytest.fixture
def rules() -> ScalingRules:
    return scaling_rules(config())


def at(scaler: QueueAutoscaler, begin_s: float, messages: int, *, syncs: int) -> list[int]:
    """Return the numbers of workers at that many decisions in turn, with the same messages."""
    return [scaler.sync(begin_s + number * SYNC_S, messages) for number in range(syncs)]


def test_one_message_starts_one_worker(rules: ScalingRules) -> None:
    scaler = QueueAutoscaler(rules)
    assert scaler.sync(0, 1) == 0
    assert scaler.poll(0, 1) == 1


@pytest.mark.parametrize(("messages", "workers"), [(1, 1), (3, 1), (4, 2), (9, 3), (25, 9), (30, 10), (10_000, 10)])
def test_messages_decide_the_number_of_workers(rules: ScalingRules, messages: int, workers: int) -> None:
    scaler = QueueAutoscaler(rules)
    scaler.poll(0, messages)
    assert scaler.sync(0, messages) == workers


def test_a_tenth_above_the_target_changes_nothing(rules: ScalingRules) -> None:
    scaler = QueueAutoscaler(rules)
    scaler.poll(0, 30)
    scaler.sync(0, 30)
    assert scaler.sync(15, 28) == 10


def test_growth_is_limited_to_the_policy(rules: ScalingRules) -> None:
    scaler = QueueAutoscaler(replace(rules, added_replicas=4))
    scaler.poll(0, 1000)
    assert at(scaler, 0, 1000, syncs=4) == [5, 9, 10, 10]


def test_workers_go_one_a_minute_after_the_window(rules: ScalingRules) -> None:
    scaler = QueueAutoscaler(rules)
    scaler.poll(0, 30)
    scaler.sync(0, 30)

    counts = at(scaler, 15, 3, syncs=40)

    window = rules.scale_down_window_s // SYNC_S
    assert set(counts[: window - 1]) == {10}
    # One now, and one each minute: a minute has four decisions.
    assert counts[window - 1 : window + 9] == [9] * 4 + [8] * 4 + [7] * 2


def test_a_peak_within_the_window_keeps_the_workers(rules: ScalingRules) -> None:
    scaler = QueueAutoscaler(rules)
    scaler.poll(0, 30)
    for number in range(100):
        scaler.sync(number * SYNC_S, 30 if number % 10 == 0 else 3)
    assert scaler.replicas == 10


def test_all_workers_go_after_the_cooldown(rules: ScalingRules) -> None:
    scaler = QueueAutoscaler(rules)
    scaler.poll(0, 30)
    scaler.sync(0, 30)
    assert scaler.poll(rules.cooldown_s - 1, 0) == 10
    assert scaler.poll(rules.cooldown_s, 0) == 0
