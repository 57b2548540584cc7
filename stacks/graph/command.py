"""Synthesizes the stacks into a folder that is thrown away, and draws what came out."""

import json
import tempfile
from pathlib import Path

from stacks.config.model import PipelineConfig
from stacks.engine import loading
from stacks.graph.drawing import render_svg
from stacks.graph.scene import build_scene


def draw_architecture(config: PipelineConfig) -> str:
    """The drawing of an instance; with HTTPS where it has a domain, whether or not the certificate stands yet."""
    loading.install_lazy_loading()
    # The provider packages must not be imported before that.
    from cdktf import App  # noqa: PLC0415

    from stacks.app import build_stacks  # noqa: PLC0415

    shown = config.model_copy(update={"certificate": config.domain is not None})
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        build_stacks(app, shown)
        app.synth()
        return draw_synthesized(Path(folder))


def draw_synthesized(folder: Path) -> str:
    """The drawing of what `cdktf synth` has written into a folder."""
    files = sorted(folder.glob("stacks/*/cdk.tf.json"))
    return render_svg(build_scene({file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}))
