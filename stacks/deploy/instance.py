"""The instance that every command works on: the config, the project's folder, and the AWS session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stacks.config.files import DEFAULT_FILE
from stacks.config.model import PipelineConfig
from stacks.naming import Names
from stacks.terraform.commands import Run
from stacks.terraform.setup import Setup

if TYPE_CHECKING:
    from boto3 import Session


@dataclass(frozen=True, kw_only=True)
class Instance:
    config: PipelineConfig
    project: Path
    """Folder with `main.py` and the config files."""
    session: "Session"
    config_file: str = DEFAULT_FILE
    """Name of the config's file, for messages: relative to the project's folder if it is in there."""
    team: tuple[str, ...] = ()
    """Ids of the team's own stacks, in the order of deployment."""
    setup: Setup = field(default_factory=Setup)
    """Settings of Terraform; the rehearsal has its own."""
    ask: Callable[[str], str] = input
    """Asks the user whether a plan is to be applied."""

    @property
    def names(self) -> Names:
        return Names(self.config)

    @property
    def terraform(self) -> Run:
        """Return the arguments of every command on a stack."""
        return Run(project=self.project, setup=self.setup, ask=self.ask)


def print_line(sentence: str = "") -> None:
    """Print a line for the user at once: the progress of Terraform goes to the same terminal."""
    print(sentence, flush=True)  # noqa: T201 - the command's output
