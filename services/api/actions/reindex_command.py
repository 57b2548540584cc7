"""`python -m services.api reindex`: the work of `reindex.py`, told as it goes: one JSON line a second on stdout."""

import json
import sys
import time
from dataclasses import asdict

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.reindex import ReindexContext, ReindexResult, reindex_table
from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.aws.errors import AwsError
from services.aws.queue import DeadLetterQueue, MessageQueue
from services.aws.videos import VideosTable
from services.contract.settings import ApiSettings

_REPORT_INTERVAL_S = 1.0


def run_reindex(settings: ApiSettings, clients: Clients) -> int:
    """Status 0 when the table agrees with the bucket; 1 when AWS failed, or the totals kept changing."""
    queue = MessageQueue(clients.sqs, settings.sqs_queue_url)
    context = ReindexContext(
        bucket=Bucket(clients.s3, settings.s3_bucket),
        videos=VideosTable(clients.dynamodb, settings.videos_table),
        queue=queue,
        dead_letters=DeadLetterStore(queue, DeadLetterQueue(clients.sqs, settings.sqs_dlq_url)),
        thumbnail_prefix=settings.s3_thumbnail_prefix,
        count=len(settings.thumbnail_positions),
    )
    reported_at = 0.0

    def report_progress(result: ReindexResult) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at > _REPORT_INTERVAL_S:
            reported_at = time.monotonic()
            _print(result)

    try:
        result = reindex_table(context, report_progress)
    except AwsError as error:
        print(f"Stopped: {error}. What was done stays; begin again.", file=sys.stderr)  # noqa: T201 - for people
        return 1
    _print(result)
    if not result.totals_corrected:
        print("The totals changed all the time: run it again when less is going on.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _print(result: ReindexResult) -> None:
    print(json.dumps(asdict(result)), flush=True)  # noqa: T201 - its output is the progress
