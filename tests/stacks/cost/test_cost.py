"""The bill follows the config and the videos, and says honestly where others are cheaper."""

import math
import re

import pytest

from services.api.history.cost import measure_usage, price_usage
from services.api.history.cursor import Period
from services.contract.statistics.periods import HOUR
from stacks.cost.estimate import CostLine, estimate_lines, sum_usd, worker_hours
from stacks.cost.prices import PricePlan, load_prices
from stacks.cost.report import break_even, format_report
from stacks.cost.savings import list_savings
from stacks.cost.unit_prices import make_unit_prices
from tests.support.bench import config


def _lines(videos: int = 10_000, **values: object) -> dict[str, CostLine]:
    lines = estimate_lines(config(**values), load_prices(), videos=videos, video_mb=100)
    assert len({line.what for line in lines}) == len(lines)
    return {line.what: line for line in lines}


def test_what_aws_lists_is_what_a_line_says() -> None:
    lines = _lines()
    assert lines["EKS control plane"].usd == pytest.approx(73.0)
    assert lines["NAT gateway"].usd == pytest.approx(32.85)
    # 0.25 vCPU and 1 GB, since Fargate adds 256 MiB to the pod's 768.
    assert lines["Fargate: api"].usd == pytest.approx(730 * (0.25 * 0.04048 + 0.004445))


def test_frames_on_demand_cost_requests_and_what_is_kept() -> None:
    assert "S3: frames on demand" not in _lines()
    line = _lines(videos=1000, frames={"enabled": True, "expiry_days": 30})["S3: frames on demand"]
    # 20,000 frames: a PUT each; 16 GETs each: six ranges, and two for each of five answers.
    stored_gb = 20_000 * 60e3 / 1e9 * 720 / 730
    assert line.usd == pytest.approx(20 * 0.005 + 320 * 0.0004 + 0.023 * stored_gb)
    assert "20 frames on demand a month" in format_report(
        config(frames={"enabled": True}), load_prices(), videos=10, video_mb=1
    )


def test_base_costs_about_230_usd_without_cloudwatch_metrics() -> None:
    """Expect about $230 without CloudWatch's metrics, which the design did not count."""
    lines = _lines(videos=0)
    base = sum(line.usd for line in lines.values()) - lines["CloudWatch: metrics"].usd
    assert 200 < base < 260


def test_idle_default_config_costs_at_most_250_dollars() -> None:
    assert config().load_balancer.controller_replicas == 2
    assert sum_usd(list(_lines(videos=0, domain="example.com").values())) <= 250


def test_every_listed_saving_matches_the_settings_effect() -> None:
    values: dict[str, dict[str, object]] = {
        "cluster": {"pod_metrics": "all", "control_plane_logs": ["api", "audit"]},
        "load_balancer": {"scheme": "internet-facing"},
    }

    def total(changed: dict[str, dict[str, object]]) -> float:
        return sum_usd(estimate_lines(config(**changed), load_prices(), videos=10_000, video_mb=100))

    savings = list(list_savings(config(**values), load_prices(), videos=10_000, video_mb=100))
    assert [saving.field for saving, _ in savings][:3] == ["pod_metrics", "pod_metrics", "controller_replicas"]
    for saving, usd in savings:
        changed = {**values, saving.section: {**values[saving.section], saving.field: saving.value}}
        assert usd == pytest.approx(total(values) - total(changed))
        assert usd > 0


def test_report_names_saving_settings_and_their_drawbacks() -> None:
    text = format_report(config(), load_prices(), videos=0, video_mb=100)
    assert re.search(r'\[cluster\] pod_metrics = "none" +-12\.43\n    gives up the dashboard\'s graphs', text)
    assert "[cluster] pod_metrics" not in format_report(
        config(cluster={"pod_metrics": "none"}), load_prices(), videos=0, video_mb=100
    )


def test_no_videos_cost_no_worker() -> None:
    grown = [line for line in _lines(videos=0).values() if line.by_videos]
    assert grown
    assert sum(line.usd for line in grown) == 0


def test_more_of_anything_costs_more() -> None:
    least = sum_usd(list(_lines().values()))
    assert sum_usd(list(_lines(videos=20_000).values())) > least
    assert sum_usd(list(_lines(api={"min_replicas": 2}).values())) > least
    assert sum_usd(list(_lines(domain="example.com").values())) > least
    assert sum_usd(list(_lines(network={"availability_zones": 3}).values())) > least


def test_worker_hours_cover_work_and_cool_down() -> None:
    assumed = load_prices().assumed
    assert worker_hours(config(), assumed, 0) == 0
    # A lone video keeps a pod for start, work and cool-down: 75 + 2 + 120 s.
    assert worker_hours(config(), assumed, 1) == pytest.approx(197 / 3600, rel=1e-3)
    # Under load the pods are busy all the time, and their number follows the work.
    busy = worker_hours(config(), assumed, 10_000_000)
    assert busy == pytest.approx(10_000_000 * assumed.work_s / 3600)
    assert worker_hours(config(), assumed, 100_000) <= assumed.hours


def test_a_plan_ends_where_its_units_do() -> None:
    assert PricePlan(usd_month=99, units=225).usd(225) == 99
    assert PricePlan(usd_month=99, units=225).usd(226) is None
    assert PricePlan(usd_month=49, units=10, usd_extra_unit=4.9).usd(12) == pytest.approx(58.8)


@pytest.mark.parametrize("hosted", load_prices().hosted, ids=lambda hosted: hosted.name)
def test_a_break_even_is_one(hosted: object) -> None:
    entry = next(one for one in load_prices().hosted if one is hosted)
    edge = break_even(config(), load_prices(), entry, video_mb=100)
    text = format_report(config(), load_prices(), videos=edge or 10_000, video_mb=100)
    section = text[text.index(f"  {entry.name}") :].splitlines()[0]
    assert ("cheaper than this" in section) == (edge is None)


def test_the_report_adds_up_and_says_what_it_assumes() -> None:
    text = format_report(config(), load_prices(), videos=10_000, video_mb=100)
    together = next(line for line in text.splitlines() if line.startswith("together"))
    amount = float(together.split()[-1].replace(",", ""))
    assert math.isclose(amount, sum_usd(list(_lines().values())), abs_tol=0.01)
    assert "Prices of us-east-1, 2026-11" in text
    assert "Those of ap-southeast-2 differ" in text
    assert "10,000 videos of 100 MB" in text


def test_the_report_fits_80_columns() -> None:
    report = format_report(config(domain="example.com"), load_prices(), videos=9_999_999, video_mb=1000)
    assert [line for line in report.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("an_hour", [0, 14, 1370])
def test_the_api_estimates_what_the_report_does(an_hour: int) -> None:
    """Compare a month of even uploads, for which the api has only videos, seconds and bytes."""
    settings, prices = config(), load_prices()
    unit = make_unit_prices(settings, prices)
    videos = 730 * an_hour
    ends = {"done": an_hour, "t_ms": round(1000 * prices.assumed.work_s * settings.worker.concurrency) * an_hour}
    periods = [Period(HOUR, 0, 0, ends)] * 730
    usage = measure_usage(periods, unit, stored_bytes=videos * 100_180_000)

    api = price_usage(usage, unit, 1.0).total

    report = sum_usd(estimate_lines(settings, prices, videos=videos, video_mb=100))
    assert api == pytest.approx(report, rel=0.05)
