"""Mutation testing of the protocol: `./noxw mutation [--json] [--survivors] [--every N] [--jobs N] [MODULE...]`."""

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

import pytest
from mutmut.configuration import config
from mutmut.mutation.trampoline import set_mutant_under_test

from tests.mutation.mutants import MutatedImports, mutate_module
from tests.mutation.report import Mutant, as_json, format_table, make_report, parse_equivalents
from tests.mutation.runner import MutationRun

ROOT = Path(__file__).parents[2]
EQUIVALENTS = Path(__file__).with_name("equivalent.toml")

TESTS = (
    "tests/services/contract/test_events.py",
    "tests/services/contract/test_keys.py",
    "tests/services/contract/test_records.py",
    "tests/services/contract/test_shards.py",
    "tests/services/aws/test_busy_table.py",
    "tests/services/aws/table/test_items.py",
    "tests/services/aws/test_shards.py",
    "tests/services/aws/test_videos.py",
    "tests/services/worker/test_process.py",
    "tests/services/worker/test_attempts.py",
    "tests/services/worker/test_draining.py",
    "tests/services/worker/test_failed_videos.py",
    "tests/services/worker/test_failures.py",
    "tests/services/worker/test_history.py",
    "tests/services/worker/test_reporting.py",
    "tests/services/worker/test_settling.py",
    "tests/services/worker/test_pictures.py",
    "tests/services/worker/test_precedence.py",
    "tests/services/worker/test_deletion.py",
    "tests/services/worker/test_interrupted_removal.py",
    "tests/services/worker/test_late_pictures.py",
    "tests/services/worker/test_regeneration.py",
    "tests/services/api/actions/test_steps.py",
    "tests/services/api/actions/test_reindex.py",
    "tests/services/api/actions/test_reindex_records.py",
    "tests/services/api/actions/test_letters.py",
    "tests/services/api/actions/test_purge.py",
    "tests/services/api/actions/test_purge_count.py",
    "tests/services/api/actions/test_purge_progress.py",
    "tests/services/api/actions/test_purge_run.py",
    "tests/services/api/actions/test_purge_successor.py",
    "tests/services/api/actions/test_purge_restart.py",
    "tests/services/api/actions/test_purges.py",
    "tests/mutation/schedules.py",
)
"""Tests of the protocol that need no process."""


def main() -> int:
    """Run the mutants, print the result, and return 1 if too few are killed."""
    parser = argparse.ArgumentParser(prog="./noxw mutation", description="Test the tests of the protocol.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a part of a path, such as process or table/")
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    parser.add_argument("--survivors", action="store_true", help="print the mutants that no test kills")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time (default: cores)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth mutant only: a quick estimate")
    given = parser.parse_args()

    os.chdir(ROOT)
    os.environ["SIMULATED_AWS"] = "1"
    paths = [path for path in config().only_mutate if not given.modules or any(part in path for part in given.modules)]
    if not paths:
        parser.error(f"no module of the protocol has {' or '.join(given.modules)} in its path")
    modules = [mutate_module(ROOT, path) for path in paths]
    mutants = [mutant for module in modules for mutant in module.mutants][:: given.every]
    MutatedImports(ROOT, modules).install()
    set_mutant_under_test("")

    def show(mutant: Mutant, outcome: str) -> None:
        done = len(run.outcomes)
        if done % 50 == 0 or done == len(mutants):
            tell(f"{done} of {len(mutants)} mutants")
        if given.survivors and outcome == "survived":
            tell(f"{mutant.path}, {mutant.function}: {outcome}\n{mutant.change}\n")

    run = MutationRun(mutants, given.jobs, show)
    # Without pytest-timeout, whose alarm would replace that of a mutant.
    options = ("-q", "-p", "no:cacheprovider", "-o", "timeout=0", "--hypothesis-profile=mutation")
    with contextlib.redirect_stdout(sys.stderr):
        ended = pytest.main([*options, *TESTS], plugins=[run])
    if ended != pytest.ExitCode.OK or run.failed:
        tell("The tests fail without a mutant: fix them first.", *run.failed)
        return 2
    report = make_report(mutants, run.outcomes, parse_equivalents(EQUIVALENTS.read_text(encoding="utf-8")))
    if given.every > 1:
        # Which entries match no mutant shows only a run with all of them.
        report.stale.clear()
    if given.json:
        sys.stdout.write(json.dumps({**as_json(report), "tests_cpu_s": round(run.tests_s, 1)}, indent=2) + "\n")
    else:
        never_end = f"{report.total.timed_out} mutants never end"
        table = f"{format_table(report)}\n\nThe tests take {run.tests_s:.0f} s of CPU without a mutant; {never_end}.\n"
        sys.stdout.write(table)
    tell(*report.stale)
    return 0 if report.is_good else 1


def tell(*lines: str) -> None:
    """Print for people, apart from the result."""
    sys.stderr.writelines(f"{line}\n" for line in lines)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
