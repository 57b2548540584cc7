"""Turns pydantic's errors into sentences: for each wrong field its value, the rule, what it is and an example.

A rule over several fields is checked by pydantic only when each of them is right by itself. So that all errors are
reported at once, wrong values are replaced by right ones and the whole is validated again, until nothing new is found.
"""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stacks.config.model import PipelineConfig
from stacks.config.types import Form

_MISSING = "(not set)"
_ROUNDS = 3

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FieldProblem:
    field: str
    value: Any
    rule: str
    what: str
    example: str

    def __str__(self) -> str:
        value = _MISSING if self.value is None else format_as_toml(self.value)
        lines = [f"  {self.field} = {value}", f"    rule:    {self.rule}"]
        if self.what:
            lines.append(f"    what:    {self.what}")
        if self.example:
            lines.append(f"    example: {self.example}")
        return "\n".join(lines)


def list_problems(values: Mapping[str, Any], error: ValidationError) -> list[FieldProblem]:
    """Return every problem of `values`, in the order of the config's fields; `error` has the first ones."""
    repaired = deepcopy(dict(values))
    found_problems: dict[Path, FieldProblem] = {}
    for _ in range(_ROUNDS):
        new: dict[Path, FieldProblem] = {}
        for detail in error.errors():
            involved = _involved(detail)
            # A rule that involves a repaired value says nothing about what was given.
            if not any(_overlap(path, known) for path in involved for known in found_problems):
                new.setdefault(involved[0], _problem(values, involved[0], detail))
        found_problems |= new
        if not new:
            break
        for detail in error.errors():
            for path in _involved(detail):
                _repair(repaired, path)
        try:
            PipelineConfig.model_validate(repaired)
        except ValidationError as further:
            error = further
        else:
            break
    return [found_problems[path] for path in sorted(found_problems, key=_position)]


def _involved(detail: ErrorDetails) -> list[Path]:
    """Return the fields that an error is about; messages name the first."""
    section = _field_path(detail["loc"])
    fields = detail.get("ctx", {}).get("fields")
    if fields is None:
        return [section]
    return [(*section, *field.split(".")) for field in fields]


def _field_path(loc: tuple[int | str, ...]) -> Path:
    """Return the path of the field in an error's location, without positions in a list or table."""
    path: list[str] = []
    model: type[BaseModel] | None = PipelineConfig
    for part in loc:
        if model is None:
            break
        path.append(str(part))
        field = model.model_fields.get(str(part))
        model = _section(field) if field else None
    return tuple(path)


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    for candidate in kinds:
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _field(path: Path) -> FieldInfo | None:
    model: type[BaseModel] | None = PipelineConfig
    field = None
    for name in path:
        field = model.model_fields.get(name) if model else None
        model = _section(field) if field else None
    return field


def _problem(values: Mapping[str, Any], path: Path, detail: ErrorDetails) -> FieldProblem:
    field = _field(path)
    if field is None or detail["type"] == "extra_forbidden":
        rule = "there is no such field: docs/configuration.md lists them all"
        return FieldProblem(field=".".join(path), value=_lookup(values, path), rule=rule, what="", example="")
    forms = [part for part in field.metadata if isinstance(part, Form)]
    # "Input should be a valid string" says less than the form that the text must have.
    rule = forms[0].rule if forms and detail["type"] == "string_type" else detail["msg"].removeprefix("Value error, ")
    example = _example(field)
    return FieldProblem(
        field=".".join(path),
        value=_lookup(values, path),
        rule=rule if rule[1:2].isupper() else rule[:1].lower() + rule[1:],
        what=field.description or "",
        example="" if example is None else f"{path[-1]} = {format_as_toml(example)}",
    )


def _example(field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    default = field.get_default(call_default_factory=False)
    return None if field.is_required() or isinstance(default, BaseModel) else default


def _repair(values: dict[str, Any], path: Path) -> None:
    """Remove a value, or replace it by the field's example if there is no default."""
    section: Any = values
    for name in path[:-1]:
        section = section.get(name) if isinstance(section, dict) else None
    if not isinstance(section, dict):
        return
    section.pop(path[-1], None)
    field = _field(path)
    if field is not None and field.is_required():
        section[path[-1]] = deepcopy(_example(field))


def _lookup(values: Mapping[str, Any], path: Path) -> Any:
    value: Any = values
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None and (field := _field(path)) is not None and not field.is_required():
        value = field.get_default(call_default_factory=False)
    return None if isinstance(value, BaseModel) else value


def _overlap(one: Path, other: Path) -> bool:
    return one[: len(other)] == other or other[: len(one)] == one


def _position(path: Path) -> tuple[int, Path]:
    fields = list(PipelineConfig.model_fields)
    return (fields.index(path[0]) if path and path[0] in fields else len(fields), path)


def format_as_toml(value: Any) -> str:
    """Return a value as TOML in one line, tables inline. JSON writes scalars the same way.

    tomli-w writes documents: it has no function for one value, and writes tables over several lines.
    """
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_format_key(name)} = {format_as_toml(entry)}" for name, entry in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(format_as_toml(entry) for entry in value)}]"
    return json.dumps(value, ensure_ascii=False, default=str)


def _format_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
