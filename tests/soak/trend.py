"""Trend of a series of figures: the median of its last quarter against the median of its first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.soak.measure import Sample

MAX_GROWTH = 0.05
"""Growth, as a share of the first quarter, up to which a figure is flat."""

_MIN_SAMPLES = 8
_MAX_DESCRIPTORS = 1
"""Growth in descriptors that is always flat: one more connection is more than 5 % of a few."""


@dataclass(frozen=True)
class Trend:
    """Medians of the first and the last quarter of a figure of one process."""

    process: str
    figure: str
    first: float
    last: float
    is_flat: bool

    @property
    def growth_pct(self) -> float:
        return 100 * (self.last / self.first - 1) if self.first else 0.0


class TooFewSamplesError(ValueError):
    """The run was too short for a trend."""


def compute_trends(samples: Mapping[str, Sequence[Sample]], *, warm_up_s: float) -> list[Trend]:
    """Return two trends for each process, without the samples of the warm-up. Raises: TooFewSamplesError."""
    trends = []
    for process, all_of_it in samples.items():
        counted = [sample for sample in all_of_it if sample.at_s >= warm_up_s]
        if len(counted) < _MIN_SAMPLES:
            raise TooFewSamplesError(f"{process} has {len(counted)} samples after the warm-up: run it for longer.")
        memory = compare_quarters([sample.memory_kb / 1024 for sample in counted])
        files = compare_quarters([float(sample.descriptors) for sample in counted])
        trends.append(Trend(process, "memory in MiB", *memory, is_flat=_is_flat(*memory)))
        is_flat = _is_flat(*files) or files[1] - files[0] <= _MAX_DESCRIPTORS
        trends.append(Trend(process, "descriptors", *files, is_flat=is_flat))
    return trends


def compare_quarters(values: Sequence[float]) -> tuple[float, float]:
    """Return the medians of the first and of the last quarter."""
    size = max(1, len(values) // 4)
    return median(values[:size]), median(values[-size:])


def _is_flat(first: float, last: float) -> bool:
    return last <= first * (1 + MAX_GROWTH)
