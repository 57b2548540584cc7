"""Plans, read from the output of `terraform show -json`, or from that of `terraform plan -json` if it says enough.

https://developer.hashicorp.com/terraform/internals/json-format
https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stacks.terraform.groups import group_of

UNKNOWN = "(known after apply)"
NONE = "(none)"

_REASONS = {
    "replace_because_tainted": "its last creation failed half-way",
    "replace_because_cannot_update": "AWS cannot change it in place",
    "replace_by_request": "asked for",
    "replace_by_triggers": "something that it depends on is replaced",
    "delete_because_no_resource_config": "no longer in the configuration",
    "delete_because_no_module": "no longer in the configuration",
    "delete_because_wrong_repetition": "no longer in the configuration",
    "delete_because_count_index": "no longer in the configuration",
    "delete_because_each_key": "no longer in the configuration",
}


class Action(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"
    DESTROY = "destroy"
    MOVE = "move"
    FORGET = "forget"


_ACTIONS = {
    frozenset({"create"}): Action.CREATE,
    frozenset({"update"}): Action.CHANGE,
    frozenset({"create", "delete"}): Action.REPLACE,
    frozenset({"delete"}): Action.DESTROY,
    frozenset({"forget"}): Action.FORGET,
}


@dataclass(frozen=True, kw_only=True)
class AttributeDifference:
    """An attribute that changes, as texts."""

    path: str
    """As in `spec.0.replicas`."""
    before: str
    after: str
    replaces: bool = False
    """True if this attribute is the reason for a replacement."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A resource that a plan changes."""

    address: str
    resource_type: str
    action: Action
    reason: str = ""
    differences: tuple[AttributeDifference, ...] = ()
    """Attributes that differ; none for a resource that is created or destroyed."""
    operations: int = 1
    """Number of operations of the apply: two for a replacement."""

    @property
    def group(self) -> str:
        return group_of(self.resource_type)


@dataclass(frozen=True, kw_only=True)
class Plan:
    changes: tuple[Change, ...] = ()
    outputs: tuple[str, ...] = ()
    """Names of the outputs that change."""
    configured: frozenset[str] = frozenset()
    """Addresses of the resources and data sources in the plan's configuration, if `terraform show` was asked."""

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.outputs

    def count(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)


def parse_plan(text: str) -> Plan:
    """Return the plan of an output of `terraform show -json`."""
    document = json.loads(text)
    changes = [change for entry in document.get("resource_changes", []) if (change := _change(entry)) is not None]
    outputs = [name for name, entry in document.get("output_changes", {}).items() if set(entry["actions"]) - {"no-op"}]
    resources = document.get("configuration", {}).get("root_module", {}).get("resources", [])
    return _plan(changes, outputs, configured=frozenset(str(resource["address"]) for resource in resources))


def plan_of_events(planned: Iterable[Mapping[str, Any]], outputs: Mapping[str, Mapping[str, Any]]) -> Plan | None:
    """Return the plan of the events of `terraform plan -json`; None if it changes resources, as they have no values.

    `terraform show` starts the providers once more: 3 s of CPU with that of AWS.
    """
    changes: list[Change] = []
    for event in planned:
        if event["action"] not in ("create", "delete", "read"):
            return None
        entry = {
            "address": event["resource"]["addr"],
            "type": event["resource"]["resource_type"],
            "change": {"actions": [event["action"]]},
            "action_reason": event.get("reason", ""),
        }
        if (change := _change(entry)) is not None:
            changes.append(change)
    return _plan(changes, [name for name, entry in outputs.items() if entry["action"] != "noop"])


def _plan(changes: Iterable[Change], outputs: Iterable[str], *, configured: frozenset[str] = frozenset()) -> Plan:
    return Plan(
        changes=tuple(sorted(changes, key=lambda change: (change.group, change.address))),
        outputs=tuple(sorted(outputs)),
        configured=configured,
    )


def configured_addresses(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the addresses of the resources and data sources in a synthesized stack."""
    return frozenset(
        f"{prefix}{resource_type}.{name}"
        for kind, prefix in (("resource", ""), ("data", "data."), ("ephemeral", "ephemeral."))
        for resource_type, named in document.get(kind, {}).items()
        for name in named
    )


def _change(entry: Mapping[str, Any]) -> Change | None:
    change = entry["change"]
    action = _action(change["actions"], moved="previous_address" in entry)
    if action is None or entry.get("mode") == "data":
        return None
    return Change(
        address=entry["address"],
        resource_type=entry["type"],
        action=action,
        reason=_REASONS.get(entry.get("action_reason", ""), ""),
        differences=_differences(change, action),
        operations=2 if action is Action.REPLACE else 1 if action not in (Action.MOVE, Action.FORGET) else 0,
    )


def _action(actions: list[str], *, moved: bool) -> Action | None:
    """Return what is done to a resource; None if it is only read or stays."""
    return Action.MOVE if moved and actions == ["no-op"] else _ACTIONS.get(frozenset(actions))


def _differences(change: Mapping[str, Any], action: Action) -> tuple[AttributeDifference, ...]:
    """Return the attributes that differ, the reasons of a replacement first.

    A replacement makes every computed attribute new, so those are left out.
    """
    if action not in (Action.CHANGE, Action.REPLACE):
        return ()
    found = [one for one in _all_differences(change) if one.replaces or action is Action.CHANGE or one.after != UNKNOWN]
    return tuple(sorted(found, key=lambda one: not one.replaces))


def _all_differences(change: Mapping[str, Any]) -> Iterator[AttributeDifference]:
    replacing = {".".join(map(str, path)) for path in change.get("replace_paths", [])}
    sensitive = (change.get("before_sensitive"), change.get("after_sensitive"))
    for path, before, after in _leaves(
        change.get("before"), change.get("after"), change.get("after_unknown"), sensitive, ()
    ):
        name = ".".join(map(str, path))
        replaces = any(name == other or name.startswith(f"{other}.") for other in replacing)
        yield AttributeDifference(path=name, before=before, after=after, replaces=replaces)


def _leaves(
    before: Any, after: Any, unknown: Any, sensitive: tuple[Any, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield path and texts of each value that differs, nested ones by their own paths."""
    if True in sensitive:
        if before != after or unknown is True:
            yield path, "(sensitive)", "(sensitive)"
    elif unknown is True:
        yield path, _text(before), UNKNOWN
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after, *(unknown if isinstance(unknown, dict) else ())}):
            yield from _entry(before, after, unknown, sensitive, path, key)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index in range(len(before)):
            yield from _entry(before, after, unknown, sensitive, path, index)
    elif before != after and (before or after or _is_number(before) or _is_number(after)):
        # Providers answer with an empty value for an attribute that was never set.
        yield path, _text(before), _text(after)


def _entry(  # noqa: PLR0913, PLR0917 - the arguments of _leaves, one level deeper
    before: Any, after: Any, unknown: Any, sensitive: tuple[Any, Any], path: tuple[str | int, ...], key: str | int
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    deeper = (_at(sensitive[0], key), _at(sensitive[1], key))
    yield from _leaves(_at(before, key), _at(after, key), _at(unknown, key), deeper, (*path, key))


def _at(value: Any, key: str | int) -> Any:
    """Return an entry of a dict or list; None if there is none."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _text(value: Any) -> str:
    return NONE if value is None else json.dumps(value, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    """Return whether a value is a number or a boolean, which are not empty when they are false."""
    return isinstance(value, int | float)
