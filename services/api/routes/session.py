"""Login, logout, and who one is."""

from fastapi import APIRouter, Request, Response

from services.api.access.auth import check_origin
from services.api.parts import TheParts, Viewer
from services.api.schema.models import Login, Session
from services.api.schema.problems import documented

router = APIRouter(prefix="/api/session", tags=["access"])


@router.post("", operation_id="login", summary="Log in", responses=documented(401, 403, 429, 503))
def login(login: Login, request: Request, response: Response, parts: TheParts) -> Session:
    """Set a session cookie for a caller with a valid token. After ten wrong tokens an address has to wait."""
    check_origin(request, parts.settings.api_public_url)
    caller = parts.gate.login(request, login.token, response)
    return Session(role=caller.role, auth_mode=parts.gate.mode, name=caller.name, expires_at=caller.expires_at)


@router.get("", operation_id="getSession", summary="Who am I", responses=documented(401, 429, 503))
def session(caller: Viewer, parts: TheParts) -> Session:
    return Session(role=caller.role, auth_mode=parts.gate.mode, name=caller.name, expires_at=caller.expires_at)


@router.delete("", operation_id="logout", summary="Log out", status_code=204, responses=documented(403, 503))
def logout(request: Request, response: Response, parts: TheParts) -> None:
    """End the session, in all processes within seconds, and take its cookie away. Its sockets are closed."""
    check_origin(request, parts.settings.api_public_url)
    parts.gate.logout(request, response)
