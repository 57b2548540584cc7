"""The loop's handling of one message at a time, in this thread: what is sent, recorded and deleted, in which order."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from services.aws.errors import ServiceError, WriteConflictError
from services.aws.queue import DeadLetterQueue, Message, MessageQueue
from services.aws.videos import VideosTable
from services.contract.events import REGENERATE, RETRY, UploadEvent, make_notification_body, parse_notification
from services.contract.records import ReasonCode, VideoState
from services.contract.resources import DEFAULT_TRIES, SPARE_ATTEMPTS, SPARE_RECEIVES
from services.contract.settings import WorkerSettings
from services.worker.extraction.sandbox.sandbox import SandboxError
from services.worker.health import HealthServer
from services.worker.loop import WorkerLoop, WorkerServices
from services.worker.metrics import WorkerMetrics
from services.worker.process import Processor
from tests.support.place import Place
from tests.support.processing import BROKEN, TIRED, PlayedSandbox, TiredSandbox, delete, event_of, record_of, upload

KEY = "uploads/a.mp4"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
ATTEMPTS = DEFAULT_TRIES + SPARE_ATTEMPTS


def a_loop(
    place: Place,
    meanwhile: Callable[[], object] = lambda: None,
    sandbox: PlayedSandbox | None = None,
    **settings: str,
) -> WorkerLoop:
    names = {name.lower(): value for name, value in place.environment().items()}
    parsed = WorkerSettings.from_environment(**names, **{"retry_delay_s": "0", **settings})
    sandbox = sandbox or PlayedSandbox(meanwhile)
    services = WorkerServices(
        queue=place.queue,
        dead_letters=place.dead_letters,
        processor=Processor(parsed, place.bucket, place.videos, sandbox),
        sandbox=sandbox,
        metrics=WorkerMetrics(),
        health=HealthServer(60),
    )
    return WorkerLoop(parsed, services)


def receive(place: Place) -> Message:
    messages = place.queue.receive(10, wait_s=1, visibility_timeout_s=60)
    for message in messages:
        if "s3:TestEvent" in message.body:
            place.queue.delete(message)
    (message,) = (message for message in messages if "s3:TestEvent" not in message.body)
    return message


def settle(place: Place, meanwhile: Callable[[], object] = lambda: None, **settings: str) -> None:
    """Have a worker receive one message and settle it."""
    worker = a_loop(place, meanwhile, None, **settings)
    worker._process_message(receive(place), None)  # noqa: SLF001 - one message in this thread


def left(place: Place) -> int:
    depth = place.queue.depth()
    return depth.visible + depth.in_flight + depth.delayed


def letters(place: Place) -> list[Message]:
    return place.dead_letters.receive(10, wait_s=0, visibility_timeout_s=0)


@contextmanager
def failing(kind: type, name: str) -> Iterator[None]:
    """Have one method of a service fail as after a lost connection."""

    def fail(*_: object, **__: object) -> None:
        raise ServiceError("it does not answer")

    with patch.object(kind, name, fail):
        yield


def die() -> None:
    raise SandboxError("the child died")


def test_a_done_video_s_message_is_deleted(place: Place) -> None:
    upload(place, b"film")

    settle(place)

    assert (record_of(place).state, left(place), letters(place)) == (VideoState.DONE, 0, [])


def test_a_failed_attempt_keeps_its_message(place: Place) -> None:
    upload(place, b"film")

    settle(place, die)

    assert (record_of(place).state, left(place), letters(place)) == (VideoState.PROCESSING, 1, [])


def test_a_video_that_cannot_be_read_gets_a_letter_at_once(place: Place) -> None:
    event = upload(place, BROKEN)

    settle(place)

    record = record_of(place)
    assert (record.state, record.reason_code, left(place)) == (VideoState.FAILED, ReasonCode.DAMAGED, 0)
    (letter,) = letters(place)
    (named,) = parse_notification(letter.body)
    assert (named.key, named.etag) == (KEY, event.etag)
    assert letter.attributes == {"reason_code": "damaged", "reason": "The video is damaged.", "attempts": "1"}


def test_a_failed_regeneration_of_a_done_video_sends_no_letter(place: Place) -> None:
    upload(place, b"film")
    settle(place)
    event = event_of(place).model_copy(update={"name": REGENERATE})
    place.queue.send([make_notification_body(event)])

    a_loop(place, sandbox=TiredSandbox())._process_message(receive(place), None)  # noqa: SLF001 - one message

    record = record_of(place)
    assert (record.state, record.attempts[-1].reason) == (VideoState.DONE, TIRED)
    assert (letters(place), left(place)) == ([], 0)


def test_no_record_fails_before_its_letter_is_sent(place: Place) -> None:
    upload(place, BROKEN)

    with failing(DeadLetterQueue, "put"):
        settle(place)

    assert (record_of(place).state, left(place)) == (VideoState.PROCESSING, 1)


def test_no_message_is_deleted_before_its_record_fails(place: Place) -> None:
    upload(place, BROKEN)
    worker = a_loop(place)

    with failing(Processor, "record_failure"):
        worker._process_message(receive(place), None)  # noqa: SLF001 - one message in this thread

    assert (left(place), len(letters(place))) == (1, 1)


def test_a_letter_names_the_newer_object_that_failed(place: Place) -> None:
    old = receive_event_of(place, b"old")
    newer = upload(place, BROKEN)
    place.queue.delete(receive(place))
    place.queue.send([make_notification_body(old)])

    settle(place)

    (named,) = parse_notification(letters(place)[0].body)
    assert named.etag == newer.etag


def receive_event_of(place: Place, content: bytes) -> UploadEvent:
    """Upload, and take the event out of the queue."""
    upload(place, content)
    message = receive(place)
    place.queue.delete(message)
    (event,) = parse_notification(message.body)
    return event


def test_the_last_attempt_of_a_video_gives_it_up(place: Place) -> None:
    upload(place, b"film")
    for _ in range(DEFAULT_TRIES - 1):
        settle(place, die)
    assert letters(place) == []

    settle(place, die)

    assert (record_of(place).state, record_of(place).reason_code) == (VideoState.FAILED, ReasonCode.CRASHED)
    assert (left(place), letters(place)[0].attributes["attempts"]) == (0, str(DEFAULT_TRIES))


@pytest.mark.parametrize(("receives", "extractions"), [(ATTEMPTS - 1, 1), (ATTEMPTS, 0)])
def test_receives_after_the_attempts_only_record_the_failure(place: Place, receives: int, extractions: int) -> None:
    upload(place, b"film")
    for _ in range(receives):
        place.queue.hand_back(receive(place))
    worker = a_loop(place)

    worker._process_message(receive(place), None)  # noqa: SLF001 - one message in this thread

    sandbox = worker._services.sandbox  # noqa: SLF001 - counts what was asked for
    assert isinstance(sandbox, PlayedSandbox)
    assert (sandbox.extractions, left(place)) == (extractions, 0)
    reason = f"It was received {receives + 1} times, and no worker finished it."
    given_up = {"reason_code": "internal", "reason": reason, "attempts": str(receives + 1)}
    assert [letter.attributes for letter in letters(place)] == ([] if extractions else [given_up])
    assert record_of(place).reason == (None if extractions else reason)


def test_a_failure_is_recorded_after_a_long_outage(place: Place) -> None:
    upload(place, b"film")
    for _ in range(ATTEMPTS + 2):
        place.queue.hand_back(receive(place))
    worker = a_loop(place)
    with failing(DeadLetterQueue, "put"):
        message = receive(place)
        worker._process_message(message, None)  # noqa: SLF001 - one message in this thread
    place.queue.hand_back(message)

    worker._process_message(receive(place), None)  # noqa: SLF001 - one message in this thread

    # SQS has not moved the message, which would have left the record in progress and a letter without a reason.
    assert (record_of(place).state, left(place)) == (VideoState.FAILED, 0)
    assert [letter.attributes["reason_code"] for letter in letters(place)] == ["internal"]


def test_a_deletion_is_followed_after_a_long_outage(place: Place) -> None:
    upload(place, b"film")
    settle(place)
    delete(place)
    worker = a_loop(place)
    with failing(VideosTable, "get"):
        for _ in range(DEFAULT_TRIES + SPARE_RECEIVES - 1):
            message = receive(place)
            worker._process_message(message, None)  # noqa: SLF001 - one message in this thread
            # The worker's own delay is random: after 0 s the message is in flight no more.
            with suppress(ServiceError):
                place.queue.hand_back(message)

    worker._process_message(receive(place), None)  # noqa: SLF001 - one message in this thread

    assert (place.videos.get(KEY), left(place), letters(place)) == (None, 0, [])


def test_one_failing_video_of_a_message_keeps_the_message(place: Place) -> None:
    events = [receive_event_of(place, b"film")]
    place.bucket.put("uploads/b.mp4", b"other", content_type="video/mp4")
    events += parse_notification(receive(place).body)
    place.clients.sqs.purge_queue(QueueUrl=place.queues.url)
    place.queue.send([make_notification_body(*events)])
    times: list[None] = []

    def die_once() -> None:
        times.append(None)
        if len(times) == 1:
            die()

    settle(place, die_once)

    assert (record_of(place).state, record_of(place, "uploads/b.mp4").state) == (
        VideoState.PROCESSING,
        VideoState.DONE,
    )
    assert left(place) == 1


def test_a_malformed_message_becomes_a_letter(place: Place) -> None:
    place.queue.send(["no notification"])

    settle(place)

    (letter,) = letters(place)
    assert (letter.body, left(place)) == ("no notification", 0)
    assert letter.attributes == {
        "reason_code": "malformed_event",
        "reason": "The message is not an S3 event notification: not JSON: Expecting value: line 1 column 1 (char 0)",
        "attempts": "1",
    }


def test_a_malformed_message_stays_until_its_letter_is_sent(place: Place) -> None:
    place.queue.send(["no notification"])

    with failing(DeadLetterQueue, "put"):
        settle(place)

    assert (left(place), letters(place)) == (1, [])


def test_a_test_event_is_deleted(place: Place) -> None:
    place.queue.send([json.dumps({"Event": "s3:TestEvent", "Bucket": "other"})])

    worker = a_loop(place)
    with capture_logs() as logs:
        for message in place.queue.receive(10, wait_s=1, visibility_timeout_s=60):
            worker._process_message(message, None)  # noqa: SLF001 - one message in this thread

    assert (left(place), letters(place)) == (0, [])
    assert {line["event"] for line in logs} == {"message_without_uploads"}


@pytest.mark.parametrize("jitter", [0.8, 1.2])
def test_a_failed_attempt_waits_longer_each_time(place: Place, monkeypatch: pytest.MonkeyPatch, jitter: float) -> None:
    monkeypatch.setattr("services.worker.loop.random.uniform", lambda low, high: low if jitter < 1 else high)
    upload(place, b"film")
    delays: list[float] = []
    hand_back = MessageQueue.hand_back

    def watch(queue: MessageQueue, message: Message, *, delay_s: float = 0) -> None:
        delays.append(delay_s)
        hand_back(queue, message)

    worker = a_loop(place, die, retry_delay_s="100")
    with patch.object(MessageQueue, "hand_back", watch), capture_logs() as logs:
        for _ in range(DEFAULT_TRIES - 1):
            worker._process_message(receive(place), None)  # noqa: SLF001 - as above

    assert delays == pytest.approx([jitter * seconds for seconds in (100, 200, 400, 800)])
    assert "unexpected_error" not in {line["event"] for line in logs}


def test_a_redriven_letter_is_tried_again(place: Place) -> None:
    event = upload(place, BROKEN)
    settle(place)
    place.bucket.put(KEY, BROKEN, content_type="video/mp4")
    place.clients.sqs.purge_queue(QueueUrl=place.queues.url)
    place.queue.send([make_notification_body(event.model_copy(update={"name": RETRY}))])

    settle(place)

    assert len(letters(place)) == 2


def test_a_record_that_never_stops_changing_leads_to_another_attempt(place: Place) -> None:
    upload(place, b"film")

    def conflict(*_: object, **__: object) -> None:
        raise WriteConflictError("it has just changed")

    with patch.object(type(place.videos), "replace", conflict):
        settle(place)

    assert (place.videos.get(KEY), left(place), letters(place)) == (None, 1, [])
