"""Settings that make the bill smaller, with their price and with what is given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stacks.config.model import PipelineConfig
from stacks.cost.estimate import estimate_lines, sum_usd
from stacks.cost.prices import Prices

_NOTICEABLE_USD = 0.01


@dataclass(frozen=True, kw_only=True)
class Saving:
    section: str
    field: str
    value: Any
    given_up: str


_SAVINGS = (
    Saving(
        section="cluster",
        field="pod_metrics",
        value="pipeline",
        given_up="metrics of the controllers' pods, and sums over namespaces and cluster",
    ),
    Saving(
        section="cluster",
        field="pod_metrics",
        value="none",
        given_up="the dashboard's graphs of CPU, memory, network and restarts of pods",
    ),
    Saving(
        section="load_balancer",
        field="controller_replicas",
        value=1,
        given_up="changes of the Ingress while the controller's pod is replaced, some 90 s",
    ),
    Saving(
        section="load_balancer",
        field="scheme",
        value="internal",
        given_up="the dashboard from the internet: it is reached from the VPC only",
    ),
    Saving(
        section="cluster",
        field="control_plane_logs",
        value=(),
        given_up="the record of who did what in the cluster (audit, authenticator)",
    ),
)


def list_savings(
    config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float
) -> Iterator[tuple[Saving, float]]:
    """Yield each setting that would save something, with the USD a month that it saves by itself."""

    def total(one: PipelineConfig) -> float:
        return sum_usd(estimate_lines(one, prices, videos=videos, video_mb=video_mb))

    now = total(config)
    for saving in _SAVINGS:
        section = getattr(config, saving.section).model_copy(update={saving.field: saving.value})
        saved = now - total(config.model_copy(update={saving.section: section}))
        if saved >= _NOTICEABLE_USD:
            yield saving, saved
