"""S3 event notifications: read whatever the encoder, and never trusted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.events import (
    MalformedNotificationError,
    UploadEvent,
    adopt_event,
    decode_key,
    encode_key,
    is_newer,
    make_notification_body,
    make_retry_body,
    parse_notification,
)
from services.contract.thumbnails import ImageFormat, ThumbnailOverrides

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PIECES = st.sampled_from(
    [" ", "+", "%", "%2F", "%20", "//", "/", "?", "#", "&", "=", ";", '"', "\\", "\n", "\0", "é", "🎬"]
)
OBJECT_KEYS = (
    st.lists(PIECES | TEXT | st.builds(lambda piece: piece * 300, PIECES), min_size=1, max_size=6)
    .map(lambda parts: "uploads/" + "".join(parts))
    .filter(lambda key: len(key.encode()) <= 1024)
)


def record(key: str | None = "uploads/a.mp4", name: str = "ObjectCreated:Put", **of_object: Any) -> dict[str, Any]:
    """Return a record as S3 sends it, with an encoded key."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "ap-southeast-2",
        "eventTime": "2026-11-24T03:04:05.678Z",
        "eventName": name,
        "userIdentity": {"principalId": "AWS:AIDAJDPLRKLG7UEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {"name": "videos", "arn": "arn:aws:s3:::videos"},
            "object": {"key": key, "size": 1024, "eTag": "d41d8cd9", "sequencer": "0055AED6DCD90281E5", **of_object},
        },
    }


def body(*records: Any) -> str:
    return json.dumps({"Records": records})


def without(*path: str) -> dict[str, Any]:
    """Return a record without one part."""
    lacking = record()
    part = lacking
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    return lacking


def test_a_record_tells_what_was_uploaded() -> None:
    assert parse_notification(body(record("uploads/My+film.mp4"))) == [
        UploadEvent(
            name="ObjectCreated:Put",
            time=datetime(2026, 11, 24, 3, 4, 5, 678_000, UTC),
            bucket="videos",
            key="uploads/My film.mp4",
            etag="d41d8cd9",
            size_bytes=1024,
            sequencer="0055AED6DCD90281E5",
        )
    ]


@given(OBJECT_KEYS)
def test_every_key_survives_a_notification(key: str) -> None:
    assert [event.key for event in parse_notification(body(record(encode_key(key))))] == [key]


@pytest.mark.parametrize(
    "encode",
    [
        lambda key: quote_plus(key, safe="/"),
        lambda key: quote_plus(key, safe=""),
        lambda key: quote(key, safe="/"),
        lambda key: quote(key, safe=""),
        lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
    ],
    ids=["as S3 does", "as moto does", "no plus", "no plus and no slash", "all of it, in lower case"],
)
@given(key=OBJECT_KEYS)
def test_every_key_is_read_however_it_was_encoded(encode: Callable[[str], str], key: str) -> None:
    assert decode_key(encode(key)) == key


@given(OBJECT_KEYS)
def test_an_encoded_key_is_plain_text(key: str) -> None:
    assert encode_key(key).isascii()
    assert encode_key(key).isprintable()
    assert " " not in encode_key(key)


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("uploads/happy face.jpg", "uploads/happy+face.jpg"),
        ("uploads/a+b.mp4", "uploads/a%2Bb.mp4"),
        ("uploads/100%.mp4", "uploads/100%25.mp4"),
        ("uploads/é.mp4", "uploads/%C3%A9.mp4"),
    ],
)
def test_a_key_is_encoded_as_s3_does(key: str, encoded: str) -> None:
    assert encode_key(key) == encoded


def test_records_of_a_message_keep_their_order() -> None:
    keys = ["uploads/b.mp4", "uploads/a.mp4", "uploads/b.mp4"]
    assert [event.key for event in parse_notification(body(*map(record, keys)))] == keys


