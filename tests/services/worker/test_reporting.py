"""Reports of a worker about its work: spans, metrics, logs, and the reasons of failures."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, Tracer
from structlog.testing import capture_logs

from services.aws.bucket import Bucket
from services.aws.queue import Message, MessageQueue
from services.contract.events import make_notification_body
from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.contract.traces import upload_trace_id
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.reading.source import VideoSource
from services.worker.loop import WorkerLoop
from tests.services.worker.test_settling import KEY, a_loop, die, failing, left, letters, receive, receive_event_of
from tests.support.place import Place
from tests.support.processing import BROKEN, PlayedSandbox, record_of, upload


class Spans:
    """Spans that the worker ends during a test."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = provider.get_tracer("test")

    def one(self, name: str) -> ReadableSpan:
        (span,) = (span for span in self._exporter.get_finished_spans() if span.name == name)
        return span


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    spans = Spans()
    for module in ("tracing", "worker.loop", "worker.process"):
        monkeypatch.setattr(f"services.{module}.tracer", spans.tracer)
    return spans


def work(worker: WorkerLoop, message: Message) -> None:
    worker._process_message(message, None)  # noqa: SLF001 - one message in this thread


def test_the_span_of_a_video_belongs_to_its_upload(place: Place, spans: Spans) -> None:
    event = receive_event_of(place, b"film")
    with spans.tracer.start_as_current_span("request"):
        place.queue.send([make_notification_body(event)])
    asked_ns: list[int] = []
    receive_some = MessageQueue.receive

    def note(queue: MessageQueue, count: int, *, wait_s: int, visibility_timeout_s: int) -> list[Message]:
        asked_ns.append(time.time_ns())
        return receive_some(queue, count, wait_s=wait_s, visibility_timeout_s=visibility_timeout_s)

    sandbox = PlayedSandbox()
    worker = a_loop(place, sandbox=sandbox, receive_wait_s="1")
    sandbox.meanwhile = worker.stop
    with patch.object(MessageQueue, "receive", note):
        worker.run()

    received, processed = spans.one("receive"), spans.one("process")
    assert received.kind is SpanKind.CLIENT
    assert dict(received.attributes or {}) == {"messaging.system": "aws_sqs", "messaging.batch.message_count": 1}
    assert (received.start_time or 0) <= asked_ns[0] <= (received.end_time or 0)
    assert processed.kind is SpanKind.CONSUMER
    assert f"{processed.context.trace_id:032x}" == upload_trace_id(event.key, event.etag)
    links = [link.context.span_id for link in processed.links]
    assert links == [received.context.span_id, spans.one("request").context.span_id]
    attributes = dict(processed.attributes or {})
    assert attributes.pop("messaging.message.id")
    assert attributes == {
        "messaging.system": "aws_sqs",
        "aws.s3.bucket": place.bucket.name,
        "aws.s3.key": KEY,
        "thumbnails.receive_count": 1,
    }
    assert processed.status.status_code is StatusCode.UNSET


def test_the_span_of_a_source_video_names_its_upload(place: Place, spans: Spans) -> None:
    event = receive_event_of(place, b"film")
    place.queue.send([make_notification_body(event.model_copy(update={"bucket": "films", "key": "a.mp4"}))])

    work(a_loop(place, s3_source_buckets="films"), receive(place))

    attributes = spans.one("process").attributes or {}
    assert (attributes["aws.s3.bucket"], attributes["aws.s3.key"]) == (place.bucket.name, "uploads/films/a.mp4")


def test_a_worker_s_threads_have_names_and_end_with_it(place: Place) -> None:
    upload(place, b"film")
    threads: dict[str, bool] = {}

    def look() -> None:
        threads.update({thread.name.partition("_")[0]: thread.daemon for thread in threading.enumerate()})
        worker.stop()

    worker = a_loop(place, look, receive_wait_s="1")
    worker.run()

    assert threads["heartbeat"]
    assert "video" in threads


def crash() -> None:
    raise RuntimeError("a bug" + "!" * 2000)


