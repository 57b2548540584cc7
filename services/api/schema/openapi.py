"""OpenAPI document: FastAPI's document of the routes, with the messages of `/ws` and one model of errors."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from services.api.schema.models import LiveMessage
from services.api.schema.problems import MEDIA_TYPE, Problem
from services.api.schema.samples import TOKEN_VARIABLE, URL_VARIABLE, make_samples

_REFERENCE = "#/components/schemas/{model}"
_OPEN = {"/health", "/health/ready"}

DESCRIPTION = f"""\
Live state of a thumbnail pipeline, and actions on it.

Send `Authorization: Bearer` and a token, or log in with `POST /api/session`. Errors are answered with
`application/problem+json` (RFC 9457). `WS /ws` pushes `State` messages: the whole state on connect, then at every
interval and soon after a change. The api closes a client that is too slow with code 1013; the client can connect again.

The samples read the address of the pipeline from `{URL_VARIABLE}`, and a token from `{TOKEN_VARIABLE}`.
"""

TAGS = {
    "state": "The queue, the pods and the figures, as `/ws` pushes them.",
    "videos": "Videos and their thumbnails.",
    "uploads": "An upload goes directly to S3: the api returns addresses and form fields with a signature.",
    "actions": "Actions on the whole pipeline.",
    "webhooks": "Events about videos, sent to addresses of others.",
    "access": "Login with a cookie, for browsers.",
    "health": "Probes, open to everybody.",
}
"""Groups of operations in the order of the page, each with its description."""


def build_document(app: FastAPI) -> dict[str, Any]:
    """Return the document."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        openapi_version="3.1.0",
        tags=[
            {"name": name, "x-displayName": name.title(), "description": description}
            for name, description in TAGS.items()
        ],
    )
    schemas = made["components"]["schemas"]
    for model in ("HTTPValidationError", "ValidationError"):
        schemas.pop(model, None)
    for adapter in (TypeAdapter(LiveMessage), TypeAdapter(Problem)):
        schema = adapter.json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[schema["title"]] = schema
    for schema in schemas.values():
        _drop_titles(schema.get("properties", {}).values())
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "thumbnails_session"},
    }
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            is_open = path in _OPEN or operation["operationId"] in ("login", "logout", "getPicture")
            _complete_operation(operation, is_open=is_open, is_checked=path not in _OPEN)
            operation["x-codeSamples"] = make_samples(method, path, operation, made["components"]["schemas"])
    return made


def install_document(app: FastAPI) -> None:
    """Make the application return this document; it is made once, on the first request for it."""
    app.openapi = cache(lambda: build_document(app))  # type: ignore[method-assign]


def _drop_titles(parts: Iterable[dict[str, Any]]) -> None:
    """Remove the titles that pydantic makes of names: `upload_id` does not need `Upload Id` as well."""
    for part in parts:
        part.pop("title", None)


def _complete_operation(operation: dict[str, Any], *, is_open: bool, is_checked: bool) -> None:
    if not is_open:
        operation["security"] = [{"token": []}, {"session": []}]
    _drop_titles(one["schema"] for one in operation.get("parameters", ()))
    responses = operation["responses"]
    for response in responses.values():
        if response["description"] == "Successful Response":
            response["description"] = "Success"
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    # The probes ignore unknown and repeated parameters; all other operations refuse them.
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
