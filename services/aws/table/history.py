"""The history in the videos table: items of periods, and the cursor that every recording moves in its transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.aws.table.items import to_attributes
from services.aws.table.totals import ShardedTotals
from services.aws.table.transactions import run_transaction
from services.contract.resources import EXPIRY_ATTRIBUTE, HISTORY_KEY
from services.contract.statistics.ends import select_ends

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_OTHERS = {"pk", EXPIRY_ATTRIBUTE}


@dataclass(frozen=True)
class HistoryReading:
    ends: Mapping[str, int]
    """Counters of ended videos at the time of the reading."""
    revision: int
    """Number of writes of the cursor, 0 if there is none."""
    cursor: Any
    slots: Mapping[str, Mapping[str, Any]]
    """Contents of the requested items, by item and attribute."""


@dataclass(frozen=True)
class SlotWrite:
    item_key: str
    slot: str
    content: Any
    until_s: int


class HistoryTable:
    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._totals = ShardedTotals(dynamodb, table, shards=1)

    def read(self, item_keys: Sequence[str] = ()) -> HistoryReading:
        """Read counters, cursor and items with one request, or two if the number of shards has grown.

        At most 31 items: DynamoDB reads 100 at once, with up to 64 shards of the totals. Raises: ServiceError.
        """
        reading = self._totals.read(HISTORY_KEY, *item_keys)
        cursor = reading.others.get(HISTORY_KEY, {})
        return HistoryReading(
            ends=select_ends(reading.counters),
            revision=int(cursor.get("revision", 0)),
            cursor=json.loads(cursor["content"]) if cursor else None,
            slots={
                key: {name: json.loads(text) for name, text in item.items() if name not in _OTHERS}
                for key, item in reading.others.items()
                if key != HISTORY_KEY
            },
        )

    def write(self, revision: int, cursor: Any, writes: Sequence[SlotWrite]) -> None:
        """Replace the cursor that was read with this revision and store the periods, in one transaction.

        Raises: WriteConflictError if another process has recorded meanwhile, ServiceError.
        """
        item = {"pk": HISTORY_KEY, "revision": revision + 1, "content": json.dumps(cursor, separators=(",", ":"))}
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": to_attributes(item),
                "ConditionExpression": "attribute_not_exists(pk) OR revision = :revision",
                "ExpressionAttributeValues": to_attributes({":revision": revision}),
            }
        }
        items: dict[str, list[SlotWrite]] = {}
        for write in writes:
            items.setdefault(write.item_key, []).append(write)
        updates = [self._update_action(key, slots) for key, slots in items.items()]
        run_transaction(self._dynamodb, [put, *updates], action="record the history")

    def _update_action(self, item_key: str, writes: Sequence[SlotWrite]) -> "TransactWriteItemTypeDef":
        values = {write.slot: json.dumps(write.content, separators=(",", ":")) for write in writes}
        fields = {**values, EXPIRY_ATTRIBUTE: max(write.until_s for write in writes)}
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": item_key}),
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in fields),
                "ExpressionAttributeNames": {f"#{name}": name for name in fields},
                "ExpressionAttributeValues": to_attributes({f":{name}": value for name, value in fields.items()}),
            }
        }
