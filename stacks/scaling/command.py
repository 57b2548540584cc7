"""`python -m stacks.deploy scaling`: simulate loads on the config, and print times, workers, dollars and limits."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from stacks.config.model import PipelineConfig
from stacks.cost.prices import Prices
from stacks.scaling.limits import list_limits
from stacks.scaling.loads import Load, make_burst, make_day, make_trickle
from stacks.scaling.plot import draw_outcomes
from stacks.scaling.report import format_assumptions, format_limits, format_outcomes
from stacks.scaling.settings import compare_settings, format_settings
from stacks.scaling.simulation import SimulationResult, describe_workers, simulate
from stacks.workloads.scaling_rules import scaling_rules

_MAX_VIDEOS = 20_000_000
_MAX_DAY_COMPARED = 100_000
"""The comparison of settings takes a day of as many videos at most, or it would take minutes."""


def add_arguments(command: argparse.ArgumentParser, prices: Prices) -> None:
    for name, videos, text in (
        ("burst", 10_000, "uploaded at 100 a second"),
        ("day", 1_000_000, "over a day that is busy in its middle"),
        ("trickle", 100, "over a day, far from each other"),
    ):
        command.add_argument(
            f"--{name}", type=_count, default=videos, metavar="N", help=f"videos {text} (default: {videos}; 0: none)"
        )
    command.add_argument(
        "--work-s",
        type=_seconds,
        default=prices.assumed.work_s,
        metavar="SECONDS",
        help="seconds of a vCPU that a video takes (default: %(default)g)",
    )
    command.add_argument("--quota", type=_seconds, metavar="VCPUS", help="Fargate quota (default: one that suffices)")
    command.add_argument("--settings", action="store_true", help="also compare other values of the settings")
    command.add_argument("--plot", type=Path, metavar="FILE", help="draw waiting videos and workers over time (SVG)")
    command.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run_scaling(
    config: PipelineConfig, prices: Prices, arguments: argparse.Namespace, *, say: Callable[[str], None]
) -> None:
    """Print what the loads do to the workers of a config.

    Raises:
        ValueError: the workers need more than 30 days for a load, or the quota has no room for one.
    """
    work_s, quota = arguments.work_s, arguments.quota
    workers = describe_workers(config, prices, work_s=work_s, quota_vcpus=quota)
    if not workers.max_running:
        raise ValueError(f"--quota {quota:g}: no worker has room beside the other pods")
    rules = scaling_rules(config)
    limits = list_limits(config, prices.assumed, workers, quota_vcpus=quota)
    outcomes = [simulate(load, rules, workers) for load in _loads(arguments)]
    if arguments.plot and outcomes:
        draw_outcomes(outcomes, arguments.plot)
    if arguments.json:
        say(json.dumps({"loads": [_to_json(one) for one in outcomes], "limits": [vars(one) for one in limits]}))
        return
    for part in (format_assumptions(config, rules, workers), format_outcomes(outcomes), format_limits(limits)):
        say("\n".join(part))
        say("")
    if arguments.settings:
        arguments.day = min(arguments.day, _MAX_DAY_COMPARED)
        loads = _loads(arguments)
        for line in format_settings(compare_settings(config, prices, loads, work_s=work_s, quota_vcpus=quota), loads):
            say(line)
    if arguments.plot:
        say(f"{arguments.plot} is up to date.")


def _loads(arguments: argparse.Namespace) -> list[Load]:
    asked = ((make_trickle, arguments.trickle), (make_burst, arguments.burst), (make_day, arguments.day))
    return [make(videos) for make, videos in asked if videos]


def _to_json(outcome: SimulationResult) -> dict[str, object]:
    return {
        "load": outcome.load.name,
        "videos": len(outcome.times_s),
        "p50_s": outcome.percentile_s(50),
        "p95_s": outcome.percentile_s(95),
        "max_s": outcome.percentile_s(100),
        "finished_s": outcome.finished_s,
        "max_workers": outcome.max_running,
        "worker_hours": outcome.pod_hours,
        "usd": outcome.usd,
    }


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MAX_VIDEOS:
        raise argparse.ArgumentTypeError(f"{text}: a number from 0 to {_MAX_VIDEOS:,}")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 100_000:
        raise argparse.ArgumentTypeError(f"{text}: a number above 0, at most 100,000")
    return number
