"""The outcomes as people read them, in 80 columns."""

import textwrap
from collections.abc import Iterator, Sequence

from stacks.config.model import PipelineConfig
from stacks.scaling.limits import Limit
from stacks.scaling.simulation import SimulationResult, Workers
from stacks.workloads.scaling_rules import ScalingRules

_NAME = 24
_WIDTH = 80


def format_outcomes(outcomes: Sequence[SimulationResult]) -> Iterator[str]:
    """Yield the table of loads: the time from upload to thumbnails of half, 95 % and all of the videos; the pods."""
    yield f"{'upload to thumbnails':<{_NAME}}{'half':>9}{'95 %':>9}{'all':>9}{'workers':>9}{'hours':>9}{'USD':>10}"
    for outcome in outcomes:
        times = "".join(f"{format_seconds(outcome.percentile_s(percent)):>9}" for percent in (50, 95, 100))
        pods = f"{outcome.max_running:>9}{outcome.pod_hours:>9,.1f}{outcome.usd:>10,.2f}"
        yield f"{outcome.load.name:<{_NAME}}{times}{pods}"


def format_assumptions(config: PipelineConfig, rules: ScalingRules, workers: Workers) -> Iterator[str]:
    text = (
        f"A video takes {workers.work_s:g} s of a vCPU (--work-s), and a pod {workers.start_s:g} s to start. A worker "
        f"has {workers.vcpus:g} vCPU and works on {workers.concurrency} videos at once. There is one for "
        f"{rules.messages_per_replica} messages, up to {rules.max_replicas}; the last one ends {rules.cooldown_s} s "
        f"after the last video. The dollars are those of the workers: `./noxw cost` estimates all of {config.name}."
    )
    yield from textwrap.wrap(text, _WIDTH)


def format_limits(limits: Sequence[Limit]) -> Iterator[str]:
    """Yield the limits, each with what raises it on a line of its own."""
    yield f"{'limits, the lowest first':<54}{'videos a second':>16}{'a day':>10}"
    for limit in limits:
        yield f"{limit.name:<54}{limit.videos_per_s:>16,.1f}{_millions(limit.videos_per_s * 86_400):>10}"
        yield f"    raised by {limit.raised_by}"


def format_seconds(seconds: float) -> str:
    """Return a time as people say it: 8 s, 3.5 min, 2.1 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def _millions(number: float) -> str:
    return f"{number / 1e6:,.1f} m" if number >= 1e5 else f"{number:,.0f}"
