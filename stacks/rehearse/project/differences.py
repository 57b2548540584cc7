"""Differences in a second plan, and those that only the emulated AWS makes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.rehearse.errors import RehearsalError


@dataclass(frozen=True)
class Difference:
    address: str
    attribute: str
    """Empty if the resource is created, replaced or deleted."""
    actions: tuple[str, ...]
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        return f"{self.address}: {self.attribute or ' and '.join(self.actions)}"


REDRIVE_POLICY = "ministack writes redrive_policy with other spaces than Terraform; the policies are equal"


def explain(difference: Difference) -> str | None:
    """Return the reason of a difference that the emulated AWS makes; None for any other."""
    if difference.address.startswith("aws_sqs_queue.") and difference.attribute == "redrive_policy":
        return REDRIVE_POLICY if _equal_as_json(difference.before, difference.after) else None
    return None


def check_plan(stack: str, plan: Mapping[str, Any]) -> list[str]:
    """Return the differences that the emulated AWS explains, each with its reason.

    Raises:
        RehearsalError: the plan, as `terraform show -json` prints it, has others; it names each.
    """
    found = list(list_differences(plan))
    unexplained = [difference for difference in found if explain(difference) is None]
    if unexplained:
        raise RehearsalError(
            f"A second plan of {stack} has changes, which a deployment would make each time: "
            f"{'; '.join(map(str, unexplained))}."
        )
    return [f"{stack}: {difference} ({explain(difference)})" for difference in found]


def list_differences(plan: Mapping[str, Any]) -> Iterator[Difference]:
    for entry in plan.get("resource_changes", []):
        actions, address = tuple(entry["change"]["actions"]), entry["address"]
        if actions in (("no-op",), ("read",)):
            continue
        if actions != ("update",):
            yield Difference(address, "", actions)
            continue
        before, after = entry["change"]["before"], entry["change"]["after"]
        unknown = entry["change"].get("after_unknown") or {}
        for name in sorted(before.keys() | after.keys() | {key for key, value in unknown.items() if value}):
            if before.get(name) != after.get(name):
                yield Difference(address, name, actions, before.get(name), after.get(name))
    for name, change in plan.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            yield Difference(f"output {name}", "", tuple(change["actions"]))


def _equal_as_json(one: Any, other: Any) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except (TypeError, ValueError):
        return False
