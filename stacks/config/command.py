"""`./noxw -s config`: checks a config, prints what is in force, and writes what is generated from its classes."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.config.load import ConfigError, load_config
from stacks.config.model import PipelineConfig
from stacks.config.reference import page, schema_text
from stacks.config.sections import KUBERNETES_VERSIONS


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw -s config --", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=Path("pipeline.toml"), help="default: %(default)s")
    parser.add_argument(
        "--generate", type=Path, metavar="DIR", help="write pipeline.schema.json and docs/configuration.md there"
    )
    arguments = parser.parse_args()
    if arguments.generate:
        (arguments.generate / "pipeline.schema.json").write_text(schema_text(), encoding="utf-8")
        (arguments.generate / "docs" / "configuration.md").write_text(page(), encoding="utf-8")
    try:
        config = load_config(arguments.file, os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 1
    print(effective(config))  # noqa: T201 - the command's output
    return 0


def effective(config: PipelineConfig) -> str:
    """The whole config as TOML, defaults included; what is unset stands in a comment."""
    until = KUBERNETES_VERSIONS[config.cluster.kubernetes_version]
    lines = [f"# Kubernetes {config.cluster.kubernetes_version} is in EKS' standard support until {until}."]
    values = config.model_dump(mode="json")
    lines += _table(values, ())
    return "\n".join(lines)


def _table(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    sections = {name: value for name, value in values.items() if isinstance(value, dict) and name != "tags"}
    lines = [f"\n[{'.'.join(path)}]"] if path else []
    for name, value in values.items():
        if name not in sections:
            lines.append(f"# {name} is not set" if value is None else f"{name} = {_toml(value)}")
    for name, section in sections.items():
        lines += _table(section, (*path, name))
    return lines


def _toml(value: Any) -> str:
    """Scalars and lists are written alike in JSON and TOML; the only table in a line is `tags`."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_toml(entry)}" for name, entry in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
