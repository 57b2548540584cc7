"""Reads of many items of the videos table at once."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from services.aws.errors import ServiceError, translate_errors
from services.aws.table.items import parse_item, to_attributes
from services.aws.table.transactions import BUSY_ATTEMPTS, choose_pause_s

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

READ_AT_ONCE = 100
"""Maximum number of keys in one BatchGetItem."""

_REQUESTS_AT_ONCE = 8


def read_items(
    dynamodb: "DynamoDBClient", table: str, keys: Sequence[str], attributes: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return the items that exist of these keys, by key; eight requests at a time. Raises: ServiceError."""
    distinct = list(dict.fromkeys(keys))
    batches = [distinct[start : start + READ_AT_ONCE] for start in range(0, len(distinct), READ_AT_ONCE)]

    def read(batch: Sequence[str]) -> list[dict[str, Any]]:
        return _read_batch(dynamodb, table, batch, attributes)

    if len(batches) <= 1:
        found = [read(batch) for batch in batches]
    else:
        with ThreadPoolExecutor(min(_REQUESTS_AT_ONCE, len(batches))) as pool:
            found = list(pool.map(read, batches))
    return {item["pk"]: item for items in found for item in items}


def project_attributes(attributes: Sequence[str]) -> dict[str, Any]:
    """Return the part of a request that asks for these attributes only; empty without attributes."""
    if not attributes:
        return {}
    names = {f"#{number}": name for number, name in enumerate(attributes)}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def _read_batch(
    dynamodb: "DynamoDBClient", table: str, keys: Sequence[str], attributes: Sequence[str]
) -> list[dict[str, Any]]:
    request: Any = {"Keys": [to_attributes({"pk": key}) for key in keys], "ConsistentRead": True}
    request |= project_attributes(attributes)
    found: list[dict[str, Any]] = []
    for number in range(BUSY_ATTEMPTS):
        with translate_errors(f"read {len(keys)} items of the videos table"):
            answer = dynamodb.batch_get_item(RequestItems={table: request})
        found += [parse_item(item) for item in answer["Responses"].get(table, [])]
        left: Any = answer.get("UnprocessedKeys", {}).get(table)
        if not left:
            return found
        request = left
        time.sleep(choose_pause_s(number))
    raise ServiceError(f"read {len(keys)} items of the videos table: it is too busy")
