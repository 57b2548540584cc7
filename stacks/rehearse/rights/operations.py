"""Operations of REST services, found by method, path and query with botocore's service models.

S3 gives 40 operations the same path and tells them apart by a key of the query, by one that the operation needs, or by
a header: `GET /bucket?cors`, `PUT /bucket/key?partNumber=1&uploadId=x`, `x-amz-copy-source`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session

from stacks.rehearse.rights.errors import UnknownRequestError

_LABEL = re.compile(r"\{(\w+)(\+?)\}")
_SIGNATURE = re.compile(
    r"x-amz-(algorithm|credential|date|expires|security-token|signature|signedheaders)|x-id", re.IGNORECASE
)


@cache
def service_model(name: str) -> Any:
    """Return botocore's model of a service."""
    return botocore.session.get_session().get_service_model(name)


@dataclass(frozen=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    literals: Mapping[str, str]
    """Keys of the query that the operation always has, with their values."""
    needed_keys: frozenset[str]
    needed_headers: frozenset[str]
    keys: frozenset[str]
    """Every key that the operation's query may have."""

    def matches(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        given = {key for key in query if not _SIGNATURE.fullmatch(key)}
        return (
            all(query.get(key) == value for key, value in self.literals.items())
            and self.needed_keys <= given
            and self.needed_headers <= set(headers)
            and given <= self.keys
        )

    @property
    def rank(self) -> int:
        """Return how many keys and headers tell the operation from others of the same path."""
        return len(self.literals) + len(self.needed_keys) + len(self.needed_headers)


def find_operation(
    service: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Return the name of the operation and the parameters in its path.

    Raises:
        UnknownRequestError: the service has no such operation.
    """
    found = [
        (route, labels)
        for route in _routes(service)
        if route.method == method and (labels := route.path.fullmatch(path)) and route.matches(query, headers)
    ]
    if not found:
        raise UnknownRequestError(
            f"no operation of {service} is known for {method} {path} with the query {dict(query)}"
        )
    route, labels = max(found, key=lambda one: one[0].rank)
    return route.operation, {name: unquote(value) for name, value in labels.groupdict().items()}


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    model = service_model(service)
    operations = [model.operation_model(name) for name in sorted(model.operation_names)]
    return tuple(_route(operation) for operation in operations if not operation.deprecated)


def _route(operation: Any) -> _Route:
    template, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    located: dict[str, set[str]] = {"querystring": set(), "header": set()}
    needed: dict[str, set[str]] = {"querystring": set(), "header": set()}
    for name, member in (shape.members if shape else {}).items():
        where = member.serialization.get("location")
        if where in located:
            key = member.serialization.get("name", name)
            located[where].add(key)
            if name in shape.required_members:
                needed[where].add(key)
    literals = dict(parse_qsl(query, keep_blank_values=True))
    return _Route(
        operation=operation.name,
        method=operation.http["method"],
        path=_pattern(template),
        literals=literals,
        needed_keys=frozenset(needed["querystring"]),
        needed_headers=frozenset(name.lower() for name in needed["header"]),
        keys=frozenset(located["querystring"] | set(literals)),
    )


def _pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a path such as `/{Bucket}/{Key+}`: a label with `+` spans slashes."""
    pattern, position = "", 0
    for label in _LABEL.finditer(template):
        rest = ".+" if label[2] else "[^/]+"
        pattern += re.escape(template[position : label.start()]) + f"(?P<{label[1]}>{rest})"
        position = label.end()
    return re.compile(pattern + re.escape(template[position:].rstrip("/")) + "/?")
