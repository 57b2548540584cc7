"""Log lines: from files, from CloudWatch Logs, and over HTTP."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from services.api.logs import files
from services.api.logs.cloudwatch import CloudWatchLogs, make_pattern
from services.api.logs.files import LogFiles
from services.api.logs.lines import Reading, ask, hide_secrets, make_page
from services.api.logs.models import LogFilter, LogPage
from services.api.logs.source import LogSource
from tests.services.api import process
from tests.support.place import Place

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
TRACE = "0123456789abcdef" * 2
GROUP = "/thumbnails/pods"
KEY = "uploads/été.mp4"

Write = Callable[[str, str, float, dict[str, Any]], None]
"""Write a line: of a service, by a process, so many seconds before now, with these fields."""


def page_of(source: LogSource, **asked: Any) -> LogPage:
    question = ask(LogFilter(**asked), NOW)
    return make_page(source.read(question), question)


def names(page: LogPage) -> list[str]:
    return [line.event for line in page.items]


@pytest.fixture(params=["files", "cloudwatch"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[LogSource, Write]:
    if request.param == "files":
        return LogFiles(tmp_path), lambda *given: write_to_file(tmp_path, *given)
    request.getfixturevalue("cloudwatch")
    client = boto3.client("logs", region_name="us-east-1")
    client.create_log_group(logGroupName=GROUP)
    streams: set[str] = set()

    def write(service: str, name: str, ago_s: float, fields: dict[str, Any]) -> None:
        if name not in streams:
            streams.add(name)
            client.create_log_stream(logGroupName=GROUP, logStreamName=name)
        pod = {"kubernetes": {"container_name": service, "pod_name": name}, "stream": "stdout"}
        at_ms = round((NOW.timestamp() - ago_s) * 1000)
        event = {"timestamp": at_ms, "message": json.dumps({**fields, **pod})}
        client.put_log_events(logGroupName=GROUP, logStreamName=name, logEvents=[event])

    return CloudWatchLogs("us-east-1", GROUP, client), write


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield


def write_to_file(folder: Path, _service: str, name: str, ago_s: float, fields: dict[str, Any]) -> None:
    at = NOW - timedelta(seconds=ago_s)
    with (folder / f"{name}.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps({**fields, "timestamp": at.isoformat()}, ensure_ascii=False) + "\n")


def test_lines_of_all_services_come_newest_first(logs: tuple[LogSource, Write]) -> None:
    source, write = logs
    write("worker", "worker-1", 5000, {"event": "yesterday", "level": "info"})
    write("worker", "worker-1", 30, {"event": "video_received", "level": "info", "object_key": KEY, "trace_id": TRACE})
    write("api", "api", 20, {"event": "upload_started", "level": "info"})
    write("frames", "frames", 15, {"event": "frame_extracted", "level": "info"})
    write(
        "worker", "worker-2", 10, {"event": "video_failed", "level": "error", "reason": "It took too long.", "tries": 2}
    )

    page = page_of(source)

    assert names(page) == ["video_failed", "frame_extracted", "upload_started", "video_received"]
    assert (page.next_until, page.read_since) == (None, NOW - timedelta(hours=1))
    failed, extracted, _, received = page.items
    assert (failed.service, failed.source, failed.level) == ("worker", "worker-2", "error")
    assert (extracted.service, extracted.source) == ("frames", "frames")
    assert failed.fields == {"reason": "It took too long.", "tries": "2"}
    assert (received.key, received.trace_id, received.at) == (KEY, TRACE, NOW - timedelta(seconds=30))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"service": "api"}, ["b"]),
        ({"level": "warning"}, ["c", "b"]),
        ({"level": "error"}, ["c"]),
        ({"q": "ETE"}, ["a"]),
        ({"key": KEY}, ["a"]),
        ({"trace_id": TRACE}, ["c", "a"]),
        ({"until": NOW - timedelta(seconds=10)}, ["b", "a"]),
        ({"since": NOW - timedelta(seconds=20)}, ["c", "b"]),
    ],
    ids=str,
)
def test_each_filter_selects_lines(logs: tuple[LogSource, Write], asked: dict[str, Any], found: list[str]) -> None:
    source, write = logs
    write("worker", "worker-1", 30, {"event": "a", "level": "info", "object_key": KEY, "trace_id": TRACE})
    write("api", "api", 20, {"event": "b", "level": "warning"})
    write("worker", "worker-1", 10, {"event": "c", "level": "critical", "trace_id": TRACE})

    assert names(page_of(source, **asked)) == found


def test_pages_continue_without_a_gap(logs: tuple[LogSource, Write]) -> None:
    source, write = logs
    for number in range(9):
        # Three lines a second: those of one time stay together.
        write("worker", "worker-1", 60 - number // 3, {"event": str(number), "level": "info"})

    pages, until = [], None
    for _ in range(5):
        page = page_of(source, limit=2, until=until)
        pages.append(sorted(names(page)))
        until = page.next_until
        if until is None:
            break

    assert [page for page in pages if page] == [["6", "7", "8"], ["3", "4", "5"], ["0", "1", "2"]]


class DenseLogs:
    """CloudWatch with a line each millisecond, of which an answer has at most 400, the oldest first."""

    class meta:  # noqa: N801 - boto3's name
        class events:  # noqa: N801 - boto3's name
            @staticmethod
            def register(*_: object) -> None:
                pass

    def __init__(self) -> None:
        self.calls = 0

    def filter_log_events(self, *, startTime: int, endTime: int, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.calls += 1
        begin = int(nextToken or startTime)
        times = range(begin, min(endTime + 1, begin + 400))
        pod = json.dumps({"event": "busy", "kubernetes": {"container_name": "worker"}})
        events = [{"timestamp": at, "message": pod, "eventId": str(at)} for at in times]
        more = {"nextToken": str(begin + 400)} if begin + 400 <= endTime else {}
        return {"events": events, **more}


def test_a_scan_of_many_lines_ends_early_and_continues() -> None:
    client = DenseLogs()
    source = CloudWatchLogs("us-east-1", GROUP, client)

    page = page_of(source, limit=500)

    # Only a part of a second or two fits into three answers: the scan narrows to it, and then its calls are used up.
    assert client.calls == 12
    assert page.items
    assert page.next_until is not None
    assert NOW - timedelta(minutes=1) < page.read_since == page.next_until < NOW
    further = page_of(source, limit=500, until=page.next_until)
    assert further.items[0].at < page.next_until


def test_a_pattern_lets_cloudwatch_select() -> None:
    def pattern(**asked: Any) -> str:
        return make_pattern(ask(LogFilter(**asked), NOW))

    assert pattern(service="api", level="warning") == (
        '{ $.kubernetes.container_name = "api" && ($.level = "warning" || $.level = "error" || $.level = "critical") }'
    )
    assert pattern(service="worker", key=KEY) == (
        f'{{ $.kubernetes.container_name = "worker" && $.object_key = "{KEY}" }}'
    )
    # A star would stand for any text.
    assert "object_key" not in pattern(key="uploads/*.mp4")


def test_text_between_the_objects_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_BLOCK_BYTES", 64)
    write_to_file(tmp_path, "api", "api", 20, {"event": "before", "level": "info"})
    with (tmp_path / "api.log").open("a") as log:
        log.write("Traceback (most recent call last):\n  ValueError: no\n")
    write_to_file(tmp_path, "api", "api", 10, {"event": "after", "level": "info"})
    (tmp_path / "dashboard.log").write_text("Ready\n")
    (tmp_path / "dashboard-build.log").write_text("Building\n")

    page = page_of(LogFiles(tmp_path), service="api")

    assert names(page) == ["after", "  ValueError: no", "Traceback (most recent call last):", "before"]
    assert [line.level for line in page.items] == ["info", None, None, "info"]
    assert names(page_of(LogFiles(tmp_path), service="frontend", until=datetime.now(UTC) + timedelta(days=1))) in (
        ["Ready"],
        [],
    )


def test_a_long_file_is_read_in_part_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MAX_BYTES", 1000)
    for number in range(100):
        write_to_file(tmp_path, "worker", "worker-1", 200 - number, {"event": str(number), "level": "info"})

    page = page_of(LogFiles(tmp_path))

    assert 5 < len(page.items) < 20
    assert page.items[-1].at == page.read_since == page.next_until


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "GET /a?X-Amz-Credential=AKIA1/2026&X-Amz-Signature=abc123&x=1",
            "GET /a?X-Amz-Credential=***&X-Amz-Signature=***&x=1",
        ),
        ("Authorization: Bearer s3cr3t", "Authorization: Bearer ***"),
        ("token tnp_Ab-c_1 was refused", "token *** was refused"),
        ("/t/uploads/a.mp4/1.jpg?s=Nq3T", "/t/uploads/a.mp4/1.jpg?s=***"),
        ("words=fine", "words=fine"),
    ],
)
def test_signatures_and_tokens_are_hidden(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown


def test_the_api_lists_its_own_lines_to_viewers(shared_place: Place, tmp_path: Path) -> None:
    with process.running(shared_place, tmp_path, LOG_FOLDER=str(tmp_path)) as own, own.client(process.VIEWER) as viewer:
        own.log.rename(tmp_path / "api.log")
        found = viewer.get("/api/logs", params={"service": "api", "q": "api_started"}).json()
        assert [(line["event"], line["level"]) for line in found["items"]] == [("api_started", "info")]
        assert viewer.get("/api/config").json()["has_logs"]
        assert viewer.get(
            "/api/logs", params={"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
        ).is_error
        assert viewer.get("/api/logs", params={"trace_id": "no"}).status_code == 422


def test_without_a_source_the_answer_says_what_to_set(shared_place: Place, tmp_path: Path) -> None:
    with process.running(shared_place, tmp_path, LOG_FOLDER="") as own, own.client() as client:
        answer = client.get("/api/logs")
    assert (answer.status_code, "LOG_GROUP" in answer.json()["detail"]) == (409, True)


def test_an_empty_reading_is_a_whole_page() -> None:
    question = ask(LogFilter(), NOW)
    assert make_page(Reading([], question.since), question).next_until is None
