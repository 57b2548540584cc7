"""Deliveries for people: their list, and the replay of one of them or of a time window."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from services.api.access.cursors import Cursors
from services.api.schema.problems import ConflictError, NotFoundError, UnprocessableError
from services.api.webhooks.models import DeliveryAttempt, DeliveryPage, EventDelivery
from services.api.webhooks.store import StoredWebhook, WebhookStore
from services.aws.table.outbox import OutboxTable, StoredEvent
from services.contract.outbox.deliveries import DeliveryState, EventState, StoredDelivery, postpone, replay_delivery
from services.contract.outbox.events import EVENT_PREFIX, End

MAX_REPLAYED = 1000
"""Maximum number of events of one replay of a time window."""

BUS = "event_bus"
"""Id of the event bus among the targets."""

_EXAMINED = 1000
_ALL = (EventState.PENDING, EventState.DEAD, EventState.ENDED)
_POSITION = "event"
_STATES = {
    None: _ALL,
    # An event has the state of its least settled delivery.
    DeliveryState.PENDING: (EventState.PENDING,),
    DeliveryState.DEAD: (EventState.PENDING, EventState.DEAD),
    DeliveryState.DELIVERED: _ALL,
    DeliveryState.ENDED: _ALL,
}


class EventDeliveries:
    def __init__(self, table: OutboxTable, webhooks: WebhookStore, cursors: Cursors) -> None:
        self._table = table
        self._webhooks = webhooks
        self._cursors = cursors

    def list_page(
        self, *, webhook: str | None, state: DeliveryState | None, limit: int, cursor: str | None
    ) -> DeliveryPage:
        """Return a page of deliveries. Raises: BadRequestError if the cursor is wrong, AwsError."""
        listing = f"deliveries {webhook} {state}"
        positions, offset = self._cursors.read(listing, cursor) if cursor else ({}, 0)
        found: list[EventDelivery] = []
        reached = positions.get(_POSITION)
        for examined, stored in enumerate(self._table.list_events(_STATES[state], after=reached), start=1):
            matching = list(_select(stored, webhook, state))
            room = limit - len(found)
            found += matching[offset : offset + room]
            if len(matching) - offset > room:
                # The next page begins within this event.
                next_cursor = self._cursors.write(listing, {_POSITION: reached}, offset + room)
                return DeliveryPage(items=found, next_cursor=next_cursor)
            offset, reached = 0, stored.position
            if len(found) == limit or examined == _EXAMINED:
                return DeliveryPage(items=found, next_cursor=self._cursors.write(listing, {_POSITION: reached}))
        return DeliveryPage(items=found, next_cursor=None)

    def replay(self, delivery_id: str) -> EventDelivery:
        """Make a delivery pending again, and due now. Raises: NotFoundError, ConflictError, AwsError."""
        target, key = decode_delivery(delivery_id)
        stored = self._table.find([key]).get(key)
        if stored is None or target not in (stored.deliveries or {}):
            raise NotFoundError("There is no delivery with this id, or it is no longer kept.")
        if target != BUS and not self._webhooks.find(target).enabled:
            raise ConflictError("The webhook is switched off. Switch it on first.")
        now = datetime.now(UTC)
        after = self._table.change(stored, lambda found: _make_due(found, target, now), now)
        if after is None or target not in (after.deliveries or {}):
            raise NotFoundError("There is no delivery with this id, or it is no longer kept.")
        return _show(after, target, (after.deliveries or {})[target])

    def replay_window(
        self, webhook: StoredWebhook, since: datetime, until: datetime, ends: Sequence[End] | None
    ) -> int:
        """Send the events of a time window again to a webhook, in their order; return their number.

        The webhook also gets the events that it had no delivery of, if they match. Raises: UnprocessableError if there
        are too many, ConflictError if the webhook is switched off, AwsError.
        """
        if since > until:
            raise UnprocessableError("body.until", "must not be before since", value=until.isoformat())
        if not webhook.enabled:
            raise ConflictError("The webhook is switched off. Switch it on first.")
        found = []
        # The position of an event is never before its time.
        for stored in self._table.list_events(_ALL, since=since):
            event = stored.event
            is_chosen = since <= event.at <= until and (ends is None or event.end in ends)
            if is_chosen and stored.deliveries is not None and webhook.matches(event):
                found.append(stored)
                if len(found) > MAX_REPLAYED:
                    raise UnprocessableError(
                        "body.until", f"the window has more than {MAX_REPLAYED} events: choose a shorter one"
                    )
        # The oldest first: a later event of a video waits for an earlier one that is pending.
        for stored in sorted(found, key=lambda one: (one.event.sequence, one.event.key)):
            now = datetime.now(UTC)
            self._table.change(stored, lambda found, now=now: _make_due(found, webhook.id, now), now)  # type: ignore[misc]
        return len(found)


def encode_delivery(target: str, key: str) -> str:
    """Return the id of a delivery: the target and the key of the event's item, as one path segment."""
    return base64.urlsafe_b64encode(json.dumps([target, key]).encode()).decode().rstrip("=")


def decode_delivery(given: str) -> tuple[str, str]:
    """Return target and key of the event's item. Raises: NotFoundError."""
    try:
        target, key = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        is_valid = isinstance(target, str) and key.startswith(EVENT_PREFIX) and len(key.encode()) <= 2048
    except (binascii.Error, ValueError, TypeError, AttributeError):
        is_valid = False
    if not is_valid:
        raise NotFoundError("There is no delivery with this id, or it is no longer kept.")
    return target, key


def _make_due(stored: StoredEvent, target: str, now: datetime) -> dict[str, StoredDelivery]:
    """Return the deliveries with one that is due: a pending one keeps its attempts, any other begins again."""
    before = dict(stored.deliveries or {})
    delivery = before.get(target)
    is_pending = delivery is not None and delivery.is_pending
    return {**before, target: postpone(delivery, now) if delivery and is_pending else replay_delivery(now)}


def _select(stored: StoredEvent, webhook: str | None, state: DeliveryState | None) -> Iterator[EventDelivery]:
    for target, delivery in sorted((stored.deliveries or {}).items()):
        if webhook in (None, target) and state in (None, delivery.state):
            yield _show(stored, target, delivery)


def _show(stored: StoredEvent, target: str, delivery: StoredDelivery) -> EventDelivery:
    event = stored.event
    return EventDelivery.model_validate(
        {
            "id": encode_delivery(target, event.item_key),
            "event_id": event.id,
            "webhook": target,
            "type": event.type,
            "key": event.key,
            "state": delivery.state,
            "attempts": [DeliveryAttempt(**attempt.model_dump()) for attempt in delivery.attempts],
            "next_attempt_at": delivery.next_at if delivery.is_pending else None,
            "created_at": event.at,
        }
    )
