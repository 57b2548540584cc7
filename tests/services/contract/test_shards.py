from collections import Counter

import pytest

from services.contract.records import VideoState
from services.contract.resources import SHARDS_KEY, TOTALS_KEY
from services.contract.shards import (
    MAX_SHARDS,
    choose_shard,
    count_partitions,
    index_key,
    index_key_of,
    parse_state,
    totals_key,
)

KEYS = [f"uploads/film-{number}.mp4" for number in range(100 * MAX_SHARDS)]


def test_one_shard_has_the_keys_without_shards() -> None:
    assert {totals_key(choose_shard(key, 1)) for key in KEYS} == {TOTALS_KEY}
    assert {index_key_of(key, "done", 1) for key in KEYS} == {"done"}


@pytest.mark.parametrize("shards", [2, 8, 33, MAX_SHARDS])
def test_videos_are_spread_evenly_over_the_shards(shards: int) -> None:
    counts = Counter(choose_shard(key, shards) for key in KEYS)
    mean = len(KEYS) / shards

    assert sorted(counts) == list(range(shards))
    assert max(counts.values()) < 1.5 * mean
    assert min(counts.values()) > 0.5 * mean


@pytest.mark.parametrize(("shards", "partitions"), [(1, 1), (16, 1), (17, 2), (32, 2), (64, 4)])
def test_sixteen_shards_share_a_partition_of_the_index(shards: int, partitions: int) -> None:
    assert count_partitions(shards) == partitions
    keys = {index_key_of(key, "done", shards) for key in KEYS}
    assert keys == {index_key("done", partition) for partition in range(partitions)}


@pytest.mark.parametrize("state", VideoState)
def test_a_state_is_read_from_all_partition_keys(state: VideoState) -> None:
    assert {parse_state(index_key(state, partition)) for partition in range(4)} == {state.value}


def test_no_shard_meets_another_item() -> None:
    keys = [totals_key(shard) for shard in range(MAX_SHARDS)]

    assert len({*keys, SHARDS_KEY}) == MAX_SHARDS + 1
    assert not any(key.startswith(("uploads/", "claim:", "reserved:")) for key in keys)
