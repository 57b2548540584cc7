"""OpenAPI document: FastAPI's document of the routes, with the messages of `/ws` and one model of errors."""

import json
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from services.api.schema.models import LiveMessage
from services.api.schema.problems import MEDIA_TYPE, Problem

_REFERENCE = "#/components/schemas/{model}"
_OPEN = {"/health", "/health/ready"}

DESCRIPTION = """\
Live state of a thumbnail pipeline, and actions on it.

Send `Authorization: Bearer` and a token, or log in with `POST /api/session`. Errors are answered with
`application/problem+json` (RFC 9457). `WS /ws` pushes `State` messages: the whole state on connect, then at every
interval and soon after a change. The api closes a client that is too slow with code 1013; the client can connect again.
"""


def build_document(app: FastAPI) -> dict[str, Any]:
    """Return the document."""
    made = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
    )
    schemas = made["components"]["schemas"]
    for model in ("HTTPValidationError", "ValidationError"):
        schemas.pop(model, None)
    for adapter in (TypeAdapter(LiveMessage), TypeAdapter(Problem)):
        schema = adapter.json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[schema["title"]] = schema
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "thumbnails_session"},
    }
    for path, operations in made["paths"].items():
        for operation in operations.values():
            is_open = path in _OPEN or operation["operationId"] in ("login", "logout", "getPicture")
            _complete_operation(operation, is_open=is_open, is_checked=path not in _OPEN)
    return made


def install_document(app: FastAPI) -> None:
    """Make the application return this document; it is made once, on the first request for it."""
    app.openapi = cache(lambda: build_document(app))  # type: ignore[method-assign]


def _complete_operation(operation: dict[str, Any], *, is_open: bool, is_checked: bool) -> None:
    if not is_open:
        operation["security"] = [{"token": []}, {"session": []}]
    responses = operation["responses"]
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    # The probes ignore unknown parameters; all other operations refuse them.
    if is_checked:
        responses["422"] = {"description": "A field breaks a rule", "content": problem}
    if "requestBody" in operation:
        responses.setdefault("400", {"description": "The body cannot be read", "content": problem})
        responses.setdefault("413", {"description": "The body is too large", "content": problem})
    for status in ("429", "503"):
        if MEDIA_TYPE in responses.get(status, {}).get("content", {}):
            what = {"description": "Seconds to wait", "schema": {"type": "integer"}}
            responses[status]["headers"] = {"Retry-After": what}


def format_document(app: FastAPI) -> str:
    return json.dumps(build_document(app), indent=2, ensure_ascii=False) + "\n"
