"""Logs and spans of an upload: one id from the message to the finished record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.contract.traces import upload_trace_id
from services.local.pipeline import run_pipeline
from tests.support.collector import Collector, ReceivedSpan, run_collector
from tests.support.driver import IMPATIENT, Driver
from tests.support.forks import fork_program
from tests.support.videos import Videos

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with run_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    settings = {**IMPATIENT, **collector.environment}
    data = tmp_path_factory.mktemp("traced")
    with run_pipeline(data, workers=1, say=lambda _: None, settings=settings, start=fork_program) as local:
        yield Driver(local)


def spans_of(collector: Collector, trace_id: str, last: str) -> list[ReceivedSpan]:
    """Return the spans of a trace once the one with that name has come: it ends after the others."""
    collector.await_span(lambda span: (span.trace_id, span.name) == (trace_id, last), f"the span {last} of {trace_id}")
    return [span for span in collector.spans if span.trace_id == trace_id]


def test_an_upload_has_one_trace_with_every_step(traced: Driver, collector: Collector, videos: Videos) -> None:
    key = traced.upload("traced.mp4", videos.video("traced.mp4"))
    record = traced.ended(key)

    trace_id = upload_trace_id(key, record.etag)
    spans = spans_of(collector, trace_id, "process")
    names = [span.name for span in spans]
    assert {name: names.count(name) for name in set(names) - {"read"}} == {
        "process": 1,
        "claim": 1,
        "decode": 1,
        "store": 1,
        "finish": 1,
    }
    assert names.count("read") == record.requests
    by_id = {span.span_id: span.name for span in spans}
    assert {by_id.get(span.parent_id) for span in spans if span.name in ("claim", "decode", "store", "finish")} == {
        "process"
    }
    assert {by_id.get(span.parent_id) for span in spans if span.name == "read"} == {"decode"}
    (process,) = (span for span in spans if span.name == "process")
    assert process.attributes["aws.s3.key"] == key
    (received,) = process.links
    assert [span.name for span in collector.spans if span.trace_id == received] == ["receive"]


def test_log_lines_of_an_upload_have_its_trace_id(traced: Driver, collector: Collector, videos: Videos) -> None:
    key = traced.upload("logged.mp4", videos.video("logged.mp4"))
    trace_id = upload_trace_id(key, traced.ended(key).etag)
    spans_of(collector, trace_id, "process")

    lines = [line for event in ("video_received", "video_done") for line in traced.logged(event)]
    assert [line["event"] for line in lines if line.get("trace_id") == trace_id] == ["video_received", "video_done"]


def test_a_failed_video_ends_its_span_with_the_reason(traced: Driver, collector: Collector, tmp_path: Path) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"no video" * 1000)
    key = traced.upload("untraceable.mp4", file)
    record = traced.ended(key)

    spans = spans_of(collector, upload_trace_id(key, record.etag), "process")
    assert {span.name for span in spans if span.is_error} >= {"process"}


def test_a_message_with_a_traceparent_is_linked(traced: Driver, collector: Collector, videos: Videos) -> None:
    key = traced.upload("linked.mp4", videos.video("linked.mp4"))
    record = traced.ended(key)
    body = (
        '{"Records": [{"eventName": "ObjectCreated:Put", "eventTime": "2026-01-01T00:00:00Z", "s3": {"bucket": '
        f'{{"name": "{traced.endpoints.bucket}"}}, "object": {{"key": "{key}", "eTag": "{record.etag}"}}}}}}]}}'
    )
    traced.sqs.send_message(
        QueueUrl=traced.endpoints.queue_url,
        MessageBody=body,
        MessageAttributes={"traceparent": {"DataType": "String", "StringValue": TRACEPARENT}},
    )

    linked = collector.await_span(lambda span: TRACEPARENT.split("-")[1] in span.links, "a linked span")
    assert (linked.name, linked.trace_id) == ("process", upload_trace_id(key, record.etag))
