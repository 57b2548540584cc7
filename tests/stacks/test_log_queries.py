"""Queries and metric filters over the services' logs: every field and event in them is one that a service logs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.synthesis import Synthesized

ROOT = Path(__file__).parents[2]
LOGGING = [file for part in ("worker", "api") for file in sorted((ROOT / "services" / part).rglob("*.py"))]
METHODS = {"bind", "debug", "info", "warning", "error", "exception"}

FROM_PROCESSORS = {"event", "level", "timestamp", "exception"}
"""Fields that structlog adds to every line, see `services/logs.py`."""

FROM_AWS = ("@", "kubernetes.")
"""Beginnings of fields that CloudWatch and Fargate's log router add."""


def log_calls() -> Iterator[ast.Call]:
    """Yield every call of a logger's method in the services."""
    for file in LOGGING:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                logger = ast.unparse(node.func.value)
                if re.search(r"\b_?log$|get_logger\(\)$", logger):
                    yield node


def logged_fields() -> set[str]:
    return FROM_PROCESSORS | {keyword.arg for call in log_calls() for keyword in call.keywords if keyword.arg}


def logged_events() -> set[str]:
    return {str(call.args[0].value) for call in log_calls() if call.args and isinstance(call.args[0], ast.Constant)}


def queries() -> Iterator[str]:
    """Return the Logs Insights queries in the documentation."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        yield from re.findall(
            r"^```\w*\n(fields .+?)\n```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )


def queried_fields(query: str) -> set[str]:
    """Return names in the commands `fields`, `filter` and `sort`, without quoted text and operators."""
    words = re.findall(r"@?[A-Za-z_][\w.]*", re.sub(r'"[^"]*"', "", query))
    return set(words) - {"fields", "filter", "sort", "asc", "desc", "and", "or", "not", "like", "in"}


def test_the_calls_of_loggers_are_found() -> None:
    assert {"object_key", "message_id", "reason_code"} <= logged_fields()
    assert {"video_received", "video_done", "video_failed"} <= logged_events()


def test_every_field_of_documented_queries_is_logged() -> None:
    found = list(queries())
    assert found
    for query in found:
        unknown = {name for name in queried_fields(query) if not name.startswith(FROM_AWS)} - logged_fields()
        assert not unknown, f"no service logs {', '.join(sorted(unknown))}: {query}"


def test_every_field_that_the_runbook_filters_for_is_logged() -> None:
    runbook = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    filtered = set(re.findall(r'logs with `(\w+) = "', runbook))
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"one JSON object a line, with (.+) \|", runbook))))
    assert filtered
    assert named
    assert filtered | named <= logged_fields()


def test_every_event_that_a_metric_counts_is_logged(monitoring: Synthesized) -> None:
    filters = monitoring.resources("aws_cloudwatch_log_metric_filter").values()
    counted = {event for one in filters for event in re.findall(r'\$\.event = "(\w+)"', one["pattern"])}
    assert counted
    assert counted <= logged_events()
