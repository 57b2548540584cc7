"""`python -m services.api reindex`: run a reindex, and print one JSON line per second with its progress."""

import json
import sys
import time
from dataclasses import asdict

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.reindex import ReindexContext, ReindexResult, reindex_table
from services.aws.clients import Clients
from services.aws.errors import AwsError
from services.aws.queue import DeadLetterQueue, MessageQueue
from services.aws.sources import SourcedBucket
from services.aws.videos import VideosTable
from services.contract.settings import ApiSettings

_REPORT_INTERVAL_S = 1.0


def run_reindex(settings: ApiSettings, clients: Clients) -> int:
    """Run a reindex; return the exit status.

    0: the table agrees with the bucket; 1: AWS failed, the totals kept changing, or other processes use more shards.
    """
    queue = MessageQueue(clients.sqs, settings.sqs_queue_url)
    context = ReindexContext(
        bucket=SourcedBucket(clients.s3, settings.s3_bucket, settings.s3_source_buckets),
        videos=VideosTable(clients.dynamodb, settings.videos_table, settings.table_shards, outbox=settings.outbox),
        queue=queue,
        dead_letters=DeadLetterStore(queue, DeadLetterQueue(clients.sqs, settings.sqs_dlq_url)),
        thumbnail_prefix=settings.s3_thumbnail_prefix,
        count=len(settings.thumbnail_positions),
        extensions=settings.video_extensions,
    )
    reported_at = 0.0

    def report_progress(result: ReindexResult) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at > _REPORT_INTERVAL_S:
            reported_at = time.monotonic()
            _print_result(result)

    try:
        result = reindex_table(context, report_progress)
    except AwsError as error:
        print(f"The reindex stopped: {error}. Its changes stay. Run it again.", file=sys.stderr)  # noqa: T201 - for people
        return 1
    _print_result(result)
    if not result.totals_corrected:
        print("The totals kept changing. Run the reindex again when fewer videos arrive.", file=sys.stderr)  # noqa: T201
        return 1
    if not result.shards_applied:
        print(  # noqa: T201 - for people
            "Another process still writes more shards than TABLE_SHARDS. Run the reindex again when all workers and "
            "the api have the same value.",
            file=sys.stderr,
        )
        return 1
    return 0


def _print_result(result: ReindexResult) -> None:
    print(json.dumps(asdict(result)), flush=True)  # noqa: T201 - its output is the progress
