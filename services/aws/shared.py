"""State that all processes of the api share: totals, samples of the queue, purge, list of jobs, switch.

One request reads all of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.aws.errors import WriteConflictError, translate_errors
from services.aws.table.items import parse_item
from services.aws.table.totals import ShardedTotals
from services.contract.resources import (
    EXPIRY_ATTRIBUTE,
    JOBS_KEY,
    PROCESSING_KEY,
    PURGE_KEY,
    RESERVATION_PREFIX,
    SAMPLES_KEY,
)
from services.contract.statistics.ends import Ends, select_ends
from services.contract.statistics.totals import ENDED, WRITES, Totals, drop_counters

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Shared:
    totals: Totals
    ended: int
    ends: Ends
    writes: int
    samples: "Document"
    purge: "Document"
    jobs: "Document"
    processing: "Document"
    shards: int = 1
    """Number of shards that the table can have; see `services.contract.shards`."""


@dataclass(frozen=True)
class Document:
    """A JSON document in the table. `revision` is the number of its writes, 0 if it was never written."""

    revision: int
    content: Any


class SharedItems:
    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._totals = ShardedTotals(dynamodb, table, shards=1)

    def read(self) -> Shared:
        """Read all of it with one request, or two if the number of shards has grown.

        Raises: ServiceError.
        """
        reading = self._totals.read(SAMPLES_KEY, PURGE_KEY, JOBS_KEY, PROCESSING_KEY)
        counters = reading.counters
        return Shared(
            totals=drop_counters(counters),
            ended=counters.get(ENDED, 0),
            ends=select_ends(counters),
            writes=counters.get(WRITES, 0),
            samples=_parse_document(reading.others.get(SAMPLES_KEY, {})),
            purge=_parse_document(reading.others.get(PURGE_KEY, {})),
            jobs=_parse_document(reading.others.get(JOBS_KEY, {})),
            processing=_parse_document(reading.others.get(PROCESSING_KEY, {})),
            shards=reading.shards,
        )

    def document(self, key: str) -> Document:
        """Read one document. Raises: ServiceError."""
        with translate_errors(f"read {key}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
        return _parse_document(parse_item(answer.get("Item", {})))

    def write(self, key: str, before: Document, content: Any) -> Document:
        """Replace the document that was read before; return the new one.

        Raises:
            WriteConflictError: another process wrote it in between.
            ServiceError: the table could not be reached.
        """
        item: dict[str, Any] = {
            "pk": {"S": key},
            "revision": {"N": str(before.revision + 1)},
            "content": {"S": json.dumps(content)},
        }
        with translate_errors(f"write {key}"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR revision = :revision",
                ExpressionAttributeValues={":revision": {"N": str(before.revision)}},
            )
        return Document(before.revision + 1, content)

    def reserve(self, key: str, *, now_s: float, until_s: float) -> bool:
        """Reserve an upload's key until a time (seconds since 1970); return False if another caller has it.

        Raises: ServiceError.
        """
        item: dict[str, Any] = {"pk": {"S": RESERVATION_PREFIX + key}, EXPIRY_ATTRIBUTE: {"N": f"{until_s:.0f}"}}
        try:
            with translate_errors(f"reserve {key}"):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR #until < :now",
                    ExpressionAttributeNames={"#until": EXPIRY_ATTRIBUTE},
                    ExpressionAttributeValues={":now": {"N": f"{now_s:.0f}"}},
                )
        except WriteConflictError:
            return False
        return True


def _parse_document(item: Mapping[str, Any]) -> Document:
    return Document(int(item.get("revision", 0)), json.loads(item["content"]) if "content" in item else None)