@pytest.mark.parametrize("how", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_an_object_may_be_created_in_any_way(how: str) -> None:
    assert len(parse_notification(body(record(name=f"ObjectCreated:{how}")))) == 1


@pytest.mark.parametrize(
    "name",
    ["ObjectRestore:Completed", "ObjectTagging:Put", "LifecycleExpiration:Delete", "", None],
)
def test_events_of_another_kind_are_passed_over(name: str) -> None:
    assert [event.key for event in parse_notification(body(record(name=name), record("uploads/b.mp4")))] == [
        "uploads/b.mp4"
    ]


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"])
def test_a_deletion_is_an_event_that_nobody_retries(name: str) -> None:
    removed = json.loads(body(record(name=name)))
    for missing in ("eTag", "size"):
        removed["Records"][0]["s3"]["object"].pop(missing, None)
    text = json.dumps(removed)

    (event,) = parse_notification(text)
    assert (event.is_removal, event.etag, event.size_bytes) == (True, "", 0)
    assert make_retry_body(text) == text


def test_the_test_event_of_s3_tells_of_no_upload() -> None:
    document = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2014-10-13T15:57:02.089Z", "Bucket": "videos"}
    assert parse_notification(json.dumps(document)) == []


def test_an_empty_list_tells_of_no_upload() -> None:
    assert parse_notification(body()) == []


@pytest.mark.parametrize("etag", ["d41d8cd9", '"d41d8cd9"'])
def test_an_etag_has_no_quotes(etag: str) -> None:
    assert parse_notification(body(record(eTag=etag)))[0].etag == "d41d8cd9"


def test_what_s3_may_leave_out_is_empty() -> None:
    lean = record()
    lean["s3"]["object"] = {"key": "uploads/a.mp4"}
    (event,) = parse_notification(body(lean))
    assert (event.etag, event.size_bytes, event.sequencer) == ("", 0, "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ('{"Records": [', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("null", "no list of Records"),
        ("[]", "no list of Records"),
        ("{}", "no list of Records"),
        ('{"Records": null}', "no list of Records"),
        ('{"Records": {"eventName": "ObjectCreated:Put"}}', "no list of Records"),
        ('{"Records": ["ObjectCreated:Put"]}', "no list of Records"),
        (body(without("s3")), r"without a valid s3\.bucket\.name"),
        (body(without("s3", "bucket")), r"without a valid s3\.bucket\.name"),
        (body(without("s3", "object", "key")), r"without a valid s3\.object\.key"),
        (body(without("eventTime")), "without a valid eventTime"),
        (body({**record(), "eventTime": "yesterday"}), "without a valid eventTime"),
        (body({**record(), "s3": ["bucket", "object"]}), r"without a valid s3\.bucket\.name"),
        (body(record(size=-1)), r"without a valid s3\.object\.size"),
        (body(record(size="big")), r"without a valid s3\.object\.size"),
        (body(record(), record(key=None)), r"without a valid s3\.object\.key"),
        (body({**record(), "thumbnailOptions": {"width_px": 1}}), r"without a valid thumbnailOptions\.width_px"),
        (body(record("uploads/%ff.mp4")), "not URL-encoded UTF-8"),
        (body(record("uploads/\ud83c.mp4")), "not URL-encoded UTF-8"),
    ],
)
def test_what_is_no_notification_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(MalformedNotificationError, match=reason):
        parse_notification(text)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def altered_bodies(draw: st.DrawFn) -> str:
    """Return a notification with an arbitrary value in place of one part."""
    altered: Any = json.loads(body(record()))
    part, name = altered, draw(st.just("Records"))
    while isinstance(part[name], list | dict) and part[name] and draw(st.integers(0, 4)):
        part = part[name]
        name = draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
    part[name] = draw(ANY_JSON)
    return json.dumps(altered)


@given(st.text() | ANY_JSON.map(json.dumps) | altered_bodies())
def test_any_other_body_is_malformed_or_tells_of_uploads(text: str) -> None:
    try:
        events = parse_notification(text)
    except MalformedNotificationError:
        return
    assert all(event.key.encode().decode() == event.key for event in events)


EVENTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["ObjectCreated:Put", "ObjectCreated:Copy"]),
        "time": st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])),
        "bucket": st.just("videos"),
        "key": OBJECT_KEYS,
        "etag": st.text("0123456789abcdef-", max_size=40),
        "size_bytes": st.integers(0, 5 << 40),
        "sequencer": st.text("0123456789ABCDEF", max_size=20),
        "options": st.sampled_from([None, ThumbnailOverrides(positions_pct=(5, 50), format=ImageFormat.WEBP)]),
    }
).map(UploadEvent.model_validate)


