"""The drawing shows what is synthesized, legibly, and is fresh."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stacks.config.model import PipelineConfig
from stacks.graph.command import draw_architecture, draw_synthesized
from tests.support.synthesis import MINIMAL, WITH_DOMAIN, Config, synthesize

ROOT = Path(__file__).parents[3]

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the drawing of an instance with a domain, whose stacks other tests synthesize too."""
    return draw(WITH_DOMAIN, tmp_path_factory.mktemp("with-domain"))


def draw(config: Config, folder: Path) -> str:
    for stack in synthesize(config).values():
        (folder / "stacks" / stack.stack).mkdir(parents=True)
        (folder / "stacks" / stack.stack / "cdk.tf.json").write_text(stack.text, encoding="utf-8")
    return draw_synthesized(folder)


def _texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own drawing


def test_every_stack_and_what_it_holds_is_drawn(drawn: str) -> None:
    texts = _texts(drawn)
    for stack in ("bootstrap", "core", "workloads", "dns", "monitoring"):
        assert any(text.startswith(f"{stack}  ") for text in texts), stack
    for box in (
        "thumbnails-videos",
        "thumbnails-videos-dlq",
        "api",
        "worker",
        "frontend",
        "EKS 1.36",
        "VPC 10.0.0.0/16",
    ):
        assert box in texts
    assert "KEDA scales 0 to 10" in texts
    assert "thumbnail.example.com" in texts


def test_arrows_say_what_reaches_what(drawn: str) -> None:
    texts = _texts(drawn)
    for label in ("events", "given up", "/ws", "/", "/api"):
        assert label in texts


def test_the_frames_service_is_drawn_if_it_is_enabled(tmp_path: Path, drawn: str) -> None:
    texts = _texts(draw({**WITH_DOMAIN, "frames": {"enabled": True}}, tmp_path))
    assert {"frames", "/f"} <= set(texts)
    assert not {"frames", "/f"} & set(_texts(drawn))


def test_no_box_covers_another_and_none_leaves_the_picture(drawn: str) -> None:
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])
    places = [
        tuple(float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        for box in root.iter(f"{SVG}rect")
        if box.attrib.get("fill") == "#ffffff"
    ]
    assert len(places) > 20
    columns: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for x, y, box_width, box_height in places:
        assert x > 0
        assert x + box_width < width
        assert y + box_height < height
        columns[x].append((y, y + box_height))
    for column in columns.values():
        ordered = sorted(column)
        assert all(above[1] < below[0] for above, below in pairwise(ordered))


def test_without_domain_browser_reaches_the_load_balancer() -> None:
    texts = _texts(draw_architecture(PipelineConfig.model_validate(MINIMAL)))
    assert not any(text.startswith("dns  ") for text in texts)
    assert "HTTP" in texts


def test_the_drawing_in_the_docs_is_fresh(tmp_path: Path) -> None:
    """It was drawn by another process at another time: a drawing is the same each time."""
    drawing = tmp_path / "drawing.svg"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIPELINE_")}
    done = subprocess.run(
        [sys.executable, "-m", "stacks.deploy", "--project", str(ROOT), "graph", "--output", str(drawing)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    there = (ROOT / "docs" / "images" / "architecture.svg").read_text(encoding="utf-8")
    assert drawing.read_text(encoding="utf-8") == there, "run ./noxw graph"


def test_it_reads_without_colours(drawn: str) -> None:
    assert re.search(r'role="img" aria-label="The stacks [^"]+"', drawn)
