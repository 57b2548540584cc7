"""What a team adds to its instance: stacks of its own, in a package `team` beside `pipeline.toml`.

`team/__init__.py` names them, each with the id under which it is deployed:

    STACKS = {"team-alarms": AlarmsStack}

    class AlarmsStack(PipelineStack):
        def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
            super().__init__(scope, stack_id, config)
            monitoring = outputs_of(self, "monitoring", MonitoringOutputs)
            ...     # resources; names come from self.names.of("..."), so that two instances never collide

Such a stack has a state of its own, under the instance's key, and the instance's tags. It may read what the others
publish. What is imported here is what the project promises to keep.
"""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cdktf import TerraformStack
from constructs import Construct

from stacks.config.model import PipelineConfig
from stacks.core.outputs import CoreOutputs
from stacks.dns.stack import DnsOutputs
from stacks.engine.outputs import output, outputs_of, publish
from stacks.engine.stack import PipelineStack
from stacks.monitoring import MonitoringOutputs

__all__ = [
    "Construct",
    "CoreOutputs",
    "DnsOutputs",
    "MonitoringOutputs",
    "PipelineConfig",
    "PipelineStack",
    "output",
    "outputs_of",
    "publish",
    "team_stacks",
]

OURS = ("bootstrap", "core", "workloads", "dns", "monitoring")


class TeamStack(Protocol):
    """A class of a team's stack."""

    def __call__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> TerraformStack: ...


class TeamError(Exception):
    """The team's package is wrong; the message says where and how."""


def team_stacks(project: Path) -> Mapping[str, TeamStack]:
    """The stacks that `<project>/team/__init__.py` names; none where there is no such file.

    Raises: TeamError.
    """
    file = project / "team" / "__init__.py"
    if not file.is_file():
        return {}
    sys.path.insert(0, str(project))
    try:
        module = importlib.import_module("team")
    except Exception as error:
        raise TeamError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(project))
    stacks: Mapping[str, TeamStack] = getattr(module, "STACKS", {})
    for stack_id in stacks:
        if stack_id in OURS:
            raise TeamError(f"{file}: STACKS has {stack_id!r}, which is a stack of the pipeline: give it another id.")
    return stacks
