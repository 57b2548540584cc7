"""The package `team` of an instance, next to `pipeline.toml`: it names the stacks that a team adds."""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stacks.naming import StackId

if TYPE_CHECKING:
    from cdktf import TerraformStack
    from constructs import Construct

    from stacks.config.model import PipelineConfig


class TeamStack(Protocol):
    """A class of a team's stack."""

    def __call__(self, scope: "Construct", stack_id: str, config: "PipelineConfig") -> "TerraformStack": ...


class TeamError(Exception):
    """The team's package is wrong; the message says where, and how to fix it."""


def team_stacks(project: Path) -> Mapping[str, TeamStack]:
    """Return the stacks that `<project>/team/__init__.py` names, by id; none if there is no such file.

    Raises: TeamError if the package cannot be imported, or uses the id of a stack of the pipeline.
    """
    file = project / "team" / "__init__.py"
    if not file.is_file():
        return {}
    sys.path.insert(0, str(project))
    try:
        module = importlib.import_module("team")
    except Exception as error:
        raise TeamError(
            f"{file} cannot be imported: {type(error).__name__}: {error}. Fix it, or delete the folder `team`."
        ) from error
    finally:
        sys.path.remove(str(project))
    stacks: Mapping[str, TeamStack] = getattr(module, "STACKS", {})
    for stack_id in stacks:
        if stack_id in set(StackId):
            raise TeamError(f"{file}: STACKS has {stack_id!r}, which is a stack of the pipeline: give it another id.")
    return stacks
