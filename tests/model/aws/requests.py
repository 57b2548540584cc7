"""The check of requests that boto3 makes before it sends them, for the simulated clients of tests."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.exceptions import ParamValidationError
from botocore.model import Shape
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.model.aws.calls import Paginator, client_error

_VALIDATOR = ParamValidator()


def check_requests(client: Any, service: str, *, table: str | None = None) -> None:
    """Let a client refuse unknown parameters, missing ones, and values of another type.

    With `table`, it also refuses requests to another table. The model's schedules do without: a check of a transaction
    takes longer than its effect.
    """
    shapes = _input_shapes(service)

    def check(name: str, request: Mapping[str, Any]) -> None:
        report = _VALIDATOR.validate(request, shapes[name])
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        if table is not None and any(named != table for named in _tables_of(request)):
            raise client_error(name, "ResourceNotFoundException", "no such table")

    def checked(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def send(**request: Any) -> Any:
            check(name, request)
            return method(**request)

        return send

    def checked_paginator(name: str) -> Any:
        return _CheckedPaginator(paginator(name), lambda request: check(name, request))

    paginator: Any = getattr(client, "get_paginator", None)
    for name in shapes.keys() & set(dir(client)):
        setattr(client, name, checked(name, getattr(client, name)))
    if paginator is not None:
        client.get_paginator = checked_paginator


class _CheckedPaginator:
    def __init__(self, paginator: Paginator, check: Callable[[Mapping[str, Any]], None]) -> None:
        self._paginator, self._check = paginator, check

    def paginate(self, **request: Any) -> Iterator[Any]:
        self._check(request)
        yield from self._paginator.paginate(**request)


@cache
def _input_shapes(service: str) -> dict[str, Shape]:
    """Return the shapes of the requests of a service, by the name of the client's method."""
    model = get_session().get_service_model(service)
    shapes = ((name, model.operation_model(name).input_shape) for name in model.operation_names)
    return {xform_name(name): shape for name, shape in shapes if shape is not None}


def _tables_of(request: Mapping[str, Any]) -> Iterator[str]:
    if "TableName" in request:
        yield request["TableName"]
    yield from request.get("RequestItems", ())
    for action in request.get("TransactItems", ()):
        for part in action.values():
            yield part["TableName"]
