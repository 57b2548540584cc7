"""Liveness and readiness of the api. Open to all: probes have no token."""

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
    """Check of queue, bucket and table, at most once in five seconds for any number of requests.

    It has separate threads, as those of other requests can all be waiting.
    """

    def __init__(self) -> None:
        self._calls = AwsCalls(threads=3, max_waiting=3)
        self._checking: asyncio.Task[Readiness] | None = None
        self._known: tuple[float, Readiness] | None = None

    async def check(self, services: ApiServices) -> Readiness:
        """Return the readiness of the last seconds, or check it, once for all concurrent requests."""
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


_readiness = ReadinessCheck()


@router.get("/health", operation_id="getHealth", summary="Liveness")
async def get_health() -> Health:
    """Return 200 while the process runs, whatever the state of AWS is."""
    return Health(version=VERSION)


@router.get(
    "/health/ready",
    operation_id="getReadiness",
    summary="Readiness",
    responses={503: {"description": "Queue, bucket or table does not answer.", "model": Readiness}},
)
async def get_readiness(services: Services, response: Response) -> Readiness:
    """Return 200 if queue, bucket and table answer, otherwise 503. They are checked at most once in five seconds."""
    found = await _readiness.check(services)
    if not found.ready:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return found
