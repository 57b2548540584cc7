"""Tags of resources: those that a call gives, and those that a resource has got from earlier calls."""

from collections.abc import Iterable, Mapping
from typing import Any

_PARAMETERS = ("Tags", "tags", "Tag", "AddTags", "TagSet")
_KEYS, _VALUES = ("Key", "key", "TagKey"), ("Value", "value", "TagValue")


def read_tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags in a call's parameters, whichever form its service gives them."""
    found: dict[str, str] = {}
    for specification in parameters.get("TagSpecification", []):
        found |= read_tags(specification)
    for name in _PARAMETERS:
        given = parameters.get(name)
        if isinstance(given, Mapping) and isinstance(given.get("Tag"), list | Mapping):
            found |= read_tags(given)
        elif isinstance(given, Mapping) and not _first(given, _KEYS):
            found |= {str(key): str(value) for key, value in given.items()}
        elif given:
            pairs = given if isinstance(given, list) else [given]
            found |= {str(_first(pair, _KEYS)): str(_first(pair, _VALUES) or "") for pair in pairs}
    return found


def removed_tags(parameters: Mapping[str, Any]) -> list[str]:
    """Return the keys of tags that a call takes away."""
    return [key for name in ("TagKeys", "tagKeys") for key in parameters.get(name, [])]


class ResourceTags:
    """Tags by the ARN of their resource, as far as the requests tell them."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def of(self, arn: str) -> Mapping[str, str]:
        return self._tags.get(arn, {})

    def add(self, arns: Iterable[str], tags: Mapping[str, str]) -> None:
        for arn in arns:
            self._tags.setdefault(arn, {}).update(tags)

    def remove(self, arns: Iterable[str], keys: Iterable[str]) -> None:
        for arn in arns:
            for key in keys:
                self._tags.get(arn, {}).pop(key, None)


def _first(pair: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((pair[name] for name in names if name in pair), None)