@given(EVENTS)
def test_a_dead_letter_parses_to_its_event(event: UploadEvent) -> None:
    assert parse_notification(make_notification_body(event)) == [event]


SEQUENCERS = st.text("0123456789ABCDEFabcdef", max_size=20)


@pytest.mark.parametrize(
    ("sequencer", "other", "answer"),
    [
        ("0055AED6DCD90281E6", "0055AED6DCD90281E5", True),
        ("0055AED6DCD90281E5", "0055AED6DCD90281E6", False),
        ("0055AED6DCD90281E5", "0055AED6DCD90281E5", False),
        ("0055aed6dcd90281e5", "0055AED6DCD90281E5", False),
        ("10", "0FFF", True),
        ("0F", "0F00", False),
        ("0F00", "0F", False),
        ("0F01", "0F", True),
        ("9", "A", False),
        ("1", "", True),
        ("", "1", False),
        ("", "", False),
    ],
)
def test_the_higher_sequencer_is_the_newer(sequencer: str, other: str, *, answer: bool) -> None:
    assert is_newer(sequencer, other) is answer


@given(SEQUENCERS, SEQUENCERS)
def test_sequencers_compare_as_numbers_padded_on_the_right(sequencer: str, other: str) -> None:
    first, second = (int(text.ljust(20, "0"), 16) for text in (sequencer, other))
    assert is_newer(sequencer, other) is (first > second)


def test_a_retry_body_retries_every_upload() -> None:
    events = [_an_event(key) for key in ("uploads/a.mp4", "uploads/b c.mp4")]
    found = parse_notification(make_retry_body(make_notification_body(*events)))
    assert [(event.key, event.etag, event.sequencer) for event in found] == [
        (event.key, event.etag, event.sequencer) for event in events
    ]
    assert all(event.is_retry for event in found)
    assert not any(event.is_retry for event in events)


@pytest.mark.parametrize("body", ["not JSON", "{}", '{"Event": "s3:TestEvent"}'])
def test_a_body_without_uploads_is_retried_as_it_is(body: str) -> None:
    assert make_retry_body(body) == body


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ("films", ("videos", "uploads/films/trip/a.mp4")),
        ("others", ("others", "trip/a.mp4")),
    ],
)
def test_only_an_event_of_a_source_bucket_is_adopted(bucket: str, expected: tuple[str, str]) -> None:
    event = _an_event("trip/a.mp4").model_copy(update={"bucket": bucket})

    adopted = adopt_event(event, "videos", ["films"])

    assert (adopted.bucket, adopted.key) == expected
    assert adopted.etag == event.etag


def test_a_notification_names_version_and_source_as_s3_does() -> None:
    # Programs that read the dead letters tell notifications by these two.
    (written,) = json.loads(make_notification_body(_an_event("uploads/a.mp4")))["Records"]

    assert (written["eventVersion"], written["eventSource"]) == ("2.1", "aws:s3")


def test_options_of_a_video_do_not_disturb_an_older_worker() -> None:
    event = _an_event("uploads/a.mp4")
    chosen = event.model_copy(update={"options": ThumbnailOverrides(width_px=320)})

    (plain,), (written,) = (json.loads(make_notification_body(one))["Records"] for one in (event, chosen))

    # It ignores what is not in its model: kind of event and object are the same.
    assert written == {**plain, "thumbnailOptions": {"width_px": 320}}
    assert parse_notification(make_retry_body(make_notification_body(chosen)))[0].options == chosen.options


def _an_event(key: str) -> UploadEvent:
    return UploadEvent(
        name="ObjectCreated:Put",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        bucket="bucket",
        key=key,
        etag="e1",
        size_bytes=1,
        sequencer="0A",
    )


def test_a_background_event_stays_one_until_a_person_retries_it() -> None:
    event = parse_notification(body(record()))[0].model_copy(update={"is_background": True})

    written = make_notification_body(event)

    assert parse_notification(written) == [event]
    assert not parse_notification(make_retry_body(written))[0].is_background
