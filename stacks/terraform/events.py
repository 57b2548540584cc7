"""Messages of `terraform ... -json`: https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

START = "apply_start"
PROGRESS = "apply_progress"
COMPLETE = "apply_complete"
ERRORED = "apply_errored"
_PLANNED = "planned_change"
_OUTPUTS = "outputs"


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """An error or a warning, whole."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    """Address of the resource; empty if the message is about none."""
    line: int | None = None
    """Line in the stack's cdk.tf.json."""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of Terraform's output."""

    type: str
    """As in Terraform's documentation; `text` if the line is no JSON."""
    message: str
    at: datetime | None = None
    address: str = ""
    elapsed_s: float = 0
    """Seconds since Terraform began with the resource."""
    diagnostic: Diagnostic | None = None
    planned: Mapping[str, Any] | None = None
    """Change of a resource that a plan has: `resource`, `action` and `reason`, but no values."""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Outputs by name: of a plan with their `action`."""


def parse_event(line: str) -> Event:
    """Return the event of a line."""
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or "@message" not in fields:
        return Event(type="text", message=line)
    hook = fields.get("hook", {})
    kind = str(fields.get("type", "log"))
    return Event(
        type=kind,
        message=str(fields["@message"]),
        at=_time(fields.get("@timestamp", "")),
        address=str(hook.get("resource", {}).get("addr", "")),
        elapsed_s=float(hook.get("elapsed_seconds", 0)),
        diagnostic=parse_diagnostic(fields["diagnostic"]) if "diagnostic" in fields else None,
        planned=fields["change"] if kind == _PLANNED else None,
        outputs=fields["outputs"] if kind == _OUTPUTS else {},
    )


def parse_diagnostic(fields: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        severity=str(fields.get("severity", "error")),
        summary=str(fields.get("summary", "")),
        detail=str(fields.get("detail", "")),
        address=str(fields.get("address", "")),
        line=fields.get("range", {}).get("start", {}).get("line"),
    )


def format_diagnostic(diagnostic: Diagnostic) -> str:
    """Return a diagnostic as lines: summary, address, detail."""
    head = f"{'Error' if diagnostic.is_error else 'Warning'}: {diagnostic.summary}"
    line = f"cdk.tf.json, line {diagnostic.line}" if diagnostic.line else ""
    place = ", ".join(filter(None, [diagnostic.address, line]))
    body = [f"  {text}".rstrip() for text in diagnostic.detail.strip().splitlines()]
    return "\n".join([head, *([f"  at {place}"] if place else []), *body])


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
