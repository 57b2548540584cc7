"""Whether the api lives, and whether what it needs answers. Open: probes have no token."""

import time
from collections.abc import Callable
from threading import Lock

from fastapi import APIRouter, Response

from services.api.models import Health, Readiness
from services.api.parts import Parts, TheParts
from services.api.problems import RETRY_AFTER_S
from services.aws.errors import AwsError
from services.contract.version import VERSION

router = APIRouter(tags=["health"])

_FRESH_S = 5.0


class ReadinessCheck:
    """Asks queue, bucket and table, at most once in five seconds however often it is called."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[float, Readiness] | None = None

    def look(self, parts: Parts) -> Readiness:
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > _FRESH_S:
                queue, bucket = _answers(parts.queue.depth), _answers(parts.bucket.check)
                table = _answers(parts.shared.read)
                readiness = Readiness(ready=queue and bucket and table, queue=queue, bucket=bucket, table=table)
                self._known = (time.monotonic(), readiness)
            return self._known[1]


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except AwsError:
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
def ready(parts: TheParts, response: Response) -> Readiness:
    """Queue, bucket and table answer. 503 when one does not; asked at most once in five seconds."""
    found = _check.look(parts)
    if not found.ready:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return found
