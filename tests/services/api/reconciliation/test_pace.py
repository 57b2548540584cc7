"""The pace of queued videos, with uploads that arrive meanwhile."""

import heapq
import random
from dataclasses import dataclass, field
from typing import Any

from services.api.reconciliation.pace import GIVE_UP_S, POLL_S, Pace
from services.aws.queue import Depth


@dataclass
class Fleet:
    """A queue with workers on a virtual clock: `slots` videos at a time, each for a random time."""

    slots: int
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - a repeatable load
    now: float = 0.0
    waiting: list[tuple[str, float]] = field(default_factory=list)
    running: list[tuple[float, str, float]] = field(default_factory=list)
    ended: dict[str, float] = field(default_factory=dict)
    """Seconds from the arrival to the end, by key."""

    def put(self, key: str) -> None:
        self.waiting.append((key, self.now))
        self._start()

    def advance(self, until: float) -> None:
        while self.running and self.running[0][0] <= until:
            self.now, key, arrived = heapq.heappop(self.running)
            self.ended[key] = self.now - arrived
            self._start()
        self.now = until

    def _start(self) -> None:
        while self.waiting and len(self.running) < self.slots:
            key, arrived = self.waiting.pop(0)
            heapq.heappush(self.running, (self.now + self.dice.uniform(0.5, 3.0), key, arrived))

    # What the pace asks of the queue and of the table.

    def depth(self) -> Depth:
        return Depth(len(self.waiting), len(self.running), 0, 345_600)

    def items(self, keys: list[str], _: Any) -> dict[str, dict[str, Any]]:
        return {key: {"pk": key, "revision": 2, "finished_at": "then"} for key in keys if key in self.ended}


def measure(*, window: int, uploads: int = 1500, per_s: float = 1.0) -> tuple[float, int]:
    """Return the p95 of uploads to six slots, in seconds, and the number of videos that were reconciled meanwhile."""
    fleet, arrivals = Fleet(6), random.Random(3)  # noqa: S311 - as above
    pace = Pace(fleet, fleet, window, now=lambda: fleet.now)  # type: ignore[arg-type]
    sent, next_poll, at = 0, 0.0, 0.0
    for number in range(uploads):
        at += arrivals.expovariate(per_s)
        while window and next_poll <= at:
            fleet.advance(next_poll)
            for _ in range(pace.measure_room()):
                fleet.put(f"old {sent}")
                pace.note_sent(f"old {sent}", 1)
                sent += 1
            next_poll += POLL_S
        fleet.advance(at)
        fleet.put(f"upload {number}")
    fleet.advance(at + 1000)
    times = sorted(taken for key, taken in fleet.ended.items() if key.startswith("upload"))
    return times[int(0.95 * len(times))], sent


def test_uploads_keep_their_p95_while_a_window_leaves_slots() -> None:
    alone, _ = measure(window=0)
    paced, reconciled = measure(window=2)
    unpaced, _ = measure(window=1000)

    assert paced <= 1.10 * alone
    assert unpaced > 2 * alone
    assert reconciled > 1000


def test_a_backlog_of_uploads_stops_the_pace() -> None:
    fleet = Fleet(1)
    pace = Pace(fleet, fleet, 2, now=lambda: fleet.now)  # type: ignore[arg-type]
    for number in range(4):
        fleet.put(f"upload {number}")

    assert pace.measure_room() == 0
    fleet.advance(100)
    assert pace.measure_room() == 2


def test_a_video_without_a_result_stops_counting_after_a_while() -> None:
    fleet = Fleet(0)
    pace = Pace(fleet, fleet, 1, now=lambda: fleet.now)  # type: ignore[arg-type]
    pace.note_sent("deleted", None)

    assert pace.measure_room() == 0
    fleet.advance(GIVE_UP_S + 1)
    assert pace.measure_room() == 1


def test_an_ended_record_counts_until_it_is_written_again() -> None:
    fleet = Fleet(1)
    fleet.ended["outdated"] = 1.0
    pace = Pace(fleet, fleet, 1, now=lambda: fleet.now)  # type: ignore[arg-type]

    pace.note_sent("outdated", 2)
    assert pace.measure_room() == 0
    pace.note_sent("outdated", 1)
    assert pace.measure_room() == 1
