"""The loop with real queues, bucket and table, in this process: what it does when a part of AWS fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.aws.bucket import Bucket
from services.aws.clients import make_clients
from services.aws.errors import ServiceError
from services.aws.queue import Message
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import DEFAULT_TRIES
from services.contract.settings import WorkerSettings
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from services.worker.health import HealthServer
from services.worker.loop import WorkerLoop, WorkerServices
from services.worker.metrics import WorkerMetrics
from services.worker.process import Processor
from tests.support import processing as played
from tests.support.driver import PATIENCE_S, eventually
from tests.support.place import Place
from tests.support.processing import PlayedSandbox
from tests.support.videos import Videos


class FullBucket(Bucket):
    """A bucket that takes nothing more: what a full disk or a quota looks like from here."""

    def put(self, key: str, *_: object, **__: object) -> None:
        raise ServiceError(f"PUT {key}: InternalError no space left")


@contextmanager
def working(place: Place, bucket: Bucket | None = None, **settings: str) -> Iterator[WorkerMetrics]:
    """Run a worker's loop until the context ends."""
    options = WorkerSettings.from_environment(**names_of(place)).thumbnail_options
    with Sandbox(options, Bounds()) as sandbox, looping(place, sandbox, bucket=bucket, **settings) as (_, metrics):
        yield metrics


def names_of(place: Place) -> dict[str, str]:
    return {name.lower(): value for name, value in place.environment().items()}


@contextmanager
def looping(
    place: Place, sandbox: Sandbox, *, bucket: Bucket | None = None, **settings: str
) -> Iterator[tuple[WorkerLoop, WorkerMetrics]]:
    """Run a loop with that sandbox until the context ends; it may have been stopped before."""
    # A message that is not handed back stays hidden: a busy machine may be late with a heartbeat.
    impatient = {"receive_wait_s": "1", "visibility_timeout_s": "120", "retry_delay_s": "0"}
    parsed = WorkerSettings.from_environment(**{**names_of(place), **impatient, **settings})
    metrics = WorkerMetrics()
    services = WorkerServices(
        queue=place.queue,
        dead_letters=place.dead_letters,
        processor=Processor(parsed, bucket or place.bucket, place.videos, sandbox),
        sandbox=sandbox,
        metrics=metrics,
        health=HealthServer(60),
    )
    loop = WorkerLoop(parsed, services)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield loop, metrics
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


def retries(metrics: WorkerMetrics, code: str) -> float:
    return metrics.registry.get_sample_value("thumbnail_worker_retries_total", {"reason_code": code}) or 0


@pytest.fixture(scope="module")
def clip(videos: Videos) -> Path:
    return videos.video("clip.mp4", duration_s=4)


def test_messages_are_handed_back_while_s3_is_down(place: Place, clip: Path) -> None:
    key = upload(place, clip)
    nowhere = make_clients("us-east-1", connections=1, endpoint="http://127.0.0.1:9", credentials=("test", "test"))
    with working(place, Bucket(nowhere.s3, place.resources.bucket), max_receive_count="975") as metrics:
        eventually(lambda: retries(metrics, "storage") >= 1, "a retry")
    assert place.videos.get(key) is None

    with working(place):
        assert a_record(place, key, lambda record: record.finished_at is not None).state is VideoState.DONE


def test_messages_are_handed_back_while_writes_fail(place: Place, clip: Path) -> None:
    key = upload(place, clip)
    with working(place, FullBucket(place.clients.s3, place.resources.bucket), max_receive_count="975") as metrics:
        eventually(lambda: retries(metrics, "storage") >= 2, "retries")
    record = place.videos.get(key)
    assert record is not None
    assert (record.state, record.thumbnails) == (VideoState.PROCESSING, ())

    with working(place):
        record = a_record(place, key, lambda record: record.finished_at is not None)
    assert (record.state, len(record.thumbnails)) == (VideoState.DONE, 3)


def test_last_receive_turns_a_failure_into_a_letter(place: Place, clip: Path) -> None:
    key = upload(place, clip)

    with working(place, FullBucket(place.clients.s3, place.resources.bucket), max_receive_count="3") as metrics:
        record = a_record(place, key, lambda record: record.state is VideoState.FAILED)

    assert (record.reason_code, retries(metrics, "storage")) == ("storage", 2)
    assert "no space left" in (record.reason or "")
    answer = place.clients.sqs.receive_message(QueueUrl=place.queues.dead_letter_url, MessageAttributeNames=["All"])
    (letter,) = answer["Messages"]
    assert letter["MessageAttributes"]["attempts"]["StringValue"] == "3"


def letters_of(place: Place) -> list[Message]:
    return place.dead_letters.receive(10, wait_s=1, visibility_timeout_s=0)


def receive_in_vain(place: Place, times: int) -> None:
    """Receive the upload's message as workers do that die before they settle it."""
    received = 0
    while received < times:
        (message,) = place.queue.receive(1, wait_s=5, visibility_timeout_s=60)
        if "s3:TestEvent" in message.body:
            place.queue.delete(message)
            continue
        received += 1
        place.queue.hand_back(message)


def test_a_last_attempt_cut_by_a_drain_is_repeated(place: Place) -> None:
    key = played.upload(place, b"film").key
    receive_in_vain(place, DEFAULT_TRIES - 1)
    aborting: list[WorkerLoop] = []

    def abort() -> None:
        loop = eventually(lambda: aborting[0] if aborting else None, "the loop")
        loop.stop()
        loop.stop()
        raise SandboxError("the child was ended")

    with looping(place, PlayedSandbox(abort)) as (loop, _):
        aborting.append(loop)
        a_record(place, key, lambda record: record.state is VideoState.PROCESSING)

    with looping(place, PlayedSandbox()):
        record = a_record(place, key, lambda record: record.finished_at is not None)
    assert (record.state, letters_of(place)) == (VideoState.DONE, [])


def test_concurrent_deliveries_of_one_message_stay_hidden(place: Place) -> None:
    key = played.upload(place, b"film").key
    counts: list[float | None] = []
    came_again = threading.Event()

    def meanwhile() -> None:
        if not counts:
            counts.append(None)
            # Its visibility runs out: the same worker receives it again.
            (held,) = list(loop._held.values())  # noqa: SLF001 - the receipt is the loop's own
            place.queue.hand_back(held)
            came_again.wait(PATIENCE_S)
        else:
            counts.append(metrics.registry.get_sample_value("thumbnail_worker_videos_in_progress"))
            came_again.set()

    with looping(place, PlayedSandbox(meanwhile), worker_concurrency="2") as (loop, metrics):
        a_record(place, key, lambda record: record.finished_at is not None)

    assert counts == [None, 2]


def test_metrics_tell_what_was_done(place: Place, clip: Path) -> None:
    key = upload(place, clip)

    with working(place) as metrics:
        record = a_record(place, key, lambda record: record.state is VideoState.DONE)
        value = metrics.registry.get_sample_value
        labels = {"state": "done", "reason_code": ""}
        eventually(lambda: value("thumbnail_worker_videos_total", labels) == 1, "the count")
        eventually(lambda: value("thumbnail_worker_videos_in_progress") == 0, "the end of the message")

    assert value("thumbnail_worker_bytes_read_sum") == record.bytes_read
    assert (value("thumbnail_worker_upload_to_thumbnails_seconds_sum") or 0) > 0
