"""Log lines as the services write them, and the test of a query. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.logs.models import LogFilter, LogLine, LogPage, Service
from services.contract.text import fold_text

_LEVELS = {"debug": 0, "info": 1, "warning": 2, "error": 3, "critical": 4}
_DEFAULT_RANGE = timedelta(hours=1)
_MAX_FIELDS = 30
_MAX_CHARS = 2000
_SECRET = re.compile(
    r"(?P<name>X-Amz-(?:Signature|Credential|Security-Token)=|Bearer |thumbnails_session=|"
    r"[?&]s=|[?&]signature=|[?&]token=|#token=)"
    r"[^\s&\"']+|\btnp_[A-Za-z0-9_-]+",
    re.IGNORECASE,
)
"""Signatures and tokens. The services log none on purpose; an error of a library could contain an address."""


@dataclass(frozen=True)
class Line:
    """One line of a log, with its time in milliseconds."""

    id: str
    at: datetime
    service: Service
    source: str
    text: str
    """Text of a line that is no JSON object; else empty."""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LogQuery:
    """A filter whose range is known."""

    since: datetime
    until: datetime
    filter: LogFilter

    def matches(self, line: Line) -> bool:
        """Return True if the line has all that the filter asks for, apart from the time."""
        asked, fields = self.filter, line.fields
        level = _LEVELS.get(str(fields.get("level")), -1)
        return (
            asked.service in (None, line.service)
            and (asked.level is None or level >= _LEVELS[asked.level])
            and (asked.key is None or fields.get("object_key") == asked.key)
            and (asked.trace_id is None or fields.get("trace_id") == asked.trace_id)
            and (asked.q is None or fold_text(asked.q) in fold_text(_join_text(line)))
        )


@dataclass(frozen=True)
class Reading:
    lines: list[Line]
    """The newest first."""
    read_since: datetime
    """All lines from this time on have been read."""


def ask(asked: LogFilter, now: datetime) -> LogQuery:
    until = asked.until or now
    return LogQuery(since=asked.since or until - _DEFAULT_RANGE, until=until, filter=asked)


def take_page(lines: Iterable[Line], question: LogQuery) -> Reading:
    """Return the first lines that match, from lines that begin with the newest.

    Lines of the same millisecond stay together, so that the next page can begin before it.
    """
    taken: list[Line] = []
    for line in lines:
        if line.at < question.since:
            break
        if line.at >= question.until or not question.matches(line):
            continue
        if len(taken) >= question.filter.limit and line.at != taken[-1].at:
            return Reading(taken, taken[-1].at)
        taken.append(line)
    return Reading(taken, question.since)


def make_page(reading: Reading, question: LogQuery) -> LogPage:
    is_whole = reading.read_since <= question.since
    return LogPage(
        items=[_show_line(line) for line in reading.lines],
        since=question.since,
        read_since=max(reading.read_since, question.since),
        is_full=len(reading.lines) >= question.filter.limit,
        next_until=None if is_whole else reading.read_since,
    )


def parse_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object of a line, None if it is no such line."""
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def parse_time(text: object) -> datetime | None:
    """Return a time with a zone, cut to milliseconds; None if it is no such time."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    return found.astimezone(UTC).replace(microsecond=found.microsecond // 1000 * 1000)


def hide_secrets(text: str) -> str:
    """Return the text with `***` for each signature and token."""
    return _SECRET.sub(lambda found: f"{found['name'] or ''}***", text)


def _show_line(line: Line) -> LogLine:
    fields = {name: value for name, value in line.fields.items() if value is not None}
    shown = ("event", "level", "object_key", "trace_id", "timestamp")
    rest = [(name, _to_text(value)) for name, value in fields.items() if name not in shown]
    level = fields.get("level")
    return LogLine(
        id=line.id,
        at=line.at,
        service=line.service,
        source=line.source,
        level=str(level) if level in _LEVELS else None,
        event=_to_text(fields.get("event", line.text)),
        key=_find_text(fields, "object_key"),
        trace_id=_find_text(fields, "trace_id"),
        fields=dict(rest[:_MAX_FIELDS]),
    )


def _find_text(fields: Mapping[str, Any], name: str) -> str | None:
    return str(fields[name]) if name in fields else None


def _to_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # First the secrets: a cut could leave the beginning of one.
    return hide_secrets(text)[:_MAX_CHARS]


def _join_text(line: Line) -> str:
    return " ".join([line.text, line.source, *_texts_of(line.fields)])


def _texts_of(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
