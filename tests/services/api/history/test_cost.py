"""Estimate of the month's cost from the history, the stored bytes and the unit prices."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import httpx
import pytest

from services.api.history.cost import measure_usage, price_usage, read_cost, share_of_month
from services.api.history.cursor import Period
from services.api.history.recorder import HistoryRecorder
from services.aws.shared import SharedItems
from services.aws.table.history import HistoryTable
from services.contract.records import VideoState
from services.contract.settings.prices import UnitPrices
from services.contract.statistics.periods import HOUR
from tests.support.history import a_record
from tests.support.place import Place

PRICES = UnitPrices(
    as_of="2026-11",
    region="us-east-1",
    fixed_month=240,
    worker_hour=0.05,
    worker_concurrency=2,
    worker_lingering_s=180,
    video=0.0001,
    storage_gb_month=0.02,
)
NOW = datetime(2026, 11, 16, tzinfo=UTC)
START_S = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())


def an_hour(done: int, *, seconds: float = 0, failed: int = 0) -> Period:
    ends = {"done": done, "q_ms": 5000, "t_ms": 5000 + round(seconds * 1000), "failed_not_a_video": failed}
    return Period(HOUR, START_S, START_S, ends)


@pytest.mark.parametrize(
    ("hour", "hours"),
    [
        pytest.param(an_hour(0), 0, id="nothing"),
        pytest.param(an_hour(1, seconds=2), 0.05, id="one video and its worker's wait"),
        pytest.param(an_hour(100, seconds=200), 0.99, id="always one worker"),
        pytest.param(an_hour(5000, seconds=36_000), 5, id="many workers, two videos each"),
    ],
)
def test_worker_hours_follow_the_videos_of_each_hour(hour: Period, hours: float) -> None:
    assert measure_usage([hour], PRICES, stored_bytes=0).worker_hours == pytest.approx(hours, abs=0.01)


def test_usage_times_prices_is_the_cost_of_the_month_so_far() -> None:
    usage = measure_usage([an_hour(90, failed=10), an_hour(0)], PRICES, stored_bytes=500_000_000_000)
    parts = price_usage(usage, PRICES, share_of_month(NOW.replace(day=1), NOW))

    assert (usage.videos, usage.stored_bytes) == (100, 500_000_000_000)
    assert (parts.fixed, parts.requests, parts.storage) == (120, 0.01, 5)
    assert parts.total == pytest.approx(parts.fixed + parts.workers + parts.requests + parts.storage)


def end_video(place: Place, key: str, state: VideoState) -> None:
    begun = place.videos.replace(None, a_record(key, base=f"thumbnails/{key}", message_id="sent"))
    place.videos.replace(begun, begun.model_copy(update={"state": state, "finished_at": begun.started_at}))


def test_a_younger_pipeline_is_measured_since_its_first_recording(simulated: Place) -> None:
    clients, table = simulated.clients, simulated.resources.table.name
    history, shared = HistoryTable(clients.dynamodb, table), SharedItems(clients.dynamodb, table)
    begun = NOW - timedelta(days=3)
    recorder = HistoryRecorder(history)
    recorder.record(begun.timestamp())
    end_video(simulated, "uploads/a.mp4", VideoState.DONE)
    recorder.record(begun.timestamp() + 7200)
    # What ends after the last recording counts as well.
    end_video(simulated, "uploads/b.mp4", VideoState.FAILED)

    cost = read_cost(history, shared, PRICES, NOW, is_local=False)
    without = read_cost(history, shared, None, NOW, is_local=True)

    assert (cost.month, cost.since, cost.usage.videos) == (NOW.replace(day=1), begun, 2)
    assert cost.usd is not None
    assert cost.usd.fixed == 24
    assert (without.usd, without.prices, without.usage.worker_hours, without.usage.videos) == (None, None, None, 2)


def test_the_31st_day_is_read_with_one_request(simulated: Place) -> None:
    clients, table = simulated.clients, simulated.resources.table.name
    history = HistoryTable(clients.dynamodb, table)
    now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    with patch.object(clients.dynamodb, "batch_get_item", wraps=clients.dynamodb.batch_get_item) as read:
        cost = read_cost(history, SharedItems(clients.dynamodb, table), None, now, is_local=False)

    asked = read.call_args_list[0].kwargs["RequestItems"][table]["Keys"]
    # With 64 shards it would be 63 more; DynamoDB reads 100.
    assert len(asked) - 1 + 64 <= 100
    assert cost.month == datetime(2026, 12, 1, tzinfo=UTC)


def test_without_prices_the_api_shows_usage_only(viewer: httpx.Client) -> None:
    cost = viewer.get("/api/cost").json()

    assert (cost["usd"], cost["prices"], cost["is_local"]) == (None, None, False)
    assert cost["usage"]["videos"] >= 0
