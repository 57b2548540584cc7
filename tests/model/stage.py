"""One process on the virtual clock: the real code with its threads, waits and time-outs, none of which takes time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from services.api.actions import deletion, purge, purge_run
from services.contract.resources import pipeline_resources
from services.worker import loop
from tests.model.modules import simulated_modules
from tests.model.place import simulated_place
from tests.model.simulation import START_S, Choices, Process, Simulation
from tests.model.threads import current
from tests.support.place import Place

_INTERVALS = {
    (module, name): getattr(module, name)
    for module, name in (
        (loop, "_POLL_INTERVAL_S"),
        (purge, "_POLL_INTERVAL_S"),
        (purge, "_CLOCK_EVERY_S"),
        (purge_run, "_POLL_INTERVAL_S"),
        (deletion, "_POLL_INTERVAL_S"),
    )
}
"""Intervals of the services, which the model makes longer to save steps."""


class Stage:
    """A simulated AWS, and threads that run on the virtual clock."""

    def __init__(self, place: Place, simulation: Simulation) -> None:
        self.place = place
        self._simulation = simulation
        self._process = Process(simulation, "test", killable=False)

    @property
    def now_s(self) -> float:
        """Return the seconds since the beginning."""
        return self._simulation.now - START_S

    def sleep(self, seconds: float) -> None:
        self._simulation.sleep(seconds)

    def spawn(self, run: Callable[[], object]) -> None:
        """Start a thread."""
        self._process.spawn(run)

    def play(self, *threads: Callable[[], object]) -> None:
        """Run threads until all have ended, with those that they start. Raises: the error of a thread."""
        for thread in threads:
            self.spawn(thread)
        self._simulation.run(lambda: not self._process.tasks)
        left = len(self._process.tasks)
        self._simulation.end()
        if self._simulation.error is not None:
            raise self._simulation.error
        assert not self._simulation.is_endless
        assert left == 0, "threads wait forever"


@contextmanager
def staged() -> Iterator[Stage]:
    """Yield a stage whose calls to AWS all succeed."""
    with simulated_place(pipeline_resources("staged")) as place, simulated_modules(), ExitStack() as stack:
        for (module, name), value in _INTERVALS.items():
            stack.enter_context(patch.object(module, name, value))
        simulation = Simulation(Choices(b""))
        s3: Any = place.clients.s3
        simulation.s3 = s3
        with current(simulation):
            yield Stage(place, simulation)
