"""The simulation against cases that can be calculated by hand."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from stacks.cost.prices import load_prices
from stacks.scaling.limits import list_limits
from stacks.scaling.loads import Load, make_burst, make_day, make_trickle
from stacks.scaling.simulation import Workers, describe_workers, simulate
from stacks.workloads.scaling_rules import ScalingRules, scaling_rules
from tests.support.bench import config


@pytest.fixture
def rules() -> ScalingRules:
    return scaling_rules(config())


@pytest.fixture
def workers() -> Workers:
    return describe_workers(config(), load_prices(), work_s=2.0, quota_vcpus=None)


ONE_VIDEO = Load(name="one video", videos=1, duration_s=1, is_random=False)


def test_a_single_video_waits_for_its_pod(rules: ScalingRules, workers: Workers) -> None:
    outcome = simulate(ONE_VIDEO, rules, workers)

    (waited_s,) = outcome.times_s
    assert workers.start_s < waited_s < rules.polling_interval_s + workers.start_s + 5 * workers.work_s
    assert outcome.max_running == 1
    # The pod starts, works, and ends after the cooldown.
    linger_s = outcome.pod_hours * 3600 - workers.start_s - rules.cooldown_s
    assert 0 <= linger_s <= 2 * rules.polling_interval_s + 5 * workers.work_s
    assert outcome.usd == pytest.approx(outcome.pod_hours * (0.04048 + 2 * 0.004445))


def test_every_video_is_done_exactly_once(rules: ScalingRules, workers: Workers) -> None:
    for load in (make_burst(2000), make_day(3000), make_trickle(50)):
        assert len(simulate(load, rules, workers).times_s) == sum(1 for _ in load.uploads(1))


def test_a_burst_takes_the_work_over_all_workers(rules: ScalingRules, workers: Workers) -> None:
    outcome = simulate(make_burst(10_000), rules, workers)

    working_s = 10_000 * workers.work_s / (rules.max_replicas * workers.vcpus)
    assert outcome.max_running == rules.max_replicas
    assert working_s < outcome.finished_s < working_s * 1.05 + workers.start_s + 2 * rules.polling_interval_s


def test_a_quota_keeps_pods_pending(rules: ScalingRules) -> None:
    small = describe_workers(config(), load_prices(), work_s=2.0, quota_vcpus=6)
    assert small.max_running == 3
    outcome = simulate(make_burst(1000), rules, small)
    assert outcome.max_running == 3
    assert len(outcome.times_s) == 1000


def test_a_worker_that_goes_while_busy_loses_nothing(rules: ScalingRules, workers: Workers) -> None:
    slow = replace(workers, work_s=300.0)
    hasty = replace(rules, scale_down_window_s=15, removed_replicas=10)
    outcome = simulate(make_burst(30), hasty, slow)
    assert len(outcome.times_s) == 30


def test_the_same_seed_gives_the_same_outcome(rules: ScalingRules, workers: Workers) -> None:
    one, same, other = (simulate(make_day(2000), rules, workers, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.times_s != other.times_s


def test_more_work_than_a_month_holds_is_an_error(rules: ScalingRules, workers: Workers) -> None:
    with pytest.raises(ValueError, match="more than 30 days"):
        simulate(ONE_VIDEO, rules, replace(workers, work_s=40 * 86_400.0))


def test_the_lowest_limit_comes_first(workers: Workers) -> None:
    assumed = load_prices().assumed
    limits = list_limits(config(), assumed, workers, quota_vcpus=None)
    assert (limits[0].name, limits[0].videos_per_s) == ("10 workers", 5.0)
    many = config(worker={"max_replicas": 500})
    large = describe_workers(many, load_prices(), work_s=0.2, quota_vcpus=None)
    assert list_limits(many, assumed, large, quota_vcpus=None)[0].name == "DynamoDB: conflicts on the totals"
    sharded = config(worker={"max_replicas": 500}, storage={"table_shards": 64})
    assert list_limits(sharded, assumed, large, quota_vcpus=None)[0].name == "DynamoDB: a new table"


def test_the_page_on_scaling_has_the_limits_of_the_default() -> None:
    prices = load_prices()
    workers = describe_workers(config(), prices, work_s=2.0, quota_vcpus=6)
    limits = list_limits(config(), prices.assumed, workers, quota_vcpus=6)

    page = (Path(__file__).parents[3] / "docs" / "scaling.md").read_text(encoding="utf-8")
    table = page.partition("| limit | videos/s |")[2].partition("\n\n")[0]
    shown = re.findall(r"^\| [^|]+ \| ([\d.,]+) \|", table, re.MULTILINE)
    assert shown == [f"{limit.videos_per_s:,.{0 if limit.videos_per_s >= 2 else 1}f}" for limit in limits]
