"""Events about videos: which changes of a record are one, and what receivers get."""

import json
from datetime import timedelta

import pytest

from services.contract.history import bring_back_result, close_history, keep_result
from services.contract.outbox.events import find_end, make_event
from services.contract.records import ReasonCode, VideoRecord, VideoState, close_deleted
from tests.support.history import NOW, a_record, done

BEGUN = a_record(message_id="m1")
DONE = done(BEGUN)
LATER = NOW + timedelta(minutes=1)
FAILED = BEGUN.model_copy(update={"state": VideoState.FAILED, "finished_at": NOW, "reason_code": ReasonCode.DAMAGED})
DELETED = DONE.model_copy(update={"state": VideoState.DELETED})


def changed(record: VideoRecord, **changes: object) -> VideoRecord:
    return record.model_copy(update=changes)


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        (None, BEGUN, None),
        (BEGUN, DONE, "done"),
        (BEGUN, changed(DONE, state=VideoState.DEGRADED), "done"),
        (BEGUN, FAILED, "failed"),
        (None, FAILED, "failed"),
        (FAILED, changed(FAILED, finished_at=LATER), "failed"),
        (FAILED, changed(DONE, finished_at=LATER), "done"),
        (FAILED, changed(FAILED, state=VideoState.DISMISSED, updated_at=LATER), None),
        (changed(FAILED, state=VideoState.DISMISSED), FAILED, None),
        (DONE, changed(DONE, version_id="v2", purged_at=LATER), None),
        (DONE, DELETED, "deleted"),
        (DELETED, changed(DELETED, restored_at=LATER), None),
        (changed(DELETED, restored_at=LATER), changed(BEGUN, life=7), None),
        (BEGUN, close_deleted(BEGUN, NOW), None),
        (None, changed(DONE, message_id=""), None),
    ],
)
def test_each_end_of_a_video_is_one_event(before: VideoRecord | None, after: VideoRecord, end: str | None) -> None:
    assert find_end(before, after) == end


def test_a_failed_regeneration_is_an_event_with_its_reason() -> None:
    claimed = changed(BEGUN, attempt=2, earlier_result=keep_result(DONE, BEGUN))
    ended = bring_back_result(claimed, LATER, ReasonCode.TIMEOUT, "It took too long.")

    assert ended is not None
    assert find_end(claimed, ended) == "done"
    data = make_event(ended, "done", None, LATER).data
    assert (data["state"], data["attempts"], data["reason_code"]) == ("done", 2, "timeout")
    assert len(data["thumbnails"]) == 3


def test_numbers_of_events_grow_also_if_clocks_do_not() -> None:
    first = make_event(DONE, "done", None, LATER)
    second = make_event(DONE, "deleted", first.sequence, NOW)

    assert (second.sequence, second.previous_key) == (first.sequence + 1, first.item_key)
    assert first.previous_key is None
    assert len({first.id, second.id}) == 2


def test_the_body_has_the_form_of_standard_webhooks() -> None:
    event = make_event(DONE, "done", None, NOW)

    message = json.loads(event.body)
    assert list(message) == ["type", "timestamp", "data"]
    assert (message["type"], message["timestamp"]) == ("video.done", "2026-11-24T12:30:15.123Z")
    assert message["data"]["thumbnails"][0] == {
        "key": "thumbnails/a_1.jpg",
        "position_pct": 10.5,
        "time_s": 1.25,
        "width_px": 640,
        "height_px": 360,
    }
    assert event.body == type(event).model_validate_json(event.model_dump_json()).body


def test_a_deletion_names_no_thumbnails() -> None:
    data = make_event(DONE, "deleted", None, NOW).data
    assert (data["state"], data["thumbnails"], data["base"]) == ("deleted", [], "thumbnails/a")


def test_a_deletion_does_not_repeat_why_an_attempt_failed() -> None:
    failed = changed(DONE, state=VideoState.FAILED, reason_code=ReasonCode.TIMEOUT, reason="It took too long.")
    deleted = changed(failed, state=VideoState.DELETED, reason_code=None, reason=None, **close_history(failed))

    assert [one.reason_code for one in deleted.attempts] == [ReasonCode.TIMEOUT]
    data = make_event(deleted, "deleted", None, NOW).data
    assert not {"reason_code", "reason"} & set(data)
