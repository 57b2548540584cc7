"""The history: counted by workers, recorded by apis, reported over HTTP and to Prometheus."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from services.api.history.cursor import Cursor, OpenPeriod
from services.api.history.models import RangeName
from services.api.history.recorder import HistoryRecorder
from services.api.history.report import read_history
from services.aws.table.history import HistoryTable
from services.contract.records import ReasonCode, VideoState
from services.contract.statistics.periods import DAY, HOUR
from tests.services.api.process import Api, get
from tests.support.driver import eventually
from tests.support.history import a_record
from tests.support.place import Place

RANGES: tuple[RangeName, ...] = ("24h", "7d", "30d")
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
"""Today: the table deletes what has expired."""

NOON_S = int(NOON.timestamp())


@pytest.fixture
def table(place: Place) -> HistoryTable:
    """Return the history of a table, recorded up to a minute after noon: it begins with the counters of then."""
    table = HistoryTable(place.clients.dynamodb, place.resources.table.name)
    counts = dict(table.read().ends)
    opened = {level.name: OpenPeriod(start_s=level.floor(NOON_S), counts=counts) for level in (HOUR, DAY)}
    table.write(0, Cursor(at_s=NOON_S + 60, counts=counts, open=opened).model_dump(), [])
    return table


def process(place: Place, number: int, *, reason: ReasonCode | None = None, took_s: float = 4, shards: int = 1) -> None:
    key, now = f"uploads/{number}.mp4", datetime.now(UTC)
    times = {"queued_at": now - timedelta(seconds=took_s), "started_at": now - timedelta(seconds=took_s / 2)}
    claimed = a_record(key, base=f"thumbnails/{number}", message_id=str(number), **times)
    videos = place.videos_with(shards)
    begun = videos.replace(None, claimed)
    end = {"state": VideoState.FAILED if reason else VideoState.DONE, "reason_code": reason, "finished_at": now}
    videos.replace(begun, begun.model_copy(update=end))


def test_videos_of_several_workers_are_counted_once_each(place: Place, table: HistoryTable) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: process(place, number, shards=1 + 7 * (number % 2)), range(12)))
    process(place, 12, reason=ReasonCode.DAMAGED)

    open_minute = read_history(table, "1h", NOON_S + 90)
    HistoryRecorder(table).record(NOON_S + 120)
    stored = read_history(table, "1h", NOON_S + 300)

    for found in (open_minute, stored):
        assert (found.total.done, found.total.failed, found.total.success_rate) == (12, 1, round(12 / 13, 5))
        assert found.total.failures == {ReasonCode.DAMAGED: 1}
        assert found.total.thumbnails.p95_s == pytest.approx(4, rel=0.28)
        assert found.total.queue.p50_s == pytest.approx(2, rel=0.28)
        [point] = [point for point in found.points if point.done]
        assert point.at == point.since == datetime.fromtimestamp(NOON_S + 60, UTC)
    assert len(stored.points) == 60


def test_the_same_figures_are_in_every_range(place: Place, table: HistoryTable) -> None:
    process(place, 1)
    HistoryRecorder(table).record(NOON_S + 120)
    process(place, 2, took_s=60)
    HistoryRecorder(table).record(NOON_S + 3600)
    process(place, 3)
    # A day later, the hour is stored and the day as well.
    HistoryRecorder(table).record(NOON_S + 86_400)

    day, week, month = (read_history(table, name, NOON_S + 86_400 + 30) for name in RANGES)

    # The first video ended more than 24 h before.
    assert (day.total.done, week.total.done, month.total.done) == (2, 3, 3)
    assert week.total == month.total
    assert day.total.thumbnails.p95_s == pytest.approx(60, rel=0.28)
    assert [point.done for point in month.points[-2:]] == [2, 1]
    # The last video's minute has the growth of almost a day, for which no api ran.
    late = next(point for point in day.points[::-1] if point.done)
    assert (late.at - late.since).total_seconds() == 86_400 - 3600 - 900


def test_two_processes_record_a_minute_once(place: Place, table: HistoryTable) -> None:
    process(place, 1)
    recorders = [HistoryRecorder(HistoryTable(place.clients.dynamodb, place.resources.table.name)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        recorded = list(pool.map(lambda recorder: recorder.record(NOON_S + 120), recorders))
    assert sorted(recorded) == [False, False, False, True]
    assert read_history(table, "1h", NOON_S + 180).total.done == 1
    # A clock that is behind records nothing.
    assert not recorders[0].record(NOON_S + 60)


def test_old_items_are_deleted_by_the_table(place: Place, table: HistoryTable) -> None:
    process(place, 1)
    HistoryRecorder(table).record(NOON_S + 120)
    dynamodb, name = place.clients.dynamodb, place.resources.table.name
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "until")
    key = {"pk": {"S": f"history:minute:{NOON:%Y-%m-%dT%H}"}}
    item = dynamodb.get_item(TableName=name, Key=key)["Item"]
    assert int(item["until"]["N"]) == NOON_S + 60 + 2 * 86_400


def test_api_and_prometheus_report_the_same_end(place: Place, own_api: Api) -> None:
    with own_api.client() as client:
        before = client.get("/api/history?range=1h").json()["total"]
        process(place, 1)
        process(place, 2, reason=ReasonCode.EMPTY)
        after = client.get("/api/history?range=1h").json()
        assert client.get("/api/history").json()["step_s"] == 900
        assert client.get("/api/history?range=2h").status_code == 422
    total = after["total"]
    assert (total["done"] - before["done"], total["failed"] - before["failed"]) == (1, 1)
    assert (len(after["points"]), after["step_s"]) == (60, 60)

    def exported() -> bool:
        text = get(own_api.metrics_url).text
        done = re.search(r'thumbnail_videos_ended_total\{reason_code="",state="done"\} (\S+)', text)
        failed = re.search(r'thumbnail_videos_ended_total\{reason_code="empty",state="failed"\} (\S+)', text)
        times = re.search(r"thumbnail_upload_to_thumbnails_seconds_count (\S+)", text)
        if not (done and failed and times):
            return False
        # A reason without a failure has a counter too, or its first failure would be no increase.
        assert 'thumbnail_videos_ended_total{reason_code="too_many_pixels",state="failed"} 0.0' in text
        return float(times[1]) >= float(done[1]) >= 1 and float(failed[1]) >= 1

    eventually(exported, "the counters of ended videos")
