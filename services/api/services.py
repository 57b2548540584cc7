"""Services of the routes: made once in `app.py`, and injected by FastAPI's dependencies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from services.api.access.api_tokens import ApiTokenStore
from services.api.access.auth import Authenticator, Caller, check_admin, check_operator, check_origin
from services.api.access.cursors import Cursors
from services.api.access.frame_urls import FrameUrls
from services.api.access.picture_urls import PictureUrls
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge import Purge
from services.api.calls import AwsCalls
from services.api.history.recorder import HistoryRecorder
from services.api.jobs.jobs import Jobs
from services.api.live.live import LiveState
from services.api.live.sockets import Sockets
from services.api.logs.source import LogSource
from services.api.reconciliation.reconciliations import Reconciliations
from services.api.settings import SettingsReader
from services.api.telemetry import Telemetry
from services.api.webhooks.events import EventServices
from services.aws.bucket import Bucket
from services.aws.presign import Presigner
from services.aws.queue import MessageQueue
from services.aws.shared import SharedItems
from services.aws.table.history import HistoryTable
from services.aws.table.listing import VideoListing
from services.aws.uploads import Uploads
from services.aws.videos import VideosTable
from services.contract.settings.api import ApiSettings


@dataclass(frozen=True)
class ApiServices:
    settings: ApiSettings
    settings_reader: SettingsReader
    bucket: Bucket
    test_bucket: Bucket | None
    queue: MessageQueue
    videos: VideosTable
    listing: VideoListing
    shared: SharedItems
    presigner: Presigner
    picture_urls: PictureUrls
    frame_urls: FrameUrls
    uploads: Uploads
    dead_letters: DeadLetterStore
    purge: Purge
    reconciliations: Reconciliations
    jobs: Jobs
    calls: AwsCalls
    live: LiveState
    history: HistoryTable
    recorder: HistoryRecorder
    logs: LogSource | None
    sockets: Sockets
    cursors: Cursors
    events: EventServices
    authenticator: Authenticator
    api_tokens: ApiTokenStore
    telemetry: Telemetry
    close: Callable[[], None]

    def sign_url(self, key: str, version: str = "") -> str:
        """Return a presigned URL to read an object. Raises: ServiceError.

        A browser shows an object again that it has under the same URL: with another `version` it loads it. S3 ignores
        parameters that begin with `x-`:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html#LogFormatCustom
        """
        query = {"x-version": version} if version else None
        return self.presigner.url(key, lifetime_s=self.settings.url_lifetime_s, query=query)


async def get_services(connection: HTTPConnection) -> ApiServices:
    """Return the services. It is a coroutine so that FastAPI calls it on the event loop and not in a thread."""
    services: ApiServices = connection.app.state.services
    return services


Services = Annotated[ApiServices, Depends(get_services)]


def authenticate_viewer(request: Request, services: Services) -> Caller:
    """Return the caller if it may read. Raises: UnauthorizedError, TooManyError, UnavailableError."""
    return services.authenticator.authenticate(request)


def authenticate_operator(request: Request, services: Services) -> Caller:
    """Return the caller if it may act. Raises: ForbiddenError, and the errors of `authenticate_viewer`."""
    check_origin(request, services.settings.api_public_url)
    found = services.authenticator.authenticate(request)
    check_operator(found)
    return found


def authenticate_admin(request: Request, services: Services) -> Caller:
    """Return the caller if it may manage API tokens. Raises: ForbiddenError, the errors of `authenticate_viewer`."""
    check_origin(request, services.settings.api_public_url)
    found = services.authenticator.authenticate(request)
    check_admin(found)
    return found


Viewer = Annotated[Caller, Depends(authenticate_viewer)]
Operator = Annotated[Caller, Depends(authenticate_operator)]
Admin = Annotated[Caller, Depends(authenticate_admin)]
