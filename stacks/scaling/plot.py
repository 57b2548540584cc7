"""The outcomes as a picture: waiting videos and workers over time."""

from collections.abc import Sequence
from pathlib import Path

from stacks.scaling.simulation import Sample, SimulationResult

_MAX_POINTS = 240
_MAX_TRICKLE_S = 4 * 3600
_WAITING_COLOUR, _RUNNING_COLOUR, _READY_COLOUR = "#8a94a6", "#f59e0b", "#15803d"


def draw_outcomes(outcomes: Sequence[SimulationResult], file: Path) -> None:
    """Write an SVG (or what the file's name says) with a panel for each load."""
    # Loaded here, because the other commands do without it.
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("svg")
    # The same picture has the same bytes.
    mpl.rcParams.update(
        {"svg.hashsalt": "thumbnails", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False}
    )
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(
        len(outcomes), 1, figsize=(8, 2.4 * len(outcomes)), layout="constrained", squeeze=False
    )
    for outcome, panel in zip(outcomes, panels[:, 0], strict=True):
        samples = _thin_out(_select_readable(outcome))
        divisor, unit = (3600, "hours") if samples[-1].at_s > 2 * 3600 else (60, "minutes")
        times = [sample.at_s / divisor for sample in samples]
        panel.fill_between(times, [sample.waiting for sample in samples], step="post", color=_WAITING_COLOUR, alpha=0.5)
        panel.set_ylabel("videos that wait", color=_WAITING_COLOUR)
        panel.set_xlabel(unit)
        panel.set_ylim(bottom=0)
        panel.set_title(outcome.load.name, loc="left")
        pods = panel.twinx()
        pods.step(times, [sample.running for sample in samples], where="post", color=_RUNNING_COLOUR, label="paid")
        pods.step(times, [sample.ready for sample in samples], where="post", color=_READY_COLOUR, label="ready")
        pods.set_ylabel("workers")
        pods.set_ylim(bottom=0)
        pods.legend(loc="upper right", frameon=False)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    plt.close(figure)


def _select_readable(outcome: SimulationResult) -> list[Sample]:
    """Return all samples; of single videos far from each other, those of the first hours."""
    if outcome.max_running > 1:
        return outcome.samples
    return [sample for sample in outcome.samples if sample.at_s <= _MAX_TRICKLE_S]


def _thin_out(samples: Sequence[Sample]) -> list[Sample]:
    """Return at most `_MAX_POINTS` samples: of each stretch the one with the most workers and waiting videos."""
    step = max(1, len(samples) // _MAX_POINTS)
    stretches = (samples[begin : begin + step] for begin in range(0, len(samples), step))
    return [max(stretch, key=lambda sample: (sample.running, sample.waiting)) for stretch in stretches]
