"""Deliveries of an event to its targets: their attempts, the pauses between these, and their states. Pure."""

import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """All attempts have failed."""
    ENDED = "ended"
    """The webhook was switched off or deleted before it accepted the event."""


class EventState(StrEnum):
    """State of an event in the index of the table: no record of a video has one of them."""

    PENDING = "event:pending"
    ENDED = "event:ended"
    DEAD = "event:dead"


PAUSES_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pauses after the failed attempts: together 75.6 hours. The pauses are those of the Standard Webhooks
specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""

MAX_ATTEMPTS = len(PAUSES_S) + 1

_JITTER = 0.1
"""Share by which a pause is longer at random, so that the messages of an outage do not return all at once."""


class StoredDeliveryAttempt(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    status_code: int | None = None
    error: str | None = None
    """Reason of the failure; None if the target has accepted the event."""
    duration_ms: int = 0


class StoredDelivery(BaseModel):
    """Delivery of an event to one target."""

    model_config = ConfigDict(frozen=True)

    state: DeliveryState = DeliveryState.PENDING
    attempts: tuple[StoredDeliveryAttempt, ...] = ()
    next_at: AwareDatetime | None = None
    """Time from which on it is attempted again; None if it is not pending."""
    ended_at: AwareDatetime | None = None

    @property
    def is_pending(self) -> bool:
        return self.state is DeliveryState.PENDING


Deliveries = Mapping[str, StoredDelivery]
"""Deliveries by the id of their target."""


def begin_deliveries(targets: Iterable[str], now: datetime) -> dict[str, StoredDelivery]:
    return {target: StoredDelivery(next_at=now) for target in targets}


def note_attempt(delivery: StoredDelivery, attempt: StoredDeliveryAttempt) -> StoredDelivery:
    """Return the delivery after an attempt: delivered, waiting for the next one, or dead."""
    attempts = (*delivery.attempts, attempt)[-MAX_ATTEMPTS:]
    ended_at = attempt.at + timedelta(milliseconds=attempt.duration_ms)
    if attempt.error is None:
        return StoredDelivery(state=DeliveryState.DELIVERED, attempts=attempts, ended_at=ended_at)
    if len(attempts) >= MAX_ATTEMPTS:
        return StoredDelivery(state=DeliveryState.DEAD, attempts=attempts, ended_at=ended_at)
    pause_s = PAUSES_S[len(attempts) - 1] * random.uniform(1, 1 + _JITTER)  # noqa: S311 - jitter, not a secret
    return StoredDelivery(attempts=attempts, next_at=ended_at + timedelta(seconds=pause_s))


def postpone(delivery: StoredDelivery, until: datetime) -> StoredDelivery:
    return delivery.model_copy(update={"next_at": until})


def end_delivery(delivery: StoredDelivery, now: datetime) -> StoredDelivery:
    """Return a pending delivery as ended without success: its webhook was switched off or deleted."""
    return delivery.model_copy(update={"state": DeliveryState.ENDED, "next_at": None, "ended_at": now})


def replay_delivery(now: datetime) -> StoredDelivery:
    """Return a delivery that begins again, with all its attempts before it."""
    return StoredDelivery(next_at=now)


def find_state(deliveries: Deliveries) -> EventState:
    """Return the state of an event, for the index."""
    states = {delivery.state for delivery in deliveries.values()}
    if DeliveryState.PENDING in states:
        return EventState.PENDING
    return EventState.DEAD if DeliveryState.DEAD in states else EventState.ENDED


def find_due(deliveries: Deliveries) -> datetime | None:
    """Return the time of the next attempt of all targets, None if no delivery is pending."""
    return min((one.next_at for one in deliveries.values() if one.is_pending and one.next_at), default=None)
