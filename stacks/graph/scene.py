"""What is drawn: boxes and arrows, read off the stacks' JSON. Pure; where they stand is `drawing`'s affair.

A box exists because a resource does, its text is the resource's own, and an arrow because one refers to another: by its
address, its name, or in a container's environment. What nobody needs for an overview (policies, routes, bindings) is
counted, not drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.graph import cluster, surroundings

Synthesized = Mapping[str, Mapping[str, Any]]
"""cdk.tf.json of each stack, by the stack's id."""


@dataclass(frozen=True, kw_only=True)
class Box:
    key: str
    """Unique in the drawing."""
    panel: str
    """The stack, or `outside`."""
    column: int
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Scene:
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    undrawn: Mapping[str, int]
    """Resources of each stack that have no box."""


def scene(synthesized: Synthesized) -> Scene:
    found = Resources(synthesized)
    boxes = [Box(**fields) for fields in (*surroundings.boxes(found), *cluster.boxes(found))]
    known = {box.key for box in boxes}
    arrows = [Arrow(*ends) for ends in (*surroundings.arrows(found), *cluster.arrows(found))]
    return Scene(
        boxes=tuple(boxes),
        # A stack that is not there (dns, without a domain) takes its arrows along.
        arrows=tuple(arrow for arrow in dict.fromkeys(arrows) if {arrow.source, arrow.target} <= known),
        undrawn={stack: found.count(stack) - len(found.drawn[stack]) for stack in synthesized},
    )


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
