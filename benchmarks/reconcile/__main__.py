"""./noxw bench reconcile [--keys N] [--objects N] [--missing N] [--orphans N] [--rounds N] [--uploads N]
    [--interval S] [--window N]

1. Plan a bucket of generated keys: the planner without AWS.
2. Reconcile that many objects in the embedded AWS through the api: a dry run, a run, and a dry run after it. Nothing
   processes the queued videos.
3. Upload videos to a pipeline with workers, in rounds with and without a running reconciliation.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.reconcile.embedded import reconcile_embedded
from benchmarks.reconcile.fill import Filling
from benchmarks.reconcile.generated import make_context
from benchmarks.reconcile.live import Rounds, compare_uploads
from benchmarks.reconcile.process import describe_counts, read_process
from services.api.reconciliation.changes import CountingChanges, Tally
from services.api.reconciliation.estimate import make_estimate
from services.api.reconciliation.key_filter import KeyFilter
from services.api.reconciliation.reconciler import Reconciler
from services.api.schema.reconciliation_models import ReconciliationCounts

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS_OF_VIDEO = 4
_MAX_MISSING = 1000
"""Largest window of a reconciliation: all missing videos are queued at once, as no worker ends them."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./noxw bench reconcile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys of the generated bucket; 0: leave it out")
    parser.add_argument("--objects", type=int, default=100_000, help="objects in the embedded AWS; 0: leave it out")
    parser.add_argument("--missing", type=int, default=1000, help="of them, uploads without record and thumbnails")
    parser.add_argument("--orphans", type=int, default=1000, help="of them, thumbnails without a video")
    parser.add_argument("--rounds", type=int, default=4, help="pairs of rounds of uploads; 0: leave them out")
    parser.add_argument("--uploads", type=int, default=20, help="uploads of a round")
    parser.add_argument("--interval", type=float, default=1.0, metavar="S", help="pause after each upload")
    parser.add_argument("--window", type=int, default=1, help="queued videos at a time beside the uploads")
    given = parser.parse_args()
    if given.missing > _MAX_MISSING:
        parser.error(f"--missing {given.missing}: at most {_MAX_MISSING}")
    if given.keys:
        plan_generated(given.keys)
    with tempfile.TemporaryDirectory() as folder:
        if given.objects:
            filling = Filling(objects=given.objects, missing=given.missing, orphans=given.orphans)
            reconcile_embedded(Path(folder, "embedded"), filling, say=say)
        if given.rounds:
            rounds = Rounds(given.rounds, given.uploads, given.interval, given.window)
            compare_uploads(Path(folder, "live"), rounds, say=say)


def say(text: str) -> None:
    """Print a line with the time and the load of the machine."""
    print(f"{time.strftime('%H:%M:%S')} load {os.getloadavg()[0]:4.1f}  {text}", flush=True)  # noqa: T201 - the output


def plan_generated(keys: int) -> None:
    videos = keys // _KEYS_OF_VIDEO
    tally = Tally({}, "", lambda: None)
    filtered = KeyFilter(b"benchmark")
    say(f"Planning {keys:,} generated keys ({videos:,} videos, three thumbnails each) ...")
    begun, cpu = time.monotonic(), time.process_time()
    reconciler = Reconciler(make_context(videos), CountingChanges(tally), filtered)
    steps: dict[str, Callable[[], object]] = {
        "uploads": reconciler.list_uploads,
        "records": reconciler.find_gone_records,
        "thumbnails": lambda: reconciler.find_surplus(removes=True),
        "create": lambda: reconciler.find_missing(after=""),
    }
    for name, step in steps.items():
        step()
        say(f"  {name:<10} {time.monotonic() - begun:7.1f} s   {read_process(os.getpid()).peak_mb:6.0f} MB at most")
    say(f"  counts: {describe_counts(tally.counts)}")
    say(f"  {time.monotonic() - begun:.1f} s, {time.process_time() - cpu:.1f} s of CPU")
    say(f"  estimate: {make_estimate(ReconciliationCounts(**tally.counts), window=2, video_s=reconciler.video_s)}")


if __name__ == "__main__":
    main()
