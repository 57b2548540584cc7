"""Errors of requests, as `application/problem+json`: https://www.rfc-editor.org/rfc/rfc9457.

ApiError
├── BadRequestError        400   an invalid cursor
├── UnauthorizedError      401   no login, or a wrong token
├── ForbiddenError         403   the role or the origin does not allow it
├── NotFoundError          404
├── ConflictError          409   not possible in this state
├── TooLargeError          413
├── UnprocessableError     422   a field breaks a rule that its type does not express
├── UnconfirmedError       428   a purge without a valid confirmation
├── TooManyError           429   too many failed logins
└── UnavailableError       503   AWS does not answer
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from services.api.schema.problem_types import PROBLEM_TYPES
from services.aws.errors import AwsError, ObjectMissingError, RequestRefusedError
from services.contract.text import escape_deceptive

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
_MAX_VALUE_CHARS = 200


class BrokenRule(BaseModel):
    field: str = Field(description="Place in the request: body, query or path, and the names below it.")
    value: str | None = Field(
        default=None, description="Value as JSON, cut to 200 characters; null for objects, lists and tokens."
    )
    rule: str = Field(description="Rule for the value.")


class Problem(BaseModel):
    """An error, for people and for programs (RFC 9457)."""

    type: str = Field(
        default="about:blank",
        description="Address of the description of this type of problem, relative to the api or the dashboard.",
        examples=[PROBLEM_TYPES[404].url],
    )
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no video uploads/missing.mp4."])
    errors: list[BrokenRule] | None = Field(default=None, description="Fields that break a rule, if there are any.")


class ApiError(Exception):
    """A request that the api cannot fulfil. The message is the detail for the caller."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if retry_after_s is not None:
            self.headers = {**self.headers, "Retry-After": str(max(1, round(retry_after_s)))}


class BadRequestError(ApiError):
    status = HTTPStatus.BAD_REQUEST


class UnauthorizedError(ApiError):
    status = HTTPStatus.UNAUTHORIZED
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="thumbnail-pipeline"'}


class ForbiddenError(ApiError):
    status = HTTPStatus.FORBIDDEN


class NotFoundError(ApiError):
    status = HTTPStatus.NOT_FOUND


class ConflictError(ApiError):
    status = HTTPStatus.CONFLICT


class TooLargeError(ApiError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnprocessableError(ApiError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, field: str, rule: str, *, value: object = None) -> None:
        super().__init__(f"{field}: {rule}.")
        self.errors = [BrokenRule(field=field, value=_show_value(field, value), rule=rule)]


class UnconfirmedError(ApiError):
    status = HTTPStatus.PRECONDITION_REQUIRED


class TooManyError(ApiError):
    status = HTTPStatus.TOO_MANY_REQUESTS


class UnavailableError(ApiError):
    status = HTTPStatus.SERVICE_UNAVAILABLE


def make_response(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[BrokenRule] | None = None,
) -> JSONResponse:
    kind = PROBLEM_TYPES.get(status)
    problem = Problem(
        type=kind.url if kind else "about:blank",
        title=kind.title if kind else HTTPStatus(status).phrase,
        status=status,
        detail=escape_deceptive(detail),
        errors=list(errors) if errors else None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def document_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems of an operation, for its entry in the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": PROBLEM_TYPES[status].title, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def install_handlers(app: FastAPI) -> None:
    """Install handlers that answer every error of the application with a problem."""
    log = structlog.get_logger()

    @app.exception_handler(ApiError)
    async def of_ours(_: Request, error: ApiError) -> JSONResponse:
        return make_response(error.status, error.detail, headers=error.headers, errors=getattr(error, "errors", None))

    @app.exception_handler(AwsError)
    async def of_aws(request: Request, error: AwsError) -> JSONResponse:
        if isinstance(error, ObjectMissingError):
            return make_response(HTTPStatus.NOT_FOUND, "The object does not exist or has been deleted.")
        if isinstance(error, RequestRefusedError):
            return make_response(HTTPStatus.CONFLICT, str(error))
        log.warning("aws_failed", path=request.url.path, error=str(error))
        return make_response(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "AWS does not answer correctly. Try again in a moment.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )

    @app.exception_handler(RequestValidationError)
    async def of_validation(_: Request, error: RequestValidationError) -> JSONResponse:
        broken = [
            BrokenRule(
                field=(field := ".".join(str(part) for part in one["loc"])),
                value=_show_value(field, one.get("input")),
                rule=one["msg"].removeprefix("Value error, "),
            )
            for one in error.errors()
        ]
        detail = "; ".join(f"{one.field}: {one.rule}" for one in broken)
        return make_response(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=broken)

    @app.exception_handler(HTTPException)
    async def of_starlette(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # Starlette names only the methods of the first route with this path.
            headers["Allow"] = ", ".join(_list_methods(app, request))
        return make_response(error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(Exception)
    async def of_nobody(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected_error", path=request.url.path, exc_info=error)
        return make_response(
            HTTPStatus.INTERNAL_SERVER_ERROR, "An unexpected error happened. The log of the api shows it."
        )


def _show_value(field: str, value: object) -> str | None:
    """Return a value as JSON, None if it is not a single one or is a secret."""
    if field.endswith("token") or not isinstance(value, str | int | float):
        return None
    return escape_deceptive(json.dumps(value, ensure_ascii=False))[:_MAX_VALUE_CHARS]


def _list_methods(app: FastAPI, request: Request) -> list[str]:
    """Return the methods of the first path that matches: `{key}` also matches a key with an action behind it."""
    found = [one for one in app.routes if isinstance(one, Route) and _matches(one, request)]
    return sorted({method for one in found if one.path == found[0].path for method in one.methods or ()})


def _matches(route: Route, request: Request) -> bool:
    return route.matches(request.scope)[0] is not Match.NONE
