"""Runs of many schedules: a seed makes the buffer of each, and hypothesis shrinks the buffer of one that fails."""

import gc
import random
import time

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import NoSuchExample

from tests.model.auditor import list_violations
from tests.model.figures import Figures
from tests.model.modules import simulated_modules
from tests.model.world import World

BUFFER_BYTES = 4096

_COLLECT_EVERY = 20
"""Schedules between two collections of garbage: few, so that what they leave stays in the processor's cache."""


def buffer_of(seed: int) -> bytes:
    """Return the decisions of a seed."""
    return random.Random(seed).randbytes(BUFFER_BYTES)  # noqa: S311 - decisions, not secrets


def run_buffer(buffer: bytes, *, is_traced: bool = False, has_events: bool = False) -> tuple[World, list[str]]:
    """Run one schedule; return its end and what is wrong there."""
    world = World(buffer, is_traced=is_traced, has_events=has_events)
    try:
        world.run()
    except Exception as error:  # noqa: BLE001 - a finding like any other
        return world, [f"a task failed: {type(error).__name__}: {error}"]
    return world, list_violations(world)


def run_seeds(first: int, count: int, *, most_failures: int = 1, has_events: bool = False) -> Figures:
    """Run the schedules of these seeds until some have failed."""
    figures = Figures()
    began = time.process_time()
    was_enabled = gc.isenabled()
    gc.disable()
    # Only what the schedules leave is looked at: the modules of the services have ten times as many objects.
    gc.freeze()
    try:
        with simulated_modules():
            for seed in range(first, first + count):
                world, violations = run_buffer(buffer_of(seed), has_events=has_events)
                figures.add(world)
                world.close()
                if violations:
                    figures.failed[seed] = violations
                    if len(figures.failed) >= most_failures:
                        break
                if seed % _COLLECT_EVERY == 0:
                    gc.collect()
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
    figures.seconds = time.process_time() - began
    return figures


def find_failing_seed(tried_first: int, count: int, *, has_events: bool = False) -> int | None:
    """Return the seed of a schedule that fails: `tried_first`, or one of the seeds from 1 on."""
    for first, number in ((tried_first, 1), (1, count)):
        for seed in run_seeds(first, number, has_events=has_events).failed:
            return seed
    return None


def shrink(buffer: bytes, *, examples: int = 2000, has_events: bool = False) -> bytes:
    """Return a smaller buffer that fails, from one that fails: hypothesis shrinks it as its own finding."""

    def fails(shrunk: bytes) -> bool:
        world, violations = run_buffer(shrunk, has_events=has_events)
        world.close()
        return bool(violations)

    with simulated_modules():
        # Without the bytes that decide nothing, which hypothesis would try to remove, too.
        buffer = buffer[: run_buffer(buffer, has_events=has_events)[0].choices.used]
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
                fails,
                settings=options,
                database_key=key,
            )
        except NoSuchExample:
            return buffer


def describe(buffer: bytes, *, has_events: bool = False) -> str:
    """Return the trace of a schedule and what is wrong at its end."""
    with simulated_modules():
        world, violations = run_buffer(buffer, is_traced=True, has_events=has_events)
    trace = world.simulation.trace or []
    return "\n".join([*trace, "", *violations])
