"""The videos table: one record per video, the claims on thumbnail bases, and one item of totals."""

import contextlib
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from services.aws.errors import BaseTakenError, ServiceError, WriteConflictError, translate_errors
from services.contract.records import (
    ENDED,
    WRITES,
    Totals,
    VideoRecord,
    change_of_totals,
    has_just_ended,
    share_of_totals,
)
from services.contract.resources import CLAIM_PREFIX, PURGER, TOTALS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

REMOVE_AT_ONCE = 40
"""Maximum number of records in one transaction: each takes two of DynamoDB's hundred actions, the totals one."""

RELEASE_AT_ONCE = 100
"""Maximum number of claims that one transaction releases."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize

_CONDITION_FAILED = "ConditionalCheckFailed"
_BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_BUSY_ATTEMPTS = 8


class VideosTable:
    def __init__(self, dynamodb: "DynamoDBClient", name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def get(self, key: str) -> VideoRecord | None:
        """Return the record of an upload, read consistently; None if there is none. Raises: ServiceError."""
        item = self._item(key)
        return parse_record(item) if item else None

    def totals(self) -> Totals:
        """Return the totals; a counter that was never changed is absent. Raises: ServiceError."""
        return parse_totals(self._item(TOTALS_KEY))

    def replace(self, before: VideoRecord | None, after: VideoRecord, *, claims: bool = False) -> VideoRecord:
        """Replace the record that was read before, and update the totals, in one transaction.

        With `claims`, the upload also claims the record's base. Return the record as written, with the next revision.

        Raises:
            BaseTakenError: the base is another upload's, or a purge's.
            WriteConflictError: the record is no longer the one read before.
            ServiceError: the table could not be reached, or was too busy for too long.
        """
        written = after.model_copy(update={"revision": before.revision + 1 if before else 1})
        put: PutTypeDef = {
            "TableName": self._name,
            "Item": _attributes(_item(written)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before:
            put["ConditionExpression"] = "revision = :revision"
            put["ExpressionAttributeValues"] = _attributes({":revision": before.revision})
        changes = change_of_totals(before, written)
        if has_just_ended(before, written):
            changes[ENDED] = 1
        actions: list[TransactWriteItemTypeDef] = [{"Put": put}]
        if changes:
            actions.append(self._add(changes))
        if claims:
            actions.append({"Put": self._claim(after.base, after.key)})
        try:
            self._transact(actions, action=f"write the record of {after.key}")
        except WriteConflictError as error:
            if claims and _failed_actions(error) == [len(actions) - 1]:
                raise BaseTakenError(f"claim {after.base} for {after.key}: another upload has it") from error
            raise
        return written

    def remove(self, records: "Sequence[VideoRecord]") -> None:
        """Remove at most `REMOVE_AT_ONCE` records and subtract them from the totals: all of them or none.

        The purge becomes the owner of their claims: no worker can store under these bases until `release`.

        Raises:
            WriteConflictError: one of them has changed since it was read.
            ServiceError: the table could not be reached, or was too busy for too long.
        """
        changes: dict[str, int] = {}
        actions: list[TransactWriteItemTypeDef] = []
        for record in records:
            for name, count in share_of_totals(record).items():
                changes[name] = changes.get(name, 0) - count
            actions.append(
                {
                    "Delete": {
                        "TableName": self._name,
                        "Key": _attributes({"pk": record.key}),
                        "ConditionExpression": "revision = :revision",
                        "ExpressionAttributeValues": _attributes({":revision": record.revision}),
                    }
                }
            )
            if record.base:
                actions.append(self._seize(record.base, record.key, or_none=True))
        if changes:
            actions.append(self._add(changes))
        self._transact(actions, action=f"remove {len(records)} records")

    def seize(self, base: str, key: str) -> bool:
        """Make the purge the owner of the claim of an upload without a record.

        Return False if the upload has a record by now, or has lost the claim. Raises: ServiceError.
        """
        no_record: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self._name,
                "Key": _attributes({"pk": key}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        try:
            self._transact([self._seize(base, key, or_none=False), no_record], action=f"seize the claim on {base}")
        except WriteConflictError:
            return False
        return True

    def claim_owner(self, base: str) -> str | None:
        """Return the owner of a base: an upload's key, `PURGER`, or None. Raises: ServiceError."""
        owner: str | None = self._item(CLAIM_PREFIX + base).get("upload")
        return owner

    def release(self, bases: "Sequence[str]") -> None:
        """Delete claims of the purge; a claim that an upload owns by now stays. Raises: ServiceError."""
        distinct = list(dict.fromkeys(bases))
        for start in range(0, len(distinct), RELEASE_AT_ONCE):
            batch = distinct[start : start + RELEASE_AT_ONCE]
            try:
                self._transact([self._release(base) for base in batch], action=f"release {len(batch)} claims")
            except WriteConflictError:
                for base in batch:
                    with contextlib.suppress(WriteConflictError):
                        self._transact([self._release(base)], action=f"release the claim on {base}")

    def delete(self, keys: "Sequence[str]") -> None:
        """Delete items that the totals do not count. Raises: ServiceError."""
        for start in range(0, len(keys), 25):
            requests: Any = [{"DeleteRequest": {"Key": _attributes({"pk": key})}} for key in keys[start : start + 25]]
            for attempt in range(_BUSY_ATTEMPTS):
                with translate_errors("delete items of the videos table"):
                    answer = self._dynamodb.batch_write_item(RequestItems={self._name: requests})
                requests = answer.get("UnprocessedItems", {}).get(self._name, [])
                if not requests:
                    break
                time.sleep(random.uniform(0.01, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
            else:
                raise ServiceError("delete items of the videos table: too busy")

    def scan(self) -> "Iterator[dict[str, Any]]":
        """Yield all items in no order, one request per page; use `parse_record` for records. Raises: ServiceError.

        The cost grows with the table: only a purge and a reindex may scan.
        """
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True)
        with translate_errors("scan the videos table"):
            for page in pages:
                for item in page["Items"]:
                    yield parse_item(item)

    def counters(self) -> dict[str, int]:
        """Return the totals together with the counters that only grow. Raises: ServiceError."""
        return {name: int(value) for name, value in self._item(TOTALS_KEY).items() if name != "pk"}

    def correct(self, before: Mapping[str, int], totals: Totals) -> None:
        """Replace the totals if no process has changed them since `before`, a result of `counters`.

        Raises: WriteConflictError, ServiceError.
        """
        put: Any = {"ConditionExpression": f"attribute_not_exists({WRITES})"}
        if WRITES in before:
            values = _attributes({":writes": before[WRITES]})
            put = {"ConditionExpression": f"{WRITES} = :writes", "ExpressionAttributeValues": values}
        counters = {ENDED: before.get(ENDED, 0), WRITES: before.get(WRITES, 0) + 1}
        item = _attributes({"pk": TOTALS_KEY, **totals, **counters})
        with translate_errors("correct the totals"):
            self._dynamodb.put_item(TableName=self._name, Item=item, **put)

    def _claim(self, base: str, key: str) -> "PutTypeDef":
        return {
            "TableName": self._name,
            "Item": _attributes({"pk": CLAIM_PREFIX + base, "upload": key}),
            "ConditionExpression": "attribute_not_exists(pk) OR upload = :key",
            "ExpressionAttributeValues": _attributes({":key": key}),
        }

    def _seize(self, base: str, key: str, *, or_none: bool) -> "TransactWriteItemTypeDef":
        condition = "upload IN (:key, :purger)" + (" OR attribute_not_exists(pk)" if or_none else "")
        return {
            "Update": {
                "TableName": self._name,
                "Key": _attributes({"pk": CLAIM_PREFIX + base}),
                "UpdateExpression": "SET upload = :purger",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": _attributes({":key": key, ":purger": PURGER}),
            }
        }

    def _release(self, base: str) -> "TransactWriteItemTypeDef":
        return {
            "Delete": {
                "TableName": self._name,
                "Key": _attributes({"pk": CLAIM_PREFIX + base}),
                "ConditionExpression": "attribute_not_exists(pk) OR upload = :purger",
                "ExpressionAttributeValues": _attributes({":purger": PURGER}),
            }
        }

    def _add(self, changes: Mapping[str, int]) -> "TransactWriteItemTypeDef":
        changes = {**changes, WRITES: 1}
        return {
            "Update": {
                "TableName": self._name,
                "Key": _attributes({"pk": TOTALS_KEY}),
                "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in changes),
                "ExpressionAttributeNames": {f"#{name}": name for name in changes},
                "ExpressionAttributeValues": _attributes({f":{name}": change for name, change in changes.items()}),
            }
        }

    def _transact(self, items: "Sequence[TransactWriteItemTypeDef]", *, action: str) -> None:
        """Run a transaction, and retry it if it collides with another one.

        All workers update the one item of totals, so DynamoDB cancels some of their transactions. botocore does not
        retry these.
        """
        for attempt in range(_BUSY_ATTEMPTS):
            try:
                with translate_errors(action):
                    self._dynamodb.transact_write_items(TransactItems=items)
            except ServiceError as error:
                reasons = _cancellation_reasons(error)
                if _CONDITION_FAILED in reasons:
                    raise WriteConflictError(str(error)) from error
                if _BUSY.isdisjoint(reasons) or attempt == _BUSY_ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0.01, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
            else:
                return

    def _item(self, key: str) -> dict[str, Any]:
        with translate_errors(f"read {key} from the videos table"):
            answer = self._dynamodb.get_item(TableName=self._name, Key=_attributes({"pk": key}), ConsistentRead=True)
        return parse_item(answer.get("Item", {}))


def _failed_actions(error: WriteConflictError) -> list[int]:
    """Return the numbers of the actions whose condition failed."""
    return [at for at, reason in enumerate(_cancellation_reasons(error.__cause__)) if reason == _CONDITION_FAILED]


def _cancellation_reasons(error: BaseException | None) -> list[str]:
    """Return the reason for the cancellation of each action of a transaction, "None" if it was not the cause."""
    cause = error.__cause__ if error else None
    if not isinstance(cause, ClientError):
        return []
    reasons: list[dict[str, Any]] = cause.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return [reason.get("Code") or "None" for reason in reasons]


def _item(record: VideoRecord) -> dict[str, Any]:
    """Return the attributes of a record, without those that are None. Times become text that sorts."""
    fields = {"pk": record.key, **record.model_dump(exclude={"key"}, exclude_none=True)}
    return {name: _storable(value) for name, value in fields.items()}


def parse_totals(item: Mapping[str, Any]) -> Totals:
    """Return the totals in their item, without the counters that only grow."""
    return {name: int(value) for name, value in item.items() if name not in ("pk", ENDED, WRITES)}


def parse_record(item: Mapping[str, Any]) -> VideoRecord:
    return VideoRecord.model_validate({"key": item["pk"], **{name: v for name, v in item.items() if name != "pk"}})


def _storable(value: Any) -> Any:
    match value:
        case float():
            return Decimal(str(value))
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case list() | tuple():
            return [_storable(entry) for entry in value]
        case dict():
            return {name: _storable(entry) for name, entry in value.items()}
        case str():
            return str(value)
    return value


def _attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items()}


def parse_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as Python values."""
    return {name: _deserialize(value) for name, value in item.items()}
