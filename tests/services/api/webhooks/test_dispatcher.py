"""The dispatcher: deliveries in the order of each video, attempts after failures, one process at a time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from services.api.webhooks import lease as lease_module
from services.api.webhooks.dispatcher import Dispatcher
from services.api.webhooks.lease import Lease
from services.api.webhooks.targets import EventTarget
from services.aws.shared import SharedItems
from services.aws.table.outbox import OutboxTable
from services.aws.videos import VideosTable
from services.contract.outbox.deliveries import DeliveryState, StoredDelivery, StoredDeliveryAttempt
from services.contract.outbox.events import Outbox, VideoEvent
from services.contract.records import VideoRecord
from tests.support.driver import eventually
from tests.support.history import a_record, done
from tests.support.place import Place

LATER = timedelta(hours=1)


@dataclass
class Recorder:
    """A target that keeps what it gets; `status` decides the answer."""

    id: str = "one"
    status: Callable[[VideoEvent], int] = lambda _: 204
    ends: frozenset[str] = frozenset({"done", "failed", "deleted"})
    got: list[VideoEvent] = field(default_factory=list)

    def target(self) -> EventTarget:
        return EventTarget(self.id, "http://test", lambda event: event.end in self.ends, self.send)

    def send(self, event: VideoEvent) -> StoredDeliveryAttempt:
        self.got.append(event)
        status = self.status(event)
        error = None if status < 300 else f"HTTP {status}"
        return StoredDeliveryAttempt(at=datetime.now(UTC), status_code=status, error=error, duration_ms=1)

    def ends_of(self, key: str) -> list[str]:
        return [event.end for event in self.got if event.key == key]


class Outpost:
    """A dispatcher on a place, whose looks the test makes."""

    def __init__(self, place: Place, *recorders: Recorder) -> None:
        self.place = place
        self.recorders = recorders
        self.table = OutboxTable(place.clients.dynamodb, place.resources.table.name, 1)
        self.videos = VideosTable(place.clients.dynamodb, place.resources.table.name, outbox=Outbox())
        lease = Lease(SharedItems(place.clients.dynamodb, place.resources.table.name))
        self.dispatcher = Dispatcher(self.table, lease, self.list_targets)
        assert lease.hold()

    def list_targets(self) -> dict[str, EventTarget]:
        return {one.id: one.target() for one in self.recorders}

    def end(self, key: str, before: VideoRecord | None = None) -> VideoRecord:
        """Write the end of a video, which is an event."""
        record = done(a_record(key, base=f"thumbnails/{key}", message_id="m1"))
        return self.videos.replace(before, record.model_copy(update={"finished_at": datetime.now(UTC)}))

    def look(self, at: timedelta = timedelta(0)) -> None:
        """Let the dispatcher look as it will some time from now, and wait until it has sent what is due then."""
        self.dispatcher.dispatch(datetime.now(UTC) + at)
        eventually(lambda: not self.dispatcher._in_flight, "the end of the sends")  # noqa: SLF001 - nothing shows it

    def deliveries(self, key: str) -> list[StoredDelivery | None]:
        """Return the deliveries to the first target, of the events of a video in their order."""
        name = self.recorders[0].id
        keys = [item["pk"] for item in self.place.videos.scan() if item["pk"].startswith(f"event:{key}#")]
        found = self.table.find(keys)
        return [(found[one].deliveries or {}).get(name) for one in sorted(keys)]


@pytest.fixture
def outpost(place: Place) -> Iterator[Callable[..., Outpost]]:
    made: list[Outpost] = []

    def make(*recorders: Recorder) -> Outpost:
        made.append(Outpost(place, *recorders))
        return made[-1]

    yield make
    for one in made:
        one.dispatcher.close()


def test_events_of_a_video_arrive_in_their_order(outpost: Callable[..., Outpost]) -> None:
    recorder = Recorder()
    place = outpost(recorder)
    first = place.end("uploads/a.mp4")
    place.videos.remove([place.end("uploads/a.mp4", first)])
    place.end("uploads/b.mp4")

    for _ in range(3):
        place.look()

    assert recorder.ends_of("uploads/a.mp4") == ["done", "done", "deleted"]
    assert recorder.ends_of("uploads/b.mp4") == ["done"]
    place.look(LATER)
    assert len(recorder.got) == 4


def test_a_failed_delivery_delays_later_events_of_its_video_only(outpost: Callable[..., Outpost]) -> None:
    recorder = Recorder(status=lambda event: 503 if event.key.endswith("a.mp4") else 204)
    place = outpost(recorder)
    record = place.end("uploads/a.mp4")
    place.look()
    place.videos.remove([record])
    place.end("uploads/b.mp4")
    place.look()
    place.look()
    assert (recorder.ends_of("uploads/a.mp4"), recorder.ends_of("uploads/b.mp4")) == (["done"], ["done"])
    first, second = place.deliveries("uploads/a.mp4")
    assert first is not None
    assert second is not None
    # It waits as long as the one before it, and no look reads it until then.
    assert (first.state, second.state, second.next_at) == (DeliveryState.PENDING,) * 2 + (first.next_at,)

    recorder.status = lambda _: 200
    place.look(LATER)
    place.look(LATER)

    assert recorder.ends_of("uploads/a.mp4") == ["done", "done", "deleted"]
    assert [len(one.attempts) for one in place.deliveries("uploads/a.mp4") if one] == [2, 1]


def test_an_event_that_does_not_match_keeps_the_order(outpost: Callable[..., Outpost]) -> None:
    recorder = Recorder(status=lambda _: 503, ends=frozenset({"done"}))
    place = outpost(recorder)
    record = place.end("uploads/a.mp4")
    place.videos.remove([record])
    place.end("uploads/a.mp4")

    for _ in range(3):
        place.look()

    assert recorder.ends_of("uploads/a.mp4") == ["done"]
    assert [one.state if one else None for one in place.deliveries("uploads/a.mp4")] == ["pending", None, "pending"]


def test_a_slow_target_delays_no_other(outpost: Callable[..., Outpost]) -> None:
    free = threading.Event()

    def wait(_: VideoEvent) -> int:
        free.wait(60)
        return 204

    slow, fast = Recorder("slow", wait), Recorder("fast")
    place = outpost(slow, fast)
    try:
        for number in range(12):
            place.end(f"uploads/{number}.mp4")
        place.dispatcher.dispatch(datetime.now(UTC))
        eventually(lambda: len(fast.got) == 12, "all events at the fast target")
        assert len(slow.got) == 4
    finally:
        free.set()
    eventually(lambda: len(slow.got) == 12, "all events at the slow target")


def test_deliveries_to_a_webhook_that_is_gone_end(outpost: Callable[..., Outpost]) -> None:
    recorder = Recorder(status=lambda _: 503)
    place = outpost(recorder)
    place.end("uploads/a.mp4")
    place.look()
    name, place.recorders = recorder, ()

    place.look(LATER)

    place.recorders = (name,)
    assert [one.state for one in place.deliveries("uploads/a.mp4") if one] == [DeliveryState.ENDED]
    place.look(LATER)
    assert len(recorder.got) == 1


def test_one_process_at_a_time_has_the_lease(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(lease_module, "time", clock)
    shared = SharedItems(place.clients.dynamodb, place.resources.table.name)
    one, other = Lease(shared), Lease(shared)
    assert (one.hold(), other.hold()) == (True, False)

    clock.now_s += 5
    assert (one.hold(), other.hold()) == (True, False)
    # One is stopped: the other one takes over after a silence.
    clock.now_s += 5
    assert (one.is_held, other.hold()) == (True, False)
    clock.now_s += 5
    assert (one.is_held, other.hold()) == (False, True)
    assert one.hold() is False

    other.release()
    clock.now_s += 2
    assert (one.hold(), other.is_held) == (True, False)


class Clock:
    """A monotonic clock that the test moves."""

    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s
