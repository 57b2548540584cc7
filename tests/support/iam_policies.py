"""IAM's evaluation of one request against one policy, as far as the stacks' policies need it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from tests.support.synthesis import as_list

Policy = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """An action on a resource. `context` holds the values of condition keys; a key that is not in it has no value."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def allows(policy: Policy, request: Request) -> bool:
    """Return whether a statement allows the request and none denies it."""
    effects = {statement["Effect"] for statement in policy["Statement"] if _applies(statement, request)}
    return effects == {"Allow"}


def requests_of(statement: dict[str, Any], ambient: Mapping[str, str]) -> Iterator[Request]:
    """Yield requests that stand at the edges of what a statement allows.

    There is one for each action, resource and value of a condition. Text that nothing else contains replaces wildcards.
    A condition gives the context its value, so that a policy that asks for any other key does not cover the statement.
    """
    conditions = statement.get("Condition", {})
    assert set(conditions) <= {"StringEquals", "StringLike", "ForAllValues:StringEquals"}, (
        f"no requests can be made of {conditions}"
    )
    asked = {key: given for operator in conditions.values() for key, given in operator.items()}
    values = product(
        *([(key, value.replace("*", "anything")) for value in as_list(given)] for key, given in asked.items())
    )
    contexts = [{**ambient, **dict(pairs)} for pairs in values]
    for action, resource, context in product(
        as_list(statement["Action"]), as_list(statement.get("Resource", [])), contexts
    ):
        assert "*" not in action, f"no request can be made of {action}"
        yield Request(
            action=action,
            resource=resource if resource == "*" else resource.replace("*", "anything").replace("?", "x"),
            context=context,
        )


def _applies(statement: dict[str, Any], request: Request) -> bool:
    return (
        any(fnmatchcase(request.action.lower(), pattern.lower()) for pattern in as_list(statement["Action"]))
        and any(fnmatchcase(request.resource, pattern) for pattern in as_list(statement["Resource"]))
        and all(
            _holds(operator, as_list(wanted), request.context.get(key))
            for operator, asked in statement.get("Condition", {}).items()
            for key, wanted in asked.items()
        )
    )


def _holds(operator: str, wanted: list[str], value: str | None) -> bool:
    match operator:
        case "StringEquals":
            return value in wanted
        case "ForAllValues:StringEquals":
            # It holds for a request without the key as well.
            return value is None or value in wanted
        case "StringNotEquals":
            return value not in wanted
        case "StringLike":
            return value is not None and any(fnmatchcase(value, pattern) for pattern in wanted)
        case "Null":
            return (value is None) is (wanted == ["true"])
    raise ValueError(f"the operator {operator} is not known here")
