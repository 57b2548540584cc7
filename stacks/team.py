"""Everything that a team imports for stacks of its own, which its package `team` names.

`team/__init__.py`, next to `pipeline.toml`, gives each the id under which it is deployed:

    STACKS = {"team-alarms": AlarmsStack}

    class AlarmsStack(PipelineStack):
        def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
            super().__init__(scope, stack_id, config)
            monitoring = outputs_of(self, "monitoring", MonitoringOutputs)
            ...     # resources; names come from self.names.of("..."), so that two instances never collide

Such a stack has its own Terraform state, under the instance's key, and the instance's tags. It may read the outputs of
the other stacks. The project keeps these names from version to version. Nothing in the project imports this module.
"""

from constructs import Construct

from stacks.config.model import PipelineConfig
from stacks.core.outputs import CoreOutputs
from stacks.dns.outputs import DnsOutputs
from stacks.engine.outputs import output, outputs_of, publish
from stacks.engine.stack import PipelineStack
from stacks.instance.team_package import TeamError, TeamStack, team_stacks
from stacks.monitoring.outputs import MonitoringOutputs

__all__ = [
    "Construct",
    "CoreOutputs",
    "DnsOutputs",
    "MonitoringOutputs",
    "PipelineConfig",
    "PipelineStack",
    "TeamError",
    "TeamStack",
    "output",
    "outputs_of",
    "publish",
    "team_stacks",
]
