"""Login, logout, and the current session."""

from fastapi import APIRouter, Request, Response

from services.api.access.auth import Caller, check_origin
from services.api.schema.models import Login, Session
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import document_problems
from services.api.services import ApiServices, Services, Viewer

router = APIRouter(prefix="/api/session", tags=["access"], dependencies=CHECKED)


@router.post("", operation_id="login", summary="Log in", responses=document_problems(401, 403, 429, 503))
def login(login: Login, request: Request, response: Response, services: Services) -> Session:
    """Set a session cookie for a caller with a valid token. An address must wait after ten wrong tokens."""
    check_origin(request, services.settings.api_public_url)
    caller = services.authenticator.login(request, login.token, response)
    return _show_session(caller, services)


@router.get("", operation_id="getSession", summary="Get the session", responses=document_problems(401, 429, 503))
def get_session(caller: Viewer, services: Services) -> Session:
    return _show_session(caller, services)


@router.delete("", operation_id="logout", summary="Log out", status_code=204, responses=document_problems(403, 503))
def logout(request: Request, response: Response, services: Services) -> None:
    """End the session in all processes within seconds, close its WebSockets, and delete its cookie."""
    check_origin(request, services.settings.api_public_url)
    services.authenticator.logout(request, response)


def _show_session(caller: Caller, services: ApiServices) -> Session:
    return Session(
        role=caller.role,
        auth_mode=services.authenticator.mode,
        name=caller.name,
        expires_at=caller.expires_at,
        is_admin=caller.is_admin,
    )
