"""The charts of the workloads stack, rendered by Helm with our values, as Terraform's provider renders them.

Our own chart is always there; the public ones are where `./noxw charts` puts them, in the project's folder `charts/`.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stacks.charts.archives import FOLDER, read_archives
from stacks.charts.pins import PUBLIC_CHARTS
from tests.support.kubernetes_objects import Object, helm_values
from tests.support.synthesis import Synthesized

ROOT = Path(__file__).parents[2]

_OWN = {"worker-autoscaler": ROOT / "stacks" / "workloads" / "charts" / "custom-objects"}
_PASSED_ON = {"podSecurityContext", "securityContext", "resources"}
"""Values that a chart passes on to Kubernetes as they are, whatever its defaults hold."""


@cache
def charts_at_hand() -> Mapping[str, Path]:
    """Return the charts that can be rendered here, by their releases; none without Helm."""
    if shutil.which("helm") is None:
        return {}
    return {**_OWN, **read_archives(ROOT / FOLDER, PUBLIC_CHARTS)}


def describe_charts() -> str:
    """Return a line that says which charts are rendered, and why the others are not."""
    if shutil.which("helm") is None:
        return "no chart is rendered, as there is no Helm on this machine"
    at_hand = charts_at_hand()
    rendered = [chart.name for chart in _OWN.values()]
    rendered += [f"{chart.name} {chart.version}" for chart in PUBLIC_CHARTS if chart.name in at_hand]
    missing = [f"{chart.name} {chart.version}" for chart in PUBLIC_CHARTS if chart.name not in at_hand]
    left_out = f"; not rendered: {', '.join(missing)}, which `./noxw charts` fetches into {FOLDER}/" if missing else ""
    return f"Helm {_run('version', '--template={{.Version}}')} renders {', '.join(rendered)}{left_out}"


def render(stack: Synthesized, release: str, folder: Path, *, kubernetes: str) -> list[Object]:
    """Return the objects of a release, those of the chart's folder `crds` first."""
    file = folder / f"{release}.json"
    file.write_text(json.dumps(helm_values(stack, release)), encoding="utf-8")
    arguments = stack.resources("helm_release")[release]
    place = ("--namespace", arguments["namespace"], "--kube-version", kubernetes)
    text = _run("template", release, str(charts_at_hand()[release]), *place, "--values", str(file), "--include-crds")
    return list(_objects(yaml.safe_load_all(text)))


def unknown_values(stack: Synthesized, release: str) -> list[str]:
    """Return our values that the chart does not name among its own: Helm ignores such a value without a word."""
    known = yaml.safe_load(_run("show", "values", str(charts_at_hand()[release])))
    return list(_unknown(helm_values(stack, release), known, ()))


def _unknown(ours: Mapping[str, Any], known: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in ours.items():
        if key not in known:
            yield ".".join([*path, key])
        # A map that the chart leaves empty takes any key.
        elif isinstance(value, dict) and known[key] and not _PASSED_ON & {*path, key}:
            yield from _unknown(value, known[key], (*path, key))


def _objects(documents: Iterator[Object | None]) -> Iterator[Object]:
    for document in documents:
        if document and document["kind"] == "List":
            yield from document["items"]
        elif document:
            yield document


def _run(*arguments: str) -> str:
    command = ["helm", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
