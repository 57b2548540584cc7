"""History: what became of the videos of the last hour, day, week or month."""

import time
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query

from services.api.history.models import History, RangeName
from services.api.history.report import read_history
from services.api.schema.problems import document_problems
from services.api.services import Services, Viewer

router = APIRouter(tags=["state"])


@router.get(
    "/api/history",
    operation_id="getHistory",
    summary="Get the history of a range",
    responses=document_problems(401, 429, 503),
)
async def get_history(
    _: Viewer,
    services: Services,
    name: Annotated[RangeName, Query(alias="range", description="Length of the time up to now.")] = "24h",
) -> History:
    """Return success rate, throughput, waiting times and failures, as a total and over time.

    The points are minutes (`1h`), quarters of an hour (`24h`), hours (`7d`) or days (`30d`), in UTC. The figures do not
    depend on whether somebody looks, and include the current moment.
    """
    make = partial(read_history, services.history, name, time.time())
    return await services.calls.run_shared(("history", name), make)
