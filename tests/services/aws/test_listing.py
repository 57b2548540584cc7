"""Pages of videos over the partitions of the index, while videos and the number of shards change."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from services.aws.table.listing import Positions, VideoListing
from services.contract.keys import is_upload
from services.contract.records import VideoRecord, VideoState
from tests.support.history import NOW, a_record, items_of_0_1_0, put_items
from tests.support.place import Place

STATES = (VideoState.DONE, VideoState.FAILED, VideoState.DEGRADED, VideoState.PROCESSING)


def a_listing(place: Place) -> VideoListing:
    return VideoListing(place.clients.dynamodb, place.resources.table.name)


def write(place: Place, count: int, *, shards: Sequence[int], times: int) -> list[VideoRecord]:
    """Write records of all states; many have the same time, as after a rebuild from the bucket."""
    tables = [place.videos_with(number) for number in shards]
    records = [
        a_record(
            f"uploads/{number:02}.mp4",
            base=f"thumbnails/{number}",
            state=STATES[number % 7 % len(STATES)],
            updated_at=NOW + timedelta(seconds=number * 7 % times),
        )
        for number in range(count)
    ]
    return [tables[number % len(tables)].replace(None, record) for number, record in enumerate(records)]


def newest_first(records: Sequence[VideoRecord]) -> list[str]:
    return [record.key for record in sorted(records, key=lambda one: (one.updated_at, one.key), reverse=True)]


def list_keys(
    place: Place,
    limit: int,
    *,
    states: Sequence[VideoState] = STATES,
    between: Callable[[int], object] = lambda _: None,
) -> list[str]:
    """Return the keys of all pages; call `between` after each page."""
    found: list[str] = []
    start: Positions | None = None
    number = 0
    while True:
        page = a_listing(place).page(states, limit, start=start)
        assert len(page.records) <= limit
        found += [record.key for record in page.records]
        if page.is_last:
            return found
        number += 1
        between(number)
        start = page.positions


@pytest.mark.parametrize("shards", [(1,), (64,), (1, 20, 64)])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_of_all_partitions_list_each_video_once(place: Place, shards: tuple[int, ...], limit: int) -> None:
    records = write(place, 30, shards=shards, times=5)

    assert list_keys(place, limit) == newest_first(records)
    done = [record for record in records if record.state is VideoState.DONE]
    assert list_keys(place, limit, states=[VideoState.DONE]) == newest_first(done)


def test_a_page_examines_all_partitions_for_a_match(place: Place) -> None:
    write(place, 30, shards=(64,), times=30)

    page = a_listing(place).page(STATES, 5, matches=lambda record: record.key == "uploads/17.mp4")

    assert [record.key for record in page.records] == ["uploads/17.mp4"]
    assert page.is_last


@pytest.mark.parametrize(("before", "after"), [(1, 64), (64, 1), (64, 20)])
def test_reindex_neither_loses_nor_doubles_listed_videos(place: Place, before: int, after: int) -> None:
    records = write(place, 40, shards=(before,), times=4)
    items = [item for item in place.videos.scan() if is_upload(item["pk"])]
    random.Random(7).shuffle(items)  # noqa: S311 - an order, not a secret
    moving = place.videos_with(after)

    def move_some(page: int) -> None:
        for item in items[4 * (page - 1) : 4 * page]:
            assert moving.move_in_index(item)

    assert list_keys(place, 3, between=move_some) == newest_first(records)


@pytest.mark.parametrize("shards", [1, 64])
def test_new_videos_do_not_disturb_a_listing_in_progress(place: Place, shards: int) -> None:
    records = write(place, 20, shards=(shards,), times=4)

    def arrive(page: int) -> None:
        late = {"state": STATES[page % 4], "updated_at": NOW + timedelta(minutes=page)}
        place.videos_with(shards).replace(None, a_record(f"uploads/late-{page}.mp4", **late))

    assert list_keys(place, 3, between=arrive) == newest_first(records)


def test_an_old_cursor_continues_over_more_partitions(place: Place) -> None:
    put_items(place, items_of_0_1_0())
    for item in [item for item in place.videos.scan() if is_upload(item["pk"])]:
        assert place.videos_with(64).move_in_index(item)
    # Version 0.1.0 kept the last listed video of each state: 5 (failed), 3 (degraded) and 2 (done) have been listed.
    minute = (NOW + timedelta(minutes=1)).replace(microsecond=123456)
    start = {
        state: ((minute + timedelta(seconds=number)).isoformat(timespec="microseconds"), f"uploads/{number}.mp4")
        for state, number in (("failed", 5), ("degraded", 3), ("done", 2))
    }

    page = a_listing(place).page(STATES, 10, start=start)

    assert [record.key for record in page.records] == ["uploads/1.mp4", "uploads/4.mp4", "uploads/0.mp4"]


@pytest.mark.parametrize(("shards", "requests"), [(1, 1), (16, 1), (64, 4)])
def test_newest_videos_need_one_request_per_partition(place: Place, shards: int, requests: int) -> None:
    records = write(place, 40, shards=(shards,), times=40)
    done = [record for record in records if record.state is VideoState.DONE]
    sent: list[str] = []
    place.clients.dynamodb.meta.events.register("before-call.dynamodb", lambda model, **_: sent.append(model.name))

    newest = a_listing(place).newest(VideoState.DONE, 6, attributes=("pk", "state", "updated_at"), shards=shards)

    assert [item["pk"] for item in newest] == newest_first(done)[:6]
    assert {item["state"] for item in newest} == {"done"}
    assert sent == ["Query"] * requests
