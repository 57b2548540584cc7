"""Display of a run: one line a group with a spinner on a terminal, plain lines that are never redrawn in a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from stacks.terraform.events import PROGRESS, Event
from stacks.terraform.plan import Plan
from stacks.terraform.progress import Group, PlanProgress, format_count, format_running, format_seconds, format_total

_ELAPSED_WIDTH = len("1:02:03 h")

_REPORT_EVERY_S = 60
"""In a log, an operation that takes long is named once in this time."""

Show = Callable[[Event], None]


class Screen:
    """Terminal or log that a run is shown on."""

    def __init__(self, console: Console | None = None) -> None:
        # rich takes FORCE_COLOR for a terminal, and workflows set it.
        self._console = console or Console(force_terminal=sys.stdout.isatty())

    def line(self, text: str = "") -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Show]:
        """Show a step of unknown length, such as the plan."""
        if not self._console.is_interactive:
            self.line(f"  {title} …")
            yield lambda _event: None
            return
        step = _Step(title)
        with Live(step, console=self._console, transient=True, refresh_per_second=8):
            yield step.take

    @contextmanager
    def apply(self, plan: Plan) -> Iterator[Show]:
        """Show the progress of an apply or destroy."""
        progress = PlanProgress(plan)
        if self._console.is_interactive:
            rows = _Rows(progress)
            with Live(rows, console=self._console, refresh_per_second=8, vertical_overflow="visible"):
                try:
                    yield lambda event: _ignore(progress.take(event))
                finally:
                    rows.is_over = True
        else:
            width = max(map(len, progress.groups), default=0)
            yield lambda event: self._report(progress.take(event), event, width)

    def _report(self, group: Group | None, event: Event, width: int) -> None:
        """Print a line when a group is over, and each minute for an operation that takes long."""
        if group is None:
            return
        now = event.at or datetime.now(UTC)
        head = f"  {group.title:<{width}}  {format_count(group)}"
        if event.type == PROGRESS:
            if round(event.elapsed_s) % _REPORT_EVERY_S < _PROGRESS_STEP_S:
                self.line(f"{head}, {event.address} for {format_seconds(event.elapsed_s)}")
        elif group.failed and group.failed[-1] == event.address:
            self.line(f"{head}, failed: {event.address}")
        elif group.is_done:
            self.line(f"{head}, {format_seconds(group.elapsed_s(now))}")


_PROGRESS_STEP_S = 10
"""Terraform reports on an operation in progress once in this time."""


class _Step:
    """A spinner with the time since the step began, and Terraform's last message."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = datetime.now(UTC)
        self._spinner = Spinner("dots")
        self._message = ""

    def take(self, event: Event) -> None:
        self._message = event.message.partition("\n")[0]

    def __rich__(self) -> Table:
        elapsed = format_seconds((datetime.now(UTC) - self._began).total_seconds())
        row = Table.grid(padding=(0, 2))
        for _ in range(3):
            row.add_column(no_wrap=True)
        row.add_column(no_wrap=True, overflow="ellipsis")
        row.add_row(self._spinner, self._title, elapsed, Text(self._message, style="dim"))
        return row


class _Rows:
    """The rows of the groups, drawn again eight times a second."""

    def __init__(self, progress: PlanProgress) -> None:
        self._progress = progress
        self._spinner = Spinner("dots")
        self.is_over = False

    def __rich__(self) -> Table:
        now = datetime.now(UTC)
        groups = self._progress.groups.values()
        # A fixed width keeps the columns whole: only the last one gives way to a narrow terminal.
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(width=2, no_wrap=True)
        table.add_column(width=max((len(group.title) for group in groups), default=0), no_wrap=True)
        table.add_column(width=max((len(format_total(group)) for group in groups), default=0), no_wrap=True)
        table.add_column(width=_ELAPSED_WIDTH, no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for group in groups:
            table.add_row(*self._cells(group, now))
        return table

    def _cells(self, group: Group, now: datetime) -> "tuple[str | Text | Spinner, ...]":
        count, elapsed = format_count(group), format_seconds(group.elapsed_s(now)) if group.began else ""
        if group.failed:
            failed = Text(f"failed: {', '.join(group.failed)}", style="red")
            return Text(" ✗", style="red"), group.title, count, elapsed, failed
        if group.is_done:
            return Text(" ✓", style="green"), group.title, count, elapsed, ""
        if group.running and not self.is_over:
            return self._spinner, group.title, count, elapsed, Text(format_running(group, now), style="dim")
        note = Text("not finished" if group.began else "not begun", style="dim") if self.is_over else Text("")
        return "", Text(group.title, style="dim"), Text(count, style="dim"), Text(elapsed, style="dim"), note


def _ignore(_group: Group | None) -> None:
    """Take the answer of a progress that is drawn by itself."""