CRASHED = ("The worker failed: RuntimeError: a bug" + "!" * 2000)[:1000]


@pytest.mark.parametrize(
    ("content", "meanwhile", "code", "reason", "status"),
    [
        (b"film", crash, "internal", CRASHED, CRASHED),
        (BROKEN, lambda: None, "damaged", "The video is damaged.", "damaged: The video is damaged."),
    ],
)
def test_a_failure_has_its_reason_wherever_it_is_shown(
    place: Place, spans: Spans, *, content: bytes, meanwhile: Callable[[], None], code: str, reason: str, status: str
) -> None:
    upload(place, content)
    worker = a_loop(place, meanwhile, max_receive_count="1")

    work(worker, receive(place))

    record, span = record_of(place), spans.one("process")
    assert (record.state, record.reason_code, record.reason) == (VideoState.FAILED, code, reason)
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, status)
    (letter,) = letters(place)
    assert letter.attributes == {"reason_code": code, "reason": reason, "attempts": "1"}
    assert counts_of(worker, "videos") == {("failed", code): 1}


@pytest.mark.parametrize(("meanwhile", "code"), [(crash, ReasonCode.INTERNAL), (die, ReasonCode.CRASHED)])
def test_an_attempt_that_is_repeated_is_counted(place: Place, meanwhile: Callable[[], None], code: str) -> None:
    upload(place, b"film")
    worker = a_loop(place, meanwhile)

    work(worker, receive(place))

    assert (counts_of(worker, "retries"), counts_of(worker, "videos")) == ({(code,): 1}, {})
    assert (left(place), letters(place)) == (1, [])


def test_a_duplicate_of_a_done_video_is_skipped(place: Place) -> None:
    event = upload(place, b"film")
    worker = a_loop(place, max_receive_count="1")
    work(worker, receive(place))
    done = record_of(place)

    place.queue.send([make_notification_body(event)])
    work(worker, receive(place))
    place.queue.send([make_notification_body(event)])
    with failing(Bucket, "sign"):
        work(worker, receive(place))

    assert counts_of(worker, "videos") == {("done", ""): 1}
    assert counts_of(worker, "skipped") == {("already_done",): 1, ("settled_elsewhere",): 1}
    assert (record_of(place), left(place), letters(place)) == (done, 0, [])


def counts_of(worker: WorkerLoop, metric: str) -> dict[tuple[str, ...], float]:
    """Return the values of a counter by its labels."""
    counter = getattr(worker._services.metrics, metric)  # noqa: SLF001 - the metrics of this worker
    (family,) = counter.collect()
    return {
        tuple(sample.labels[label] for label in counter._labelnames): sample.value  # noqa: SLF001 - in their order
        for sample in family.samples
        if sample.name.endswith("_total")
    }


class IndexlessSandbox(PlayedSandbox):
    """A sandbox whose index reader fails with an error of some type."""

    def __init__(self, error: str) -> None:
        super().__init__()
        self._error = error

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        failure = IndexFailure("mp4", self._error, "the message", "index/tables.py:100")
        return replace(super().extract(source, options), index_failure=failure)


@pytest.mark.parametrize(("content", "event"), [(b"film", "video_done"), (BROKEN, "video_failed")])
@pytest.mark.parametrize(("error", "warnings"), [("IndexError", 1), ("BrokenIndexError", 0)])
def test_an_index_reader_s_error_is_logged_and_counted(
    place: Place, *, content: bytes, event: str, error: str, warnings: int
) -> None:
    upload(place, content)
    worker = a_loop(place, sandbox=IndexlessSandbox(error))

    with capture_logs() as logs:
        work(worker, receive(place))

    (line,) = (line for line in logs if line["event"] == event)
    assert line["index_failure"] == f"{error}: the message (mp4, index/tables.py:100)"
    bugs = [line for line in logs if line["event"] == "index_reader_failed"]
    assert [(bug["log_level"], bug["error"], bug["object_key"]) for bug in bugs] == [("warning", error, KEY)] * warnings
    assert counts_of(worker, "index_failures") == {("mp4", error): 1}
