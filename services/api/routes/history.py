"""Show the past: history of the videos, its cost, and log lines of the services."""

import time
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query

from services.api.history.cost import Cost, read_cost
from services.api.history.models import History, RangeName
from services.api.history.report import read_history
from services.api.logs.lines import Reading, ask, make_page
from services.api.logs.models import LogFilter, LogPage
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import ConflictError, UnavailableError, document_problems
from services.api.services import Services, Viewer

router = APIRouter(tags=["state"], dependencies=CHECKED)


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


@router.get(
    "/api/cost",
    operation_id="getCost",
    summary="Estimate the cost of this month",
    responses=document_problems(401, 429, 503),
)
async def get_cost(_: Viewer, services: Services) -> Cost:
    """Estimate the cost of the month so far: measured usage times the unit prices of COST_PRICES.

    Measured are videos, their processing and the stored bytes. The hours of workers are estimated from them, and the
    rest is a fixed sum a month.
    """
    settings = services.settings
    make = partial(
        read_cost,
        services.history,
        services.shared,
        settings.cost_prices,
        datetime.now(UTC),
        is_local=settings.pods_source == "file",
    )
    return await services.calls.run_shared("cost", make)


@router.get(
    "/api/logs",
    operation_id="listLogs",
    summary="List log lines",
    responses=document_problems(401, 409, 429, 503),
)
async def list_logs(_: Viewer, services: Services, asked: Annotated[LogFilter, Query()]) -> LogPage:
    """List log lines of worker, api and dashboard, the newest first.

    A page ends early if there are too many lines to read at once: `read_since` is how far it reaches, and a request
    with `until` set to `next_until` continues. 409: this instance has no source of logs.
    """
    source = services.logs
    if source is None:
        raise ConflictError("This pipeline has no source of logs. Set LOG_GROUP or LOG_FOLDER of the api.")
    question = ask(asked, datetime.now(UTC))

    def read() -> Reading:
        try:
            return source.read(question)
        except OSError as error:
            raise UnavailableError(f"The logs cannot be read: {error.strerror}.", retry_after_s=5) from None

    return make_page(await services.calls.run_shared(("logs", asked), read), question)
