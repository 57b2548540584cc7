"""Reads the config: `pipeline.toml`, environment variables over it, and every error at once.

`PIPELINE_REGION` overrides `region`, `PIPELINE_WORKER__CPU_MILLIS` overrides `worker.cpu_millis`; lists and tables are
given in JSON. The workflows' `DOMAIN_NAME`, `ALERT_EMAIL` and `S3_BUCKET_NAME` count where no `PIPELINE_` variable
does. An empty variable counts as none: that is what GitHub passes for a secret that is not set.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariableError

from stacks.config.errors import FieldProblem, list_problems
from stacks.config.model import TABLES_OF_TEXTS, PipelineConfig

ALIASES = {"DOMAIN_NAME": ("domain",), "ALERT_EMAIL": ("alert_email",), "S3_BUCKET_NAME": ("storage", "bucket_name")}
"""Variables of the workflows, and the fields that they set."""

_PREFIX = "PIPELINE_"


class ConfigError(Exception):
    """The config is wrong; the message names every field with its value, its rule and an example."""


def load_config(file: Path, environment: Mapping[str, str]) -> PipelineConfig:
    """Return the validated config.

    Raises:
        ConfigError: the file cannot be read, or what it says is wrong.
    """
    values = _read_file(file)
    from_environment, problems = _from_environment(environment)
    return validate_config(_merged(values, from_environment), source=str(file), problems=problems)


def validate_config(
    values: Mapping[str, Any], *, source: str, problems: list[FieldProblem] | None = None
) -> PipelineConfig:
    """Return the config with these values, which come from `source`; `problems` were found before.

    Raises:
        ConfigError: naming every wrong value.
    """
    found = list(problems or [])
    try:
        config = PipelineConfig.model_validate(values)
    except ValidationError as error:
        found += list_problems(values, error)
        config = None
    if found or config is None:
        count = f"{len(found)} values" if len(found) > 1 else "1 value"
        raise ConfigError("\n".join([f"{source} and the environment: {count} to fix", *map(str, found)]))
    return config


def value_sources(file: Path, environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Return the origin of every value that is given: the file's name, or the environment variable, by field path.

    Raises: ConfigError if the file cannot be read.
    """
    sources = dict.fromkeys(_leaves(_read_file(file)), file.name)
    for alias, path in ALIASES.items():
        if environment.get(alias):
            sources[path] = alias
    from_environment, _ = _from_environment(environment)
    given = {name.upper() for name, value in environment.items() if value}
    for path in _leaves(from_environment):
        # A list or table in JSON sets everything below its own field.
        candidates = [f"{_PREFIX}{'__'.join(path[:length]).upper()}" for length in range(len(path), 0, -1)]
        name = next((candidate for candidate in candidates if candidate in given), None)
        if name is not None:
            sources[path] = name
    return sources


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def _leaves(values: Mapping[str, Any], parents: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = []
    for name, value in values.items():
        path = (*parents, name)
        paths += _leaves(value, path) if isinstance(value, Mapping) and path not in TABLES_OF_TEXTS else [path]
    return paths


class _Variables(BaseSettings, PipelineConfig):
    """Only for its fields: which variables there can be."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", env_ignore_empty=True)


class _Source(EnvSettingsSource):
    """pydantic-settings' reader, over variables that it is given."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = {name.lower(): value for name, value in environment.items() if value}
        super().__init__(_Variables)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._given


def _from_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldProblem]]:
    values: dict[str, Any] = {}
    for name, path in ALIASES.items():
        if environment.get(name):
            values = _merged(values, _nested(path, environment[name]))
    problems = [
        FieldProblem(field=name, value=environment[name], rule=f"names no field; {guess} does", example="", what="")
        for name, guess in _misspelt(environment).items()
    ]
    unreadable = [name for name in variable_names() & environment.keys() if not _is_readable(name, environment[name])]
    problems += [
        FieldProblem(
            field=name, value=environment[name], rule="a list or table is given in JSON", example="[10, 50]", what=""
        )
        for name in sorted(unreadable)
    ]
    readable = {name: value for name, value in environment.items() if name not in unreadable}
    return _merged(values, _Source(readable)()), problems


def _is_readable(name: str, value: str) -> bool:
    try:
        _Source({name: value})()
    except UnreadableVariableError:
        return False
    return True


def _misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables that set nothing but resemble one that does, each with that one.

    Others that begin the same belong to somebody else: Azure has a PIPELINE_WORKSPACE.
    """
    known = sorted(variable_names())
    misspelt = {}
    for name in environment:
        if name.startswith(_PREFIX) and name not in known:
            guesses = get_close_matches(name, known, n=1, cutoff=0.85)
            if guesses:
                misspelt[name] = guesses[0]
    return misspelt


def variable_names() -> set[str]:
    """Return the names of all environment variables that set a field or a section."""
    return {f"{_PREFIX}{'__'.join(path).upper()}" for path in _paths(PipelineConfig)}


def _paths(model: type[Any], parents: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = []
    for name, field in model.model_fields.items():
        paths.append((*parents, name))
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if hasattr(kind, "model_fields"):
                paths += _paths(kind, (*parents, name))
    return paths


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    nested: dict[str, Any] = value
    return nested


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = _merged(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return merged
