"""The event bus as a target of events, next to the webhooks: with the same retries, order and replay."""

import json
import time
from datetime import UTC, datetime

from services.api.webhooks.targets import EventTarget
from services.aws.event_bus import BusEvent, EventBus
from services.contract.outbox.deliveries import StoredDeliveryAttempt
from services.contract.outbox.events import VideoEvent

BUS_TARGET = "event_bus"
"""Id of the target in deliveries; no webhook has it, as their ids are hexadecimal."""


def make_bus_target(bus: EventBus, name: str) -> EventTarget:
    """Return the target that puts each event on the bus `name`; rules of the bus select from them."""

    def send(event: VideoEvent) -> StoredDeliveryAttempt:
        at, began_s = datetime.now(UTC), time.monotonic()
        [error] = bus.put([_put_on_bus(event)])
        return StoredDeliveryAttempt(at=at, error=error, duration_ms=round((time.monotonic() - began_s) * 1000))

    return EventTarget(BUS_TARGET, name, lambda _: True, send)


def _put_on_bus(event: VideoEvent) -> BusEvent:
    """Return the event with its id in the detail, as EventBridge has no headers."""
    detail = {"id": event.id, **json.loads(event.body)}
    return BusEvent(type=event.type, detail=json.dumps(detail, ensure_ascii=False), happened_at=event.at)
