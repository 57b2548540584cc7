"""Time from an upload to its thumbnails, with and without a reconciliation beside it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.latency.table import percentile
from benchmarks.reconcile.embedded import PATH, connect, follow
from benchmarks.reconcile.fill import SAMPLE, Filling, fill_storage
from services.client import Client
from services.contract.resources import pipeline_resources
from services.local.pipeline import NAME, LocalPipeline, run_pipeline

SLOTS = 3
"""Videos that the worker processes at once. A window of 1 leaves two of them to uploads."""
_POLL_S = 0.2
_PATIENCE_S = 300.0
_MISSING = 1000
_WARM_UPS = 3


@dataclass(frozen=True)
class Rounds:
    """Pairs of rounds, and what happens in each."""

    pairs: int
    uploads: int
    interval_s: float
    """Pause after each upload."""
    window: int
    """Queued videos of the reconciliation at a time."""


def compare_uploads(data: Path, rounds: Rounds, *, say: Callable[[str], None]) -> None:
    """Print median and p95 of both kinds of rounds, and the ratio of their p95. Raises: RuntimeError on a timeout."""
    filling = Filling(objects=2 * _MISSING, missing=_MISSING, orphans=0)
    fill_storage(data / "aws", pipeline_resources(NAME), filling, say=say)
    say(
        f"Uploading {rounds.uploads} videos a round, one each {rounds.interval_s:g} s, to a worker of {SLOTS} slots; "
        f"window {rounds.window} ..."
    )
    latencies: dict[bool, list[float]] = {False: [], True: []}
    settings = {"WORKER_CONCURRENCY": str(SLOTS)}
    with (
        run_pipeline(data, workers=1, say=say, settings=settings, sweep=False) as pipeline,
        connect(pipeline) as client,
    ):
        _upload_round(pipeline, "warm-up", replace(rounds, uploads=_WARM_UPS))
        for number in range(rounds.pairs):
            # The order changes, so that a machine that becomes slower does not favour one kind.
            for has_job in (number % 2 == 1, number % 2 == 0):
                name = f"{number}-{'beside' if has_job else 'alone'}"
                with _reconciling(client, rounds.window) if has_job else nullcontext(lambda: 0) as count_queued:
                    measured = _upload_round(pipeline, name, rounds)
                    queued = count_queued()
                latencies[has_job] += measured
                p95_s = percentile(measured, 95)
                say(f"  round {name:<9} p95 {p95_s:6.2f} s   {queued} videos queued by the reconciliation")
    for has_job, title in ((False, "alone"), (True, "beside a reconciliation")):
        found = latencies[has_job]
        say(f"  {title:<24} p50 {percentile(found, 50):6.2f} s   p95 {percentile(found, 95):6.2f} s   n {len(found)}")
    say(f"  ratio of the p95: {percentile(latencies[True], 95) / percentile(latencies[False], 95):.2f}")


def _upload_round(pipeline: LocalPipeline, name: str, rounds: Rounds) -> list[float]:
    """Upload videos, and return the seconds from the end of each upload to its last thumbnail."""
    uploaded: dict[str, datetime] = {}
    for number in range(rounds.uploads):
        key = f"uploads/live/{name}-{number}.mp4"
        pipeline.bucket.put(key, SAMPLE.read_bytes(), content_type="video/mp4")
        uploaded[key] = datetime.now(UTC)
        time.sleep(rounds.interval_s)
    until, latencies = time.monotonic() + _PATIENCE_S, dict[str, float]()
    while len(latencies) < len(uploaded):
        for key in uploaded.keys() - latencies.keys():
            record = pipeline.videos.get(key)
            if record is not None and record.finished_at is not None:
                latencies[key] = (record.finished_at - uploaded[key]).total_seconds()
        if time.monotonic() > until:
            raise RuntimeError(
                f"{len(uploaded) - len(latencies)} uploads have no thumbnails after {_PATIENCE_S:.0f} s."
            )
        time.sleep(_POLL_S)
    return list(latencies.values())


@contextmanager
def _reconciling(client: Client, window: int) -> Iterator[Callable[[], int]]:
    """Run a reconciliation that queues videos until the context ends; give a function that counts them."""
    plan = follow(client, {"remove": False, "window": window})
    run = client.ask("POST", PATH, json={"dry_run": False, "confirmation": plan["confirmation"]})
    path = f"{PATH}/{run['id']}"

    def count_queued() -> int:
        found = client.ask("GET", path)
        if found["state"] != "running":
            raise RuntimeError("The reconciliation has ended before the uploads: it had too few missing videos.")
        return int(found["counts"]["missing"])

    while not count_queued():
        time.sleep(_POLL_S)
    before = count_queued()
    yield lambda: count_queued() - before
    client.ask("DELETE", path)
    while client.ask("GET", path)["state"] == "running":
        time.sleep(_POLL_S)
