"""Dispatcher of events: a thread of each process of the api, of which the holder of the lease sends.

It looks for due events twice a second. Each delivery is sent first and written afterwards: if the process ends in
between, the next holder sends it again with the same id. A delivery waits while an earlier event of the video is
pending for the same target, so that each target gets the events of a video in their order.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

import structlog

from services.api.schema.problems import ApiError
from services.api.webhooks.lanes import SLOW_S, Lanes
from services.api.webhooks.lease import Lease
from services.api.webhooks.targets import EventTarget
from services.aws.errors import AwsError
from services.aws.table.outbox import OutboxTable, StoredEvent
from services.contract.outbox.deliveries import (
    Deliveries,
    DeliveryState,
    StoredDelivery,
    StoredDeliveryAttempt,
    begin_deliveries,
    end_delivery,
    note_attempt,
    postpone,
)

POLL_INTERVAL_S = 0.5

_EXAMINED_AT_ONCE = 1000
_CHANGED_AT_ONCE = 10
"""Writes without a send in one look, at most: the next look makes the others, and must not be late."""
_SLOW_PAUSE = timedelta(minutes=2)
"""Time for which a delivery is put off while too many wait for its target, and the target fails or is slow."""

_BLOCKED_PAUSE = timedelta(seconds=30)
"""The same for one that waits for an earlier event of its video, which the target may not have answered yet."""

_SOON = timedelta(seconds=2)
_MAX_STEPS_BACK = 50
"""Earlier events of a video that are read at most, to find one that is pending for a target."""

Count = Callable[[str], None]
"""Function that counts an outcome: `delivered`, `failed` or `dead`."""


@dataclass
class _Pass:
    """One look at the due events."""

    now: datetime
    targets: Mapping[str, EventTarget]
    in_flight: frozenset[tuple[str, str]] = frozenset()
    """Sends that had not ended before the events were read: keys of items, with targets."""
    known: dict[str, StoredEvent] = field(default_factory=dict)
    """Events by the key of their items, as read in this pass."""
    changes: list[tuple[StoredEvent, Deliveries, Deliveries]] = field(default_factory=list)
    """Events with the deliveries that they begin with, and changes of these without a send."""

    def is_in_flight(self, stored: StoredEvent) -> bool:
        """Return True if each pending delivery of an event is being sent."""
        pending = [name for name, one in (stored.deliveries or {}).items() if one.is_pending]
        return bool(pending) and all((stored.event.item_key, name) in self.in_flight for name in pending)


class Dispatcher:
    def __init__(
        self,
        table: OutboxTable,
        lease: Lease,
        list_targets: Callable[[], Mapping[str, EventTarget]],
        *,
        count: Count = lambda _: None,
    ) -> None:
        self._table = table
        self._lease = lease
        self._list_targets = list_targets
        self._count = count
        self._lanes = Lanes()
        self._lock = threading.Lock()
        self._in_flight: set[tuple[str, str]] = set()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger()
        self._oldest_due_at: datetime | None = None

    def start(self) -> None:
        """Start the thread, which ends with the process or with `close`."""
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and let another process continue at once."""
        self._closed.set()
        self._lanes.close()
        if self._thread is not None:
            self._thread.join(timeout=2)
        try:
            self._lease.release()
        except AwsError as error:
            self._log.warning("lease_not_released", error=str(error))

    def measure_age_s(self) -> float:
        """Return for how long the oldest delivery is due; 0 if none is, or if another process sends."""
        if self._oldest_due_at is None or not self._lease.is_held:
            return 0.0
        return max(0.0, (datetime.now(UTC) - self._oldest_due_at).total_seconds())

    def _run(self) -> None:
        while not self._closed.wait(POLL_INTERVAL_S):
            try:
                if self._lease.hold():
                    self.dispatch(datetime.now(UTC))
            except (AwsError, ApiError) as error:
                self._log.warning("events_not_dispatched", error=str(error))
            except Exception:  # noqa: BLE001 - the next look can succeed
                self._log.exception("events_not_dispatched")

    def dispatch(self, now: datetime) -> None:
        """Send the deliveries that are due. Raises: AwsError, UnavailableError."""
        current = _Pass(now, self._list_targets())
        events = list(islice(self._table.list_due(now), _EXAMINED_AT_ONCE))
        self._oldest_due_at = min((datetime.fromisoformat(stored.position[0]) for stored in events), default=None)
        with self._lock:
            current.in_flight = frozenset(self._in_flight)
        events = [stored for stored in events if not current.is_in_flight(stored)]
        keys = {key for stored in events for key in (stored.event.item_key, stored.event.previous_key) if key}
        # Consistently: the index can be behind, and have an event as due that was delivered a moment ago.
        current.known |= self._table.find(sorted(keys))
        for stored in (current.known.get(one.event.item_key) for one in events):
            if stored is None or not stored.is_open:
                continue
            if self._closed.is_set():
                return
            self._dispatch_event(stored, current)
        # After all sends have begun, which are not to wait for these writes.
        for stored, begun, changes in current.changes[:_CHANGED_AT_ONCE]:
            if self._closed.is_set():
                return
            self._table.change(stored, partial(_put_in, begun=begun, changes=changes), now)

    def _dispatch_event(self, stored: StoredEvent, current: _Pass) -> None:
        matching = [target.id for target in current.targets.values() if target.matches(stored.event)]
        begun = begin_deliveries(matching, current.now)
        changes: dict[str, StoredDelivery] = {}
        is_sent = False
        for name, delivery in (begun if stored.deliveries is None else stored.deliveries).items():
            if not delivery.is_pending or (delivery.next_at or current.now) > current.now:
                continue
            if (stored.event.item_key, name) in current.in_flight:
                continue
            target = current.targets.get(name)
            if target is None:
                changes[name] = end_delivery(delivery, current.now)
                continue
            blocker = self._find_blocker(stored, name, current)
            if blocker is not None:
                changes |= self._wait_for(blocker, name, delivery, current.now)
            elif self._lanes.has_room(name):
                self._send_later(stored, target, begun)
                is_sent = True
            elif self._lanes.is_slow(name):
                # Otherwise its events would hide those of other targets, which are due later.
                changes[name] = postpone(delivery, current.now + _SLOW_PAUSE)
        # Not beside a send, whose outcome is written soon: the next look makes the changes.
        if not is_sent and (changes or (stored.deliveries is None and not matching)):
            current.changes.append((stored, begun, changes))

    def _find_blocker(self, stored: StoredEvent, name: str, current: _Pass) -> StoredEvent | None:
        """Return the latest earlier event of the video that is pending for a target. Raises: ServiceError."""
        key = stored.event.previous_key
        for _ in range(_MAX_STEPS_BACK):
            if key is None:
                return None
            if key not in current.known:
                current.known |= self._table.find([key])
            earlier = current.known.get(key)
            if earlier is None:
                # Its time to be kept is over.
                return None
            if earlier.deliveries is None:
                return earlier
            if name in earlier.deliveries:
                return earlier if earlier.deliveries[name].is_pending else None
            key = earlier.event.previous_key
        return None

    def _wait_for(
        self, blocker: StoredEvent, name: str, delivery: StoredDelivery, now: datetime
    ) -> dict[str, StoredDelivery]:
        """Return the delivery with the time of the one that it waits for, nothing if that is soon."""
        waits_for = (blocker.deliveries or {}).get(name)
        if waits_for and waits_for.next_at and waits_for.next_at > now + _SOON:
            return {name: postpone(delivery, waits_for.next_at)}
        return {name: postpone(delivery, now + _BLOCKED_PAUSE)} if self._lanes.is_slow(name) else {}

    def _send_later(self, stored: StoredEvent, target: EventTarget, begun: Deliveries) -> None:
        flight = (stored.event.item_key, target.id)
        with self._lock:
            self._in_flight.add(flight)

        def job() -> bool:
            try:
                # Another process may have it by now.
                return not self._lease.is_held or self._deliver(stored, target, begun)
            finally:
                with self._lock:
                    self._in_flight.discard(flight)

        self._lanes.add(target.id, job)

    def _deliver(self, stored: StoredEvent, target: EventTarget, begun: Deliveries) -> bool:
        """Send an event to a target and write the outcome; return True if the target has accepted it fast."""
        about: dict[str, object] = {
            "event_id": stored.event.id,
            "webhook": target.id,
            "host": target.place,
            "type": stored.event.type,
            "object_key": stored.event.key,
            "trace_id": stored.event.data.get("trace_id"),
        }
        try:
            attempt = target.send(stored.event)
            after = self._table.change(stored, lambda found: _note(found, begun, target.id, attempt), datetime.now(UTC))
        except (AwsError, ApiError) as error:
            # It is sent again.
            self._log.warning("delivery_not_written", error=str(error), **about)
            return False
        delivery = (after.deliveries or {}).get(target.id) if after else None
        about |= {"status": attempt.status_code, "duration_ms": attempt.duration_ms}
        if attempt.error is None:
            self._log.info("event_delivered", **about)
            self._count("delivered")
        elif delivery is not None and delivery.state is DeliveryState.DEAD:
            self._log.error("delivery_dead", reason=attempt.error, **about)
            self._count("dead")
        else:
            self._log.warning("delivery_failed", reason=attempt.error, **about)
            self._count("failed")
        return attempt.error is None and attempt.duration_ms < SLOW_S * 1000


def _put_in(stored: StoredEvent, begun: Deliveries, changes: Deliveries) -> dict[str, StoredDelivery] | None:
    """Return the deliveries of an event with changes, without those that an attempt has changed meanwhile."""
    before = dict(begun) if stored.deliveries is None else stored.deliveries
    usable = {name: one for name, one in changes.items() if name in before and before[name].is_pending}
    return {**before, **usable} if usable or stored.deliveries is None else None


def _note(
    stored: StoredEvent, begun: Deliveries, name: str, attempt: StoredDeliveryAttempt
) -> dict[str, StoredDelivery] | None:
    before = dict(begun) if stored.deliveries is None else stored.deliveries
    delivery = before.get(name, StoredDelivery())
    if not delivery.is_pending and attempt.error is not None:
        # It was ended meanwhile.
        return None
    return {**before, name: note_attempt(delivery, attempt)}
