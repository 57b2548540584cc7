"""Progress of an apply: what is done of each group of resources, from the plan and Terraform's events."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from stacks.terraform.events import COMPLETE, ERRORED, PROGRESS, START, Event
from stacks.terraform.plan import Action, Plan


@dataclass
class Group:
    """Resources of one group, in the order of the plan."""

    title: str
    operations: dict[str, int]
    """Operations that are left, by address."""
    running: dict[str, datetime] = field(default_factory=dict)
    """Time at which each operation in progress began, by address."""
    failed: list[str] = field(default_factory=list)
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def total(self) -> int:
        return len(self.operations)

    @property
    def done(self) -> int:
        return sum(left == 0 for left in self.operations.values())

    @property
    def is_done(self) -> bool:
        return self.done == self.total

    @property
    def is_over(self) -> bool:
        """True if nothing more happens: all done, or failed and nothing in progress."""
        return self.is_done or bool(self.failed and not self.running)

    def elapsed_s(self, now: datetime) -> float:
        return ((self.ended or now) - self.began).total_seconds() if self.began else 0.0


class PlanProgress:
    """The groups of a plan, in the order of their first operation."""

    def __init__(self, plan: Plan) -> None:
        self.groups: dict[str, Group] = {}
        self._group_of: dict[str, Group] = {}
        for change in plan.changes:
            if change.operations:
                group = self.groups.setdefault(change.group, Group(change.group, {}))
                group.operations[change.address] = change.operations
                self._group_of[change.address] = group
        self.is_destroy = bool(plan.changes) and all(change.action is Action.DESTROY for change in plan.changes)

    def take(self, event: Event) -> Group | None:
        """Apply an event; return its group, or None if the event is about no planned resource."""
        group = self._group_of.get(event.address)
        if group is None or event.type not in (START, PROGRESS, COMPLETE, ERRORED):
            return None
        at = event.at or datetime.now(UTC)
        match event.type:
            case "apply_start":
                group.began = group.began or at
                group.ended = None
                group.running[event.address] = at
            case "apply_complete":
                group.running.pop(event.address, None)
                group.operations[event.address] = max(0, group.operations[event.address] - 1)
            case "apply_errored":
                group.running.pop(event.address, None)
                group.failed.append(event.address)
        if group.is_over or not group.running:
            group.ended = at
        return group


def format_seconds(seconds: float) -> str:
    """Return a duration: `8 s`, `1:05 min`, `1:02:03 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"


def format_count(group: Group) -> str:
    """Return `23 resources` for a group that is done or has not begun, and `7 of 23` in between."""
    if group.done in (0, group.total) and not group.running and not group.failed:
        return format_total(group)
    return f"{group.done} of {group.total}"


def format_total(group: Group) -> str:
    return f"{group.total} resource{'' if group.total == 1 else 's'}"


def format_running(group: Group, now: datetime) -> str:
    """Return the operation that has taken longest, and the number of the others."""
    if not group.running:
        return ""
    address = min(group.running, key=lambda one: group.running[one])
    others = len(group.running) - 1
    since = format_seconds((now - group.running[address]).total_seconds())
    return f"{address} {since}{f', and {others} more' if others else ''}"
