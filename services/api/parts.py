"""What the routes work with: made once, in `app.py`, and handed to each request by FastAPI's dependencies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from services.api.access.auth import Caller, Gate, check_operator, check_origin
from services.api.actions.dead_letters import DeadLetterBox
from services.api.actions.purge import Purge
from services.api.calls import Calls
from services.api.live.live import Live
from services.api.live.sockets import Sockets
from services.api.schema.cursors import Cursors
from services.api.telemetry import Telemetry
from services.aws.bucket import Bucket
from services.aws.listing import VideoListing
from services.aws.presign import Presigner
from services.aws.queue import Queue
from services.aws.shared import SharedItems
from services.aws.uploads import Uploads
from services.aws.videos import VideosTable
from services.contract.settings.api import ApiSettings


@dataclass(frozen=True)
class Parts:
    settings: ApiSettings
    bucket: Bucket
    test_bucket: Bucket | None
    queue: Queue
    videos: VideosTable
    listing: VideoListing
    shared: SharedItems
    presigner: Presigner
    uploads: Uploads
    dead_letters: DeadLetterBox
    purge: Purge
    calls: Calls
    live: Live
    sockets: Sockets
    cursors: Cursors
    gate: Gate
    telemetry: Telemetry
    close: Callable[[], None]

    def sign(self, key: str) -> str:
        """A presigned URL to read an object. Raises: ServiceError."""
        return self.presigner.url(key, lifetime_s=self.settings.url_lifetime_s)


async def parts_of(connection: HTTPConnection) -> Parts:
    """Return the parts, on the event loop: FastAPI would give a plain function a thread."""
    parts: Parts = connection.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(parts_of)]


def caller(request: Request, parts: TheParts) -> Caller:
    """Whoever asks, if that one may look. Raises: UnauthorizedError, TooManyError, UnavailableError."""
    return parts.gate.caller(request)


def operator(request: Request, parts: TheParts) -> Caller:
    """Whoever asks, if that one may act. Raises: ForbiddenError, and what `caller` raises."""
    check_origin(request, parts.settings.api_public_url)
    found = parts.gate.caller(request)
    check_operator(found)
    return found


Viewer = Annotated[Caller, Depends(caller)]
Operator = Annotated[Caller, Depends(operator)]
