"""Plot of a soak as SVG: a row for each process, with its memory on the left and its descriptors on the right."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from tests.soak.measure import Sample

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 420, 90, 70, 30, 34
_STEP_PX = 2
_STYLE = "text{font:12px sans-serif;fill:#333}.frame{fill:none;stroke:#ccc}.line{fill:none;stroke:#0969da}"

Figure = Callable[[Sample], float]


def draw_plot(samples: Mapping[str, Sequence[Sample]], *, warm_up_s: float) -> str:
    """Return the plot. The grey part of each row is the warm-up."""
    rows = []
    for number, (process, series) in enumerate(samples.items()):
        top = _TOP + number * (_HEIGHT + _GAP)
        rows.append(
            _draw_series(
                f"{process}: memory (MiB)",
                series,
                lambda one: one.memory_kb / 1024,
                at=(_LEFT, top),
                warm_up_s=warm_up_s,
            )
        )
        right = 2 * _LEFT + _WIDTH
        rows.append(
            _draw_series(
                f"{process}: descriptors", series, lambda one: one.descriptors, at=(right, top), warm_up_s=warm_up_s
            )
        )
    width, height = 2 * (_LEFT + _WIDTH) + 20, _TOP + len(samples) * (_HEIGHT + _GAP)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><style>{_STYLE}</style>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *rows, "</svg>", ""])


def _draw_series(title: str, series: Sequence[Sample], figure: Figure, *, at: tuple[int, int], warm_up_s: float) -> str:
    left, top = at
    end_s = max((sample.at_s for sample in series), default=0.0) or 1.0
    most = max((figure(sample) for sample in series), default=0.0) or 1.0
    peaks: dict[int, float] = {}
    for sample in series:
        # The largest of the samples that share a place, so that the drawing is small and has every peak.
        across = int(sample.at_s / end_s * _WIDTH) // _STEP_PX * _STEP_PX
        peaks[across] = max(peaks.get(across, 0.0), figure(sample))
    points = " ".join(f"{left + across},{top + _HEIGHT * (1 - peak / most):.1f}" for across, peak in peaks.items())
    shade = min(warm_up_s / end_s, 1) * _WIDTH
    return (
        f'<rect x="{left}" y="{top}" width="{shade:.1f}" height="{_HEIGHT}" fill="#eee"/>'
        f'<rect class="frame" x="{left}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}"/>'
        f'<polyline class="line" points="{points}"/>'
        f'<text x="{left}" y="{top - 6}">{escape(title)}</text>'
        f'<text x="{left - 6}" y="{top + 10}" text-anchor="end">{most:.0f}</text>'
        f'<text x="{left - 6}" y="{top + _HEIGHT}" text-anchor="end">0</text>'
        f'<text x="{left + _WIDTH}" y="{top + _HEIGHT + 14}" text-anchor="end">{end_s / 60:.0f} min</text>'
    )
