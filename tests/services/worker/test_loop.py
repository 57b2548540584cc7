"""The loop with real queues, bucket and table, in this process: what it does when a part of AWS fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.aws.bucket import Bucket
from services.aws.clients import connect
from services.aws.errors import ServiceError
from services.contract.records import VideoRecord, VideoState
from services.contract.settings import WorkerSettings
from services.worker.extraction.job import Bounds
from services.worker.extraction.sandbox import Sandbox
from services.worker.health import Health
from services.worker.loop import Loop, Parts
from services.worker.metrics import Metrics
from services.worker.process import Processor
from tests.driver import eventually
from tests.place import Place
from tests.videos import Videos


class FullBucket(Bucket):
    """A bucket that takes nothing more: what a full disk or a quota looks like from here."""

    def put(self, key: str, *_: object, **__: object) -> None:
        raise ServiceError(f"PUT {key}: InternalError no space left")


@contextmanager
def working(place: Place, bucket: Bucket | None = None, **settings: str) -> Iterator[Metrics]:
    """A worker's loop that runs until the context ends."""
    impatient = {"receive_wait_s": "1", "visibility_timeout_s": "5", "retry_delay_s": "0"}
    names = {name.lower(): value for name, value in place.environment().items()}
    parsed = WorkerSettings.from_environment(**{**names, **impatient, **settings})
    metrics = Metrics()
    with Sandbox(parsed.thumbnail_options, Bounds()) as sandbox:
        parts = Parts(
            queue=place.queue,
            dead_letters=place.dead_letters,
            processor=Processor(parsed, bucket or place.bucket, place.videos, sandbox),
            sandbox=sandbox,
            metrics=metrics,
            health=Health(60),
        )
        loop = Loop(parsed, parts)
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            yield metrics
        finally:
            loop.stop()
            thread.join()


def upload(place: Place, file: Path) -> str:
    key = f"uploads/{file.name}"
    place.clients.s3.upload_file(str(file), place.resources.bucket, key)
    return key


def a_record(place: Place, key: str, wanted: Callable[[VideoRecord], bool]) -> VideoRecord:
    def look() -> VideoRecord | None:
        record = place.videos.get(key)
        return record if record and wanted(record) else None

    return eventually(look, f"the record of {key}")


def retries(metrics: Metrics, code: str) -> float:
    return metrics.registry.get_sample_value("thumbnail_worker_retries_total", {"reason_code": code}) or 0


@pytest.fixture(scope="module")
def clip(videos: Videos) -> Path:
    return videos.video("clip.mp4", duration_s=4)


def test_while_s3_is_down_messages_go_back_and_nothing_is_lost(place: Place, clip: Path) -> None:
    key = upload(place, clip)
    nowhere = connect("us-east-1", connections=1, endpoint="http://127.0.0.1:9", credentials=("test", "test"))
    with working(place, Bucket(nowhere.s3, place.resources.bucket), max_receive_count="1000") as metrics:
        eventually(lambda: retries(metrics, "storage") >= 1, "a retry")
    assert place.videos.get(key) is None

    with working(place):
        assert a_record(place, key, lambda record: record.finished_at is not None).state is VideoState.DONE


def test_while_the_bucket_is_full_messages_go_back_and_nothing_is_lost(place: Place, clip: Path) -> None:
    key = upload(place, clip)
    with working(place, FullBucket(place.clients.s3, place.resources.bucket), max_receive_count="1000") as metrics:
        eventually(lambda: retries(metrics, "storage") >= 2, "retries")
    record = place.videos.get(key)
    assert record is not None
    assert (record.state, record.thumbnails) == (VideoState.PROCESSING, ())

    with working(place):
        record = a_record(place, key, lambda record: record.finished_at is not None)
    assert (record.state, len(record.thumbnails)) == (VideoState.DONE, 3)


def test_what_fails_until_the_last_receive_becomes_a_dead_letter_with_its_reason(place: Place, clip: Path) -> None:
    key = upload(place, clip)

    with working(place, FullBucket(place.clients.s3, place.resources.bucket), max_receive_count="3") as metrics:
        record = a_record(place, key, lambda record: record.state is VideoState.FAILED)

    assert (record.reason_code, retries(metrics, "storage")) == ("storage", 2)
    assert "no space left" in (record.reason or "")
    answer = place.clients.sqs.receive_message(QueueUrl=place.queues.dead_letter_url, MessageAttributeNames=["All"])
    (letter,) = answer["Messages"]
    assert letter["MessageAttributes"]["attempts"]["StringValue"] == "3"


def test_metrics_tell_what_was_done(place: Place, clip: Path) -> None:
    key = upload(place, clip)

    with working(place) as metrics:
        record = a_record(place, key, lambda record: record.state is VideoState.DONE)
        value = metrics.registry.get_sample_value
        labels = {"state": "done", "reason_code": ""}
        eventually(lambda: value("thumbnail_worker_videos_total", labels) == 1, "the count")

    assert value("thumbnail_worker_bytes_read_sum") == record.bytes_read
    assert value("thumbnail_worker_videos_in_work") == 0
    assert (value("thumbnail_worker_upload_to_thumbnails_seconds_sum") or 0) > 0
