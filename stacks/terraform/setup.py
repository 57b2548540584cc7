"""Settings of Terraform runs, and the synthesis before them."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stacks.terraform.errors import TerraformError


def _do_nothing(_folder: Path) -> None:
    """Change nothing in the folder of a stack."""


def _add_nothing(_folder: Path) -> tuple[str, ...]:
    """Return no arguments."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Settings for the synthesis of a project and its runs of Terraform. The hooks get the folder of a stack."""

    out: Path | None = None
    """Folder of the synthesized stacks, their plans and logs; `cdktf.out` in the project by default."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables over this process' own, for the synthesis and for Terraform."""
    cli_config: Path | None = None
    """Terraform's CLI configuration, for example with a plug-in mirror."""
    init_arguments: tuple[str, ...] = ()
    after_synth: Callable[[Path], None] = _do_nothing
    before_init: Callable[[Path], tuple[str, ...]] = _add_nothing
    """Returns more arguments of `init`."""
    after_init: Callable[[Path], None] = _do_nothing

    def folder(self, project: Path, stack: str) -> Path:
        return self.output_folder(project) / "stacks" / stack

    def output_folder(self, project: Path) -> Path:
        return (self.out or project / "cdktf.out").resolve()


def synthesize(project: Path, outdir: Path, environment: Mapping[str, str]) -> None:
    """Write the stacks of a project into a folder, as `cdktf.json` does it: by `main.py`, in this environment.

    Raises: TerraformError with what it prints.
    """
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=project,
        env={**environment, "CDKTF_OUTDIR": os.fspath(outdir)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise TerraformError(f"The stacks could not be synthesized:\n{(done.stderr or done.stdout).strip()}")
