"""Whether the api lives, and whether what it needs answers. Open: probes have no token."""

import asyncio
import time
from collections.abc import Callable

from fastapi import APIRouter, Response

from services.api.calls import AwsCalls
from services.api.schema.models import Health, Readiness
from services.api.schema.problems import RETRY_AFTER_S, UnavailableError
from services.api.services import ApiServices, Services
from services.aws.errors import AwsError
from services.contract.version import VERSION

router = APIRouter(tags=["health"])

_FRESH_S = 5.0
_WITHIN_S = 5.0


class ReadinessCheck:
    """Asks queue, bucket and table, at most once in five seconds however often it is called.

    In threads of its own: those of other requests may all be waiting.
    """

    def __init__(self) -> None:
        self._calls = AwsCalls(threads=3, max_waiting=3)
        self._checking: asyncio.Task[Readiness] | None = None
        self._known: tuple[float, Readiness] | None = None

    async def look(self, services: ApiServices) -> Readiness:
        """Return the readiness of some seconds ago, or check it: once for all that ask at the same time."""
        if self._known is not None and time.monotonic() - self._known[0] < _FRESH_S:
            return self._known[1]
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(services))
        return await asyncio.shield(self._checking)

    async def _check(self, services: ApiServices) -> Readiness:
        queue, bucket, table = await asyncio.gather(
            self._answers(services.queue.depth),
            self._answers(services.bucket.check),
            self._answers(services.shared.read),
        )
        readiness = Readiness(ready=queue and bucket and table, queue=queue, bucket=bucket, table=table)
        self._known = (time.monotonic(), readiness)
        return readiness

    async def _answers(self, ask: Callable[[], object]) -> bool:
        try:
            await self._calls.run(ask, within_s=_WITHIN_S)
        except (AwsError, UnavailableError):
            return False
        return True


_check = ReadinessCheck()


@router.get("/health", operation_id="getHealth", summary="Liveness")
async def health() -> Health:
    """The process answers; it says nothing of what it depends on."""
    return Health(version=VERSION)


@router.get(
    "/health/ready",
    operation_id="getReadiness",
    summary="Readiness",
    responses={503: {"description": "Something does not answer.", "model": Readiness}},
)
async def ready(services: Services, response: Response) -> Readiness:
    """Queue, bucket and table answer. 503 when one does not; asked at most once in five seconds."""
    found = await _check.look(services)
    if not found.ready:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return found
