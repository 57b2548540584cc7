"""Events on a bus of the embedded AWS: they arrive in a queue by a rule, and each failure is reported for its event."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.aws.clients import Clients
from services.aws.event_bus import MAX_REQUEST_BYTES, BusEvent, EventBus, make_events_client
from services.contract.resources import EVENT_SOURCE
from services.local.pipeline import REGION
from tests.support.event_bus import BUS, CREDENTIALS, TargetedBus

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def bus(aws_endpoint: str, aws_clients: Clients) -> TargetedBus:
    return TargetedBus(aws_endpoint, aws_clients)


def event(number: int = 1, *, fill: str = "") -> BusEvent:
    detail = {"key": f"uploads/{number}.mp4", "fill": fill}
    return BusEvent(type="video.done", detail=json.dumps(detail), happened_at=NOON)


def test_a_rules_queue_gets_the_event_with_type_and_detail(bus: TargetedBus) -> None:
    assert EventBus(bus.client, BUS).put([event()]) == [None]
    (got,) = bus.arrived()
    assert (got["source"], got["detail-type"], got["detail"]["key"]) == (EVENT_SOURCE, "video.done", "uploads/1.mp4")


def test_more_events_than_a_request_takes_all_arrive(bus: TargetedBus) -> None:
    assert EventBus(bus.client, BUS).put([event(number) for number in range(23)]) == [None] * 23
    assert {got["detail"]["key"] for got in bus.arrived()} == {f"uploads/{number}.mp4" for number in range(23)}


def test_an_event_too_large_fails_alone_and_unsent(bus: TargetedBus) -> None:
    large = event(2, fill="x" * MAX_REQUEST_BYTES)
    first, second, third = EventBus(bus.client, BUS).put([event(1), large, event(3)])
    assert (first, third) == (None, None)
    assert second is not None
    assert second.startswith("EventBridge takes at most 262,144 bytes, and the event has 262,")
    assert [got["detail"]["key"] for got in bus.arrived()] == ["uploads/1.mp4", "uploads/3.mp4"]


class FailingClient:
    """Passes requests on to EventBridge, but for the entries of one type, which it refuses in its answer."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.sizes: list[int] = []

    def put_events(self, *, Entries: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.sizes.append(sum(len(entry["Detail"]) for entry in Entries))
        kept = [entry for entry in Entries if entry["DetailType"] == "video.done"]
        answered = iter(self._client.put_events(Entries=kept)["Entries"])
        refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        entries = [next(answered) if entry in kept else refused for entry in Entries]
        return {"FailedEntryCount": len(Entries) - len(kept), "Entries": entries}


def test_a_partial_failure_is_reported_for_its_event(bus: TargetedBus) -> None:
    throttled = BusEvent(type="video.failed", detail="{}", happened_at=NOON)
    outcome = EventBus(FailingClient(bus.client), BUS).put([event(1), throttled, event(3)])
    assert outcome == [None, "ThrottlingException Rate exceeded", None]
    assert [got["detail"]["key"] for got in bus.arrived()] == ["uploads/1.mp4", "uploads/3.mp4"]


def test_requests_stay_below_the_limit_of_bytes(bus: TargetedBus) -> None:
    client = FailingClient(bus.client)
    third = event(1, fill="x" * (MAX_REQUEST_BYTES // 3))
    assert EventBus(client, BUS).put([third] * 5) == [None] * 5
    assert len(client.sizes) == 3
    assert max(client.sizes) < MAX_REQUEST_BYTES
    assert len(bus.arrived()) == 5


def test_a_request_that_fails_is_the_error_of_all_its_events() -> None:
    # Nothing listens on the discard port.
    client = make_events_client(REGION, connections=1, endpoint="http://127.0.0.1:9", credentials=CREDENTIALS)
    first, second = EventBus(client, BUS).put([event(1), event(2)])
    assert first == second
    assert first is not None
    assert first.startswith("put events on thumbnails: ")
