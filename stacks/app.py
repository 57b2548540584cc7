"""Builds the stacks of an instance, in order, and wires nothing else.

To add a stack, give it a folder `stacks/<id>/` with `stack.py` and `outputs.py`, an id in `stacks.naming.StackId` and a
line in `STACKS`; docs/architecture.md shows each step. A team adds its own stacks in `team/`: see `stacks/team.py`.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cdktf import App, TerraformStack

from stacks.bootstrap.stack import BootstrapStack
from stacks.charts.archives import FOLDER, ChartError, read_archives
from stacks.charts.pins import PUBLIC_CHARTS
from stacks.config.files import find_config, load_instance, output_folder
from stacks.config.load import ConfigError
from stacks.config.model import PipelineConfig
from stacks.core.stack import CoreStack
from stacks.dns.stack import DnsStack
from stacks.engine.charts import ARCHIVES_CONTEXT
from stacks.engine.stack import TERRAFORM_VERSION
from stacks.instance.team_package import TeamError, TeamStack, team_stacks
from stacks.monitoring.stack import MonitoringStack
from stacks.naming import StackId
from stacks.workloads.stack import WorkloadsStack

STACKS: Mapping[StackId, Callable[[App, PipelineConfig], TerraformStack]] = {
    StackId.BOOTSTRAP: BootstrapStack,
    StackId.CORE: CoreStack,
    StackId.WORKLOADS: WorkloadsStack,
    StackId.DNS: DnsStack,
    StackId.MONITORING: MonitoringStack,
}


def build_stacks(app: App, config: PipelineConfig, team: Mapping[str, TeamStack] | None = None) -> None:
    """Add all stacks of an instance to an app that has not been synthesized, those of the team last.

    Without a domain there is no dns stack.
    """
    for stack_id, stack in STACKS.items():
        if stack_id is not StackId.DNS or config.domain is not None:
            stack(app, config)
    for team_id, team_stack in (team or {}).items():
        team_stack(app, team_id, config)


def synth(
    config: PipelineConfig,
    outdir: Path,
    team: Mapping[str, TeamStack] | None = None,
    *,
    archives: Mapping[str, Path] | None = None,
) -> None:
    """Write `<outdir>/stacks/<stack>/cdk.tf.json` for each stack, with the assets that it refers to.

    `archives` are those of public charts, by name; a chart that is not among them comes from its repository.
    """
    context = {
        ARCHIVES_CONTEXT: {name: str(file) for name, file in (archives or {}).items()},
        # CDK Terrain refuses write-only arguments unless every targeted version knows them; cdktf ignores this.
        "targetVersions": {"terraform": TERRAFORM_VERSION},
    }
    app = App(outdir=str(outdir), context=context)
    build_stacks(app, config, team)
    app.synth()


def main(project: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Synthesize the instance in the folder `project`, and print its stacks, their resources and the seconds taken.

    `PIPELINE_CONFIG` names another config than `pipeline.toml`. A wrong config ends the process with all errors and
    status 1 before any stack is built. The result goes to the folder that `CDKTF_OUTDIR` names, or to `cdktf.out`.
    """
    start = time.monotonic()
    try:
        file = find_config(project, environment)
        config = load_instance(file, environment)
        team = team_stacks(project)
        archives = read_archives(project / FOLDER, PUBLIC_CHARTS)
    except (ConfigError, TeamError, ChartError) as error:
        sys.exit(str(error))
    outdir = Path(environment.get("CDKTF_OUTDIR") or output_folder(project, file))
    synth(config, outdir, team, archives=archives)
    print(format_summary(outdir, seconds=time.monotonic() - start))  # noqa: T201 - the command's output


def format_summary(outdir: Path, *, seconds: float) -> str:
    """Return a line for each synthesized stack with its number of resources, and a line with the totals."""
    counts = {}
    synthesized = json.loads((outdir / "manifest.json").read_text(encoding="utf-8"))["stacks"]
    for stack in [*(ours for ours in STACKS if ours in synthesized), *sorted(set(synthesized) - set(STACKS))]:
        document = json.loads((outdir / "stacks" / stack / "cdk.tf.json").read_text(encoding="utf-8"))
        counts[stack] = sum(map(len, document.get("resource", {}).values()))
    lines = [f"{stack:<20} {count:>4} resources" for stack, count in counts.items()]
    total = f"{len(counts)} stacks, {sum(counts.values())} resources, synthesized in {seconds:.1f} s: {outdir}"
    return "\n".join([*lines, total])
