"""Deploy the stacks to an emulated AWS on this machine, send a video through them, and destroy them."""

import argparse
import fcntl
import gc
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from stacks.config.files import find_config
from stacks.config.load import ConfigError
from stacks.deploy.errors import OperateError
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.processes import Processes, end_leftovers
from stacks.rehearse.report import Report
from stacks.rehearse.start import ANY, Rehearsal, RehearsalOptions, find_obstacle, prepare
from stacks.rehearse.steps import run_steps

FOLDER = ".rehearsal"


def main() -> int:
    arguments = _parser().parse_args()
    project: Path = arguments.project.resolve()
    file: Path | None = arguments.config
    options = RehearsalOptions(
        project=project,
        config=file.resolve() if file else find_config(project, os.environ),
        stacks=tuple(filter(None, arguments.stacks.split(","))),
        keep=arguments.keep,
        aws_provider=arguments.aws_provider,
        kubeconfig=arguments.kubeconfig,
        without_statement=arguments.without_statement,
    )
    report = Report(as_json=arguments.json)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    status, error = 0, ""
    try:
        obstacle = find_obstacle() if arguments.if_possible else None
        if obstacle:
            report.line(f"The stacks are not rehearsed: {obstacle}.")
        else:
            _rehearse(options, report)
    except KeyboardInterrupt:
        status, error = 130, "The rehearsal was stopped; its processes and its emulated AWS have ended."
    except (OperateError, ConfigError) as failure:
        status, error = 1, str(failure)
    except (ClientError, BotoCoreError) as failure:
        status, error = 1, f"The emulated AWS refuses: {failure}"
    if arguments.json:
        print(json.dumps({**report.document(), "ok": status == 0, "error": error}, indent=2))  # noqa: T201 - the output
    if error:
        print(error, file=sys.stderr)  # noqa: T201
    return status


def _rehearse(options: RehearsalOptions, report: Report) -> None:
    folder = options.project / FOLDER
    with _own(folder, keep=options.keep):
        processes = Processes(folder / "logs")
        rehearsal: Rehearsal | None = None
        try:
            report.line(f"Preparing the rehearsal of {options.config} ...")
            rehearsal = prepare(options, folder)
            _introduce(rehearsal, report)
            run_steps(rehearsal, report, processes)
        except (OperateError, ClientError, BotoCoreError):
            report.line(f"The logs are in {folder / 'logs'}.")
            raise
        finally:
            processes.stop()
            end_leftovers(f"TF_CLI_CONFIG_FILE={folder / 'terraform.tfrc'}")
            if rehearsal is not None:
                rehearsal.leave_cluster()
        report.line(f"\nThe rehearsal has passed in {report.elapsed_s:.0f} s. {_versions(rehearsal)}")


@contextmanager
def _own(folder: Path, *, keep: bool) -> Iterator[None]:
    """Empty the rehearsal's folder and keep others out of it; delete it after a success, unless it is to be kept.

    Raises: RehearsalError if another rehearsal runs there.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RehearsalError(f"Another rehearsal runs in {folder}: wait for its end, or stop it.") from None
        end_leftovers(f"TF_CLI_CONFIG_FILE={folder / 'terraform.tfrc'}")
        for path in folder.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        try:
            yield
        except KeyboardInterrupt:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if not keep:
            shutil.rmtree(folder)


def _introduce(rehearsal: Rehearsal, report: Report) -> None:
    config = rehearsal.config
    report.facts |= {
        "instance": config.name,
        "terraform": rehearsal.terraform,
        "aws_provider": rehearsal.provider,
        "aws_provider_pinned": rehearsal.pinned,
        "kubernetes": rehearsal.found.version if rehearsal.found else None,
        "stacks": list(rehearsal.stacks),
        "not_rehearsed": dict(rehearsal.left_out),
        "left_out": list(rehearsal.unknown),
    }
    report.line(f"Rehearsing {config.name} (account {config.account_id}, {config.region}). {_versions(rehearsal)}")
    for argument in rehearsal.unknown:
        report.line(f"Left out: {argument}, which hashicorp/aws {rehearsal.provider} does not know.")
    for policy in rehearsal.weakened:
        report.line(f"Without the statement {rehearsal.options.without_statement} on purpose: {policy}.")
    for stack, reason in rehearsal.left_out.items():
        report.line(
            f"Not rehearsed: {stack}, as {reason}." if reason != "not asked for" else f"Not rehearsed: {stack}."
        )
    report.line()


def _versions(rehearsal: Rehearsal) -> str:
    pinned = "" if rehearsal.provider == rehearsal.pinned else f" (pinned: {rehearsal.pinned})"
    kubernetes = f", Kubernetes {rehearsal.found.version}" if rehearsal.found else ""
    return f"Terraform {rehearsal.terraform}, hashicorp/aws {rehearsal.provider}{pinned}{kubernetes}."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./noxw rehearse", description=__doc__)
    parser.add_argument(
        "--project", type=Path, default=Path.cwd(), metavar="DIR", help="folder of pipeline.toml (default: this one)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="config of the instance (default: $PIPELINE_CONFIG or pipeline.toml)",
    )
    parser.add_argument("--stacks", default="", metavar="A,B", help="stacks to rehearse (default: all that can be)")
    parser.add_argument(
        "--keep", action="store_true", help=f"keep the folder {FOLDER} with logs, requests and synthesized stacks"
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON, and progress to standard error")
    parser.add_argument(
        "--aws-provider",
        metavar="VERSION",
        help=f"rehearse with another version of the AWS provider; `{ANY}`: the newest on this machine",
    )
    parser.add_argument(
        "--if-possible",
        action="store_true",
        help="if Terraform or a mirrored AWS provider is missing, print that and end with status 0",
    )
    parser.add_argument(
        "--kubeconfig",
        type=Path,
        metavar="FILE",
        help="also rehearse workloads, in the cluster of this file's current context",
    )
    parser.add_argument(
        "--without-statement",
        metavar="SID",
        help="take this statement out of the policies: the rehearsal must then fail and name what is missing",
    )
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # A second Ctrl-C must not stop the clean-up.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
