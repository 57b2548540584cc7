"""Dry run and run of a reconciliation by an api process, in a filled embedded AWS without workers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.reconcile.fill import Filling, fill_storage
from benchmarks.reconcile.process import describe_counts, read_process
from services.aws.queue import MessageQueue
from services.client import Client, PipelineError
from services.contract.resources import pipeline_resources
from services.local.pipeline import NAME, LocalPipeline, run_pipeline

PATH = "/api/reconciliations"
_POLL_S = 0.5
_WINDOW = 1000
_BUSY = {0, 429, 503}
"""Statuses of an api that is too busy, or whose AWS is."""


def reconcile_embedded(data: Path, filling: Filling, *, say: Callable[[str], None]) -> None:
    """Fill the storage, reconcile it, and print times, CPU and memory. Raises: RuntimeError if a count is wrong."""
    say(f"Storing {filling.objects:,} objects in files of the embedded AWS ...")
    begun = time.monotonic()
    fill_storage(data / "aws", pipeline_resources(NAME), filling, say=say)
    say(f"  {time.monotonic() - begun:.1f} s for {filling.videos:,} videos with thumbnails, and the others")
    reconcile_filled(data, filling, say=say)


def reconcile_filled(data: Path, filling: Filling, *, say: Callable[[str], None]) -> None:
    """Reconcile a filled storage. Raises: RuntimeError if a count is wrong."""
    begun = time.monotonic()
    with run_pipeline(data, workers=0, say=say, sweep=False) as pipeline, connect(pipeline) as client:
        say(f"  {time.monotonic() - begun:.1f} s until the embedded AWS had loaded them")
        plan = _measure(pipeline, client, {"window": _WINDOW}, "dry run", say)
        with _draining(pipeline):
            run = _measure(pipeline, client, {"dry_run": False, "confirmation": plan["confirmation"]}, "run", say)
        _measure(pipeline, client, {"create": False}, "dry run after it", say)
    for found in (plan, run):
        counts = found["counts"]
        wanted = (filling.missing, filling.orphans, filling.videos)
        if (counts["missing"], counts["surplus"], counts["kept"]) != wanted:
            raise RuntimeError(f"Missing, surplus and kept are not {wanted}: {describe_counts(counts)}")


@contextmanager
def connect(pipeline: LocalPipeline) -> Iterator[Client]:
    """Return a client of the api once that answers."""
    token = Path(pipeline.endpoints.token_file).read_text(encoding="ascii").strip()
    with Client(pipeline.endpoints.api, token) as client:
        while True:
            try:
                client.ask("GET", PATH)
            except PipelineError:
                time.sleep(_POLL_S)
            else:
                break
        yield client


def follow(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """Start a reconciliation and return it when it has ended. Raises: PipelineError."""
    found: dict[str, Any] = client.ask("POST", PATH, json=request)
    while found["state"] == "running":
        time.sleep(_POLL_S)
        try:
            found = client.ask("GET", f"{PATH}/{found['id']}")
        except PipelineError as error:
            if error.status not in _BUSY:
                raise
    return found


def _measure(
    pipeline: LocalPipeline, client: Client, request: dict[str, Any], name: str, say: Callable[[str], None]
) -> dict[str, Any]:
    assert pipeline.workers is not None  # noqa: S101 - for the type checker: this process has started it
    assert pipeline.aws is not None  # noqa: S101 - the same
    pids = {"api": pipeline.workers.pids()["api"], "AWS": pipeline.aws.pid}
    before, begun = {part: read_process(pid) for part, pid in pids.items()}, time.monotonic()
    found = follow(client, request)
    took_s = time.monotonic() - begun
    after = {part: read_process(pid) for part, pid in pids.items()}
    cpu = ", ".join(f"{part} {after[part].cpu_s - before[part].cpu_s:.1f} s" for part in pids)
    say(f"  {name:<17} {took_s:7.1f} s   CPU: {cpu}   api {after['api'].peak_mb:.0f} MB at most   {found['state']}")
    say(f"    counts: {describe_counts(found['counts'])}")
    if found["estimate"]:
        say(f"    estimate: {found['estimate']['seconds']:,.0f} s, {found['estimate']['usd']} USD")
    return found


@contextmanager
def _draining(pipeline: LocalPipeline) -> Iterator[None]:
    """Take the messages as workers would, without processing them."""
    queue, ended = MessageQueue(pipeline.clients.sqs, pipeline.endpoints.queue_url), threading.Event()

    def take() -> None:
        while not ended.is_set():
            if messages := queue.receive(10, wait_s=1, visibility_timeout_s=600):
                queue.delete_all(messages)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
