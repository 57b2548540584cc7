"""Report of the check of rights: refused requests, and actions that were granted for nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """A request that AWS would refuse with these policies."""

    principal: str
    stack: str
    """The stack that was deployed meanwhile; empty for services."""
    operation: str
    action: str
    resource: str
    reason: str
    """Cause of the refusal: no statement, a statement that denies, the boundary."""
    statement: Mapping[str, Any] | None
    """The statement that is missing; None if a statement denies the request, as no other helps then."""
    context: Mapping[str, Any]
    """Values of condition keys that the request had."""

    def __str__(self) -> str:
        during = f" while {self.stack} was deployed or destroyed" if self.stack else ""
        text = (
            f"{self.principal}{during}: {self.action} on {self.resource} ({self.operation}) is refused: {self.reason}"
        )
        return f"{text}\n  missing: {json.dumps(self.statement)}" if self.statement else text


@dataclass(frozen=True)
class RightsReport:
    """Result of comparing the requests of a rehearsal with the policies."""

    checked: int
    """Requests compared with the policies; those of administrators are not."""
    decisions: int
    """Different actions, resources and conditions among them."""
    refused: tuple[Refusal, ...]
    unused: Mapping[str, tuple[str, ...]]
    """Actions of statements, as `Sid: action`, that no request of the role needed."""
    not_compared: tuple[str, ...]
    """Policies that are not in the stacks."""

    def __str__(self) -> str:
        lines = [str(one) for one in self.refused]
        lines.append(f"{self.checked} requests, {self.decisions} different decisions, {len(self.refused)} refused")
        lines += [f"not compared: {one}" for one in self.not_compared]
        for role, actions in self.unused.items():
            lines.append(f"granted to {role} and not used:")
            for sid, pairs in groupby((action.split(": ") for action in actions), key=itemgetter(0)):
                lines.append(f"  {sid}: {', '.join(action for _, action in pairs)}")
        return "\n".join(lines)
