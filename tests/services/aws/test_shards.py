"""The videos table with its totals in several items, while processes write different numbers of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from services.aws.errors import WriteConflictError
from services.aws.shared import SharedItems
from services.aws.table.items import parse_record
from services.aws.table.listing import VideoListing
from services.aws.videos import VideosTable
from services.contract.keys import is_upload
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import TOTALS_KEY
from services.contract.shards import choose_shard, index_key_of
from services.contract.statistics.totals import ENDED, WRITES, share_of_totals
from tests.support.history import a_record, done, items_of_0_1_0, put_items, read_items, write_history
from tests.support.place import Place


def without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def sum_of_records(videos: VideosTable) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for item in videos.scan():
        if is_upload(item["pk"]):
            sums.update(share_of_totals(parse_record(item)))
    return without_zeros(sums)


def items_of_totals(place: Place) -> list[str]:
    return [item["pk"]["S"] for item in read_items(place) if item["pk"]["S"].startswith(TOTALS_KEY)]


def index_keys(place: Place) -> set[str]:
    return {item["state"]["S"] for item in read_items(place) if "state" in item}


def process(videos: VideosTable, key: str) -> VideoRecord:
    begun = videos.replace(None, a_record(key, base=key.replace("uploads", "thumbnails")), claims=True)
    return videos.replace(begun, done(begun))


def requests_of(place: Place, act: Any) -> list[str]:
    """Return the names of the reads of several items during a call."""
    dynamodb = place.clients.dynamodb
    with patch.object(dynamodb, "batch_get_item", wraps=dynamodb.batch_get_item) as asked:
        act()
    return ["BatchGetItem"] * asked.call_count


@contextmanager
def before_reduction(place: Place, act: Callable[[], object]) -> Iterator[None]:
    """Act once, just before the number of shards is reduced."""
    acted: list[object] = []
    write = place.clients.dynamodb.transact_write_items

    def intervene(**request: Any) -> Any:
        if ":fewer" in str(request) and not acted:
            acted.append(True)
            act()
        return write(**request)

    with patch.object(place.clients.dynamodb, "transact_write_items", intervene):
        yield
    assert acted


def test_one_shard_writes_the_first_versions_items(place: Place) -> None:
    write_history(place.videos)

    written, first = ([{**item, "revision": None} for item in items] for items in (read_items(place), items_of_0_1_0()))
    assert written == first


@pytest.mark.parametrize("shards", [1, 8, 64])
def test_an_old_table_works_with_any_shard_count(place: Place, shards: int) -> None:
    put_items(place, items_of_0_1_0())
    videos = place.videos_with(shards)
    assert without_zeros(videos.totals()) == sum_of_records(videos)
    before = videos.counters()

    for key in ("uploads/0.mp4", "uploads/4.mp4"):
        record = videos.get(key)
        assert record is not None
        videos.replace(record, done(record))
    failed = videos.get("uploads/5.mp4")
    assert failed is not None
    videos.remove([failed])
    process(videos, "uploads/new.mp4")

    totals = without_zeros(videos.totals())
    assert totals == sum_of_records(videos)
    assert (totals["videos_done"], totals["videos_degraded"], "videos_processing" in totals) == (5, 1, False)
    assert videos.counters()[ENDED] == before[ENDED] + 3
    assert videos.counters()[WRITES] == before[WRITES] + 5


def test_processes_with_other_numbers_of_shards_share_one_sum(place: Place) -> None:
    tables = [place.videos_with(shards) for shards in (1, 8, 40, 64)]

    def work(number: int) -> None:
        # Begun, finished and removed by processes with different settings, as in the middle of a deployment.
        first, second, third = (tables[(number + shift) % len(tables)] for shift in range(3))
        key = f"uploads/{number}.mp4"
        begun = first.replace(None, a_record(key, base=f"thumbnails/{number}"), claims=True)
        ended = second.replace(begun, done(begun))
        if number % 4 == 0:
            third.remove([ended])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))

    expected = sum_of_records(place.videos)
    assert expected["videos_done"] == 30
    assert all(without_zeros(videos.totals()) == expected for videos in tables)
    assert place.videos.counters()[WRITES] == 40 + 40 + 10
    assert len(items_of_totals(place)) > 8


def test_a_reader_sees_shards_that_were_made_after_it(place: Place) -> None:
    shared = SharedItems(place.clients.dynamodb, place.resources.table.name)
    before = shared.read()
    for number in range(20):
        process(place.videos_with(40), f"uploads/{number}.mp4")

    readings = []
    raised = requests_of(place, lambda: readings.append(shared.read()))
    idle = requests_of(place, lambda: readings.append(shared.read()))

    assert (before.shards, before.writes) == (1, 0)
    assert [reading.totals["videos_done"] for reading in readings] == [20, 20]
    assert [(reading.shards, reading.writes, reading.ended) for reading in readings] == [(40, 40, 20)] * 2
    assert (raised, idle) == (["BatchGetItem", "BatchGetItem"], ["BatchGetItem"])


def test_a_write_that_changes_no_total_announces_its_shards(place: Place) -> None:
    keys = (f"uploads/{number}.mp4" for number in range(99))
    key = next(key for key in keys if index_key_of(key, VideoState.PROCESSING, 64) != "processing")
    begun = place.videos.replace(None, a_record(key), claims=True)

    place.videos_with(64).replace(begun, begun.model_copy(update={"worker": "worker-2"}))

    page = VideoListing(place.clients.dynamodb, place.resources.table.name).page((VideoState.PROCESSING,), 10)
    assert [record.key for record in page.records] == [key]


def test_a_record_is_counted_in_the_shard_of_its_key(place: Place) -> None:
    key = next(key for number in range(99) if choose_shard(key := f"uploads/{number}.mp4", 8) == 5)

    place.videos_with(8).replace(None, a_record(key))

    assert items_of_totals(place) == [f"{TOTALS_KEY}#5"]


def test_a_correction_of_an_empty_table_counts_as_a_write(place: Place) -> None:
    place.videos.correct(place.videos.counters(), {"videos_done": 2})

    assert place.videos.counters() == {"videos_done": 2, ENDED: 0, WRITES: 1}


def test_a_batch_of_removed_records_changes_one_shard(place: Place) -> None:
    videos = place.videos_with(64)
    records = [process(videos, f"uploads/{number}.mp4") for number in range(40)]
    before = videos.counters()[WRITES]

    videos.remove(records)

    assert without_zeros(videos.totals()) == {}
    assert videos.counters()[WRITES] == before + 1


def test_wrong_totals_in_any_shard_are_corrected(place: Place) -> None:
    videos = place.videos_with(8)
    for number in range(12):
        process(videos, f"uploads/{number}.mp4")
    place.clients.dynamodb.update_item(
        TableName=place.resources.table.name,
        Key={"pk": {"S": items_of_totals(place)[-1]}},
        UpdateExpression="ADD videos_failed :wrong",
        ExpressionAttributeValues={":wrong": {"N": "7"}},
    )
    before = videos.counters()

    videos.correct(before, sum_of_records(videos))

    assert without_zeros(videos.totals()) == sum_of_records(videos)
    after = videos.counters()
    assert after[ENDED] == before[ENDED]
    assert after[WRITES] > before[WRITES]
    removed = videos.get("uploads/3.mp4")
    assert removed is not None
    videos.remove([removed])
    assert without_zeros(videos.totals()) == sum_of_records(videos)


def test_a_change_of_any_shard_prevents_a_correction(place: Place) -> None:
    for number in range(12):
        process(place.videos_with(8), f"uploads/{number}.mp4")
    before = place.videos.counters()
    process(place.videos_with(64), "uploads/late.mp4")
    expected = sum_of_records(place.videos)

    with pytest.raises(WriteConflictError):
        place.videos.correct(before, {"videos_done": 12})

    assert without_zeros(place.videos.totals()) == expected


def test_fewer_shards_fold_into_what_0_1_0_reads(place: Place) -> None:
    for number in range(30):
        process(place.videos_with(64), f"uploads/{number}.mp4")
    begun = place.videos_with(64).replace(None, a_record("uploads/begun.mp4"))
    before = place.videos.counters()
    assert len(index_keys(place)) > 2

    assert all(place.videos.move_in_index(item) for item in place.videos.scan() if is_upload(item["pk"]))
    assert place.videos.fold_totals()

    # Version 0.1.0 reads one item, and knows the states only.
    assert items_of_totals(place) == [TOTALS_KEY]
    assert index_keys(place) == {"processing", "done"}
    assert place.videos.get("uploads/begun.mp4") == begun
    counters = place.videos.counters()
    assert {**counters, WRITES: 0} == {**before, WRITES: 0}
    assert counters[WRITES] >= before[WRITES]
    assert SharedItems(place.clients.dynamodb, place.resources.table.name).read().shards == 1
    place.videos.replace(begun, done(begun))
    assert without_zeros(place.videos.totals()) == sum_of_records(place.videos)


def test_a_fold_to_fewer_shards_keeps_the_others(place: Place) -> None:
    for number in range(30):
        process(place.videos_with(64), f"uploads/{number}.mp4")

    assert place.videos_with(4).fold_totals()

    assert set(items_of_totals(place)) <= {"totals", "totals#1", "totals#2", "totals#3"}
    assert without_zeros(place.videos.totals()) == sum_of_records(place.videos)


def test_a_fold_counts_workers_with_old_shards(place: Place) -> None:
    for number in range(12):
        process(place.videos_with(8), f"uploads/{number}.mp4")
    late = next(key for number in range(99) if choose_shard(key := f"uploads/late-{number}.mp4", 8) == 5)

    with before_reduction(place, lambda: process(place.videos_with(8), late)):
        assert not place.videos.fold_totals()

    assert without_zeros(place.videos.totals()) == sum_of_records(place.videos)
    assert place.videos.totals()["videos_done"] == 13
    assert place.videos.fold_totals()
    assert place.videos.totals()["videos_done"] == 13


def test_a_larger_number_announced_during_a_fold_stays(place: Place) -> None:
    process(place.videos_with(8), "uploads/a.mp4")

    with before_reduction(place, lambda: process(place.videos_with(16), "uploads/b.mp4")):
        assert not place.videos.fold_totals()

    assert place.videos.totals()["videos_done"] == 2
    assert SharedItems(place.clients.dynamodb, place.resources.table.name).read().shards == 16


def test_a_changed_record_is_not_moved(place: Place) -> None:
    videos = place.videos_with(64)
    keys = [f"uploads/{number}.mp4" for number in range(8)]
    for key in keys:
        place.videos.replace(None, a_record(key))
    read = {item["pk"]: item for item in videos.scan() if is_upload(item["pk"])}
    for key in keys:
        record = place.videos.get(key)
        assert record is not None
        place.videos.replace(record, done(record))

    refused = [key for key in keys if not videos.move_in_index(read[key])]

    assert 0 < len(refused) < 8
    assert index_keys(place) == {"done"}
    assert [record and record.state for record in map(videos.get, keys)] == [VideoState.DONE] * 8
