"""The videos table: one record a video, the claims on thumbnail bases, and one item of totals."""

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from services.aws.errors import ServiceError, WriteConflictError, translated
from services.contract.records import Totals, VideoRecord, change_of_totals
from services.contract.resources import CLAIM_PREFIX, TOTALS_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize

_BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_BUSY_ATTEMPTS = 8


class VideosTable:
    def __init__(self, dynamodb: "DynamoDBClient", name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def get(self, key: str) -> VideoRecord | None:
        """The record of an upload, as last written. Raises: ServiceError."""
        item = self._item(key)
        return _record(item) if item else None

    def totals(self) -> Totals:
        """All counters; one that was never touched is absent. Raises: ServiceError."""
        return {name: int(value) for name, value in self._item(TOTALS_KEY).items() if name != "pk"}

    def claim_base(self, bases: "Sequence[str]", key: str) -> str:
        """The first of `bases` that is not another upload's, from now on this one's. Raises: ServiceError."""
        for base in bases:
            try:
                with translated(f"claim {base}"):
                    self._dynamodb.put_item(
                        TableName=self._name,
                        Item=_attributes({"pk": CLAIM_PREFIX + base, "upload": key}),
                        ConditionExpression="attribute_not_exists(pk) OR upload = :key",
                        ExpressionAttributeValues=_attributes({":key": key}),
                    )
            except WriteConflictError:
                continue
            return base
        raise ServiceError(f"every base of {key} belongs to another upload: {', '.join(bases)}")

    def replace(self, before: VideoRecord | None, after: VideoRecord) -> VideoRecord:
        """Writes a record in place of the one read before, and the totals with it, in one transaction.

        Returns the record as written: with the next revision.

        Raises:
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
        totals = [self._add(changes)] if changes else []
        self._transact([{"Put": put}, *totals], action=f"write the record of {after.key}")
        return written

    def _add(self, changes: Mapping[str, int]) -> "TransactWriteItemTypeDef":
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
        """All workers change the one item of totals, so transactions meet there: DynamoDB then cancels one of them, and
        botocore does not retry that.
        """
        for attempt in range(_BUSY_ATTEMPTS):
            try:
                with translated(action):
                    self._dynamodb.transact_write_items(TransactItems=items)
            except ServiceError as error:
                reasons = _cancellation_reasons(error)
                if "ConditionalCheckFailed" in reasons:
                    raise WriteConflictError(str(error)) from error
                if not reasons & _BUSY or attempt == _BUSY_ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0.01, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
            else:
                return

    def _item(self, key: str) -> dict[str, Any]:
        with translated(f"read {key} from the videos table"):
            answer = self._dynamodb.get_item(TableName=self._name, Key=_attributes({"pk": key}), ConsistentRead=True)
        return {name: _deserialize(value) for name, value in answer.get("Item", {}).items()}


def _cancellation_reasons(error: ServiceError) -> set[str]:
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return set()
    reasons: list[dict[str, Any]] = cause.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return {reason.get("Code") or "None" for reason in reasons} - {"None"}


def _item(record: VideoRecord) -> dict[str, Any]:
    """Attributes of the record; `None` is left out, times are text that sorts."""
    fields = {"pk": record.key, **record.model_dump(exclude={"key"}, exclude_none=True)}
    return {name: _storable(value) for name, value in fields.items()}


def _record(item: Mapping[str, Any]) -> VideoRecord:
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
