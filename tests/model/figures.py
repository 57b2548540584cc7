"""Figures of many schedules, which add up over runs."""

import json
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from tests.model.world import World

_DUPLICATES = ("already_done", "already_failed", "settled_elsewhere")
"""Reasons for which a worker skips the event of an upload that is settled."""

_USERS = ("put", "remove", "job")
"""Kinds of the acts of users, who need no api."""


@dataclass
class Figures:
    """Sums over schedules."""

    schedules: int = 0
    steps: int = 0
    """Calls to AWS and waits."""
    switches: int = 0
    contested: int = 0
    """Switches for which the schedule chose between several tasks: the interleavings."""
    deliveries: int = 0
    """Messages that workers received."""
    duplicates: int = 0
    """Events that workers skipped, because their upload was settled."""
    uploads: int = 0
    purges: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    """Changes of single videos that people asked for and got, by their kind."""
    letters: int = 0
    """Dead letters at the end."""
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """CPU time."""
    failed: dict[int, list[str]] = field(default_factory=dict)
    """Violations by seed."""

    def add(self, world: World) -> None:
        """Add the sums of one schedule."""
        simulation = world.simulation
        self.schedules += 1
        self.steps += simulation.steps
        self.switches += simulation.switches
        self.contested += simulation.contested
        self.deliveries += world.queue.deliveries
        self.duplicates += sum(world.metrics.skipped_events[why] for why in _DUPLICATES)
        self.uploads += world.people.uploads
        self.purges += len(world.people.purges)
        self.actions.update(act.kind for act in world.people.acts if act.is_done and act.kind not in _USERS)
        self.letters += len(world.dead.messages)
        self.faults.update(world.boundary.faults.counts)

    def merge(self, other: "Figures") -> None:
        """Add the sums of other schedules."""
        for one in fields(self):
            mine, others = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, dict):
                mine.update(others)
            else:
                setattr(self, one.name, mine + others)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read the sums of earlier runs; they are zero if there is no file."""
        if not file.exists():
            return cls()
        values: dict[str, Any] = json.loads(file.read_text())
        failed = {int(seed): found for seed, found in values.pop("failed").items()}
        counted = {name: Counter(values.get(name, {})) for name in ("faults", "actions")}
        return cls(**values | counted | {"failed": failed})

    def save(self, file: Path) -> None:
        """Write the sums to a file."""
        part = file.with_suffix(".part")
        part.write_text(json.dumps(vars(self), indent=1) + "\n")
        part.replace(file)

    def __str__(self) -> str:
        rate = self.schedules / self.seconds * 60 if self.seconds else 0
        faults, actions = (
            ", ".join(f"{count:,} {name}" for name, count in sorted(counter.items()))
            for counter in (self.faults, self.actions)
        )
        return (
            f"{self.schedules:,} schedules in {self.seconds:.0f} s of CPU ({rate:,.0f} a minute): "
            f"{self.steps:,} calls and waits, {self.switches:,} switches ({self.contested:,} between several tasks), "
            f"{self.uploads:,} uploads, {self.deliveries:,} deliveries ({self.duplicates:,} of settled uploads), "
            f"{self.purges:,} purges, {sum(self.actions.values()):,} changes of videos ({actions}), "
            f"{self.letters:,} dead letters left, "
            f"{sum(self.faults.values()):,} faults ({faults}); "
            f"{len(self.failed)} failed"
        )
