"""A line plot as SVG: videos a second over the number of workers. Pure."""

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 400, 64, 40, 130, 52
_FONT = 'font-family="ui-sans-serif, system-ui, sans-serif"'
_COLOURS = ("#8c959f", "#cf222e", "#bf8700", "#1a7f37", "#0969da", "#8250df")


def draw_plot(lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Return an SVG with one line per name; each point has a number of workers and of videos a second."""
    most_x = max(x for points in lines.values() for x, _ in points)
    most_y = max(y for points in lines.values() for _, y in points)
    step_y = 100 if most_y > 250 else 50

    def place(x: float, y: float) -> tuple[float, float]:
        width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + width * x / most_x, _TOP + height * (1 - y / most_y)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-size="13" {_FONT}>',
        "<title>Videos a second over the number of workers, by the number of shards</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" fill="#1f2328">Videos a second over workers (simulated)</text>',
    ]
    for y in range(0, int(most_y) + 1, step_y):
        left, at = place(0, y)
        right, _ = place(most_x, y)
        parts.append(f'<line x1="{left:.0f}" y1="{at:.1f}" x2="{right:.0f}" y2="{at:.1f}" stroke="#d1d9e0"/>')
        parts.append(f'<text x="{left - 8:.0f}" y="{at + 4:.1f}" text-anchor="end" fill="#59636e">{y}</text>')
    for x, _ in next(iter(lines.values())):
        at, bottom = place(x, 0)
        parts.append(f'<text x="{at:.1f}" y="{bottom + 20:.0f}" text-anchor="middle" fill="#59636e">{x:g}</text>')
    middle, bottom = place(most_x / 2, 0)
    parts.append(f'<text x="{middle:.0f}" y="{bottom + 40:.0f}" text-anchor="middle" fill="#59636e">workers</text>')
    lowest = float("inf")
    for (name, points), colour in sorted(
        zip(lines.items(), _COLOURS, strict=False), key=lambda line: line[0][1][-1][1]
    ):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        end_x, end_y = place(*points[-1])
        # Labels keep a line's height from the one below.
        lowest = min(end_y, lowest - 16)
        parts.append(f'<text x="{end_x + 8:.0f}" y="{lowest + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
