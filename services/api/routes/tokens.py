"""API tokens: create, list, revoke."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Path

from services.api.access.api_tokens import StoredToken
from services.api.calls import AwsRoute
from services.api.schema.action_models import ApiToken, ApiTokenRequest, ApiTokens, CreatedApiToken
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import document_problems
from services.api.services import Admin, Services

router = APIRouter(prefix="/api/tokens", tags=["access"], route_class=AwsRoute, dependencies=CHECKED)

_ADMIN = {"x-role": "admin"}
_log = structlog.get_logger()


@router.post(
    "",
    operation_id="createToken",
    summary="Create an API token",
    status_code=201,
    responses=document_problems(401, 403, 409, 429, 503),
    openapi_extra=_ADMIN,
)
def create_token(request: ApiTokenRequest, caller: Admin, services: Services) -> CreatedApiToken:
    """Create a token for a program. The answer has its value, which cannot be read again."""
    lifetime = timedelta(days=request.expires_in_days) if request.expires_in_days else None
    stored, value = services.api_tokens.create(request.name, request.scope, lifetime=lifetime)
    _log.info("api_token_created", token_id=stored.id, name=stored.name, scope=stored.scope, by=caller.name)
    return CreatedApiToken(**_show_token(stored).model_dump(), token=value)


@router.get(
    "",
    operation_id="listTokens",
    summary="List the API tokens",
    responses=document_problems(401, 403, 429, 503),
    openapi_extra=_ADMIN,
)
def list_tokens(_: Admin, services: Services) -> ApiTokens:
    """List all API tokens, without their values. The tokens of the pipeline's own secret are not among them."""
    return ApiTokens(items=[_show_token(token) for token in services.api_tokens.list()])


@router.delete(
    "/{token_id}",
    operation_id="revokeToken",
    summary="Revoke an API token",
    status_code=204,
    responses=document_problems(401, 403, 404, 429, 503),
    openapi_extra=_ADMIN,
)
def revoke_token(
    token_id: Annotated[str, Path(min_length=1, max_length=64, description="The `id` of the token.")],
    caller: Admin,
    services: Services,
) -> None:
    """Revoke a token: within seconds no process accepts it, and its WebSockets are closed."""
    revoked = services.api_tokens.revoke(token_id)
    _log.info("api_token_revoked", token_id=revoked.id, name=revoked.name, by=caller.name)


def _show_token(token: StoredToken) -> ApiToken:
    return ApiToken(**token.model_dump(exclude={"digest"}), has_expired=token.has_expired(datetime.now(UTC)))
