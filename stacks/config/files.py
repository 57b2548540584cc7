"""Config files of a repository: `pipeline.toml`, and one for each further instance, such as `staging.toml`.

`--config staging.toml` or the variable `PIPELINE_CONFIG` names the file; each has an output folder of its own.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from stacks.config.load import ConfigError, load_config
from stacks.config.model import PipelineConfig

CONFIG_VARIABLE = "PIPELINE_CONFIG"
"""Variable with the config's file, relative to the project's folder; `main.py` reads it."""

DEFAULT_FILE = "pipeline.toml"
_OUTPUT = "cdktf.out"


def find_config(project: Path, environment: Mapping[str, str]) -> Path:
    """Return the config's file: that of the variable, or `pipeline.toml`."""
    return project / (environment.get(CONFIG_VARIABLE) or DEFAULT_FILE)


def output_folder(project: Path, file: Path) -> Path:
    """Return the folder of the synthesized stacks: `cdktf.out`, and `cdktf.out/<name>` for another file."""
    is_default = file.resolve() == (project / DEFAULT_FILE).resolve()
    return project / _OUTPUT if is_default else project / _OUTPUT / file.stem


def load_instance(file: Path, environment: Mapping[str, str]) -> PipelineConfig:
    """Return the config in a file, if no other config next to it describes the same instance.

    Raises:
        ConfigError: the config is wrong, or a second one has the same name in the same account.
    """
    config = load_config(file, environment)
    for other in sorted(file.parent.glob("*.toml")):
        if other.resolve() != file.resolve() and _is_namesake(other, config):
            raise ConfigError(
                f"{file.name} and {other.name} both describe the instance {config.name!r} in account "
                f"{config.account_id}, so one would overwrite the other's state and roles: change `name` in one of "
                "them."
            )
    return config


def _is_namesake(other: Path, config: PipelineConfig) -> bool:
    """Return whether another file describes this instance: names of roles are unique in an account."""
    try:
        values = tomllib.loads(other.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    return (values.get("name"), values.get("account_id")) == (config.name, config.account_id)
