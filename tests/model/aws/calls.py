"""The boundary at which calls to the simulated AWS are interleaved, and at which they fail."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import ClientError, EndpointConnectionError

from tests.model.simulation import CURRENT, Simulation

T = TypeVar("T")

FAULTS = ("refused", "unreachable", "answer lost", "sent twice", "killed before", "killed after", "slow", "stopped")

_UNANSWERED = ("refused", "unreachable", "answer lost")

_ONE_AT_A_TIME = threading.RLock()
"""Outside of a schedule, the threads of a test are real ones, which could lose each other's writes."""


class CountedFaults:
    """Faults of a schedule: how many of 256 calls fail, and the number of each kind."""

    def __init__(self) -> None:
        self.of_256 = 0
        self.counts: dict[str, int] = {}


class Boundary:
    """The calls of all services of one simulation. Without a running task, a call has its effect at once."""

    def __init__(self, faults: CountedFaults | None = None) -> None:
        self.faults = faults or CountedFaults()
        self.skipped_s = 0.0
        """Seconds by which the clock is ahead outside of a schedule, as nobody has slept for them."""

    @property
    def now(self) -> float:
        simulation = CURRENT.simulation
        return float(simulation.now) if simulation else time.time() + self.skipped_s

    def skip(self, seconds: float) -> None:
        """Move the clock instead of sleeping."""
        self.skipped_s += seconds

    def below(self, count: int) -> int:
        """Return a decision of the schedule, 0 outside of one."""
        simulation = CURRENT.simulation
        if simulation is None or simulation.current is None:
            return 0
        return int(simulation.choices.below(count))

    def happens(self, of_256: int) -> bool:
        simulation = CURRENT.simulation
        return simulation is not None and self.faults.of_256 > 0 and simulation.choices.happens(of_256)

    def call(  # noqa: C901 - one case a fault
        self, name: str, effect: Callable[[], T], *, refusal: str = "ServiceUnavailable"
    ) -> T:
        """Let others run, then have the effect, and return its result unless the schedule has it fail."""
        simulation: Simulation | None = CURRENT.simulation
        if simulation is None or simulation.current is None:
            with _ONE_AT_A_TIME:
                return effect()
        simulation.pause()
        process = simulation.current.process
        if not process.is_killable or not self.faults.of_256 or not simulation.choices.happens(self.faults.of_256):
            if simulation.trace is not None:
                return _traced(simulation, name, effect)
            return effect()
        fault = FAULTS[simulation.choices.below(len(FAULTS))]
        self.faults.counts[fault] = self.faults.counts.get(fault, 0) + 1
        simulation.note(f"{name}: {fault}")
        if fault in _UNANSWERED:
            process.failed_at = simulation.now
        match fault:
            case "refused":
                raise client_error(name, refusal)
            case "unreachable":
                raise EndpointConnectionError(endpoint_url=name)
            case "answer lost":
                effect()
                raise EndpointConnectionError(endpoint_url=name)
            case "sent twice":
                # botocore sends a request again after a time-out.
                effect()
            case "killed before":
                process.kill()
            case "killed after":
                effect()
                process.kill()
            case "slow":
                simulation.sleep(5.0 * (1 + simulation.choices.below(16)))
            case "stopped":
                process.stalled_until = simulation.now + 20.0 * (1 + simulation.choices.below(16))
                simulation.sleep(0)
        return effect()


def _traced(simulation: Simulation, name: str, effect: Callable[[], T]) -> T:
    try:
        result = effect()
    except ClientError as error:
        simulation.note(f"{name}: {error}"[:200])
        raise
    simulation.note(f"{name} -> {str(result)[:300]}")
    return result


def client_error(operation: str, code: str, message: str = "simulated", **more: Any) -> ClientError:
    """Return the error that botocore raises for an error answer."""
    response: Any = {"Error": {"Code": code, "Message": message}, **more}
    return ClientError(response, operation.partition(" ")[0])


class Paginator:
    """A paginator of a client: `page` returns one page for the request, and the request of the next, or None."""

    def __init__(self, page: Callable[[Mapping[str, Any]], tuple[Any, Mapping[str, Any] | None]]) -> None:
        self._page = page

    def paginate(self, **request: Any) -> Any:
        following: Mapping[str, Any] | None = request
        while following is not None:
            answer, following = self._page(following)
            yield answer
