"""Builds and wires the stacks.

How a stack is added: a class that derives from `stacks.engine.stack.PipelineStack`, with the signature
`(scope: Construct, config: PipelineConfig)`, which calls `super().__init__(scope, "<id>", config)`, makes its
resources, and publishes its outputs:

    class DnsStack(PipelineStack):
        def __init__(self, scope: Construct, config: PipelineConfig) -> None:
            super().__init__(scope, "dns", config)
            core = outputs_of(self, "core", CoreOutputs)    # what another stack has published, through its state in S3
            ...                                             # resources; names come from self.names, never from literals
            publish(self, DnsOutputs(...))                  # stacks/dns: a frozen dataclass of output("...") fields

Stacks with objects in the cluster call `self.connect_to_cluster(name=..., endpoint=..., ca_data=...)` first. Constructs
stand directly under the stack, with ids that read well and stay: Terraform's addresses are made of them. What holds
state gets `override_logical_id` besides. Then the class takes its place in `build`. Stacks of an instance's own team
come from its `team/`: see `stacks/team.py`.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cdktf import App

from stacks.bootstrap.stack import BootstrapStack
from stacks.config.load import ConfigError, load_config
from stacks.config.model import PipelineConfig
from stacks.core.stack import CoreStack
from stacks.dns.stack import DnsStack
from stacks.instance.team_package import TeamError, TeamStack, team_stacks
from stacks.monitoring.stack import MonitoringStack
from stacks.workloads.stack import WorkloadsStack


def build(app: App, config: PipelineConfig, team: Mapping[str, TeamStack] | None = None) -> None:
    """All stacks of an instance, in an app that has not been synthesized, the team's own after ours.

    Without a domain there is no dns stack.
    """
    BootstrapStack(app, config)
    CoreStack(app, config)
    WorkloadsStack(app, config)
    if config.domain is not None:
        DnsStack(app, config)
    MonitoringStack(app, config)
    for stack_id, team_stack in (team or {}).items():
        team_stack(app, stack_id, config)


def synth(config: PipelineConfig, outdir: Path, team: Mapping[str, TeamStack] | None = None) -> None:
    """Writes `<outdir>/stacks/<stack>/cdk.tf.json`, and what belongs to it."""
    app = App(outdir=str(outdir))
    build(app, config, team)
    app.synth()


def main(project: Path, environment: Mapping[str, str] = os.environ) -> None:
    """What an instance's `main.py` runs: a wrong config ends it with all errors and status 1 before any stack.

    `cdktf` says in `CDKTF_OUTDIR` where it looks for the result.
    """
    try:
        config = load_config(project / "pipeline.toml", environment)
        team = team_stacks(project)
    except (ConfigError, TeamError) as error:
        sys.exit(str(error))
    synth(config, Path(environment.get("CDKTF_OUTDIR") or project / "cdktf.out"), team)
