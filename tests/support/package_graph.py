"""Picture of the packages, drawn from the imports: `python -m tests.support.package_graph` prints it as SVG.

A box is a folder, or a module that is directly in the panel's folder. It is above everything that it imports. An arrow
leads from the importer to the imported; one that a longer path implies is left out. Parts that import each other are in
one dashed frame. Imports for type checking count.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PANELS = ("services", "services/worker/extraction", "services/worker", "services/api", "stacks")
"""Folders whose parts are drawn, one panel each."""

_APART = {"services": {"frontend"}}
"""Folders that are no Python."""

_PANEL_WIDTH, _ROW_GAP, _BOX_HEIGHT, _GAP, _HEAD = 760, 40, 34, 14, 56
_PER_LINE, _PADDING = 5, 12
_STYLES = {"folder": ("#ffffff", "#2563eb", "600"), "module": ("#f1f5f9", "#94a3b8", "400")}
"""Fill, stroke and weight of the text."""

Graph = dict[str, set[str]]
"""For each part, the parts that it imports."""

Group = tuple[str, ...]
"""A part, or several that import each other."""


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def read_graph(panel: str, root: Path = ROOT) -> Graph:
    """Return the imports between the parts of a folder: its folders, and the modules directly in it."""
    base = root / panel
    graph: Graph = {}
    paths = [path for path in base.iterdir() if path.name not in _APART.get(panel, ())]
    for file in sorted(file for path in paths for file in ([path] if path.suffix == ".py" else path.rglob("*.py"))):
        part = _part_of(file.relative_to(root).with_suffix("").parts, panel)
        if part is None:
            continue
        imported = {_part_of(tuple(name.split(".")), panel) for name in _read_imports(file)}
        graph.setdefault(part, set()).update(name for name in imported if name not in (None, part))
    return {part: {name for name in imports if name in graph} for part, imports in graph.items()}


def _part_of(module: tuple[str, ...], panel: str) -> str | None:
    """Return the part of a panel that a module is in; None if it is elsewhere, or the panel's own `__init__`."""
    base = tuple(panel.split("/"))
    if module[: len(base)] != base or len(module) == len(base) or module[len(base)] == "__init__":
        return None
    return module[len(base)]


def _read_imports(file: Path) -> set[str]:
    """Return the absolute names that a module imports. `from a import b` counts as `a.b`: b may be a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def find_reachable(graph: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """Return all parts that a part imports, directly or through others."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += graph[part]
    return found


def group_cycles(graph: Graph) -> dict[Group, set[Group]]:
    """Return the groups of parts that import each other, with the groups that each needs and no longer path implies."""
    reachable = {part: find_reachable(graph, part) for part in graph}
    group_of = {
        part: tuple(sorted({part} | {other for other in reachable[part] if part in reachable[other]})) for part in graph
    }
    imported = {
        group: {group_of[name] for part in group for name in graph[part]} - {group} for group in group_of.values()
    }
    return {
        group: {name for name in groups if not any(name[0] in reachable[via[0]] for via in groups - {name})}
        for group, groups in imported.items()
    }


def assign_rows(groups: Mapping[Group, set[Group]]) -> list[list[Group]]:
    """Return the groups by row, from the top: each is above everything that it imports, as low as possible."""
    order = TopologicalSorter(groups)
    depths: dict[Group, int] = {}
    for group in order.static_order():
        depths[group] = max((depths[name] + 1 for name in groups[group]), default=0)
    rows: list[list[Group]] = [[] for _ in range(max(depths.values()) + 1)]
    for group in sorted(groups):
        rows[depths[group]].append(group)
    return rows[::-1]


def place_boxes(groups: Mapping[Group, set[Group]]) -> dict[Group, Box]:
    """Return a box for each group, in rows; in a row, each group is near the groups above that import it."""
    boxes: dict[Group, Box] = {}
    y = float(_HEAD)
    for row in assign_rows(groups):
        importers = {group: [box.middle for above, box in boxes.items() if group in groups[above]] for group in row}
        wished = {group: sum(xs) / len(xs) if xs else _PANEL_WIDTH / 2 for group, xs in importers.items()}
        sizes = {group: _measure(group) for group in sorted(row, key=lambda group: (wished[group], group))}
        x = (_PANEL_WIDTH - sum(width for width, _ in sizes.values()) - _GAP * (len(row) - 1)) / 2
        for group, (width, height) in sizes.items():
            boxes[group] = Box(x, y, width, height)
            x += width + _GAP
        y += max(height for _, height in sizes.values()) + _ROW_GAP
    return boxes


