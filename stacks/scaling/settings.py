"""Effect of each setting of the workers: the same loads with one setting at another value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.config.model import PipelineConfig
from stacks.cost.prices import Prices
from stacks.scaling.loads import Load
from stacks.scaling.report import format_seconds
from stacks.scaling.simulation import SimulationResult, describe_workers, simulate
from stacks.workloads.scaling_rules import scaling_rules

_NAME = 32

_VARIANTS: tuple[Mapping[str, Any], ...] = (
    {"max_replicas": 20},
    {"max_replicas": 50},
    {"messages_per_replica": 1},
    {"messages_per_replica": 30},
    {"concurrency": 1},
    {"cpu_millis": 2000, "memory_mib": 3840},
    {"polling_interval_s": 5},
    {"polling_interval_s": 60},
    {"cooldown_s": 60},
    {"cooldown_s": 900},
)


@dataclass(frozen=True, kw_only=True)
class Variant:
    name: str
    outcomes: list[SimulationResult]


def compare_settings(
    config: PipelineConfig, prices: Prices, loads: list[Load], *, work_s: float, quota_vcpus: float | None
) -> Iterator[Variant]:
    """Yield the outcomes of the config as it is, then with each change by itself."""
    for changes in ({}, *_VARIANTS):
        worker = config.worker.model_copy(update=dict(changes))
        changed = config.model_copy(update={"worker": worker})
        workers = describe_workers(changed, prices, work_s=work_s, quota_vcpus=quota_vcpus)
        name = ", ".join(f"{field} = {value}" for field, value in changes.items() if field != "memory_mib")
        rules = scaling_rules(changed)
        yield Variant(name=name or "as configured", outcomes=[simulate(load, rules, workers) for load in loads])


def format_settings(variants: Iterator[Variant], loads: list[Load]) -> Iterator[str]:
    """Yield the table of variants: of each load the mean time from upload to thumbnails, and the dollars."""
    yield "Mean time with another setting in [worker], each by itself:"
    yield f"{'':<{_NAME}}" + "".join(f"{load.name.split(' of')[0]:>9}{'USD':>7}" for load in loads)
    for variant in variants:
        cells = (f"{format_seconds(outcome.mean_s):>9}{outcome.usd:>7,.2f}" for outcome in variant.outcomes)
        yield f"{variant.name:<{_NAME}}" + "".join(cells)
