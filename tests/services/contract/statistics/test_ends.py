"""Counted ends of videos and their names."""

from datetime import timedelta

import pytest

from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.statistics.ends import (
    add_ends,
    count_end,
    read_failures,
    read_histogram,
    select_ends,
    subtract_ends,
)
from services.contract.statistics.histogram import find_bucket
from services.contract.statistics.totals import ENDED, drop_counters
from tests.support.history import NOW, a_record

CLAIMED = a_record(message_id="1", started_at=NOW + timedelta(seconds=3))


def ended(state: VideoState = VideoState.DONE, reason: ReasonCode | None = None, **changes: object) -> VideoRecord:
    finished_at = NOW + timedelta(seconds=10)
    update = {"state": state, "reason_code": reason, "finished_at": finished_at, **changes}
    return CLAIMED.model_copy(update=update)


def test_thumbnails_are_counted_with_their_times() -> None:
    counted = count_end(CLAIMED, ended())
    assert counted[ENDED] == 1
    queue, thumbnails = f"q{find_bucket(3)}", f"t{find_bucket(10)}"
    assert select_ends(counted) == {"done": 1, queue: 1, "q_ms": 3000, thumbnails: 1, "t_ms": 10_000}
    assert drop_counters(counted) == {}
    assert read_histogram(select_ends(counted), "q") == {find_bucket(3): 1}


def test_a_clock_that_is_behind_gives_no_negative_time() -> None:
    counted = select_ends(count_end(CLAIMED, ended(started_at=NOW - timedelta(seconds=1))))
    assert (counted["q0"], counted["q_ms"]) == (1, 0)


def test_a_failure_is_counted_by_its_reason_without_times() -> None:
    counted = count_end(CLAIMED, ended(VideoState.FAILED, ReasonCode.DAMAGED))
    assert select_ends(counted) == {"failed_damaged": 1}
    # A failure without a claim has no record before.
    assert count_end(None, ended(VideoState.FAILED, ReasonCode.DAMAGED)) == counted


@pytest.mark.parametrize(
    "after",
    [
        ended(message_id=""),
        ended(VideoState.FAILED, ReasonCode.DELETED),
    ],
    ids=["restored by a reindex", "deleted while it was processed"],
)
def test_some_ends_are_no_statistics(after: VideoRecord) -> None:
    assert count_end(CLAIMED, after) == {ENDED: 1}


def test_only_the_end_of_a_processing_counts() -> None:
    assert count_end(None, CLAIMED) == {}
    assert count_end(ended(), ended(worker="another")) == {}
    assert select_ends(count_end(CLAIMED, ended(VideoState.DEGRADED)))["degraded"] == 1


def test_counters_are_added_and_subtracted() -> None:
    first, second = {"done": 2, "q7": 1}, {"done": 5, "q7": 1, "failed_empty": 1}
    growth = subtract_ends(second, first)
    assert growth == {"done": 3, "failed_empty": 1}
    assert add_ends([first, growth]) == second
    # The counters of an older backup have not grown.
    assert subtract_ends(first, second) == {}


def test_failures_come_by_frequency_and_unknown_reasons_as_internal() -> None:
    failures = read_failures({"failed_empty": 2, "failed_damaged": 7, "failed_of_tomorrow": 1, "done": 9})
    assert list(failures.items()) == [(ReasonCode.DAMAGED, 7), (ReasonCode.EMPTY, 2), (ReasonCode.INTERNAL, 1)]
