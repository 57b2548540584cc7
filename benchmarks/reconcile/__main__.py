"""./noxw bench reconcile [--keys N] [--objects N]

Plan a bucket of generated keys, then reconcile that many objects in the embedded AWS. The first measures the planner
without AWS; the second includes the requests to the embedded AWS on this machine.
"""

import argparse
import hashlib
import resource
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.reconcile.generated import EVERY, make_context
from services.api.reconciliation.changes import CountingChanges, Tally
from services.api.reconciliation.decisions import Wanted
from services.api.reconciliation.estimate import make_estimate
from services.api.reconciliation.key_filter import KeyFilter
from services.api.reconciliation.reconciler import Reconciler, ReconcilerContext
from services.api.reconciliation.reconciliations import Reconciliations
from services.api.reconciliation.run import ReconciliationContext
from services.api.schema.reconciliation_models import Reconciliation, ReconciliationCounts, ReconciliationRequest
from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.aws.queue import MessageQueue
from services.aws.shared import SharedItems
from services.aws.table.items import make_item, to_attributes
from services.aws.videos import VideosTable
from services.contract.formats import VIDEO_EXTENSIONS
from services.contract.keys import thumbnail_bases, thumbnail_key
from services.contract.records import StoredThumbnail, VideoRecord, VideoState
from services.contract.resources import CLAIM_PREFIX, pipeline_resources
from services.contract.thumbnails import ThumbnailOptions
from services.local.aws_supervisor import AwsSupervisor
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS_OF_VIDEO = 4
_THREADS = 8
_AT = datetime(2026, 1, 31, tzinfo=UTC)
_VIDEO = b"a video"
_ETAG = hashlib.md5(_VIDEO, usedforsecurity=False).hexdigest()
_OPTIONS = ThumbnailOptions()


def main() -> None:
    parser = argparse.ArgumentParser(prog="./noxw bench reconcile", description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000, help="objects of the generated bucket; 0: leave it out")
    parser.add_argument("--objects", type=int, default=100_000, help="objects in the embedded AWS; 0: leave it out")
    given = parser.parse_args()
    if given.keys:
        plan_generated(given.keys)
    if given.objects:
        with tempfile.TemporaryDirectory() as folder, AwsSupervisor(Path(folder), port=None, say=say) as aws:
            reconcile_embedded(make_local_clients(aws.endpoint), given.objects)


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the output of the benchmark


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
        say(f"  {name:<10} {time.monotonic() - begun:7.1f} s   {peak_mb():6.0f} MB at most")
    say(f"  counts: {show(ReconciliationCounts(**tally.counts))}")
    say(f"  {time.monotonic() - begun:.1f} s, {time.process_time() - cpu:.1f} s of CPU")
    say(f"  estimate: {make_estimate(ReconciliationCounts(**tally.counts), window=2, video_s=reconciler.video_s)}")


def reconcile_embedded(clients: Clients, objects: int) -> None:
    resources = pipeline_resources("reconcile")
    queues = provision_resources(clients, resources)
    bucket = Bucket(clients.s3, resources.bucket)
    table = VideosTable(clients.dynamodb, resources.table.name)
    videos = objects // _KEYS_OF_VIDEO
    say(f"Storing {objects:,} objects in the embedded AWS ...")
    begun = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda number: store_video(clients, bucket, resources.table.name, number), range(videos)))
    clients.sqs.purge_queue(QueueUrl=queues.url)
    say(f"  {time.monotonic() - begun:.1f} s")
    shared = SharedItems(clients.dynamodb, resources.table.name)
    reconciler = ReconcilerContext(
        bucket, table, Wanted(_OPTIONS), "thumbnails/", VIDEO_EXTENSIONS, is_purge_running=lambda: False
    )
    queue = MessageQueue(clients.sqs, queues.url)
    context = ReconciliationContext(reconciler, shared, queue, lambda: None)
    service = Reconciliations(context, context)
    plan = measure(service, ReconciliationRequest(), "dry run")
    # There are no workers here: the window takes all videos at once.
    request = ReconciliationRequest(dry_run=False, confirmation=plan.confirmation, window=1000)
    with Drain(queue):
        measure(service, request, "run")
    measure(service, ReconciliationRequest(), "dry run after it")


class Drain:
    """Take the messages as workers would, without processing them."""

    def __init__(self, queue: MessageQueue) -> None:
        self._queue = queue
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _take(self) -> None:
        while not self._ended.is_set():
            messages = self._queue.receive(10, wait_s=1, visibility_timeout_s=600)
            if messages:
                self._queue.delete_all(messages)


def measure(service: Reconciliations, request: ReconciliationRequest, name: str) -> Reconciliation:
    begun = time.monotonic()
    started = service.start(request)
    service.join()
    found = service.find(started.id)
    assert found is not None  # noqa: S101 - it was just started
    say(f"  {name:<17} {time.monotonic() - begun:7.1f} s   {peak_mb():6.0f} MB at most   {found.state}")
    say(f"    counts: {show(found.counts)}")
    if found.estimate:
        say(f"    estimate: {found.estimate.seconds:,.0f} s, {found.estimate.usd} USD")
    return found


def store_video(clients: Clients, bucket: Bucket, table: str, number: int) -> None:
    """Store upload, record, claim and thumbnails; of one in a hundred, one of them is missing or of other settings."""
    key = f"uploads/{number // 1000:03}/video-{number:06}.mp4"
    base = thumbnail_bases(key)[0]
    case = number % EVERY
    if case != 3:
        bucket.put(key, _VIDEO, content_type="video/mp4")
    for position in (1, 2, 3):
        if (case, position) != (5, 2):
            bucket.put(thumbnail_key(base, position), b"picture", content_type="image/jpeg")
    if case in (1, 4):
        return
    record = make_record(key, base, "other settings" if case == 2 else _OPTIONS.fingerprint)
    for item in (record, {"pk": CLAIM_PREFIX + base, "upload": key}):
        clients.dynamodb.put_item(TableName=table, Item=to_attributes(item))


def make_record(key: str, base: str, settings_hash: str) -> dict[str, object]:
    record = VideoRecord(
        key=key,
        state=VideoState.DONE,
        etag=_ETAG,
        settings_hash=settings_hash,
        base=base,
        size_bytes=7,
        queued_at=_AT,
        started_at=_AT,
        updated_at=_AT,
        finished_at=_AT,
        thumbnails=tuple(
            StoredThumbnail(
                position_pct=10.0,
                time_s=1.0,
                key=thumbnail_key(base, position),
                width_px=640,
                height_px=360,
                size_bytes=7,
            )
            for position in (1, 2, 3)
        ),
    )
    return make_item(record, shards=1)


def show(counts: ReconciliationCounts) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.model_dump().items() if count)


def peak_mb() -> float:
    """Return the maximum resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
