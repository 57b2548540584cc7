"""The totals: counters over all records, in one item of the videos table or spread over several.

A write changes one item, which depends on the video. Readers add up all items that any process may have changed: a
writer announces its number of shards in the table before its first write, and readers read as many as were announced.
Processes with different numbers can therefore run at the same time.
"""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.aws.errors import ServiceError, WriteConflictError, translate_errors
from services.aws.table.items import parse_item, to_attributes
from services.aws.table.transactions import choose_pause_s, retry_while_busy, run_transaction
from services.contract.resources import SHARDS_KEY
from services.contract.shards import choose_shard, totals_key
from services.contract.statistics.totals import ENDED, WRITES, Totals, is_growing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_ANNOUNCED_FOR_S = 300.0
"""Time after which a writer announces its number again: a reindex of another number may have withdrawn it."""

_READ_ATTEMPTS = 5
_FOLD_ATTEMPTS = 5


@dataclass(frozen=True)
class TotalsReading:
    items: Mapping[int, Mapping[str, int]]
    """Counters by shard; a shard that was never changed is absent."""
    shards: int
    """Number of shards that can exist."""
    others: Mapping[str, Mapping[str, Any]]
    """Further items that were read with the same request, by key."""

    @property
    def counters(self) -> dict[str, int]:
        """Return the sums over all shards: the totals, and the counters that only grow."""
        sums: dict[str, int] = {}
        for counters in self.items.values():
            for name, count in counters.items():
                sums[name] = sums.get(name, 0) + count
        return sums


