"""Items of the videos table: what a record becomes, and which record an item is."""

import time
from datetime import timedelta, timezone

import pytest

from services.aws.table.items import make_item, make_sortable, parse_item, parse_record, to_attributes
from services.contract.history import note_failure
from services.contract.records import ReasonCode, VideoRecord
from services.contract.shards import MAX_SHARDS
from services.contract.thumbnails import ThumbnailOverrides
from tests.support.history import NOW, a_record, done

OPTIONAL = {"key", "earlier_attempts", "changes", "finished_at", "reason", "options"}


def a_full_record(number: int = 0) -> VideoRecord:
    """Return a record with values of all types."""
    noted = note_failure(a_record(f"uploads/{number}.mp4"), NOW, ReasonCode.TIMEOUT, "The video took too long.")
    return done(noted).model_copy(update={"changes": 2, "options": ThumbnailOverrides(width_px=320, poster_time_s=2.5)})


def test_an_item_leaves_out_what_is_empty() -> None:
    item = make_item(a_record(), shards=1)

    assert (item["pk"], item["state"]) == ("uploads/a.mp4", "processing")
    assert type(item["state"]) is str, "an enumeration of texts is stored as its text"
    assert not OPTIONAL & item.keys()


def test_an_item_has_history_and_number_of_changes() -> None:
    item = make_item(a_full_record(), shards=1)

    assert OPTIONAL & item.keys() == {"earlier_attempts", "changes", "finished_at", "options"}


def test_a_record_survives_its_item_in_each_partition() -> None:
    states = set()
    for number in range(20):
        record = a_full_record(number)
        item = make_item(record, shards=MAX_SHARDS)
        states.add(item["state"])
        assert parse_record(parse_item(to_attributes(item))) == record

    assert states == {"done", "done#1", "done#2", "done#3"}


def test_times_are_stored_in_utc_in_any_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XYZ-9")
    time.tzset()
    try:
        assert make_sortable(NOW) == "2026-11-24T12:30:15.123456+00:00"
        assert make_sortable(NOW.astimezone(timezone(timedelta(hours=-5)))) == make_sortable(NOW)
    finally:
        monkeypatch.undo()
        time.tzset()
