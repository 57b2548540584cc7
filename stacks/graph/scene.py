"""What is drawn: boxes and arrows, read off the stacks' JSON. Pure; where they stand is `drawing`'s affair.

A box exists because a resource does, its text is the resource's own, and an arrow because one refers to another: by its
address, its name, or in a container's environment. What nobody needs for an overview (policies, routes, bindings) is
counted, not drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stacks.graph import cluster, surroundings
from stacks.graph.resources import Arrow, DrawnBox, Resources, Synthesized


@dataclass(frozen=True, kw_only=True)
class Scene:
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[Arrow, ...]
    undrawn: Mapping[str, int]
    """Resources of each stack that have no box."""


def build_scene(synthesized: Synthesized) -> Scene:
    found = Resources(synthesized)
    boxes = (*surroundings.list_boxes(found), *cluster.list_boxes(found))
    known = {box.key for box in boxes}
    arrows = (*surroundings.list_arrows(found), *cluster.list_arrows(found))
    return Scene(
        boxes=boxes,
        # A stack that is not there (dns, without a domain) takes its arrows along.
        arrows=tuple(arrow for arrow in dict.fromkeys(arrows) if {arrow.source, arrow.target} <= known),
        undrawn={stack: found.count(stack) - len(found.drawn[stack]) for stack in synthesized},
    )