def _lines_of(group: Group) -> list[Group]:
    return [group[start : start + _PER_LINE] for start in range(0, len(group), _PER_LINE)]


def _width_of(part: str) -> float:
    return 8.2 * len(part) + 40


def _measure(group: Group) -> tuple[float, float]:
    """Return the width and height of a group's box."""
    if len(group) == 1:
        return _width_of(group[0]), _BOX_HEIGHT
    lines = _lines_of(group)
    width = max(sum(map(_width_of, line)) + _GAP * (len(line) - 1) for line in lines)
    return width + 2 * _PADDING, len(lines) * (_BOX_HEIGHT + _PADDING) + _PADDING


def draw_panel(panel: str, root: Path = ROOT) -> tuple[str, float]:
    """Return a panel as SVG, and its height."""
    groups = group_cycles(read_graph(panel, root))
    boxes = place_boxes(groups)
    height = max(box.y + box.height for box in boxes.values()) + 24
    lines = [
        f'<rect width="{_PANEL_WIDTH}" height="{height:g}" rx="12" fill="#f8fafc" stroke="#e2e8f0"/>',
        f'<text x="20" y="30" font-size="16" font-weight="700">{panel}/</text>',
        *(_draw_arrow(boxes[group], boxes[name]) for group in sorted(groups) for name in sorted(groups[group])),
    ]
    for group, box in sorted(boxes.items()):
        lines += _draw_group(group, box, root / panel)
    return "\n".join(lines), height


def _draw_group(group: Group, box: Box, folder: Path) -> Iterator[str]:
    if len(group) == 1:
        yield _draw_part(group[0], box, folder)
        return
    yield (
        f'<rect x="{box.x:.1f}" y="{box.y:g}" width="{box.width:.1f}" height="{box.height:g}" rx="9" fill="#f8fafc" '
        'stroke="#94a3b8" stroke-dasharray="5 4"/>'
    )
    y = box.y + _PADDING
    for line in _lines_of(group):
        x = box.middle - (sum(map(_width_of, line)) + _GAP * (len(line) - 1)) / 2
        for part in line:
            yield _draw_part(part, Box(x, y, _width_of(part), _BOX_HEIGHT), folder)
            x += _width_of(part) + _GAP
        y += _BOX_HEIGHT + _PADDING


def _draw_part(part: str, box: Box, folder: Path) -> str:
    is_folder = (folder / part).is_dir()
    fill, stroke, weight = _STYLES["folder" if is_folder else "module"]
    name = part if is_folder else f"{part}.py"
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:g}" width="{box.width:.1f}" height="{box.height:g}" rx="7" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="1.5"/>'
        f'<text x="{box.middle:.1f}" y="{box.y + 22:g}" text-anchor="middle" font-weight="{weight}">{name}</text>'
    )


def _draw_arrow(start: Box, end: Box) -> str:
    """Return an arrow from the lower edge of a box to the upper edge of another."""
    y1, y2 = start.y + start.height, end.y - 2
    bend = (y2 - y1) / 2
    path = f"M{start.middle:.1f} {y1:g}C{start.middle:.1f} {y1 + bend:g} {end.middle:.1f} {y2 - bend:g} "
    return f'<path d="{path}{end.middle:.1f} {y2:g}" class="arrow"/>'


def draw(root: Path = ROOT) -> str:
    """Return the whole picture as SVG: two columns of panels."""
    groups: list[str] = []
    bottoms = [20.0, 20.0]
    for panel in PANELS:
        column = bottoms.index(min(bottoms))
        svg, height = draw_panel(panel, root)
        groups.append(
            f'<g transform="translate({20 + column * (_PANEL_WIDTH + 20)} {bottoms[column]:g})">\n{svg}\n</g>'
        )
        bottoms[column] += height + 20
    width, height = 2 * _PANEL_WIDTH + 60, max(bottoms)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" role="img" '
        'font-family="ui-sans-serif, system-ui, sans-serif" font-size="14" '
        'aria-label="Which folder imports which, in services, in its extraction, in the api and in stacks">'
    )
    marker = (
        '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 10 5 0 10z" fill="#64748b"/></marker></defs>'
    )
    lines = [
        head,
        "<!-- Generated by `./noxw generate` from the imports: do not edit. -->",
        "<style>.arrow { fill: none; stroke: #94a3b8; stroke-width: 1.4; marker-end: url(#arrow) }</style>",
        marker,
        f'<rect width="{width}" height="{height:g}" fill="#ffffff"/>',
        *groups,
        "</svg>",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(draw() + "\n")
