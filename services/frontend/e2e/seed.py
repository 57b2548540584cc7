# noqa: INP001 - a script for the screenshots, beside the tests that use it
"""`python seed.py DATA videos COUNT` and `history`: fills the table of a running demo, as screenshots need it.

The thumbnails of the videos are those of the samples. Some failed; these have their dead letters. The history is of a
week.
"""

import math
import sys
import time
from datetime import timedelta
from pathlib import Path

from services.aws.table.history import HistoryTable, SlotWrite
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.statistics.ends import QUEUE, THUMBNAILS
from services.contract.statistics.histogram import find_bucket
from services.contract.statistics.periods import HOUR
from services.local.pipeline import LocalPipeline

REASONS = (
    (ReasonCode.DAMAGED, "The file is damaged: it ends in the middle of a frame."),
    (ReasonCode.NOT_A_VIDEO, "This is not a video: it holds text."),
    (ReasonCode.NO_VIDEO_STREAM, "There is sound in it, but no picture."),
    (ReasonCode.ENCRYPTED, "The video is encrypted."),
)
FAILED_EVERY = 61
HISTORY_HOURS = 167
HOURS_A_WRITE = 24
"""A transaction writes the hours of at most two days."""


def main(data: Path, what: str, count: int) -> None:
    pipeline = LocalPipeline.find_running(data)
    if pipeline is None:
        raise SystemExit(f"No demo runs with {data}.")
    if what == "history":
        seed_history(HistoryTable(pipeline.clients.dynamodb, pipeline.endpoints.videos_table))
        return
    samples = [record for record in sample_records(pipeline.videos, pipeline) if record.thumbnails]
    for number in range(count):
        record = made_up(samples[number % len(samples)], number)
        pipeline.videos.replace(None, record)
        if record.state is VideoState.FAILED:
            put_dead_letter(pipeline, record)


def seed_history(table: HistoryTable) -> None:
    """Store the hours of a week, with more videos by day than by night. Wait until the api has recorded a minute."""
    while not (reading := table.read()).cursor:
        time.sleep(1)
    last_s = HOUR.floor(time.time()) - HOUR.step_s
    starts = [last_s - ago * HOUR.step_s for ago in range(HISTORY_HOURS)]
    for first in range(0, len(starts), HOURS_A_WRITE):
        writes = [
            SlotWrite(HOUR.item_key(at_s), HOUR.slot(at_s), ends_of_hour(at_s), at_s + HOUR.retention_s)
            for at_s in starts[first : first + HOURS_A_WRITE]
        ]
        reading = table.read()
        table.write(reading.revision, reading.cursor, writes)


def ends_of_hour(at_s: int) -> dict[str, int]:
    """Return made-up counters of ended videos. They depend on the time only, so each run makes the same ones."""
    number = at_s // HOUR.step_s
    share = 0.5 + 0.5 * math.sin(math.tau * (number % 24 - 9) / 24)
    videos = round(4 + 90 * share + number * 7919 % 23)
    failed = videos // 40
    slow = videos // 12
    ends = {"done": videos - failed}
    for name, usual_s, slow_s in ((QUEUE, 0.3 + share, 2 + 6 * share), (THUMBNAILS, 0.9 + share, 3 + 7 * share)):
        ends[f"{name}{find_bucket(usual_s)}"] = videos - failed - slow
        ends[f"{name}{find_bucket(slow_s)}"] = slow
        ends[f"{name}_ms"] = round(1000 * ((videos - failed - slow) * usual_s + slow * slow_s))
    return ends | ({f"failed_{REASONS[number % len(REASONS)][0]}": failed} if failed else {})


def sample_records(videos: VideosTable, pipeline: LocalPipeline) -> list[VideoRecord]:
    keys = [info.key for info in pipeline.bucket.list("uploads/")]
    return [record for key in keys if (record := videos.get(key))]


def made_up(sample: VideoRecord, number: int) -> VideoRecord:
    stem, dot, extension = sample.key.rpartition(".")
    earlier = timedelta(seconds=40 + 37 * number)
    failed = number % FAILED_EVERY == FAILED_EVERY // 2
    code, reason = REASONS[number // FAILED_EVERY % len(REASONS)]
    changes = {
        "key": f"{stem} {number + 2}{dot}{extension}",
        "base": f"{sample.base} {number + 2}",
        "etag": f"{number:032x}",
        "queued_at": sample.queued_at - earlier,
        "started_at": sample.started_at - earlier,
        "updated_at": sample.updated_at - earlier,
        "finished_at": (sample.finished_at or sample.updated_at) - earlier,
    }
    if failed:
        changes |= {"state": VideoState.FAILED, "reason_code": code, "reason": reason, "thumbnails": ()}
    return sample.model_copy(update=changes)


def put_dead_letter(pipeline: LocalPipeline, record: VideoRecord) -> None:
    event = UploadEvent(
        name="ObjectCreated:Put",
        time=record.queued_at,
        bucket=pipeline.endpoints.bucket,
        key=record.key,
        etag=record.etag,
        size_bytes=record.size_bytes,
    )
    pipeline.clients.sqs.send_message(
        QueueUrl=pipeline.endpoints.dead_letter_queue_url,
        MessageBody=make_notification_body(event),
        MessageAttributes={
            "reason_code": {"DataType": "String", "StringValue": str(record.reason_code)},
            "reason": {"DataType": "String", "StringValue": record.reason or ""},
            "attempts": {"DataType": "Number", "StringValue": "1"},
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
