"""Cost of the month so far: measured usage times the unit prices of the instance. Pure but for `read_cost`."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, Field

from services.api.history.cursor import Cursor, Period
from services.api.history.report import list_periods
from services.api.schema.models import Answer
from services.aws.shared import SharedItems
from services.aws.table.history import HistoryTable
from services.contract.settings.prices import UnitPrices
from services.contract.statistics.ends import QUEUE, THUMBNAILS, Ends, add_ends, read_failures
from services.contract.statistics.periods import HOUR

_HOUR_S = 3600
_GB = 1e9


class Usage(Answer):
    """Measured usage of the month so far."""

    videos: int = Field(description="Videos whose processing ended, failed ones included.", examples=[12_480])
    processing_s: float = Field(
        description="Sum of the seconds that the processing of each video with thumbnails took."
    )
    worker_hours: float | None = Field(
        description="Hours of workers' pods, estimated from videos and seconds of each hour; null without prices."
    )
    stored_bytes: int = Field(description="Bytes of uploads and thumbnails at this moment.")


class CostParts(Answer):
    """US dollars of the month so far."""

    fixed: float = Field(description="Cluster, network, api and dashboard, by the time since `since`.")
    workers: float
    requests: float = Field(description="Requests, data and logs of the videos.")
    storage: float = Field(description="What is stored at this moment, as if it had been so since `since`.")
    total: float


class Cost(Answer):
    """Estimate of the cost of this month, which began at `month`. It is no bill: taxes, discounts, free allowances and
    everything else in the account are unknown.
    """

    month: AwareDatetime = Field(description="Beginning of the month, in UTC.")
    since: AwareDatetime = Field(
        description="Beginning of the measurement: that of the month, or of the pipeline's history if that is later."
    )
    at: AwareDatetime
    usage: Usage
    usd: CostParts | None = Field(description="Null if COST_PRICES is not set.")
    prices: UnitPrices | None
    is_local: bool = Field(
        description="True if the pipeline runs on one machine, which costs nothing: then `usd` is what the same would "
        "cost in AWS."
    )


def read_cost(
    history: HistoryTable, shared: SharedItems, prices: UnitPrices | None, now: datetime, *, is_local: bool
) -> Cost:
    """Return the estimate, from two requests. Raises: ServiceError."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    keys = list(HOUR.item_keys(int(month.timestamp()), int(now.timestamp())))
    reading = history.read(keys)
    hours = [period for period in list_periods(HOUR, reading, now.timestamp()) if period.start_s >= month.timestamp()]
    cursor = Cursor.model_validate(reading.cursor) if reading.cursor else None
    begun = datetime.fromtimestamp(cursor.since_s, UTC) if cursor and cursor.since_s else month
    totals = shared.read().totals
    stored = max(0, totals.get("upload_bytes", 0)) + max(0, totals.get("thumbnail_bytes", 0))
    since = max(month, begun)
    usage = measure_usage(hours, prices, stored_bytes=stored)
    return Cost(
        month=month,
        since=since,
        at=now,
        usage=usage,
        usd=price_usage(usage, prices, share_of_month(since, now)) if prices else None,
        prices=prices,
        is_local=is_local,
    )


def measure_usage(hours: Iterable[Period], prices: UnitPrices | None, *, stored_bytes: int) -> Usage:
    """Return the usage of these hours of the history."""
    hours = list(hours)
    ends = add_ends(hour.ends for hour in hours)
    worker_hours = sum(_estimate_worker_hours(hour.ends, prices) for hour in hours) if prices else None
    return Usage(
        videos=_count(ends),
        processing_s=round(_sum_processing_s(ends), 1),
        worker_hours=None if worker_hours is None else round(worker_hours, 2),
        stored_bytes=stored_bytes,
    )


def price_usage(usage: Usage, prices: UnitPrices, month_share: float) -> CostParts:
    """Return the cost of a usage in this share of a month."""
    parts = {
        "fixed": prices.fixed_month * month_share,
        "workers": prices.worker_hour * (usage.worker_hours or 0),
        "requests": prices.video * usage.videos,
        "storage": prices.storage_gb_month * usage.stored_bytes / _GB * month_share,
    }
    return CostParts(**{name: round(usd, 4) for name, usd in parts.items()}, total=round(sum(parts.values()), 4))


def share_of_month(since: datetime, now: datetime) -> float:
    """Return the part of the month of `now` that has passed since a time in it."""
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (begin + timedelta(days=32)).replace(day=1)
    return max(timedelta(0), now - since) / (end - begin)


def _estimate_worker_hours(ends: Ends, prices: UnitPrices) -> float:
    """Return the hours of pods for the videos of one hour, as if they had come at random (a Poisson process).

    A first pod runs while there is work and lingers after it; more run once one alone cannot do the work. The same
    formula is in `stacks/cost/estimate.py`.
    """
    videos, busy_s = _count(ends), _sum_processing_s(ends)
    if not videos:
        return 0.0
    lingering_s = prices.worker_lingering_s + busy_s / videos
    return max(1 - math.exp(-videos * lingering_s / _HOUR_S), busy_s / prices.worker_concurrency / _HOUR_S)


def _count(ends: Ends) -> int:
    return ends.get("done", 0) + ends.get("degraded", 0) + sum(read_failures(ends).values())


def _sum_processing_s(ends: Ends) -> float:
    return max(0, ends.get(f"{THUMBNAILS}_ms", 0) - ends.get(f"{QUEUE}_ms", 0)) / 1000
