"""Display of an apply, from a recording of `terraform apply -json` in which one of eight resources fails."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stacks.terraform.events import Event, format_diagnostic, parse_event
from stacks.terraform.failures import describe_failure, describe_stop
from stacks.terraform.plan import parse_plan
from stacks.terraform.progress import PlanProgress, format_count, format_seconds
from stacks.terraform.runner import Finished
from stacks.terraform.screen import Screen

RECORDINGS = Path(__file__).with_name("recordings")
PLAN = parse_plan((RECORDINGS / "create.json").read_text(encoding="utf-8"))


def read_events(name: str) -> list[Event]:
    return [parse_event(line) for line in (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def finished(name: str, *, interrupts: int = 0) -> Finished:
    diagnostics = [event.diagnostic for event in read_events(name) if event.diagnostic]
    return Finished(status=1, diagnostics=diagnostics, interrupts=interrupts)


def render(console: Console) -> str:
    with Screen(console).apply(PLAN) as show:
        for event in read_events("apply"):
            show(event)
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


def test_log_gets_one_plain_line_per_finished_group() -> None:
    text = render(Console(file=StringIO(), width=100))
    assert text.splitlines() == [
        "  secrets             1 resource, 15 s",
        "  roles and policies  1 of 2, failed: aws_iam_role_policy_attachment.broken",
        "  network             3 resources, 16 s",
        "  queues              2 resources, 40 s",
    ]
    assert "\x1b" not in text


def test_terminal_ends_with_a_row_for_each_group() -> None:
    text = render(Console(file=StringIO(), width=100, force_terminal=True, color_system=None, legacy_windows=False))
    rows = [line.split("\r")[-1].removeprefix("\x1b[2K").rstrip() for line in text.splitlines()][-5:]
    shown = "\n".join(rows)
    assert "✓  network             3 resources" in shown
    assert "✓  queues              2 resources" in shown
    assert "✗  roles and policies  1 of 2" in shown
    assert "failed: aws_iam_role_policy_attachment.broken" in shown


def test_long_addresses_do_not_cut_the_groups() -> None:
    file = StringIO()
    console = Console(file=file, width=70, force_terminal=True, color_system=None, legacy_windows=False)
    with Screen(console).apply(PLAN) as show:
        for event in read_events("apply")[:16]:
            show(event)
            show(Event(type="apply_start", message="", address="aws_iam_role_policy_attachment.broken", at=event.at))
            console.print("a new frame")
    text = file.getvalue()
    assert "aws_iam_role_po" in text
    assert text.count("roles and pol") == text.count("roles and policies  ") > 1
    assert "reso…" not in text


def test_log_is_not_redrawn_where_colours_are_forced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Session runners and workflows set FORCE_COLOR, which rich takes for a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    screen = Screen()
    with screen.step("planning"), screen.apply(PLAN) as show:
        for event in read_events("apply"):
            show(event)
    shown = capsys.readouterr().out
    assert "secrets             1 resource, 15 s" in shown
    assert "\x1b" not in shown


def test_long_operation_is_logged_once_a_minute() -> None:
    times = [("apply_start", 0), *(("apply_progress", seconds) for seconds in range(10, 130, 10))]
    began = datetime(2026, 11, 28, 17, tzinfo=UTC)
    events = [
        Event(type=kind, message="", address="aws_vpc.vpc", at=began + timedelta(seconds=seconds), elapsed_s=seconds)
        for kind, seconds in times
    ]
    console = Console(file=StringIO(), width=100)
    with Screen(console).apply(PLAN) as show:
        for event in events:
            show(event)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines() == [
        "  network             0 of 3, aws_vpc.vpc for 1:00 min",
        "  network             0 of 3, aws_vpc.vpc for 2:00 min",
    ]


def test_replaced_resource_is_done_after_its_second_operation() -> None:
    plan = parse_plan((RECORDINGS / "replace.json").read_text(encoding="utf-8"))
    progress = PlanProgress(plan)
    event = {
        kind: Event(type=kind, message="", address="aws_sqs_queue.queue") for kind in ("apply_start", "apply_complete")
    }
    group = progress.groups["queues"]
    for kind in ("apply_start", "apply_complete", "apply_start"):
        progress.take(event[kind])
        assert not group.is_done
    progress.take(event["apply_complete"])
    assert group.is_done
    assert format_count(group) == "1 resource"


@pytest.mark.parametrize(("seconds", "text"), [(8.4, "8 s"), (65, "1:05 min"), (3723, "1:02:03 h")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_failure_shows_full_error_and_next_step() -> None:
    text = describe_failure("core", "deploy", finished("apply"), folder="cdktf.out/stacks/core", log="a.log")
    [error] = [event.diagnostic for event in read_events("apply") if event.diagnostic]
    assert error.summary in text
    assert "  at aws_iam_role_policy_attachment.broken, cdk.tf.json, line 10" in text.splitlines()
    assert "run the same command again to" in text
    assert text.endswith("The whole log: a.log")


def test_left_lock_gets_the_command_that_removes_it() -> None:
    text = describe_failure("core", "deploy", finished("locked"), folder="cdktf.out/stacks/core", log="a.log")
    assert "A run of ana@laptop holds the lock of this state since 2026-11-28 17:00:00 UTC." in text
    assert "(cd cdktf.out/stacks/core && terraform force-unlock -force f3b7c0de-4a4f-0c1e-9a1b-2f8f3c6d7e81)" in text


@pytest.mark.parametrize(
    ("verb", "interrupts", "words"),
    [
        ("plan", 1, "Stopped. Nothing of core was changed."),
        ("deploy", 1, "run the same command to continue."),
        ("destroy", 2, "may be missing in the state"),
    ],
)
def test_stop_says_what_was_left(verb: str, interrupts: int, words: str) -> None:
    assert words in describe_stop("core", verb, finished("apply", interrupts=interrupts))


def test_line_that_is_no_event_is_kept_as_text() -> None:
    assert parse_event("panic: out of memory") == Event(type="text", message="panic: out of memory")
    done = Finished(status=1, texts=["panic: out of memory"])
    assert "panic: out of memory" in describe_failure("core", "plan", done, folder="f", log="a.log")


def test_diagnostic_without_a_place_has_summary_and_detail() -> None:
    [error] = finished("locked").diagnostics
    lines = format_diagnostic(error).splitlines()
    assert lines[:2] == ["Error: Error acquiring the state lock", "  Error message: resource temporarily unavailable"]
