"""Runs of many schedules: a seed makes the buffer of each, and hypothesis shrinks the buffer of one that fails."""

import gc
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import NoSuchExample

from tests.model.auditor import list_violations
from tests.model.world import World, simulated_modules

BUFFER_BYTES = 4096


@dataclass
class Figures:
    """Sums over schedules."""

    schedules: int = 0
    steps: int = 0
    switches: int = 0
    uploads: int = 0
    purges: int = 0
    letters: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    failed: dict[int, list[str]] = field(default_factory=dict)

    def add(self, world: World) -> None:
        simulation = world.simulation
        self.schedules += 1
        self.steps += simulation.steps
        self.switches += simulation.switches
        self.uploads += world.uploads
        self.purges += len(world.purges)
        self.letters += len(world.dead.messages)
        self.faults.update(world.boundary.faults.counts)

    def merge(self, other: "Figures") -> None:
        """Add the sums of other schedules."""
        for name in ("schedules", "steps", "switches", "uploads", "purges", "letters", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults.update(other.faults)
        self.failed.update(other.failed)

    def __str__(self) -> str:
        rate = self.schedules / self.seconds * 60 if self.seconds else 0
        faults = ", ".join(f"{count:,} {name}" for name, count in sorted(self.faults.items()))
        return (
            f"{self.schedules:,} schedules in {self.seconds:.0f} s of CPU ({rate:,.0f} a minute): "
            f"{self.steps:,} calls and waits, {self.switches:,} switches, {self.uploads:,} uploads, "
            f"{self.purges:,} purges, {self.letters:,} dead letters left; faults: {faults}; {len(self.failed)} failed"
        )


def buffer_of(seed: int) -> bytes:
    """Return the decisions of a seed."""
    return random.Random(seed).randbytes(BUFFER_BYTES)  # noqa: S311 - decisions, not secrets


def run_buffer(buffer: bytes, *, is_traced: bool = False) -> tuple[World, list[str]]:
    """Run one schedule; return its end and what is wrong there."""
    world = World(buffer, is_traced=is_traced)
    try:
        world.run()
    except Exception as error:  # noqa: BLE001 - a finding like any other
        return world, [f"a task failed: {type(error).__name__}: {error}"]
    return world, list_violations(world)


def run_seeds(first: int, count: int, *, most_failures: int = 1) -> Figures:
    """Run the schedules of these seeds until some have failed."""
    figures = Figures()
    began = time.process_time()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with simulated_modules():
            for seed in range(first, first + count):
                world, violations = run_buffer(buffer_of(seed))
                figures.add(world)
                if violations:
                    figures.failed[seed] = violations
                    if len(figures.failed) >= most_failures:
                        break
                if seed % 200 == 0:
                    gc.collect()
    finally:
        if was_enabled:
            gc.enable()
    figures.seconds = time.process_time() - began
    return figures


def find_failing_seed(tried_first: int, count: int) -> int | None:
    """Return the seed of a schedule that fails: `tried_first`, or one of the seeds from 1 on."""
    for first, number in ((tried_first, 1), (1, count)):
        for seed in run_seeds(first, number).failed:
            return seed
    return None


def shrink(buffer: bytes, *, examples: int = 2000) -> bytes:
    """Return a smaller buffer that fails, from one that fails: hypothesis shrinks it as its own finding."""
    database = InMemoryExampleDatabase()
    key = b"failed"
    # The secondary key: hypothesis takes what it finds under the primary one for shrunk already.
    database.save(key + b".secondary", choices_to_bytes((buffer,)))
    options = settings(
        database=database,
        phases=(Phase.reuse, Phase.shrink),
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with simulated_modules():
        try:
            return find(
                st.binary(max_size=BUFFER_BYTES),
                lambda shrunk: bool(run_buffer(shrunk)[1]),
                settings=options,
                database_key=key,
            )
        except NoSuchExample:
            return buffer


def describe(buffer: bytes) -> str:
    """Return the trace of a schedule and what is wrong at its end."""
    with simulated_modules():
        world, violations = run_buffer(buffer, is_traced=True)
    trace = world.simulation.trace or []
    return "\n".join([*trace, "", *violations])
