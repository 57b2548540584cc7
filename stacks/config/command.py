"""The command `config`: check a config, print the values in force, and write what is generated from its classes."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stacks.config.derived import derived_values
from stacks.config.errors import format_as_toml
from stacks.config.files import find_config, load_instance
from stacks.config.load import ConfigError, value_sources
from stacks.config.model import TABLES_OF_TEXTS, PipelineConfig
from stacks.config.reference import render_page, schema_text
from stacks.config.sections import KUBERNETES_VERSIONS

Sources = Mapping[tuple[str, ...], str]
"""Origin of each value that is given, by the path of its field."""

_DERIVED, _DEFAULT = "derived", "default"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw config", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="default: $PIPELINE_CONFIG or pipeline.toml")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the same, as the other commands have it")
    parser.add_argument(
        "--project", type=Path, default=Path.cwd(), metavar="DIR", help="folder of pipeline.toml (default: this one)"
    )
    parser.add_argument(
        "--generate", type=Path, metavar="DIR", help="write pipeline.schema.json and docs/configuration.md there"
    )
    arguments = parser.parse_args()
    if arguments.generate:
        (arguments.generate / "pipeline.schema.json").write_text(schema_text(), encoding="utf-8")
        (arguments.generate / "docs" / "configuration.md").write_text(render_page(), encoding="utf-8")
    given = arguments.config or arguments.file
    file = given or Path(os.path.relpath(find_config(arguments.project, os.environ)))
    try:
        config = load_instance(file, os.environ)
        sources = value_sources(file, os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 1
    print(format_effective(config, sources))  # noqa: T201 - the command's output
    print(f"# OK: {file} is valid; {count_sources(config, sources)}.")  # noqa: T201
    return 0


def format_effective(config: PipelineConfig, sources: Sources | None = None) -> str:
    """Return the whole config as TOML, with the origin of each value in a comment.

    The origin is the file, an environment variable, `default`, or `derived` from other values.
    """
    until = KUBERNETES_VERSIONS[config.cluster.kubernetes_version]
    lines = [f"# Kubernetes {config.cluster.kubernetes_version} is in EKS' standard support until {until}."]
    for path, value, origin in _list_values(config, sources or {}):
        if isinstance(value, _SectionHeading):
            lines.append(f"\n[{'.'.join(path)}]")
        elif value is None:
            lines.append(f"# {path[-1]} is not set")
        elif origin == _DERIVED:
            lines.append(f"# {path[-1]} = {format_as_toml(value)}  # {origin}")
        else:
            lines.append(f"{path[-1]} = {format_as_toml(value)}  # {origin}")
    return "\n".join(lines)


def count_sources(config: PipelineConfig, sources: Sources) -> str:
    """Return the number of values by origin, for example "5 from pipeline.toml, 3 derived, 57 defaults"."""
    origins = Counter(
        origin for _, value, origin in _list_values(config, sources) if not isinstance(value, _SectionHeading | None)
    )
    given = [f"{count} from {name}" for name, count in origins.items() if name not in (_DERIVED, _DEFAULT)]
    return ", ".join([*given, f"{origins[_DERIVED]} derived", f"{origins[_DEFAULT]} defaults"])


class _SectionHeading:
    """Marks the beginning of a section in a list of values."""


def _list_values(config: PipelineConfig, sources: Sources) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    yield from _list_section(config.model_dump(mode="json"), (), sources, derived_values(config))


def _list_section(
    values: Mapping[str, Any], parents: tuple[str, ...], sources: Sources, derived: Mapping[tuple[str, ...], str]
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Yield path, value and origin of each field, those of a section after its header."""
    sections = {
        name: value
        for name, value in values.items()
        if isinstance(value, dict) and (*parents, name) not in TABLES_OF_TEXTS
    }
    if parents:
        yield parents, _SectionHeading(), ""
    for name, value in values.items():
        path = (*parents, name)
        if name in sections:
            continue
        if value is None and path in derived:
            yield path, derived[path], _DERIVED
        else:
            yield path, value, sources.get(path, _DEFAULT)
    for name, section in sections.items():
        yield from _list_section(section, (*parents, name), sources, derived)


if __name__ == "__main__":
    sys.exit(main())
