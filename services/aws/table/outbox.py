"""Events in the videos table: written in the transaction of a record, and found through the index by state.

Each event is an item. Another item of each video has the number of its last event, and outlives the record: the event
of a video that was uploaded again after a deletion names the event of the deletion.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.aws.errors import WriteConflictError, translate_errors
from services.aws.table.batches import read_items
from services.aws.table.items import make_sortable, parse_item, to_attributes
from services.aws.table.listing import VideoListing
from services.contract.outbox.deliveries import EventState, StoredDelivery, find_due, find_state
from services.contract.outbox.events import LAST_EVENT_PREFIX, End, Outbox, VideoEvent, make_event
from services.contract.records import VideoRecord
from services.contract.resources import EXPIRY_ATTRIBUTE
from services.contract.shards import index_key_of

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_CHANGE_ATTEMPTS = 10


class OutboxWriter:
    """Writes events in the transactions of others."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, shards: int, outbox: Outbox) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._shards = shards
        self._outbox = outbox

    def make_actions(self, ended: Sequence[tuple[VideoRecord, End]]) -> "list[TransactWriteItemTypeDef]":
        """Return two actions for each event. The transaction fails if the video had another event meanwhile.

        Read the numbers of the last events, after the records that the transaction replaces. Raises: ServiceError.
        """
        last = self._read_last([record.key for record, _ in ended])
        now = datetime.now(UTC)
        actions: list[TransactWriteItemTypeDef] = []
        for record, end in ended:
            event = make_event(record, end, last.get(record.key), now)
            until_s = int(now.timestamp()) + self._outbox.retention_s
            actions.append({"Put": {"TableName": self._table, "Item": self._make_item(event, until_s)}})
            actions.append({"Put": self._number_action(event, until_s)})
        return actions

    def _read_last(self, keys: Sequence[str]) -> dict[str, int]:
        names = [LAST_EVENT_PREFIX + key for key in keys]
        if len(names) == 1:
            # Workers write one record at a time, and have no right to read several items at once.
            with translate_errors(f"read {names[0]} from the videos table"):
                answer = self._dynamodb.get_item(
                    TableName=self._table, Key=to_attributes({"pk": names[0]}), ConsistentRead=True
                )
            items = {names[0]: parse_item(answer["Item"])} if "Item" in answer else {}
        else:
            items = read_items(self._dynamodb, self._table, names)
        return {key.removeprefix(LAST_EVENT_PREFIX): int(item["event_number"]) for key, item in items.items()}

    def _make_item(self, event: VideoEvent, until_s: int) -> dict[str, Any]:
        return to_attributes(
            {
                "pk": event.item_key,
                "state": index_key_of(event.key, EventState.PENDING, self._shards),
                "updated_at": make_sortable(event.at),
                "revision": 0,
                "content": event.model_dump_json(),
                EXPIRY_ATTRIBUTE: until_s,
            }
        )

    def _number_action(self, event: VideoEvent, until_s: int) -> Any:
        item = {"pk": LAST_EVENT_PREFIX + event.key, "event_number": event.sequence, EXPIRY_ATTRIBUTE: until_s}
        action: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_attributes(item),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if event.previous is not None:
            action["ConditionExpression"] = "event_number = :last"
            action["ExpressionAttributeValues"] = to_attributes({":last": event.previous})
        return action


@dataclass(frozen=True)
class StoredEvent:
    """An event with its deliveries. `revision` is the number of its changes."""

    event: VideoEvent
    revision: int
    deliveries: dict[str, StoredDelivery] | None
    """Deliveries by target; None until the dispatcher has first seen the event."""
    position: tuple[str, str] = ("", "")
    """Place in a listing: time of the next attempt or of the end, and key."""

    @property
    def is_open(self) -> bool:
        """Return True if the dispatcher has not seen it, or if a delivery is pending."""
        return self.deliveries is None or any(one.is_pending for one in self.deliveries.values())


Change = Callable[[StoredEvent], dict[str, StoredDelivery] | None]
"""Function that returns the new deliveries of an event, None to leave them."""


class OutboxTable:
    """Events for readers, and for the dispatcher."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, shards: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._shards = shards
        self._listing = VideoListing(dynamodb, table)

    def list_due(self, now: datetime) -> Iterator[StoredEvent]:
        """Yield the events that an attempt is due for, the longest due first. Raises: ServiceError."""
        yield from map(_parse_event, self._listing.items_until(EventState.PENDING, make_sortable(now)))

    def list_events(
        self,
        states: Sequence[EventState],
        *,
        after: tuple[str, str] | None = None,
        since: datetime | None = None,
    ) -> Iterator[StoredEvent]:
        """Yield events in these states, the newest first, or from `since` on with the oldest first.

        Raises: ServiceError.
        """
        if since is not None:
            items = self._listing.items(states, after=(make_sortable(since), ""), oldest_first=True)
        else:
            items = self._listing.items(states, after=after)
        yield from map(_parse_event, items)

    def find(self, keys: Sequence[str]) -> dict[str, StoredEvent]:
        """Return the events that exist of these keys of items, read consistently. Raises: ServiceError."""
        found = read_items(self._dynamodb, self._table, keys) if keys else {}
        return {key: _parse_event(item) for key, item in found.items()}

    def change(self, stored: StoredEvent, change: Change, now: datetime) -> StoredEvent | None:
        """Replace the deliveries of an event by `change` of it, again with the stored event after each conflict.

        Return the event as it is stored then, None if it does not exist. Raises: WriteConflictError, ServiceError.
        """
        for _ in range(_CHANGE_ATTEMPTS):
            deliveries = change(stored)
            if deliveries is None:
                return stored
            try:
                return self._write(stored, deliveries, now)
            except WriteConflictError:
                found = self.find([stored.event.item_key]).get(stored.event.item_key)
                if found is None:
                    return None
                stored = found
        raise WriteConflictError(f"the deliveries of {stored.event.item_key} kept changing")

    def _write(self, stored: StoredEvent, deliveries: dict[str, StoredDelivery], now: datetime) -> StoredEvent:
        state, due = find_state(deliveries), find_due(deliveries)
        with translate_errors(f"write the deliveries of {stored.event.item_key}"):
            self._dynamodb.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": stored.event.item_key}),
                UpdateExpression="SET #state = :state, updated_at = :at, revision = :next, deliveries = :deliveries",
                ConditionExpression="revision = :revision",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=to_attributes(
                    {
                        ":state": index_key_of(stored.event.key, state, self._shards),
                        ":at": make_sortable(due or now),
                        ":revision": stored.revision,
                        ":next": stored.revision + 1,
                        ":deliveries": json.dumps(
                            {name: one.model_dump(mode="json", exclude_none=True) for name, one in deliveries.items()},
                            separators=(",", ":"),
                        ),
                    }
                ),
            )
        return replace(stored, revision=stored.revision + 1, deliveries=deliveries)


def _parse_event(item: dict[str, Any]) -> StoredEvent:
    deliveries = json.loads(item["deliveries"]) if "deliveries" in item else None
    return StoredEvent(
        event=VideoEvent.model_validate_json(item["content"]),
        revision=int(item["revision"]),
        deliveries={name: StoredDelivery.model_validate(one) for name, one in deliveries.items()}
        if deliveries is not None
        else None,
        position=(item["updated_at"], item["pk"]),
    )
