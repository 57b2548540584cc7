"""Items of the videos table, as DynamoDB's attributes and as Python values. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from services.contract.records import VideoRecord
from services.contract.shards import index_key_of, parse_state

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def make_item(record: VideoRecord, *, shards: int) -> dict[str, Any]:
    """Return the values of a record, without those that are None, an empty history and a count of zero changes.

    Times become text that sorts. `state` is the partition key of the index, which depends on the number of shards.
    """
    left_out = {"key", *(name for name in ("earlier_attempts", "changes") if not getattr(record, name))}
    fields = {"pk": record.key, **record.model_dump(exclude=left_out, exclude_none=True)}
    fields["state"] = index_key_of(record.key, record.state, shards)
    return {name: _to_storable(value) for name, value in fields.items()}


def parse_record(item: Mapping[str, Any]) -> VideoRecord:
    return VideoRecord.model_validate({**item, "key": item["pk"], "state": parse_state(item["state"])})


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items()}


def parse_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as Python values."""
    return {name: _deserialize(value) for name, value in item.items()}


def make_sortable(time: datetime) -> str:
    """Return a time as text that sorts."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _to_storable(value: Any) -> Any:
    match value:
        case str():
            return str(value)
        case datetime():
            return make_sortable(value)
        case float():
            # As DynamoDB stores it: ministack compares a repeated transaction with what it has stored.
            return int(value) if value.is_integer() else Decimal(str(value))
        case list() | tuple():
            return [_to_storable(entry) for entry in value]
        case dict():
            return {name: _to_storable(entry) for name, entry in value.items()}
    return value
