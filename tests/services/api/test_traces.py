"""Spans of the api's requests, and the messages that carry their context to a worker."""

from pathlib import Path

from services.aws.queue import Message
from services.contract.events import parse_notification
from services.contract.records import VideoState
from services.contract.traces import upload_trace_id
from tests.services.api.process import running
from tests.services.api.records import a_record, store, write
from tests.support.collector import run_collector
from tests.support.driver import eventually
from tests.support.place import Place

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}


def find_retry(place: Place) -> Message | None:
    """Return the message of a retry; the upload itself has sent one as well."""
    for message in place.queue.receive(10, wait_s=1, visibility_timeout_s=300):
        if any(event.is_retry for event in parse_notification(message.body)):
            return message
    return None


def test_a_retry_sends_its_callers_trace(place: Place, tmp_path: Path) -> None:
    key = "uploads/failed.mp4"
    place.bucket.put(key, b"a video", content_type="video/mp4")
    write(place, a_record(key, VideoState.FAILED, etag=place.bucket.head(key).etag))

    with run_collector() as collector, running(place, tmp_path, **collector.environment) as api:
        with api.client() as client:
            video = next(one for one in client.get("/api/videos").json()["items"] if one["key"] == key)
            answer = client.post(f"/api/videos/{video['id']}/retry", headers=HEADERS)
            assert answer.status_code == 202, answer.text
        message = eventually(lambda: find_retry(place), "the message of the retry")
        _, trace_id, sender, _ = message.attributes["traceparent"].split("-")
        assert trace_id == TRACE_ID
        span = collector.await_span(lambda span: span.span_id == sender, "the span that sent the message")
        request = collector.await_span(lambda one: one.span_id == span.parent_id, "the span of the request")
    assert request.trace_id == TRACE_ID
    assert (request.service, request.attributes["http.response.status_code"]) == ("thumbnails-api", 202)


def test_details_of_a_video_name_its_trace(place: Place, tmp_path: Path) -> None:
    record = store(place, "uploads/shown.mp4")
    with running(place, tmp_path) as api, api.client() as client:
        video = next(one for one in client.get("/api/videos").json()["items"] if one["key"] == record.key)
        shown = client.get(f"/api/videos/{video['id']}").json()
    assert shown["trace_id"] == upload_trace_id(record.key, record.etag)
