"""Events on a bus of EventBridge.

PutEvents takes ten entries of together 256 KiB, and reports the failure of each entry in its answer.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import boto3
from botocore.config import Config

from services.aws.errors import AwsError, translate_errors
from services.contract.resources import EVENT_SOURCE

MAX_REQUEST_BYTES = 256 * 1024
"""Upper limit of the entries of one request, together; a single entry cannot be larger either."""

MAX_ENTRIES = 10

_TIME_BYTES = 14
"""Size that EventBridge counts for the time of an entry.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
"""


@dataclass(frozen=True, kw_only=True)
class BusEvent:
    type: str
    """Type such as `video.done`: the `detail-type`, by which rules select."""
    detail: str
    """JSON object."""
    happened_at: datetime


class EventsClient(Protocol):
    """The part of boto3's client of EventBridge that this module calls."""

    def put_events(self, *, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        ...


def make_events_client(
    region: str, *, connections: int, endpoint: str | None = None, credentials: tuple[str, str] | None = None
) -> EventsClient:
    """Return a client of EventBridge with short time-outs: the caller tries again later, and other targets wait.

    Endpoint and credentials (key id and secret) are for the embedded AWS, as in `services.aws.clients`.
    """
    key_id, secret = credentials or (None, None)
    session: Any = boto3.Session(region_name=region, aws_access_key_id=key_id, aws_secret_access_key=secret)
    config = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=connections,
        tcp_keepalive=True,
    )
    client: EventsClient = session.client("events", endpoint_url=endpoint, config=config)
    return client


class EventBus:
    """The bus `name` of the client's account and region. Thread-safe."""

    def __init__(self, client: EventsClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, events: Sequence[BusEvent]) -> list[str | None]:
        """Put events on the bus, in their order; return the error of each, None for one that EventBridge has taken.

        A request that fails as a whole is the error of all of its events. The next requests are sent all the same.
        """
        errors: list[str | None] = []
        for request in _split_requests(events):
            if (size := _count_bytes(request[0])) > MAX_REQUEST_BYTES:
                errors.append(f"EventBridge takes at most {MAX_REQUEST_BYTES:,} bytes, and the event has {size:,}")
                continue
            errors += self._send(request)
        return errors

    def _send(self, events: Sequence[BusEvent]) -> list[str | None]:
        try:
            with translate_errors(f"put events on {self._name}"):
                answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        except AwsError as error:
            return [str(error)] * len(events)
        return [_read_error(entry) for entry in answer["Entries"]]

    def _entry(self, event: BusEvent) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": EVENT_SOURCE,
            "DetailType": event.type,
            "Detail": event.detail,
            "Time": event.happened_at,
        }


def _split_requests(events: Sequence[BusEvent]) -> Iterator[list[BusEvent]]:
    """Yield the events in requests within the limits; one that is too large by itself is alone in its request."""
    request: list[BusEvent] = []
    size = 0
    for event in events:
        added = _count_bytes(event)
        if request and (len(request) == MAX_ENTRIES or size + added > MAX_REQUEST_BYTES):
            yield request
            request, size = [], 0
        request.append(event)
        size += added
    if request:
        yield request


def _count_bytes(event: BusEvent) -> int:
    return _TIME_BYTES + sum(len(text.encode()) for text in (EVENT_SOURCE, event.type, event.detail))


def _read_error(entry: dict[str, Any]) -> str | None:
    code = entry.get("ErrorCode")
    return f"{code} {entry.get('ErrorMessage', '')}".strip() if code else None
