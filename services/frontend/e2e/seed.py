# noqa: INP001 - a script for the screenshots, beside the tests that use it
"""`python seed.py DATA COUNT`: fills the table of a running demo with videos, as a screenshot of many needs them.

Their thumbnails are those of the samples. Some failed; these have their dead letters.
"""

import sys
from datetime import timedelta
from pathlib import Path

from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.local.pipeline import LocalPipeline

REASONS = (
    (ReasonCode.DAMAGED, "The file is damaged: it ends in the middle of a frame."),
    (ReasonCode.NOT_A_VIDEO, "This is not a video: it holds text."),
    (ReasonCode.NO_VIDEO_STREAM, "There is sound in it, but no picture."),
    (ReasonCode.ENCRYPTED, "The video is encrypted."),
)
FAILED_EVERY = 61


def main(data: Path, count: int) -> None:
    pipeline = LocalPipeline.join(data)
    if pipeline is None:
        raise SystemExit(f"No demo runs with {data}.")
    samples = [record for record in sample_records(pipeline.videos, pipeline) if record.thumbnails]
    for number in range(count):
        record = made_up(samples[number % len(samples)], number)
        pipeline.videos.replace(None, record)
        if record.state is VideoState.FAILED:
            put_dead_letter(pipeline, record)


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
    main(Path(sys.argv[1]), int(sys.argv[2]))
