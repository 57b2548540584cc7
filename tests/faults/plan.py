"""The plan of a fault run: what a user does and what breaks, in order. The seed decides all of it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.clips import BAD, GOOD
from tests.faults.weather import Weather, draw_weather

WORKERS = ("worker-1", "worker-2")
ALL = (*WORKERS, "api", "aws")

VISIBILITY_TIMEOUT_S = 3
"""Of the queue: shorter than each stop of a worker, so that its messages become visible while it has them."""

_STOP_OF_ALL_S = 5.0
"""Shorter than the user waits for an answer of S3."""

_STEMS = ("harbour", "trip/IMG 0042", "100% + café", "talk")
_EXTENSIONS = ("mp4", "MOV", "mkv", "ts")
_MAX_CLOCK_OFFSET_S = 600
"""AWS refuses requests of a clock that differs by more than 15 minutes."""


@dataclass(frozen=True)
class Upload:
    name: str
    kind: str
    number: int
    via_api: bool = False


@dataclass(frozen=True)
class Repeat:
    """Upload the present content of a name again."""

    name: str


@dataclass(frozen=True)
class Delete:
    name: str


@dataclass(frozen=True)
class Retry:
    name: str


@dataclass(frozen=True)
class Redrive:
    pass


@dataclass(frozen=True)
class StartPurge:
    pass


@dataclass(frozen=True)
class AwaitPurge:
    """Wait for the purge, and start it again if a kill of the embedded AWS has lost it."""


@dataclass(frozen=True)
class Kill:
    """SIGKILL processes at the same moment."""

    names: Sequence[str]


@dataclass(frozen=True)
class KillChildren:
    """SIGKILL the fork server of a worker and its children, as the kernel does when memory runs out."""

    name: str


@dataclass(frozen=True)
class Stop:
    """SIGSTOP processes at the same moment, and SIGCONT them later.

    A worker is stopped for longer than its messages stay hidden.
    """

    names: Sequence[str]
    seconds: float


@dataclass(frozen=True)
class FullDisk:
    """Let the files of the embedded AWS grow no more, by RLIMIT_FSIZE."""

    seconds: float


@dataclass(frozen=True)
class Change:
    weather: Weather


@dataclass(frozen=True)
class Pause:
    seconds: float


Step = (
    Upload
    | Repeat
    | Delete
    | Retry
    | Redrive
    | StartPurge
    | AwaitPurge
    | Kill
    | KillChildren
    | Stop
    | FullDisk
    | Change
    | Pause
)


@dataclass(frozen=True)
class Plan:
    seed: int
    steps: Sequence[Step]
    clocks: Mapping[str, int] = field(default_factory=dict)
    """Offset of the clock of each process in seconds."""

    @property
    def shards(self) -> int:
        """Return the number of shards of the table: four for every second seed."""
        return 4 if self.seed % 2 else 1

    @property
    def uploads(self) -> int:
        return sum(isinstance(step, Upload | Repeat) for step in self.steps)


def make_plan(seed: int, *, uploads: int = 24) -> Plan:
    """Return the plan of a seed, always the same."""
    dice = random.Random(seed)  # noqa: S311 - a plan, not a secret
    names = dice.sample([f"{stem}.{extension}" for stem in _STEMS for extension in _EXTENSIONS], k=8)
    user = _draw_user(dice, names, uploads)
    faults = _draw_faults(dice)
    steps: list[Step] = [Change(draw_weather(dice))]
    # The faults keep their order: a purge begins before its end is awaited.
    places = sorted(dice.randrange(len(user) // 4, len(user)) for _ in faults)
    for at, step in enumerate(user):
        steps += [faults[turn] for turn, place in enumerate(places) if place == at]
        steps += [step, Pause(round(dice.uniform(0, 0.7), 2))]
    if seed % 5 == 0:
        steps.insert(len(steps) // 2, Upload("deep.mp4", "deep", 2 * uploads))
    if seed % 3 == 2:
        steps.insert(len(steps) // 3, Stop(ALL, _STOP_OF_ALL_S))
    clocks = {name: dice.randint(-_MAX_CLOCK_OFFSET_S, _MAX_CLOCK_OFFSET_S) for name in (*WORKERS, "api")}
    return Plan(seed, steps, clocks)


def _draw_user(dice: random.Random, names: Sequence[str], uploads: int) -> list[Step]:
    """Return the steps of the user: about as many uploads as asked for, and other actions between them."""
    steps: list[Step] = []
    uploaded: list[str] = []
    for number in range(1, uploads + 1):
        name = dice.choice(names)
        kind = dice.choice(GOOD) if dice.random() < 0.7 else dice.choice(BAD)
        steps.append(Upload(name, kind, number, via_api=dice.random() < 0.25))
        uploaded.append(name)
        if dice.random() < 0.3:
            other = dice.choice(uploaded)
            actions: list[Step] = [Repeat(other), Repeat(other), Delete(other), Retry(other), Redrive()]
            steps.append(dice.choice(actions))
    steps.insert(dice.randrange(len(steps)), Upload("notes.txt", "notes", uploads + 1))
    return steps


def _draw_faults(dice: random.Random) -> list[Step]:
    kill_one: list[Step] = [Kill([dice.choice(WORKERS)]), Kill(["api"]), Kill(["aws"]), Kill(ALL)]
    stop_one: list[Step] = [
        Stop([dice.choice(WORKERS)], round(dice.uniform(4, 6), 1)),
        Stop(["api"], round(dice.uniform(1, 4), 1)),
        Stop(["aws"], round(dice.uniform(1, 4), 1)),
    ]
    rare: list[Step] = [KillChildren(dice.choice(WORKERS)), FullDisk(round(dice.uniform(2, 4), 1))]
    faults: list[Step] = [
        *dice.sample(kill_one, k=2),
        *dice.sample(stop_one, k=2),
        dice.choice(rare),
        Change(draw_weather(dice)),
    ]
    dice.shuffle(faults)
    if dice.random() < 0.6:
        at = dice.randrange(len(faults))
        end = dice.randint(at, min(at + 2, len(faults)))
        faults[end:end] = [AwaitPurge()]
        faults[at:at] = [StartPurge()]
    return faults
