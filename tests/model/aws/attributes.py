"""DynamoDB's attributes, in the form of boto3's TypeSerializer and TypeDeserializer, several times faster."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any


def serialize(value: Any) -> dict[str, Any]:
    """Return an attribute, as boto3's TypeSerializer does."""
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is int or kind is Decimal:
        return {"N": str(value)}
    if kind is list:
        return {"L": [serialize(one) for one in value]}
    if kind is dict:
        return {"M": {name: serialize(one) for name, one in value.items()}}
    return _serialize_rare(value)


def _serialize_rare(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, bool):
        return {"BOOL": value}
    if value is not None:
        raise TypeError(f"Unsupported type {type(value)} for value {value!r}")
    return {"NULL": True}


def deserialize(attribute: dict[str, Any]) -> Any:
    """Return the value of an attribute, as boto3's TypeDeserializer does."""
    for kind, content in attribute.items():
        if kind in ("S", "BOOL"):
            return content
        if kind == "N":
            return Decimal(content)
        if kind == "L":
            return [deserialize(one) for one in content]
        if kind == "M":
            return {name: deserialize(one) for name, one in content.items()}
        if kind == "NULL":
            return None
    raise TypeError(f"Unsupported attribute {attribute!r}")


_UNCHANGED = frozenset((str, int, bool, Decimal, type(None)))


def remember_storable(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return `services.aws.table.items._to_storable` as a faster function, which calls it for what is rare."""
    remembered = lru_cache(maxsize=4096)(convert)

    def find(value: Any) -> Any:
        kind = type(value)
        if kind in _UNCHANGED:
            return value
        if kind is datetime or kind is float:
            return remembered(value)
        if kind is dict:
            return {name: find(entry) for name, entry in value.items()}
        if kind is list or kind is tuple:
            return [find(entry) for entry in value]
        return convert(value)

    return find
