"""The Grafana dashboard in `examples/`: each of its queries asks for metrics and labels that the services export."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client.core import Metric

from services.api.live.live import LiveState
from services.api.telemetry import Telemetry
from services.worker.metrics import WorkerMetrics

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "examples" / "grafana-dashboard.json").read_text(encoding="utf-8"))
ADDED_BY_PROMETHEUS = {"le"}


def live_state() -> LiveState:
    """Return a state with something of everything that is exported."""
    source = SimpleNamespace(name="queue", failures=0, is_fresh=True)
    queue = SimpleNamespace(visible=1, in_flight=1, delayed=1, dead_letters=1)
    metrics = SimpleNamespace(videos={"done": 1}, thumbnails=3, upload_bytes=1, thumbnail_bytes=1)
    state = SimpleNamespace(
        sockets=_Sockets(), tick_s=0.1, queues=source, videos=source, pods=source, queue=lambda: queue,
        metrics=lambda: metrics, ends=lambda: {"done": 1, "failed_damaged": 1},
        processing=lambda: SimpleNamespace(paused=False),
    )  # fmt: skip
    return cast("LiveState", state)


class _Sockets(list[Any]):
    dropped = 0


def exported() -> Iterator[Metric]:
    telemetry = Telemetry()
    telemetry.export_live_state(live_state())
    yield from telemetry.registry.collect()
    yield from WorkerMetrics().registry.collect()


def exported_names() -> set[str]:
    names: set[str] = set()
    for metric in exported():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(metric.type, ("",))
        names |= {metric.name + suffix for suffix in suffixes}
    return names


def exported_labels() -> set[str]:
    """Return the labels of all metrics: those of samples, and those that have no sample yet."""
    registries = (Telemetry(), WorkerMetrics())
    declared = {
        label
        for owner in registries
        for collector in vars(owner).values()
        for label in getattr(collector, "_labelnames", ())
    }
    return declared | {label for metric in exported() for sample in metric.samples for label in sample.labels}


def queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_every_metric_of_the_dashboard_is_exported() -> None:
    asked = {name for query in queries() for name in re.findall(r"\bthumbnail_\w+", query)}
    assert len(asked) > 10
    assert asked <= exported_names()


def test_every_label_of_the_dashboard_is_exported() -> None:
    grouped = {
        name for query in queries() for names in re.findall(r"by \(([\w, ]+)\)", query) for name in names.split(", ")
    }
    filtered = {name for query in queries() for name in re.findall(r"[{,](\w+)=", query)}
    shown = {
        name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in re.findall(r"{{(\w+)}}", target["legendFormat"])
    }
    assert {"state", "reason_code"} <= grouped
    assert grouped | filtered | shown <= exported_labels() | ADDED_BY_PROMETHEUS


def test_every_figure_of_the_history_has_a_query_in_the_docs() -> None:
    """Each of these queries asks for exported metrics that the dashboard shows."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (success rate|throughput|time|failures).*\| `(.+)` \|$", page, re.MULTILINE)
    asked = {name for _, query in rows for name in re.findall(r"\bthumbnail_\w+", query)}
    assert len(rows) == 5
    assert asked <= exported_names() & {name for query in queries() for name in re.findall(r"\bthumbnail_\w+", query)}


def test_panels_do_not_overlap() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
