"""Deliveries: pauses between attempts, and the states of an event."""

from datetime import timedelta

from services.contract.outbox.deliveries import (
    MAX_ATTEMPTS,
    PAUSES_S,
    DeliveryState,
    EventState,
    StoredDelivery,
    StoredDeliveryAttempt,
    begin_deliveries,
    end_delivery,
    find_due,
    find_state,
    note_attempt,
)
from tests.support.history import NOW


def test_a_delivery_is_dead_after_three_days_of_failures() -> None:
    delivery, at = StoredDelivery(next_at=NOW), NOW
    pauses = []
    while delivery.is_pending:
        delivery = note_attempt(delivery, StoredDeliveryAttempt(at=at, status_code=503, error="HTTP 503"))
        if delivery.next_at:
            pauses.append((delivery.next_at - at).total_seconds())
            at = delivery.next_at

    assert (delivery.state, len(delivery.attempts)) == (DeliveryState.DEAD, MAX_ATTEMPTS)
    for pause, expected in zip(pauses, PAUSES_S, strict=True):
        assert expected <= pause <= expected * 1.1
    assert timedelta(days=3) <= at - NOW <= timedelta(days=3.5)


def test_an_event_is_pending_as_long_as_one_delivery_is() -> None:
    deliveries = begin_deliveries(["one", "other"], NOW)
    assert (find_state(deliveries), find_due(deliveries)) == (EventState.PENDING, NOW)

    deliveries["one"] = note_attempt(deliveries["one"], StoredDeliveryAttempt(at=NOW, status_code=204))
    assert find_state(deliveries) is EventState.PENDING

    deliveries["other"] = end_delivery(deliveries["other"], NOW)
    assert (find_state(deliveries), find_due(deliveries)) == (EventState.ENDED, None)
    assert find_state({}) is EventState.ENDED


def test_an_event_with_a_dead_delivery_is_dead() -> None:
    dead = StoredDelivery(state=DeliveryState.DEAD)
    assert find_state({"one": dead, "other": StoredDelivery(state=DeliveryState.DELIVERED)}) is EventState.DEAD
