"""Resources of the synthesized stacks, and the shapes that are drawn of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Synthesized = Mapping[str, Mapping[str, Any]]
"""Content of `cdk.tf.json` of each stack, by the stack's id."""

Fields = dict[str, Any]
"""Arguments of a resource."""


@dataclass(frozen=True, kw_only=True)
class DrawnBox:
    """A box of the drawing."""

    key: str
    """Unique in the drawing."""
    panel: str
    """The stack, or `outside`."""
    column: int
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another, both by their keys."""

    source: str
    target: str
    label: str = ""


class Resources:
    """The stacks' resources, by kind; it remembers which were asked for."""

    def __init__(self, synthesized: Synthesized) -> None:
        self._synthesized = synthesized
        self.drawn: dict[str, set[str]] = {stack: set() for stack in synthesized}

    def of(self, stack: str, kind: str) -> dict[str, Any]:
        """Resources by logical id; none where the stack is not there."""
        resources: dict[str, Any] = self._synthesized.get(stack, {}).get("resource", {}).get(kind, {})
        if stack in self.drawn:
            self.drawn[stack].update(f"{kind}.{name}" for name in resources)
        return resources

    def count(self, stack: str) -> int:
        return sum(len(resources) for resources in self._synthesized[stack].get("resource", {}).values())