class ShardedTotals:
    def __init__(self, dynamodb: "DynamoDBClient", table: str, shards: int) -> None:
        """Set the table and the number of shards that this process writes."""
        self._dynamodb = dynamodb
        self._table = table
        self._shards = shards
        self._known = 1
        self._announced_until_s = 0.0

    def read(self, *others: str) -> TotalsReading:
        """Read the totals and further items: with one request, or two after their number has grown.

        Raises: ServiceError.
        """
        while True:
            asked = self._known
            items = self._get_items([SHARDS_KEY, *map(totals_key, range(asked)), *others])
            self._known = int(items.get(SHARDS_KEY, {}).get(SHARDS_KEY, 1))
            if self._known <= asked:
                return TotalsReading(
                    items={
                        shard: {name: int(count) for name, count in items[key].items() if name != "pk"}
                        for shard in range(asked)
                        if (key := totals_key(shard)) in items
                    },
                    shards=self._known,
                    others={key: items[key] for key in others if key in items},
                )

    def announce(self) -> None:
        """Let readers read all shards that this process writes. Raises: ServiceError."""
        if self._shards == 1 or time.monotonic() < self._announced_until_s:
            return

        def attempt() -> None:
            with translate_errors("announce the number of shards"):
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=to_attributes({"pk": SHARDS_KEY}),
                    UpdateExpression="SET #shards = :shards",
                    ConditionExpression="attribute_not_exists(#shards) OR #shards < :shards",
                    ExpressionAttributeNames={"#shards": SHARDS_KEY},
                    ExpressionAttributeValues=to_attributes({":shards": self._shards}),
                )

        # The condition fails if as many have been announced already.
        with contextlib.suppress(WriteConflictError):
            retry_while_busy(attempt)
        self._announced_until_s = time.monotonic() + _ANNOUNCED_FOR_S

    def add_action(self, changes: Mapping[str, int], key: str) -> "TransactWriteItemTypeDef":
        """Return the part of a transaction that adds to the counters, in the shard of an upload."""
        return self._add_to(choose_shard(key, self._shards), {**changes, WRITES: 1})

    def correct(self, before: Mapping[str, int], totals: Totals) -> None:
        """Replace the totals if no process has changed them since `before`, a reading's counters.

        Raises: WriteConflictError, ServiceError.
        """
        reading = self.read()
        if reading.counters.get(WRITES, 0) != before.get(WRITES, 0):
            raise WriteConflictError("correct the totals: another process has changed them")
        actions = [self._if_announced(reading.shards)]
        for shard in range(reading.shards):
            counters = reading.items.get(shard)
            if counters is None and shard:
                actions.append(self._if_absent(shard))
                continue
            grown = {name: count for name, count in (counters or {}).items() if is_growing(name)}
            grown |= {ENDED: grown.get(ENDED, 0), WRITES: grown.get(WRITES, 0) + 1}
            item = {"pk": totals_key(shard), **({} if shard else totals), **grown}
            actions.append({"Put": self._if_unchanged(counters, {"Item": to_attributes(item)})})
        run_transaction(self._dynamodb, actions, action="correct the totals")

    def fold(self) -> bool:
        """Add the shards beyond this process' number to the first one, and let readers read no more of them.

        Return False if another process still writes them, or uses a larger number. Raises: ServiceError.
        """
        reading = self.read()
        beyond = range(self._shards, reading.shards)
        if not beyond:
            return True
        try:
            for shard in beyond:
                self._fold_shard(shard)
            fewer: TransactWriteItemTypeDef = {
                "Update": {
                    "TableName": self._table,
                    "Key": to_attributes({"pk": SHARDS_KEY}),
                    "UpdateExpression": "SET #shards = :fewer",
                    "ConditionExpression": "#shards = :shards",
                    "ExpressionAttributeNames": {"#shards": SHARDS_KEY},
                    "ExpressionAttributeValues": to_attributes({":fewer": self._shards, ":shards": reading.shards}),
                }
            }
            actions = [fewer, *map(self._if_absent, beyond)]
            run_transaction(self._dynamodb, actions, action="reduce the number of shards")
        except WriteConflictError:
            return False
        return True

    def _fold_shard(self, shard: int) -> None:
        key = totals_key(shard)
        for _ in range(_FOLD_ATTEMPTS):
            item = self._get_items([key]).get(key)
            if item is None:
                return
            counters = {name: int(count) for name, count in item.items() if name != "pk"}
            delete: Any = {"Delete": self._if_unchanged(counters, {"Key": to_attributes({"pk": key})})}
            with contextlib.suppress(WriteConflictError):
                run_transaction(self._dynamodb, [delete, self._add_to(0, counters)], action=f"fold {key}")
                return
        raise WriteConflictError(f"fold {key}: other processes keep changing it")

    def _add_to(self, shard: int, changes: Mapping[str, int]) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": totals_key(shard)}),
                "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in changes),
                "ExpressionAttributeNames": {f"#{name}": name for name in changes},
                "ExpressionAttributeValues": to_attributes({f":{name}": change for name, change in changes.items()}),
            }
        }

    def _if_unchanged(self, counters: Mapping[str, int] | None, request: dict[str, Any]) -> Any:
        """Return a request with the condition that a shard has these counters; None if it must be absent."""
        request = {"TableName": self._table, **request, "ConditionExpression": f"attribute_not_exists({WRITES})"}
        if counters is not None and WRITES in counters:
            request["ConditionExpression"] = f"{WRITES} = :writes"
            request["ExpressionAttributeValues"] = to_attributes({":writes": counters[WRITES]})
        return request

    def _if_absent(self, shard: int) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": to_attributes({"pk": totals_key(shard)}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _if_announced(self, shards: int) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": to_attributes({"pk": SHARDS_KEY}),
                "ConditionExpression": "attribute_not_exists(#shards) OR #shards = :shards",
                "ExpressionAttributeNames": {"#shards": SHARDS_KEY},
                "ExpressionAttributeValues": to_attributes({":shards": shards}),
            }
        }

    def _get_items(self, keys: "Sequence[str]") -> dict[str, dict[str, Any]]:
        request: Any = {"Keys": [to_attributes({"pk": key}) for key in keys], "ConsistentRead": True}
        found: list[dict[str, Any]] = []
        for number in range(_READ_ATTEMPTS):
            with translate_errors("read the totals"):
                answer = self._dynamodb.batch_get_item(RequestItems={self._table: request})
            found += answer["Responses"].get(self._table, [])
            left: Any = answer.get("UnprocessedKeys", {}).get(self._table)
            if not left:
                return {item["pk"]: item for item in map(parse_item, found)}
            request = left
            time.sleep(choose_pause_s(number))
        raise ServiceError("read the totals: the table is too busy")
