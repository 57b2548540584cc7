"""The event bus as a target: what arrives in a queue behind it, and what an attempt says of a failure."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.webhooks.bus import BUS_TARGET, make_bus_target
from services.api.webhooks.dispatcher import Dispatcher
from services.api.webhooks.lease import Lease
from services.aws.clients import Clients
from services.aws.event_bus import EventBus, make_events_client
from services.aws.shared import SharedItems
from services.aws.table.outbox import OutboxTable
from services.aws.videos import VideosTable
from services.contract.outbox.deliveries import DeliveryState
from services.contract.outbox.events import Outbox, VideoEvent
from services.local.pipeline import REGION
from tests.support.driver import eventually
from tests.support.event_bus import BUS, CREDENTIALS, TargetedBus
from tests.support.history import a_record, done
from tests.support.place import Place

EVENT = VideoEvent(
    key="uploads/Käse.mp4",
    end="done",
    sequence=2,
    previous=1,
    at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    data={"key": "uploads/Käse.mp4", "state": "done"},
)


@pytest.fixture(scope="module")
def bus(aws_endpoint: str, aws_clients: Clients) -> TargetedBus:
    return TargetedBus(aws_endpoint, aws_clients)


def test_a_queue_gets_the_event_with_its_id_and_body(bus: TargetedBus) -> None:
    attempt = make_bus_target(EventBus(bus.client, BUS), BUS).send(EVENT)
    assert (attempt.error, attempt.status_code) == (None, None)
    (got,) = bus.arrived()
    assert got["detail-type"] == "video.done"
    assert got["detail"] == {"id": EVENT.id, **json.loads(EVENT.body)}


def test_an_unreachable_bus_is_a_failed_attempt() -> None:
    # Nothing listens on the discard port.
    client = make_events_client(REGION, connections=1, endpoint="http://127.0.0.1:9", credentials=CREDENTIALS)
    attempt = make_bus_target(EventBus(client, BUS), BUS).send(EVENT)
    assert attempt.error is not None
    assert attempt.error.startswith("put events on thumbnails: ")


def test_the_dispatcher_brings_the_end_of_a_video_to_the_bus(place: Place, bus: TargetedBus) -> None:
    dynamodb, name = place.clients.dynamodb, place.resources.table.name
    lease = Lease(SharedItems(dynamodb, name))
    assert lease.hold()
    table = OutboxTable(dynamodb, name, 1)
    dispatcher = Dispatcher(table, lease, lambda: {BUS_TARGET: make_bus_target(EventBus(bus.client, BUS), BUS)})
    record = done(a_record("uploads/a.mp4", base="thumbnails/a", message_id="m1"))
    VideosTable(dynamodb, name, outbox=Outbox()).replace(
        None, record.model_copy(update={"finished_at": datetime.now(UTC)})
    )
    arrived: list[dict[str, Any]] = []

    def has_arrived() -> bool:
        arrived.extend(bus.arrived())
        return bool(arrived)

    try:
        dispatcher.dispatch(datetime.now(UTC))
        eventually(has_arrived, "the event in the queue")
        assert [got["detail"]["data"]["key"] for got in arrived] == ["uploads/a.mp4"]
        [key] = [item["pk"] for item in place.videos.scan() if item["pk"].startswith("event:")]
        eventually(lambda: not (table.find([key])[key].deliveries or {})[BUS_TARGET].is_pending, "the written outcome")
        assert (table.find([key])[key].deliveries or {})[BUS_TARGET].state is DeliveryState.DELIVERED
    finally:
        dispatcher.close()
