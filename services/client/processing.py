"""The command `processing`: show, pause and resume."""

import argparse
import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from services.client.client import Client
from services.contract.text import escape_deceptive

_PATH = "/api/processing"


def run_processing(arguments: argparse.Namespace, client: Client) -> int:
    """Show whether processing is paused, after a change if one is asked for. Raises: PipelineError."""
    if arguments.change is None:
        found = client.ask("GET", _PATH)
    else:
        found = client.ask("PUT", _PATH, json={"paused": arguments.change == "pause"})
    if arguments.json:
        print(json.dumps(found), flush=True)  # noqa: T201 - output of the command
    else:
        Console(highlight=False).print(_describe(found), soft_wrap=True)
    return 0


def _describe(found: dict[str, Any]) -> str:
    by = f" by {escape(escape_deceptive(found['changed_by']))}" if found["changed_by"] else ""
    since = f" since {_show_time(found['changed_at'])}{by}" if found["changed_at"] else ""
    waiting = "" if found["waiting"] is None else f" {found['waiting']:,} messages are in the queue."
    if not found["paused"]:
        return f"running{since}.{waiting}"
    lines = [f"[yellow]paused[/]{since}.{waiting} Resume with ./noxw processing resume."]
    if found["oldest_expires_at"]:
        colour = "red" if found["at_risk"] else "default"
        until = _show_time(found["oldest_expires_at"])
        lines.append(f"[{colour}]The queue deletes the oldest message at {until} at the earliest.[/]")
    return "\n".join(lines)


def _show_time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
