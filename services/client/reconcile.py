"""The command `reconcile`: a dry run, a question, and the run."""

import argparse
import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm

from services.client.client import Client
from services.client.target import UsageError
from services.contract.text import escape_deceptive

_PATH = "/api/reconciliations"
_POLL_S = 1.0
_QUEUED = ("missing", "changed", "outdated", "lost")


def run_reconcile(arguments: argparse.Namespace, client: Client) -> int:
    """Reconcile and return the exit status. Raises: PipelineError, UsageError."""
    console = Console(stderr=arguments.json, highlight=False)
    if arguments.cancel:
        return _cancel(client, console)
    if not (arguments.dry_run or arguments.yes or sys.stdin.isatty()):
        raise UsageError("Add --yes or --dry-run: there is no terminal on which to ask.")
    asked = {"create": not arguments.no_create, "window": arguments.window}
    if arguments.remove is not None:
        asked["remove"] = arguments.remove
    plan = _follow(client, {"dry_run": True, **asked}, console)
    _print_plan(plan, console)
    _print_json(plan, arguments)
    if plan["state"] != "done":
        return 1
    if arguments.dry_run or not (_count_queued(plan) or plan["counts"]["gone"] or plan["counts"]["surplus"]):
        return 0
    if not arguments.yes and not Confirm.ask("Do this?", console=console, default=False):
        return 1
    run = _follow(client, {"dry_run": False, "confirmation": plan["confirmation"]}, console)
    done = f"{_count_queued(run):,} videos queued, {run['counts']['gone']:,} records removed"
    console.print(f"{run['state']}: {done}, {run['counts']['surplus']:,} pictures deleted.{_describe_error(run)}")
    _print_json(run, arguments)
    return 0 if run["state"] == "done" else 1


def _cancel(client: Client, console: Console) -> int:
    items = client.ask("GET", _PATH)["items"]
    if not items or items[0]["state"] != "running":
        console.print("No reconciliation is running.")
        return 0
    client.ask("DELETE", f"{_PATH}/{items[0]['id']}")
    console.print("The reconciliation stops within seconds. Its changes stay.")
    return 0


def _follow(client: Client, request: dict[str, Any], console: Console) -> dict[str, Any]:
    """Start a reconciliation, show its counts until it ends, and return it."""
    found: dict[str, Any] = client.ask("POST", _PATH, json=request)
    title = "Comparing" if found["dry_run"] else "Reconciling"
    try:
        with console.status(f"{title} ...") as status:
            while found["state"] == "running":
                time.sleep(_POLL_S)
                found = client.ask("GET", f"{_PATH}/{found['id']}")
                listed = found["counts"]
                status.update(f"{title}: {listed['uploads']:,} uploads, {_describe_counts(listed)} ...")
    except KeyboardInterrupt:
        console.print("\nThe pipeline goes on with it. Cancel it with ./noxw reconcile --cancel.")
        raise
    return found


def _print_plan(plan: dict[str, Any], console: Console) -> None:
    counts, estimate = plan["counts"], plan["estimate"]
    if plan["state"] != "done":
        console.print(f"[red]The dry run is {plan['state']}.{_describe_error(plan)}[/]", soft_wrap=True)
        return
    reasons = ", ".join(f"{counts[name]:,} {name}" for name in _QUEUED if counts[name])
    console.print(f"queue   {_count_queued(plan):,} videos ({counts['queued_bytes'] / 1e9:.2f} GB) {reasons}")
    console.print(
        f"remove  {counts['gone']:,} records, {counts['surplus']:,} pictures ({counts['surplus_bytes'] / 1e9:.2f} GB)"
    )
    console.print(f"keep    {counts['kept']:,} videos; {counts['failed']:,} have failed")
    if estimate:
        console.print(f"        about {estimate['seconds']:,.0f} s and {estimate['usd']:.2f} US dollars")
    for example in plan["examples"]:
        console.print(f"        {example['finding']:<9} {escape(escape_deceptive(example['key']))}", soft_wrap=True)


def _count_queued(found: dict[str, Any]) -> int:
    return sum(found["counts"][name] for name in _QUEUED)


def _describe_counts(counts: dict[str, int]) -> str:
    queued = sum(counts[name] for name in _QUEUED)
    return f"{queued:,} to queue, {counts['gone']:,} records and {counts['surplus']:,} pictures to remove"


def _describe_error(found: dict[str, Any]) -> str:
    return f" {escape(found['error'])}" if found["error"] else ""


def _print_json(found: dict[str, Any], arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(found), flush=True)  # noqa: T201 - output of the command
