"""Log lines from CloudWatch Logs, to which Fargate's log router sends those of all pods.

FilterLogEvents answers with the oldest events of a range first, and people want the newest. The range is therefore read
in parts, the latest first. A part with more events than a few answers hold is read again in smaller parts.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import boto3
from botocore.config import Config

from services.api.logs.lines import Line, LogQuery, Reading, parse_object, take_page
from services.api.logs.models import Service
from services.aws.deadline import enforce_deadlines, remaining_s
from services.aws.errors import translate_errors

_SERVICES: tuple[Service, ...] = get_args(Service)
_MAX_CALLS = 12
"""Answers that one request reads: CloudWatch allows 5 to 10 calls a second for the whole account and region."""
_CALLS_OF_A_PART = 3
_RESERVE_S = 3.0
_FIRST_PART = timedelta(minutes=10)
_MIN_PART = timedelta(seconds=1)
_NARROWER = 16
_WIDER = 4
_MILLISECOND = timedelta(milliseconds=1)
_LEVELS = {"info": ("info", "warning", "error", "critical"), "warning": ("warning", "error", "critical")}
_CONFIG = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


class CloudWatchLogs:
    """One log group."""

    def __init__(self, region: str, group: str, client: Any = None) -> None:
        self._client = client or boto3.client("logs", region_name=region, config=_CONFIG)
        self._group = group
        enforce_deadlines(self._client)

    def read(self, question: LogQuery) -> Reading:
        """Return the newest lines that match, as far as they can be found with a dozen calls. Raises: ServiceError."""
        scan = _Scan(question)
        reading = take_page(self._list_lines(scan), question)
        return Reading(reading.lines, max(reading.read_since, scan.end))

    def _list_lines(self, scan: "_Scan") -> Iterator[Line]:
        while scan.end > scan.question.since:
            begin = max(scan.question.since, scan.end - scan.width)
            events, is_whole = self._read_part(scan, begin, scan.end)
            if not is_whole and scan.width > _MIN_PART:
                if scan.is_over:
                    return
                scan.width = max(_MIN_PART, scan.width / _NARROWER)
                continue
            lines = [line for event in events if (line := parse_event(event))]
            scan.end = begin
            yield from sorted(lines, key=lambda line: line.at, reverse=True)
            if len(events) < scan.question.filter.limit:
                scan.width *= _WIDER
            if scan.is_over:
                return

    def _read_part(self, scan: "_Scan", begin: datetime, end: datetime) -> tuple[list[dict[str, Any]], bool]:
        """Return the events of a part of the range, and False if there are more than a few answers hold."""
        events: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        for _ in range(_CALLS_OF_A_PART):
            if scan.is_over:
                return events, False
            scan.calls += 1
            with translate_errors("read the logs"):
                answer = self._client.filter_log_events(
                    logGroupName=self._group,
                    startTime=_to_ms(begin),
                    # The end is part of CloudWatch's range.
                    endTime=_to_ms(end - _MILLISECOND),
                    filterPattern=make_pattern(scan.question),
                    **more,
                )
            events += answer["events"]
            if not answer.get("nextToken"):
                return events, True
            more = {"nextToken": answer["nextToken"]}
        return events, False


class _Scan:
    """Progress of one request: what lies after `end` has been read."""

    def __init__(self, question: LogQuery) -> None:
        self.question = question
        self.end = question.until
        is_narrow = question.filter.key or question.filter.trace_id
        self.width = question.until - question.since if is_narrow else _FIRST_PART
        self.calls = 0

    @property
    def is_over(self) -> bool:
        """Return True if no call may follow."""
        return self.calls >= _MAX_CALLS or remaining_s() < _RESERVE_S


def make_pattern(question: LogQuery) -> str:
    """Return CloudWatch's pattern for the filter, without its text: that one ignores case.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    asked = question.filter
    services = (asked.service,) if asked.service else _SERVICES
    parts = [_is_one_of("kubernetes.container_name", services)]
    if asked.level:
        parts.append(_is_one_of("level", _LEVELS.get(asked.level, ("error", "critical"))))
    if asked.trace_id:
        parts.append(_is_one_of("trace_id", (asked.trace_id,)))
    # In a pattern, * matches any text. A text with it is compared here only.
    if asked.key and not set(asked.key) & set('*"\\'):
        parts.append(_is_one_of("object_key", (asked.key,)))
    return f"{{ {' && '.join(parts)} }}"


def parse_event(event: dict[str, Any]) -> Line | None:
    """Return the line of an event of the log router, None if it is not of a service of the pipeline."""
    record = parse_object(event["message"]) or {}
    pod = record.pop("kubernetes", None) or {}
    service = pod.get("container_name")
    if service not in _SERVICES:
        return None
    text = str(record.pop("log", ""))
    for name in ("stream", "logtag", "time"):
        record.pop(name, None)
    at = datetime.fromtimestamp(event["timestamp"] // 1000, UTC).replace(microsecond=event["timestamp"] % 1000 * 1000)
    source = str(pod.get("pod_name", service))
    return Line(event["eventId"], at, service, source, text.rstrip() if not record.get("event") else "", record)


def _is_one_of(name: str, values: tuple[str, ...]) -> str:
    tests = [f"$.{name} = {json.dumps(value, ensure_ascii=False)}" for value in values]
    return tests[0] if len(tests) == 1 else f"({' || '.join(tests)})"


def _to_ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
