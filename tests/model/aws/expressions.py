"""Condition and update expressions of DynamoDB, as far as the services use them, compiled once each."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = Mapping[str, Any]
Condition = Callable[[Item, Mapping[str, str], Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"\s*(attribute_not_exists|attribute_exists|begins_with|contains|<=|>=|<>|[()<>=,]|[#:]?[A-Za-z_][\w-]*)"
)


def meets(expression: str | None, item: Item, request: Mapping[str, Any]) -> bool:
    """Return True if an item meets the condition of a request."""
    if expression is None:
        return True
    names = request.get("ExpressionAttributeNames", {})
    return _compile(expression)(item, names, request.get("ExpressionAttributeValues", {}))


@cache
def _compile(expression: str) -> Condition:
    tokens = _tokenize(expression)
    condition = _parse_or(tokens)
    if tokens:
        raise ValueError(f"expression not understood: {expression!r} at {tokens[0]!r}")
    return condition


def _tokenize(expression: str) -> list[str]:
    tokens, at = [], 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"expression not understood: {expression!r} at {at}")
        tokens.append(match[1])
        at = match.end()
    return tokens


def _parse_or(tokens: list[str]) -> Condition:
    parts = [_parse_and(tokens)]
    while tokens[:1] == ["OR"]:
        tokens.pop(0)
        parts.append(_parse_and(tokens))
    return parts[0] if len(parts) == 1 else lambda *a: any(part(*a) for part in parts)


def _parse_and(tokens: list[str]) -> Condition:
    parts = [_parse_one(tokens)]
    while tokens[:1] == ["AND"]:
        tokens.pop(0)
        parts.append(_parse_one(tokens))
    return parts[0] if len(parts) == 1 else lambda *a: all(part(*a) for part in parts)


def _parse_one(tokens: list[str]) -> Condition:
    word = tokens.pop(0)
    if word == "(":
        inner = _parse_or(tokens)
        _expect(tokens, ")")
        return inner
    if word == "NOT":
        negated = _parse_one(tokens)
        return lambda *a: not negated(*a)
    if word in ("attribute_not_exists", "attribute_exists"):
        _expect(tokens, "(")
        name, wanted = tokens.pop(0), word == "attribute_exists"
        _expect(tokens, ")")
        return lambda item, names, _: (names.get(name, name) in item) is wanted
    if word in ("begins_with", "contains"):
        _expect(tokens, "(")
        name = tokens.pop(0)
        _expect(tokens, ",")
        part = tokens.pop(0)
        _expect(tokens, ")")
        has = str.startswith if word == "begins_with" else str.__contains__
        return lambda item, names, values: has(str(_plain(item.get(names.get(name, name)))), str(_plain(values[part])))
    name, operator = word, tokens.pop(0)
    if operator == "IN":
        _expect(tokens, "(")
        options = [tokens.pop(0)]
        while tokens[:1] == [","]:
            tokens.pop(0)
            options.append(tokens.pop(0))
        _expect(tokens, ")")
        return lambda item, names, values: item.get(names.get(name, name)) in [values[one] for one in options]
    value = tokens.pop(0)
    compare = _COMPARISONS[operator]
    return lambda item, names, values: (
        names.get(name, name) in item and compare(_plain(item[names.get(name, name)]), _plain(values[value]))
    )


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _expect(tokens: list[str], wanted: str) -> None:
    found = tokens.pop(0)
    if found != wanted:
        raise ValueError(f"{wanted!r} expected, not {found!r}")


def _plain(value: Any) -> Any:
    if value is None:
        return None
    ((kind, content),) = value.items()
    return Decimal(content) if kind == "N" else content


def updated(item: Item, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with an update expression applied: SET of values, ADD of numbers, REMOVE."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    result = dict(item)
    for clause, parts in _split_update(request["UpdateExpression"]):
        for part in parts:
            if clause == "SET":
                name, _, value = part.partition("=")
                result[names.get(name.strip(), name.strip())] = values[value.strip()]
            elif clause == "ADD":
                name, value = part.split()
                name = names.get(name, name)
                before = Decimal(result[name]["N"]) if name in result else Decimal(0)
                result[name] = {"N": str(before + Decimal(values[value]["N"]))}
            else:
                result.pop(names.get(part, part), None)
    return result


@cache
def _split_update(expression: str) -> list[tuple[str, list[str]]]:
    found = re.split(r"\b(SET|ADD|REMOVE)\b", expression)
    if found[0].strip():
        raise ValueError(f"expression not understood: {expression!r}")
    clauses = zip(found[1::2], found[2::2], strict=True)
    return [(clause, [part.strip() for part in parts.split(",")]) for clause, parts in clauses]
