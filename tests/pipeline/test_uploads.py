"""A video that lands in the bucket, and what becomes of it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract.records import VideoState
from services.local.pipeline import run_pipeline
from tests.support.driver import IMPATIENT, Driver
from tests.support.forks import fork_program
from tests.support.videos import INDEX_FIRST, Videos, frame_number

ODD_NAMES = [
    "with space.mp4",
    "a+b.mp4",
    "100%.mp4",
    "%2F%25+.mp4",
    "Ünïcödé ✓ 日本語.mp4",
    "double//slash.mp4",
    "/leading.mp4",
    "deep/er/and/deeper.mp4",
    "UPPER.MP4",
    ".mp4",
    "semi;colon&amp=?#.mp4",
    "../dots/../up.mp4",
    "x" * 1000 + ".mp4",
]


def shown(driver: Driver, key: str) -> int:
    """Return the number of the frame in a stored thumbnail."""
    image = cv2.imdecode(np.frombuffer(driver.thumbnail(key), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return frame_number(image.astype(np.uint8))


def test_an_upload_becomes_three_thumbnails(pipeline: Driver, videos: Videos) -> None:
    key = pipeline.upload("first/clip.mp4", videos.video("clip.mp4", duration_s=4))

    record = pipeline.ended(key)

    assert record.state is VideoState.DONE
    assert [thumbnail.key for thumbnail in record.thumbnails] == [f"thumbnails/first/clip_{n}.jpg" for n in (1, 2, 3)]
    assert [thumbnail.position_pct for thumbnail in record.thumbnails] == [10, 50, 95]
    assert [shown(pipeline, thumbnail.key) for thumbnail in record.thumbnails] == [0, 50, 75]
    assert [thumbnail.time_s for thumbnail in record.thumbnails] == pytest.approx([0.0, 2.0, 3.0], abs=0.05)
    assert (record.codec, record.container, record.width_px, record.height_px) == ("h264", "mp4", 640, 360)
    assert record.duration_s == pytest.approx(4.0)
    assert record.bytes_read > 0
    head = pipeline.s3.head_object(Bucket=pipeline.endpoints.bucket, Key=record.thumbnails[0].key)
    assert (head["ContentType"], head["ContentLength"]) == ("image/jpeg", record.thumbnails[0].size_bytes)


def test_the_same_event_twice_counts_once(pipeline: Driver, videos: Videos) -> None:
    key = pipeline.upload("twice.mp4", videos.video("clip.mp4", duration_s=4))
    done = pipeline.ended(key)
    pipeline.await_empty_queue()
    totals = pipeline.videos.totals()
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "s3": {"bucket": {"name": pipeline.endpoints.bucket}, "object": {"key": key, "eTag": done.etag, "size": 1}},
    }

    for _ in range(3):
        body = json.dumps({"Records": [record, record]})
        pipeline.sqs.send_message(QueueUrl=pipeline.endpoints.queue_url, MessageBody=body)

    pipeline.await_empty_queue()
    assert pipeline.videos.get(key) == done
    assert pipeline.videos.totals() == totals


def test_storyboard_and_preview_are_stored_when_requested(tmp_path: Path, videos: Videos) -> None:
    settings = {**IMPATIENT, "THUMBNAIL_STORYBOARD": "true", "THUMBNAIL_PREVIEW": "true", "THUMBNAIL_FORMAT": "webp"}
    settings |= {
        "THUMBNAIL_POSTER": "true",
        "THUMBNAIL_STORYBOARD_FORMATS": "hls,bif",
        "THUMBNAIL_STORYBOARD_COLUMNS": "1",
    }
    with run_pipeline(tmp_path, workers=1, say=lambda _: None, settings=settings, start=fork_program) as local:
        pipeline = Driver(local)
        key = pipeline.upload("trip/clip.mp4", videos.video("clip.mp4", duration_s=12))
        record = pipeline.ended(key)
        assert (record.state, len(record.thumbnails)) == (VideoState.DONE, 3)
        assert record.storyboard is not None
        assert record.preview is not None
        assert record.poster is not None
        assert record.manifest is not None
        assert (record.storyboard.tiles, record.preview.frames) == (3, 10)
        stored = {
            item["Key"]: item["Size"]
            for item in pipeline.s3.list_objects_v2(Bucket=local.endpoints.bucket, Prefix="thumbnails/")["Contents"]
        }
        types = {
            **{f"thumbnails/trip/clip_sheet-{number}.webp": "image/webp" for number in (1, 2, 3)},
            "thumbnails/trip/clip_storyboard.vtt": "text/vtt; charset=utf-8",
            "thumbnails/trip/clip_storyboard.m3u8": "application/vnd.apple.mpegurl",
            "thumbnails/trip/clip_storyboard.bif": "application/octet-stream",
            "thumbnails/trip/clip_preview.webp": "image/webp",
            "thumbnails/trip/clip_poster.webp": "image/webp",
            "thumbnails/trip/clip_candidates.webp": "image/webp",
            "thumbnails/trip/clip_manifest.json": "application/json",
        }
        assert set(stored) == {*types, *(thumbnail.key for thumbnail in record.thumbnails)}
        named = *record.storyboard.keys, record.preview.key, *record.poster.keys, record.manifest.key
        assert named == tuple(types)
        assert record.storyboard.size_bytes == sum(stored[key] for key in record.storyboard.keys)
        assert record.preview.size_bytes == stored[record.preview.key]
        heads = {one: pipeline.s3.head_object(Bucket=local.endpoints.bucket, Key=one) for one in types}
        assert {one: head["ContentType"] for one, head in heads.items()} == types
        assert pipeline.videos.totals()["thumbnail_bytes"] == sum(stored.values())
        before = pipeline.videos.totals()
        again = {"eventName": "ObjectCreated:Put", "eventTime": "2026-01-01T00:00:00.000Z", "s3": {
            "bucket": {"name": local.endpoints.bucket}, "object": {"key": key, "eTag": record.etag, "size": 1},
        }}  # fmt: skip
        pipeline.sqs.send_message(QueueUrl=local.endpoints.queue_url, MessageBody=json.dumps({"Records": [again]}))
        pipeline.await_empty_queue()
        assert pipeline.videos.get(key) == record
        assert pipeline.videos.totals() == before


def test_a_new_upload_replaces_the_old_thumbnails(pipeline: Driver, videos: Videos) -> None:
    key = pipeline.upload("again.mp4", videos.video("clip.mp4", duration_s=4))
    first = pipeline.ended(key)
    before = pipeline.videos.totals()

    pipeline.upload("again.mp4", videos.video("longer.mp4", duration_s=8))
    pipeline.await_empty_queue()

    second = pipeline.ended(key)
    assert second.etag != first.etag
    assert [shown(pipeline, thumbnail.key) for thumbnail in second.thumbnails] == [25, 100, 175]
    assert pipeline.videos.totals()["thumbnails"] == before["thumbnails"]
    assert pipeline.videos.totals()["videos_done"] == before["videos_done"]


def test_odd_names_survive(pipeline: Driver, videos: Videos) -> None:
    clip = videos.video("clip.mp4", duration_s=4)

    keys = [pipeline.upload(f"odd/{name}", clip) for name in ODD_NAMES]

    records = [pipeline.ended(key) for key in keys]
    assert {record.key: record.state for record in records} == dict.fromkeys(keys, VideoState.DONE)
    thumbnails = [thumbnail.key for record in records for thumbnail in record.thumbnails]
    assert len(set(thumbnails)) == 3 * len(ODD_NAMES)
    assert set(thumbnails) <= set(pipeline.keys("thumbnails/"))


def test_names_with_different_extensions_keep_own_thumbnails(pipeline: Driver, videos: Videos) -> None:
    keys = [
        pipeline.upload("same/a.mp4", videos.video("clip.mp4", duration_s=4)),
        pipeline.upload("same/a.mov", videos.video("clip.mov", duration_s=8)),
        pipeline.upload("same/a.mov.mp4", videos.video("other.mp4", duration_s=2)),
    ]

    numbers = [[shown(pipeline, thumbnail.key) for thumbnail in pipeline.ended(key).thumbnails] for key in keys]

    assert [frames[1] for frames in numbers] == [50, 100, 25]


def test_what_is_no_video_by_name_is_left_alone(pipeline: Driver, videos: Videos) -> None:
    key = pipeline.upload("notes.txt", videos.file("notes.txt", b"hello"))

    pipeline.await_empty_queue()

    assert pipeline.videos.get(key) is None
    assert any(entry["object_key"] == key for entry in pipeline.logged("video_skipped"))


def test_broken_files_become_dead_letters_with_reasons(pipeline: Driver, videos: Videos) -> None:
    whole = videos.video("clip.mp4", duration_s=4)
    broken = {
        "text.mp4": (videos.file("text.mp4", b"this is no video\n" * 100), "not_a_video"),
        "empty.mp4": (videos.file("empty.mp4", b""), "empty"),
        "audio.mp4": (videos.audio("audio.mp4"), "no_video_stream"),
        "truncated.mp4": (videos.cut(whole, keep=0.6), "incomplete"),
    }

    keys = {pipeline.upload(f"broken/{name}", file): code for name, (file, code) in broken.items()}
    good = pipeline.upload("broken/good.mp4", whole)

    assert pipeline.ended(good).state is VideoState.DONE
    for key, code in keys.items():
        record = pipeline.ended(key)
        assert (record.state, record.reason_code, record.thumbnails) == (VideoState.FAILED, code, ())
        letter = pipeline.dead_letter(key)
        assert letter == {"reason_code": code, "reason": record.reason, "attempts": "1"}
    # A worker deletes a message after it has put the dead letter.
    pipeline.await_empty_queue()


def test_a_truncated_file_gives_its_remaining_frames(pipeline: Driver, videos: Videos) -> None:
    whole = videos.video("fast.mp4", duration_s=4, options=INDEX_FIRST)

    record = pipeline.ended(pipeline.upload("cut.mp4", videos.cut(whole, keep=0.6)))

    assert (record.state, record.reason_code) == (VideoState.DEGRADED, "incomplete")
    assert len(record.thumbnails) == 3
    assert shown(pipeline, record.thumbnails[0].key) == 10


def test_a_redriven_dead_letter_is_processed_again(pipeline: Driver, videos: Videos) -> None:
    key = pipeline.upload("redriven.mp4", videos.file("redriven.mp4", b"not yet a video"))
    assert pipeline.ended(key).state is VideoState.FAILED
    pipeline.dead_letter(key)

    pipeline.upload("redriven.mp4", videos.video("clip.mp4", duration_s=4))
    pipeline.await_empty_queue()

    assert pipeline.ended(key).state is VideoState.DONE


def test_a_malformed_message_becomes_a_dead_letter(pipeline: Driver) -> None:
    endpoints = pipeline.endpoints
    pipeline.sqs.send_message(QueueUrl=endpoints.queue_url, MessageBody="hello?")

    pipeline.await_empty_queue()

    answer = pipeline.sqs.receive_message(QueueUrl=endpoints.dead_letter_queue_url, MessageAttributeNames=["All"])
    (letter,) = (message for message in answer["Messages"] if message["Body"] == "hello?")
    assert letter["MessageAttributes"]["reason_code"]["StringValue"] == "malformed_event"
    pipeline.sqs.delete_message(QueueUrl=endpoints.dead_letter_queue_url, ReceiptHandle=letter["ReceiptHandle"])


def test_the_test_event_of_s3_is_deleted(pipeline: Driver) -> None:
    pipeline.await_empty_queue()

    assert pipeline.logged("message_without_uploads")
    assert pipeline.logged("video_to_be_retried") == []


def test_totals_are_the_sum_of_the_records(pipeline: Driver, videos: Videos) -> None:
    pipeline.ended(pipeline.upload("counted.mp4", videos.video("clip.mp4", duration_s=4)))
    pipeline.await_empty_queue()
    records = [record for key in pipeline.keys("uploads/") if (record := pipeline.videos.get(key))]

    totals = pipeline.videos.totals()

    assert totals["thumbnails"] == sum(len(record.thumbnails) for record in records)
    assert totals["upload_bytes"] == sum(record.size_bytes for record in records)
    assert totals["videos_done"] == sum(record.state is VideoState.DONE for record in records)
    assert totals.get("videos_processing", 0) == 0
