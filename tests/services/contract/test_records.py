"""Decisions about records, and the totals over them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.events import Delivery, UploadEvent
from services.contract.records import (
    Decision,
    FinishDecision,
    ObjectIdentity,
    ReasonCode,
    StoredPreview,
    StoredThumbnail,
    VideoRecord,
    VideoState,
    decide_finish,
    decide_processing,
    is_failure,
    keep_later_message,
)
from services.contract.statistics.totals import change_of_totals, share_of_totals
from services.contract.storyboards.stored import StoredStoryboard

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
FINISH = START + timedelta(minutes=5)
ALL_STATES = tuple(VideoState)
SUCCESSES = (VideoState.DONE, VideoState.DEGRADED)
FOUND = ObjectIdentity("etag-1", "v1", START)


def a_record(
    state: VideoState, *, etag: str = "etag-1", sequencer: str = "10", thumbnails: int = 0, size_bytes: int = 1000
) -> VideoRecord:
    return VideoRecord(
        key="uploads/a.mp4",
        state=state,
        etag=etag,
        sequencer=sequencer,
        version_id=FOUND.version_id,
        modified_at=FOUND.modified_at,
        message_id="message-1",
        settings_hash="settings-1",
        base="thumbnails/a",
        size_bytes=size_bytes,
        queued_at=START,
        started_at=START,
        updated_at=START,
        finished_at=None if state is VideoState.PROCESSING else FINISH,
        thumbnails=tuple(
            StoredThumbnail(
                position_pct=number,
                time_s=number,
                key=f"thumbnails/a_{number}.jpg",
                width_px=640,
                height_px=360,
                size_bytes=10 * number,
            )
            for number in range(1, thumbnails + 1)
        ),
    )


def an_event(etag: str = "etag-1", sequencer: str = "10") -> UploadEvent:
    return UploadEvent(
        name="ObjectCreated:Put",
        time=START,
        bucket="videos",
        key="uploads/a.mp4",
        etag=etag,
        size_bytes=1000,
        sequencer=sequencer,
    )


def a_delivery(message_id: str = "message-2", sent_at: datetime = START) -> Delivery:
    return Delivery(message_id, sent_at, receive_count=1)


def decide(
    record: VideoRecord | None,
    found: ObjectIdentity = FOUND,
    delivery: Delivery | None = None,
    settings_hash: str = "settings-1",
) -> Decision:
    return decide_processing(record, found, delivery or a_delivery(), settings_hash=settings_hash)


def test_a_new_upload_is_processed() -> None:
    assert decide(None) is Decision.PROCESS


@pytest.mark.parametrize("state", SUCCESSES)
@pytest.mark.parametrize(
    "differing",
    [{}, {"delivery": a_delivery("message-1")}, {"delivery": a_delivery(sent_at=FINISH)}],
    ids=["another message", "the same message", "later"],
)
@pytest.mark.parametrize("settings_hash", ["settings-1", "settings-2"])
def test_an_event_of_a_done_video_asks_for_nothing(state: VideoState, settings_hash: str, differing: Any) -> None:
    assert decide(a_record(state), settings_hash=settings_hash, **differing) is Decision.ALREADY_DONE


@pytest.mark.parametrize("state", SUCCESSES)
@pytest.mark.parametrize(
    "found",
    [replace(FOUND, version_id="v2"), replace(FOUND, modified_at=FINISH)],
    ids=["another version", "another time"],
)
def test_the_same_content_uploaded_again_renews_the_record(state: VideoState, found: ObjectIdentity) -> None:
    assert decide(a_record(state), found) is Decision.RENEW


@pytest.mark.parametrize("state", ALL_STATES)
@pytest.mark.parametrize("message_id", ["message-1", "message-2"])
def test_other_content_is_processed(state: VideoState, message_id: str) -> None:
    found = replace(FOUND, etag="etag-2")
    assert decide(a_record(state), found, delivery=a_delivery(message_id)) is Decision.PROCESS


@pytest.mark.parametrize("state", ALL_STATES)
def test_an_upload_under_changed_settings_is_processed(state: VideoState) -> None:
    assert decide(a_record(state), replace(FOUND, version_id="v2"), settings_hash="settings-2") is Decision.PROCESS


@pytest.mark.parametrize(
    ("message", "settings_hash", "expected"),
    [
        (a_delivery(sent_at=FINISH), "settings-2", Decision.PROCESS),
        (a_delivery(sent_at=FINISH), "settings-1", Decision.PROCESS),
        (a_delivery(), "settings-2", Decision.ALREADY_DONE),
        (a_delivery("message-1", FINISH), "settings-2", Decision.ALREADY_DONE),
    ],
    ids=["other settings", "same settings", "sent with it", "same message"],
)
def test_only_a_later_regeneration_opens_a_done_video(
    message: Delivery, settings_hash: str, expected: Decision
) -> None:
    record = a_record(VideoState.DONE)
    assert decide_processing(record, FOUND, message, settings_hash=settings_hash, regenerates=True) is expected


@pytest.mark.parametrize(
    ("differing", "expected"),
    [
        ({"delivery": a_delivery("message-1", FINISH)}, Decision.ALREADY_FAILED),
        ({}, Decision.ALREADY_FAILED),
        ({"settings_hash": "settings-2"}, Decision.ALREADY_FAILED),
        ({"delivery": a_delivery(sent_at=START + timedelta(milliseconds=1))}, Decision.PROCESS),
        ({"found": replace(FOUND, version_id="v2")}, Decision.PROCESS),
    ],
    ids=["same message", "sent with it", "other settings", "sent later", "uploaded again"],
)
def test_a_failure_is_tried_again_for_a_later_message(differing: Any, expected: Decision) -> None:
    assert decide(a_record(VideoState.FAILED), **differing) is expected


def test_a_deleted_video_is_processed_when_it_returns() -> None:
    record = a_record(VideoState.FAILED).model_copy(update={"reason_code": ReasonCode.DELETED})
    assert decide(record, delivery=a_delivery("message-1")) is Decision.PROCESS


def test_what_a_killed_worker_left_is_taken_up_again() -> None:
    assert decide(a_record(VideoState.PROCESSING)) is Decision.PROCESS


CLAIMED = a_record(VideoState.PROCESSING)


@pytest.mark.parametrize(
    ("record", "claimed", "event", "expected"),
    [
        (None, None, an_event(), True),
        (None, CLAIMED, an_event(), False),
        (CLAIMED, CLAIMED, an_event(), True),
        (CLAIMED, None, an_event(), True),
        (a_record(VideoState.DONE), CLAIMED, an_event(), False),
        (a_record(VideoState.DONE), None, an_event(), False),
        (a_record(VideoState.DEGRADED), None, an_event(), False),
        (a_record(VideoState.FAILED), CLAIMED, an_event(), True),
        (a_record(VideoState.DONE), None, an_event("etag-2", "11"), True),
        (a_record(VideoState.DONE), None, an_event("etag-2", ""), True),
        (a_record(VideoState.DONE), None, an_event("etag-2", "0F"), False),
        (a_record(VideoState.DONE), None, an_event("etag-2", "10"), False),
        (a_record(VideoState.PROCESSING, etag="etag-2"), CLAIMED, an_event(), False),
    ],
    ids=[
        "no record yet",
        "purged meanwhile",
        "its own record",
        "before it was claimed",
        "done by another worker",
        "done, and AWS fails",
        "degraded, and AWS fails",
        "another try after a failure",
        "newer content",
        "other content, no sequencer",
        "older content",
        "newer content was found for the same event",
        "overwritten meanwhile",
    ],
)
def test_a_failed_attempt_ends_an_unsettled_video(record: Any, claimed: Any, event: Any, expected: Any) -> None:
    assert is_failure(record, claimed, event, a_delivery()) is expected


@pytest.mark.parametrize(
    ("etag", "later", "expected"),
    [
        ("etag-1", timedelta(1), "message-2"),
        ("etag-1", -timedelta(1), "message-1"),
        ("etag-2", timedelta(1), "message-1"),
    ],
)
def test_a_failure_keeps_the_later_message_of_its_object(etag: str, later: timedelta, expected: str) -> None:
    record = a_record(VideoState.FAILED).model_copy(update={"message_id": "message-1"})
    changes = {"etag": etag, "message_id": "message-2", "queued_at": record.queued_at + later}
    before = record.model_copy(update=changes)
    kept = keep_later_message(record, before)
    assert (kept.message_id, kept.queued_at) == (expected, (before if expected == "message-2" else record).queued_at)
    assert keep_later_message(record, None) == record


@pytest.mark.parametrize(
    ("later", "message", "expected"), [(1, "2", False), (0, "2", True), (-1, "2", True), (1, "1", True)]
)
def test_only_a_later_message_keeps_its_claim(later: int, message: str, expected: Any) -> None:
    claim = CLAIMED.model_copy(update={"message_id": message, "queued_at": START + timedelta(seconds=later)})

    for claimed in (CLAIMED, None):
        assert is_failure(claim, claimed, an_event(), Delivery("1", START, 5)) is expected


def test_a_failure_is_recorded_once_for_a_message() -> None:
    assert not is_failure(a_record(VideoState.FAILED), CLAIMED, an_event(), a_delivery("message-1"))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (None, FinishDecision.PURGED),
        (CLAIMED, FinishDecision.WRITE),
        (a_record(VideoState.FAILED), FinishDecision.WRITE),
        (a_record(VideoState.DONE), FinishDecision.ALREADY_DONE),
        (a_record(VideoState.DEGRADED), FinishDecision.ALREADY_DONE),
        (a_record(VideoState.PROCESSING, etag="etag-2"), FinishDecision.START_AGAIN),
        (a_record(VideoState.DONE, etag="etag-2"), FinishDecision.START_AGAIN),
        (CLAIMED.model_copy(update={"settings_hash": "settings-2"}), FinishDecision.START_AGAIN),
        (CLAIMED.model_copy(update={"base": "thumbnails/a.mp4"}), FinishDecision.START_AGAIN),
        (CLAIMED.model_copy(update={"purged_at": FINISH}), FinishDecision.WRITE),
    ],
    ids=[
        "purged",
        "its own claim",
        "another attempt failed",
        "another attempt stored it",
        "another attempt stored it, degraded",
        "overwritten",
        "overwritten and done",
        "other settings",
        "another base",
        "marked by a purge",
    ],
)
def test_a_result_is_written_only_over_its_own_claim(record: VideoRecord | None, expected: FinishDecision) -> None:
    assert decide_finish(record, CLAIMED) is expected


def test_a_record_adds_itself_its_thumbnails_and_their_bytes() -> None:
    assert share_of_totals(a_record(VideoState.DONE, thumbnails=3, size_bytes=1000)) == {
        "videos_done": 1,
        "thumbnails": 3,
        "upload_bytes": 1000,
        "thumbnail_bytes": 60,
    }


def test_a_change_names_only_the_counters_that_change() -> None:
    claimed, done = a_record(VideoState.PROCESSING), a_record(VideoState.DONE, thumbnails=2)
    assert change_of_totals(claimed, done) == {
        "videos_processing": -1,
        "videos_done": 1,
        "thumbnails": 2,
        "thumbnail_bytes": 30,
    }


def test_a_record_that_goes_takes_all_that_it_added() -> None:
    record = a_record(VideoState.DEGRADED, thumbnails=3)
    assert change_of_totals(record, None) == {name: -count for name, count in share_of_totals(record).items()}


RECORDS = st.builds(
    a_record, st.sampled_from(ALL_STATES), thumbnails=st.integers(0, 4), size_bytes=st.integers(0, 5 << 40)
)
HISTORIES = st.lists(st.tuples(st.integers(0, 3), st.none() | RECORDS), max_size=20)
"""Pairs of one of four records and its replacement; None deletes it."""


@given(HISTORIES)
def test_totals_equal_the_sum_after_any_history(history: list[tuple[int, VideoRecord | None]]) -> None:
    standing: dict[int, VideoRecord | None] = {}
    totals: Counter[str] = Counter()
    for place, record in history:
        for name, change in change_of_totals(standing.get(place), record).items():
            totals[name] += change
        standing[place] = record
    expected: Counter[str] = Counter()
    for record in standing.values():
        expected.update(share_of_totals(record))
    assert {name: count for name, count in totals.items() if count} == {
        name: count for name, count in expected.items() if count
    }


@given(RECORDS)
def test_a_record_that_stays_as_it_is_changes_nothing(record: VideoRecord) -> None:
    assert change_of_totals(record, record) == {}


@given(RECORDS)
def test_a_record_survives_json(record: VideoRecord) -> None:
    assert VideoRecord.model_validate_json(record.model_dump_json()) == record


def test_storyboard_and_preview_count_only_as_bytes() -> None:
    record = a_record(VideoState.DONE, thumbnails=2)
    sheet = StoredStoryboard(
        key="thumbnails/a_storyboard.jpg",
        track_key="thumbnails/a_storyboard.vtt",
        interval_s=5,
        tiles=3,
        columns=3,
        tile_width_px=160,
        tile_height_px=90,
        size_bytes=400,
    )
    preview = StoredPreview(
        key="thumbnails/a_preview.webp", frames=10, duration_s=5, width_px=320, height_px=180, size_bytes=5000
    )
    share = share_of_totals(record.model_copy(update={"storyboard": sheet, "preview": preview}))
    assert (share["thumbnails"], share["thumbnail_bytes"]) == (2, 10 + 20 + 400 + 5000)


DELETED = a_record(VideoState.DELETED)


@pytest.mark.parametrize("delivered", [a_delivery("message-1"), a_delivery(), a_delivery(sent_at=FINISH)])
def test_no_event_of_the_same_object_opens_a_deleted_video(delivered: Delivery) -> None:
    assert decide(DELETED, delivery=delivered) is Decision.ALREADY_DELETED


RESTORED = DELETED.model_copy(update={"restored_at": FINISH})


def test_a_request_from_before_a_deletion_restores_nothing() -> None:
    later = a_delivery(sent_at=FINISH)

    decision = decide_processing(DELETED, FOUND, later, settings_hash="settings-1", regenerates=True)

    assert decision is Decision.ALREADY_DELETED


@pytest.mark.parametrize("record", [RESTORED, a_record(VideoState.DONE), a_record(VideoState.DEGRADED)])
def test_a_later_request_regenerates_once(record: VideoRecord) -> None:
    def ask(delivered: Delivery) -> Decision:
        return decide_processing(record, FOUND, delivered, settings_hash="settings-1", regenerates=True)

    assert ask(a_delivery(sent_at=FINISH)) is Decision.PROCESS
    # A duplicate of the message that made these thumbnails, and one of a message before it.
    assert ask(a_delivery("message-1", FINISH)) is not Decision.PROCESS
    assert ask(a_delivery(sent_at=START - timedelta(seconds=1))) is not Decision.PROCESS


def test_a_late_failure_brings_no_deleted_video_back() -> None:
    assert not is_failure(DELETED, CLAIMED, an_event(), a_delivery())
    assert not is_failure(DELETED, None, an_event(), a_delivery())


@pytest.mark.parametrize(
    ("sequencer", "later_s", "expected"),
    [("10", 86_400, False), ("11", 0.999, False), ("11", 1, True), ("", 0.999, False), ("", 1, True)],
)
def test_a_deleted_video_fails_again_only_if_put_again(sequencer: str, later_s: float, expected: Any) -> None:
    # The clock of whoever deleted it is behind that of S3.
    record = DELETED.model_copy(update={"updated_at": START - timedelta(seconds=90)})
    event = an_event(sequencer=sequencer).model_copy(update={"time": START + timedelta(seconds=later_s)})
    assert is_failure(record, None, event, a_delivery()) is expected


def test_a_dismissed_video_fails_again_only_for_a_later_request() -> None:
    dismissed = a_record(VideoState.DISMISSED)
    assert not is_failure(dismissed, CLAIMED, an_event(), a_delivery(sent_at=FINISH))
    assert not is_failure(dismissed, None, an_event(), a_delivery())
    assert is_failure(dismissed, None, an_event(), a_delivery(sent_at=FINISH))
