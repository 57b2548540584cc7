"""What every command works on: the config, the project's folder, and AWS as the config names it."""

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
    """For the person at the terminal, at once: Terraform writes to the same terminal."""
    print(sentence, flush=True)  # noqa: T201 - the command's output
