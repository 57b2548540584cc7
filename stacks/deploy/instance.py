"""The instance that every command works on: the config, the project's folder, and the AWS session."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stacks.config.model import PipelineConfig
from stacks.naming import Names

if TYPE_CHECKING:
    from boto3 import Session


@dataclass(frozen=True, kw_only=True)
class Instance:
    config: PipelineConfig
    project: Path
    """Folder with `pipeline.toml`, `cdktf.json` and `node_modules`."""
    session: "Session"
    team: tuple[str, ...] = ()
    """Ids of the team's own stacks, in the order of deployment."""

    @property
    def names(self) -> Names:
        return Names(self.config)


def print_line(sentence: str) -> None:
    """Print a line for the user at once: Terraform writes to the same terminal."""
    print(sentence, flush=True)  # noqa: T201 - the command's output
