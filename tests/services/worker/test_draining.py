"""The loop of a worker over minutes of a virtual clock: slots, heartbeats, outages of SQS, pauses, and its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from unittest.mock import patch

import pytest

from services.aws.errors import ServiceError
from services.aws.queue import MAX_BATCH, Message, MessageQueue
from services.aws.shared import Document, SharedItems
from services.aws.table.processing import read_processing, switch_processing
from services.contract.records import VideoState
from services.contract.settings import WorkerSettings
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import VideoSource
from services.worker.extraction.sandbox.sandbox import SandboxError
from services.worker.health import HealthServer
from services.worker.loop import WorkerLoop, WorkerServices
from services.worker.metrics import WorkerMetrics
from services.worker.pause import PauseSwitch
from services.worker.process import Processor
from tests.model.stage import Stage, staged
from tests.support.processing import PlayedSandbox, record_of

VISIBILITY_S = 30


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


class SlowSandbox(PlayedSandbox):
    """A sandbox that works for a time, unless its children are killed."""

    def __init__(self, stage: Stage, work_s: float) -> None:
        super().__init__()
        self.stage, self.work_s = stage, work_s
        self.began_s: list[float] = []
        self.killed_s: float | None = None
        self.busy = self.most_busy = 0

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        self.began_s.append(self.stage.now_s)
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            until_s = self.stage.now_s + self.work_s
            while self.stage.now_s < until_s:
                self.stage.sleep(0.5)
                if self.killed_s is not None:
                    raise SandboxError("the child was ended")
        finally:
            self.busy -= 1
        return super().extract(source, options)

    def kill_children(self) -> None:
        self.killed_s = self.stage.now_s


class CountedHealth(HealthServer):
    beats = 0

    def beat(self) -> None:
        self.beats += 1


class Worker:
    """A worker with its own sandbox."""

    def __init__(self, stage: Stage, work_s: float, **settings: str) -> None:
        names = {name.lower(): value for name, value in stage.place.environment().items()}
        options = {"visibility_timeout_s": str(VISIBILITY_S), "shutdown_grace_s": "20", "retry_delay_s": "10"}
        parsed = WorkerSettings.from_environment(**{**names, **options, **settings})
        place = stage.place
        self.sandbox = SlowSandbox(stage, work_s)
        self.metrics = WorkerMetrics()
        self.health = CountedHealth(60)
        processor = Processor(parsed, place.bucket, place.videos, self.sandbox)
        self.switch = SharedItems(place.clients.dynamodb, place.resources.table.name)
        pause = PauseSwitch(lambda: read_processing(self.switch))
        services = WorkerServices(
            place.queue, place.dead_letters, processor, self.sandbox, self.metrics, self.health, pause.is_paused
        )
        self.loop = WorkerLoop(parsed, services)


def put(stage: Stage, number: int = 1) -> None:
    for at in range(number):
        stage.place.bucket.put(f"uploads/{at}.mp4", b"film", content_type="video/mp4")


def pause(worker: Worker, *, paused: bool = True) -> None:
    now = datetime.now(UTC)
    switch_processing(worker.switch, paused=paused, by="Ada", now=now, oldest_at=now)


def left(stage: Stage) -> int:
    depth = stage.place.queue.depth()
    return depth.visible + depth.in_flight


def stop_at(stage: Stage, worker: Worker, *times_s: float) -> None:
    for at_s in times_s:
        stage.sleep(at_s - stage.now_s)
        worker.loop.stop()


def test_a_long_extraction_stays_hidden_by_heartbeats(stage: Stage) -> None:
    put(stage)
    first, second = Worker(stage, 100), Worker(stage, 100)
    extended: list[tuple[float, int, int]] = []
    extend = MessageQueue.extend

    def note(queue: MessageQueue, messages: list[Message], *, visibility_timeout_s: int) -> list[Message]:
        extended.append((round(stage.now_s), len(messages), visibility_timeout_s))
        return extend(queue, messages, visibility_timeout_s=visibility_timeout_s)

    with patch.object(MessageQueue, "extend", note):
        stage.play(
            first.loop.run, second.loop.run, lambda: stop_at(stage, first, 130), lambda: stop_at(stage, second, 130)
        )

    assert extended == [(at, 1, VISIBILITY_S) for at in range(10, 101, 10)]
    assert len(first.sandbox.began_s + second.sandbox.began_s) == 1
    assert (record_of(stage.place, "uploads/0.mp4").state, left(stage)) == (VideoState.DONE, 0)


def test_an_idle_worker_goes_on_with_its_heartbeats(stage: Stage) -> None:
    worker = Worker(stage, 60)

    def put_later() -> None:
        stage.sleep(15)
        put(stage)

    stage.play(worker.loop.run, put_later, lambda: stop_at(stage, worker, 78))

    assert len(worker.sandbox.began_s) == 1


@pytest.mark.parametrize("answers", [["fails"], ["refuses"]])
def test_a_failed_or_refused_heartbeat_ends_nothing(stage: Stage, answers: list[str]) -> None:
    put(stage)
    worker = Worker(stage, 60)
    extend = MessageQueue.extend

    def fail(queue: MessageQueue, messages: list[Message], *, visibility_timeout_s: int) -> list[Message]:
        match answers.pop(0) if answers else "":
            case "fails":
                raise ServiceError("it does not answer")
            case "refuses":
                return messages
        return extend(queue, messages, visibility_timeout_s=visibility_timeout_s)

    with patch.object(MessageQueue, "extend", fail):
        stage.play(worker.loop.run, lambda: stop_at(stage, worker, 65))

    assert len(worker.sandbox.began_s) == 1
    assert (record_of(stage.place, "uploads/0.mp4").state, left(stage)) == (VideoState.DONE, 0)


@contextmanager
def noted_receives() -> Iterator[list[int]]:
    """Yield the numbers of messages that the receives ask for which get any."""
    asked: list[int] = []
    receive = MessageQueue.receive

    def note(queue: MessageQueue, count: int, *, wait_s: int, visibility_timeout_s: int) -> list[Message]:
        messages = receive(queue, count, wait_s=wait_s, visibility_timeout_s=visibility_timeout_s)
        if messages:
            asked.append(count)
            assert len(messages) <= count
        return messages

    with patch.object(MessageQueue, "receive", note):
        yield asked


def test_a_worker_takes_no_more_messages_than_free_slots(stage: Stage) -> None:
    put(stage, 5)
    worker = Worker(stage, 3, worker_concurrency="2")
    with noted_receives() as asked:
        stage.play(worker.loop.run, lambda: stop_at(stage, worker, 60))

    assert (worker.sandbox.most_busy, asked[0], max(asked)) == (2, 2, 2)
    assert left(stage) == 0
    assert worker.metrics.registry.get_sample_value("thumbnail_worker_videos_in_progress") == 0
    assert worker.health.beats > 3


def test_a_receive_takes_at_most_a_batch(stage: Stage) -> None:
    put(stage, 14)
    worker = Worker(stage, 3, worker_concurrency="12")

    with noted_receives() as asked:
        stage.play(worker.loop.run, lambda: stop_at(stage, worker, 60))

    assert (worker.sandbox.most_busy, left(stage), len(worker.sandbox.began_s)) == (12, 0, 14)
    assert max(asked) == MAX_BATCH


def test_a_silent_queue_is_asked_again_after_five_seconds(stage: Stage) -> None:
    put(stage)
    worker = Worker(stage, 1)
    asked_s: list[float] = []
    receive = MessageQueue.receive

    def fail_twice(queue: MessageQueue, count: int, *, wait_s: int, visibility_timeout_s: int) -> list[Message]:
        asked_s.append(stage.now_s)
        if len(asked_s) < 3:
            raise ServiceError("it does not answer")
        return receive(queue, count, wait_s=wait_s, visibility_timeout_s=visibility_timeout_s)

    with patch.object(MessageQueue, "receive", fail_twice):
        stage.play(worker.loop.run, lambda: stop_at(stage, worker, 30))

    assert [round(later - sooner) for sooner, later in pairwise(asked_s[:3])] == [5, 5]
    # The slots that the failed receives had reserved are free again.
    assert record_of(stage.place, "uploads/0.mp4").state is VideoState.DONE


def test_a_stopped_worker_finishes_its_videos_and_takes_no_more(stage: Stage) -> None:
    put(stage, 3)
    worker = Worker(stage, 8, worker_concurrency="1")

    stage.play(worker.loop.run, lambda: stop_at(stage, worker, 2))

    assert (len(worker.sandbox.began_s), worker.sandbox.killed_s, left(stage)) == (1, None, 2)
    assert 8 <= stage.now_s < 15


def test_after_the_grace_period_videos_are_handed_back_at_once(stage: Stage) -> None:
    put(stage)
    worker, heir = Worker(stage, 100), Worker(stage, 1)

    def follow() -> None:
        stage.sleep(25)
        heir.loop.run()

    stage.play(worker.loop.run, follow, lambda: stop_at(stage, worker, 2), lambda: stop_at(stage, heir, 40))

    assert worker.sandbox.killed_s == pytest.approx(22, abs=0.5)
    assert heir.sandbox.began_s == [pytest.approx(25, abs=0.5)]
    assert (record_of(stage.place, "uploads/0.mp4").state, left(stage)) == (VideoState.DONE, 0)


def test_a_second_stop_ends_the_grace_period(stage: Stage) -> None:
    put(stage)
    worker = Worker(stage, 100, shutdown_grace_s="90", worker_concurrency="1")

    stage.play(worker.loop.run, lambda: stop_at(stage, worker, 2, 4))

    assert worker.sandbox.killed_s == pytest.approx(4, abs=0.5)
    depth = stage.place.queue.depth()
    assert (depth.visible, depth.in_flight) == (1, 0)


def test_messages_polled_after_the_stop_are_handed_back(stage: Stage) -> None:
    worker = Worker(stage, 1, worker_concurrency="1")

    def arrive() -> None:
        stage.sleep(2)
        worker.loop.stop()
        put(stage)

    stage.play(worker.loop.run, arrive)

    depth = stage.place.queue.depth()
    assert (depth.visible, depth.in_flight, worker.sandbox.began_s) == (1, 0, [])


def test_an_error_of_the_code_hands_its_message_back_later(stage: Stage) -> None:
    put(stage)
    worker = Worker(stage, 1)

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    with patch.object(WorkerLoop, "_settle_message", fail):
        stage.play(worker.loop.run, lambda: stop_at(stage, worker, 5))

    (message,) = stage.place.clients.sqs.queues[stage.place.queues.url].messages  # type: ignore[attr-defined]
    assert 8 <= message.visible_at - message.sent_at <= 13


def test_a_paused_worker_finishes_its_video_and_receives_none(stage: Stage) -> None:
    put(stage, 2)
    worker = Worker(stage, 20, worker_concurrency="1")
    waiting: list[int] = []

    def switch() -> None:
        stage.sleep(10)
        pause(worker)
        stage.sleep(50)
        waiting.append(left(stage))
        pause(worker, paused=False)

    stage.play(worker.loop.run, switch, lambda: stop_at(stage, worker, 100))

    # The first one ended in the pause, and the second one began after it, in its first attempt.
    assert (waiting, left(stage)) == ([1], 0)
    assert worker.sandbox.began_s == [pytest.approx(0, abs=1), pytest.approx(62, abs=3)]
    assert [record_of(stage.place, f"uploads/{at}.mp4").attempt for at in range(2)] == [1, 1]
    assert worker.health.beats > 50


def test_a_worker_that_starts_in_a_pause_receives_nothing(stage: Stage) -> None:
    put(stage)
    worker = Worker(stage, 1)
    pause(worker)

    stage.play(worker.loop.run, lambda: stop_at(stage, worker, 30))

    assert (worker.sandbox.began_s, left(stage)) == ([], 1)


@pytest.mark.parametrize(("silent_from", "began"), [(1, 0), (2, 1)])
def test_a_silent_table_leaves_the_switch_as_it_was(stage: Stage, silent_from: int, began: int) -> None:
    worker = Worker(stage, 1)
    read, reads = SharedItems.document, []

    def fail(shared: SharedItems, key: str) -> Document:
        reads.append(key)
        if len(reads) >= silent_from:
            raise ServiceError("it does not answer")
        return read(shared, key)

    def put_later() -> None:
        stage.sleep(10)
        put(stage)

    with patch.object(SharedItems, "document", fail):
        stage.play(worker.loop.run, put_later, lambda: stop_at(stage, worker, 40))

    assert len(worker.sandbox.began_s) == began
