"""Starts Terraform, reads its events, writes its log, and passes Ctrl-C on to it once."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from stacks.terraform.errors import TerraformError
from stacks.terraform.events import Diagnostic, Event, format_diagnostic, parse_event

STOPPING = (
    "Stopping: Terraform finishes its current operations and writes the state. Press Ctrl-C again only if it hangs: "
    "resources may then be missing in the state."
)


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in the folder of one stack, with one log file."""

    folder: Path
    log: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]

    def run(self, *arguments: str, show: Callable[[Event], None]) -> "Finished":
        """Run a command with `-json` and show its events. Raises: TerraformError if Terraform is not there."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            _write(log, f"terraform {' '.join(arguments)}")
            process = self._start(arguments, stdout=subprocess.PIPE, stderr=log.fileno())
            finished = Finished()
            with _pass_interrupts(process, self.say) as interrupts:
                assert process.stdout is not None  # noqa: S101 - it is a pipe
                for line in process.stdout:
                    event = parse_event(line.rstrip("\n"))
                    _write(log, format_diagnostic(event.diagnostic) if event.diagnostic else event.message)
                    if event.diagnostic:
                        finished.diagnostics.append(event.diagnostic)
                    elif event.type == "text":
                        finished.texts.append(event.message)
                    elif event.planned:
                        finished.planned.append(event.planned)
                    elif event.outputs:
                        finished.outputs = event.outputs
                    show(event)
                process.stdout.close()
                finished.status = process.wait()
            finished.interrupts = interrupts.count
            _write(log, f"ended with status {finished.status}")
        return finished

    def ask(self, *arguments: str) -> str:
        """Return the standard output of a command. Raises: TerraformError."""
        process = self._start(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate()
        if process.returncode != 0:
            raise TerraformError(f"`terraform {arguments[0]}` failed in {self.folder}:\n{errors.strip()}")
        return output

    def _start(self, arguments: Sequence[str], *, stdout: int, stderr: int) -> "subprocess.Popen[str]":
        binary = self.environment.get("TERRAFORM_BINARY_NAME") or "terraform"
        try:
            # A session of its own: the terminal's Ctrl-C would reach it a second time, which makes it drop its work.
            return subprocess.Popen(  # noqa: S603 - no shell, and our own arguments
                [binary, *arguments],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise TerraformError(f"`{binary}` does not run ({error.strerror}): install Terraform.") from None


@dataclass
class Finished:
    """The end of a Terraform command."""

    status: int = 0
    diagnostics: list[Diagnostic] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Lines that are no events: what Terraform writes before it knows its arguments."""
    planned: list[Mapping[str, Any]] = field(default_factory=list)
    """Changes of resources that `plan` lists."""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    interrupts: int = 0
    """Number of interrupts that the user sent."""

    @property
    def errors(self) -> list[Diagnostic]:
        return [one for one in self.diagnostics if one.is_error]


@dataclass
class _Interrupts:
    count: int = 0


@contextmanager
def _pass_interrupts(process: "subprocess.Popen[str]", say: Callable[[str], None]) -> Iterator[_Interrupts]:
    """Pass SIGINT on to Terraform, and the first SIGTERM or SIGHUP as one."""
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if interrupts.count and number != signal.SIGINT:
            return
        interrupts.count += 1
        process.send_signal(signal.SIGINT)
        if interrupts.count == 1:
            say(STOPPING)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def terraform_environment(own: Mapping[str, str], *, cli_config: Path | None) -> dict[str, str]:
    """Return the environment of Terraform: ours, the given variables over it, and no question for newer versions."""
    environment = {**os.environ, **own, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    if cli_config is not None:
        environment["TF_CLI_CONFIG_FILE"] = os.fspath(cli_config)
    return environment


def _write(log: TextIO, text: str) -> None:
    log.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
    log.flush()
