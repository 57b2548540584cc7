"""Pause and resume of processing, as the api offers them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.api.actions.processing import show_processing
from services.aws.queue import Depth
from services.aws.table.processing import Switch
from tests.services.api.process import Api, get, message_when
from tests.support.driver import eventually

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY_S = 86_400


@pytest.fixture
def running(operator: httpx.Client) -> Iterator[None]:
    operator.put("/api/processing", json={"paused": False}).raise_for_status()
    yield
    operator.put("/api/processing", json={"paused": False}).raise_for_status()


@pytest.mark.usefixtures("running")
def test_a_pause_has_its_author_and_reaches_every_client(
    api: Api, operator: httpx.Client, viewer: httpx.Client
) -> None:
    token = operator.post("/api/tokens", json={"name": "Night shift", "scope": "act"}).json()["token"]
    assert viewer.put("/api/processing", json={"paused": True}).status_code == 403
    with api.socket() as socket, api.client(token) as shift:
        begun = shift.put("/api/processing", json={"paused": True}).json()
        # Another pause changes nothing.
        assert operator.put("/api/processing", json={"paused": True}).json()["changed_at"] == begun["changed_at"]
        pushed = message_when(socket, lambda state: state["processing"] and state["processing"]["paused"])

    shown = viewer.get("/api/processing").json()
    for one in (begun, shown, pushed["processing"]):
        assert (one["paused"], one["changed_by"], one["retention_s"]) == (True, "Night shift", 4 * DAY_S)
    eventually(lambda: "thumbnail_processing_paused 1.0" in get(api.metrics_url).text, "the metric of the pause")

    assert operator.put("/api/processing", json={"paused": False}).json()["changed_by"] is None
    assert not viewer.get("/api/processing").json()["paused"]


@pytest.mark.parametrize("body", [{}, {"paused": "yes"}, {"paused": True, "until": 5}])
def test_an_unclear_request_changes_nothing(operator: httpx.Client, body: dict[str, object]) -> None:
    assert operator.put("/api/processing", json=body).status_code == 422


@pytest.mark.parametrize(
    ("waiting", "then_h", "live_h", "left_h", "at_risk"),
    [
        pytest.param(0, 80, 80, None, False, id="nothing waits"),
        pytest.param(3, None, None, None, False, id="not known"),
        pytest.param(3, 10, None, 86, False, id="by the beginning"),
        pytest.param(3, 90, 5, 91, False, id="by later samples"),
        pytest.param(3, 80, 90, 16, True, id="last quarter"),
        pytest.param(3, 100, None, 0, True, id="older than any message"),
    ],
)
def test_the_end_of_retention_is_known_in_a_pause(
    waiting: int, then_h: float | None, live_h: float | None, left_h: float | None, *, at_risk: bool
) -> None:
    then, live = (None if hours is None else NOW - timedelta(hours=hours) for hours in (then_h, live_h))
    depth = Depth(visible=waiting, in_flight=0, delayed=0, retention_s=4 * DAY_S)

    shown = show_processing(Switch(paused=True, oldest_at=then), depth, live, NOW)

    left = shown.oldest_expires_at and (shown.oldest_expires_at - NOW).total_seconds() / 3600
    assert (left, shown.at_risk) == (left_h, at_risk)
    assert show_processing(Switch(oldest_at=then), depth, live, NOW).oldest_expires_at is None
