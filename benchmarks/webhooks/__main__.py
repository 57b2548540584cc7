"""Time from the record of a video to its message at a webhook: `./noxw bench webhooks [--videos N] [--rate N]`.

An api process sends to receivers on this machine, against the embedded AWS. The benchmark ends videos at random times,
as workers do, and measures from the answer to the transaction until the receiver has the whole message. With `--dead
N`, as many further webhooks never answer. Fails if the p95 is 1 s or more, or if an event is missing or out of order.
"""

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx

from services.aws.videos import VideosTable
from services.contract.outbox.events import Outbox
from services.contract.resources import pipeline_resources
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources
from tests.services.api.process import running
from tests.support.history import a_record, done
from tests.support.place import Place
from tests.support.receiver import Received, Receiver, receiving

GOAL_S = 1.0
_VIDEOS_AT_ONCE = 8
_PATIENCE_S = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw bench webhooks", description=__doc__)
    parser.add_argument("--videos", type=int, default=300, metavar="N", help="videos that end (default: 300)")
    parser.add_argument("--rate", type=float, default=5, metavar="N", help="videos a second (default: 5)")
    parser.add_argument("--dead", type=int, default=0, metavar="N", help="webhooks that never answer (default: 0)")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        aws = stack.enter_context(EmbeddedAws.start(folder / "aws"))
        clients, resources = make_local_clients(aws.endpoint), pipeline_resources("bench")
        place = Place(aws.endpoint, clients, resources, provision_resources(clients, resources))
        settings = {"EVENTS_ENABLED": "true", "EVENTS_ALLOW_PRIVATE_TARGETS": "true"}
        api = stack.enter_context(running(place, folder, **settings))
        receiver = stack.enter_context(receiving())
        dead = [stack.enter_context(receiving()) for _ in range(arguments.dead)]
        ended = threading.Event()
        stack.callback(ended.set)
        for one in dead:
            one.answer = lambda _: ended.wait(_PATIENCE_S) and None
        with api.client() as admin:
            for one in (receiver, *dead):
                admin.post("/api/webhooks", json={"url": one.url}).raise_for_status()
        times_s = measure(place, receiver, videos=arguments.videos, rate=arguments.rate)
        lost = check_order(receiver, arguments.videos)
        _print_line(f"{datetime.now(UTC):%Y-%m-%d}, httpx {httpx.__version__}: {arguments}\n")
    times_s.sort()
    p95_s = times_s[int(len(times_s) * 0.95)]
    _print_line("| events | p50 | p95 | p99 | longest |\n| --- | --- | --- | --- | --- |")
    shown = (statistics.median(times_s), p95_s, times_s[int(len(times_s) * 0.99)], times_s[-1])
    _print_line(f"| {len(times_s)} | " + " | ".join(f"{one:.2f} s" for one in shown) + " |")
    for problem in lost:
        _print_line(problem)
    return 1 if lost or p95_s >= GOAL_S else 0


def measure(place: Place, receiver: Receiver, *, videos: int, rate: float) -> list[float]:
    """Return the seconds from the record of each video to its message."""
    arrived: dict[tuple[str, str], float] = {}

    def note(got: Received) -> int:
        data = got.message["data"]
        arrived.setdefault((data["key"], data["etag"]), time.monotonic())
        return 204

    receiver.answer = note
    table = VideosTable(place.clients.dynamodb, place.resources.table.name, outbox=Outbox())
    written: dict[tuple[str, str], float] = {}
    for number in range(videos):
        key = f"uploads/{number % _VIDEOS_AT_ONCE}.mp4"
        record = done(a_record(key, base=f"thumbnails/{number % _VIDEOS_AT_ONCE}", etag=str(number), message_id="m"))
        table.replace(table.get(key), record.model_copy(update={"finished_at": datetime.now(UTC)}))
        written[key, str(number)] = time.monotonic()
        time.sleep(random.expovariate(rate))
    until_s = time.monotonic() + _PATIENCE_S
    while len(arrived) < videos and time.monotonic() < until_s:
        time.sleep(0.05)
    return [arrived[one] - at for one, at in written.items() if one in arrived]


def check_order(receiver: Receiver, videos: int) -> list[str]:
    """Return a sentence for each event that is missing, and for each video whose events came in another order."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for got in receiver.received:
        numbers[got.key].append(int(got.message["data"]["etag"]))
    problems = [f"the events of {key} came as {found}" for key, found in numbers.items() if found != sorted(found)]
    missing = set(range(videos)) - {number for found in numbers.values() for number in found}
    return [*problems, *(f"event {number} is missing" for number in sorted(missing))]


def _print_line(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the benchmark's output


if __name__ == "__main__":
    sys.exit(main())
