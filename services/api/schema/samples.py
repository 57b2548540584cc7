"""Code samples of the operations, as `x-codeSamples` of the OpenAPI document: curl and Python, made from the operation.

A sample has the path, query and body of the document's own examples. Pure.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

URL_VARIABLE = "PIPELINE_URL"
TOKEN_VARIABLE = "PIPELINE_TOKEN"  # noqa: S105 - the name of a variable

_HTTPX = {"get", "post", "put", "patch"}
"""Methods whose function in httpx takes all that a sample needs."""


_FIXED = ("const", "default")


def make_samples(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Return the samples of one operation: `method` in lower case, `schemas` of the document by name."""
    parameters = operation.get("parameters", [])
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote(str(make_example(one["schema"], schemas))))
    query = {
        one["name"]: make_example(one["schema"], schemas)
        for one in parameters
        if one["in"] == "query" and (one.get("required") or one["schema"].get("examples"))
    }
    content = operation.get("requestBody", {}).get("content", {})
    body = make_example(content["application/json"]["schema"], schemas) if content else None
    needs_token = "security" in operation
    return [
        {"lang": "Shell", "label": "curl", "source": _make_curl(method, path, query, body, needs_token=needs_token)},
        {
            "lang": "Python",
            "label": "Python",
            "source": _make_python(method, path, query, body, needs_token=needs_token),
        },
    ]


def make_example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return an example value of a schema: its own, or one of its parts' examples. Optional parts need an example."""
    if "$ref" in schema:
        return make_example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    choices = schema.get("examples") or schema.get("enum") or [schema[one] for one in _FIXED if one in schema]
    if choices:
        return choices[0]
    variants = schema.get("anyOf") or schema.get("oneOf")
    if variants:
        return make_example(variants[0], schemas)
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            parts = {
                name: part for name, part in schema["properties"].items() if name in required or "examples" in part
            }
            return {name: make_example(part, schemas) for name, part in parts.items()}
        case "array":
            return [make_example(schema["items"], schemas)]
        case kind:
            return int(schema.get("minimum", 1)) if kind in ("integer", "number") else "string"


def _make_curl(method: str, path: str, query: Mapping[str, Any], body: Any, *, needs_token: bool) -> str:
    address = path + (f"?{urlencode(query)}" if query else "")
    parts = [f'curl "${URL_VARIABLE}{address}"']
    # --json makes it a POST.
    if method not in ({"get"} if body is None else {"post"}):
        parts.append(f"--request {method.upper()}")
    if needs_token:
        parts.append(f'--header "Authorization: Bearer ${TOKEN_VARIABLE}"')
    if body is not None:
        parts.append(f"--json {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(parts)


def _make_python(method: str, path: str, query: Mapping[str, Any], body: Any, *, needs_token: bool) -> str:
    takes_all = method in _HTTPX or body is None
    arguments = [f'os.environ["{URL_VARIABLE}"] + {json.dumps(path)}']
    if not takes_all:
        arguments.insert(0, json.dumps(method.upper()))
    if needs_token:
        arguments.append(f'headers={{"Authorization": f"Bearer {{os.environ[\'{TOKEN_VARIABLE}\']}}"}}')
    if query:
        arguments.append(f"params={_write_literal(query)}")
    if body is not None:
        arguments.append(f"json={_write_literal(body)}")
    lines = [
        "import os",
        "",
        "import httpx",
        "",
        f"answer = httpx.{method if takes_all else 'request'}(",
        *(f"    {argument}," for argument in arguments),
        ")",
        "answer.raise_for_status()",
        "print(answer.text)",
    ]
    return "\n".join(lines)


def _write_literal(value: Any) -> str:
    """Return a JSON value as Python, with double quotes."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)}: {_write_literal(part)}" for name, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(_write_literal(part) for part in value) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return repr(value)
