"""Pages of videos by state, newest or oldest first. The cost of a page does not depend on the number of videos."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from services.aws.errors import translate_errors
from services.aws.table.items import parse_item, parse_record
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import SHARDS_KEY, STATE_INDEX
from services.contract.shards import count_partitions, index_key, parse_state

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Positions = Mapping[str, tuple[str, str] | None]
"""Position of a listing: for each state, the `updated_at` and the key of the last listed video. None: no more videos in
this state. No entry: none listed yet."""


_OTHERS_AT_FIRST = 8


@dataclass(frozen=True)
class Page:
    records: Sequence[VideoRecord]
    positions: Positions
    examined: int

    @property
    def is_last(self) -> bool:
        return all(position is None for position in self.positions.values())


@dataclass(frozen=True, kw_only=True)
class _Partition:
    """One partition of the index, to be read from one of its ends or from a time on."""

    key: str
    first: int
    """Number of videos that the first query reads."""
    most: int
    """Maximum number of videos that one query reads."""
    is_ascending: bool = False
    """True to read the oldest video first."""
    bound: str | None = None
    """`updated_at` at which to begin; None for the end of the partition."""
    until: str | None = None
    """`updated_at` at which to end, if it is read from its oldest video on; None for the end of the partition."""
    attributes: Sequence[str] = ()
    """Attributes to read; empty for all."""


class VideoListing:
    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def newest(
        self, state: VideoState, limit: int, *, attributes: Sequence[str], shards: int = 1
    ) -> list[dict[str, Any]]:
        """Return the given attributes, `pk` and `updated_at` among them, of the newest videos in a state.

        One request for each partition of the index that `shards` gives. Raises: ServiceError.
        """
        partitions = count_partitions(shards)
        first = _first_share(limit, partitions)
        keys = [index_key(state, number) for number in range(partitions)]
        streams = [
            self._read_partition(_Partition(key=key, first=first, most=limit, attributes=attributes)) for key in keys
        ]
        # While a video moves, two partitions can have it.
        newest = {item["pk"]: item for item in islice(heapq.merge(*streams, key=_position_of, reverse=True), limit)}
        return list(newest.values())

    def page(  # noqa: PLR0913 - the parts of one query
        self,
        states: Sequence[VideoState],
        limit: int,
        *,
        start: Positions | None = None,
        matches: Callable[[VideoRecord], bool] | None = None,
        examine: int = 1000,
        oldest_first: bool = False,
    ) -> Page:
        """Return at most `limit` videos in these states, newest first, from the end of the page before.

        The first state should be the most frequent one: the first query for each of the others reads only a few videos.
        Videos that do not match are left out. As one page reads at most `examine` videos, it can have fewer than
        `limit`, even none, and still not be the last. With `oldest_first`, a video that changes while its list is read
        can come a second time, as the last. Raises: ServiceError.
        """
        positions: dict[str, tuple[str, str] | None] = dict(start or {})
        left = [state for state in states if positions.get(state, ()) is not None]
        # One more than the page has: the next video shows that no further one has the time of the last.
        chunk = (limit if matches is None else min(examine, 250)) + 1
        # The order is total, so all videos before this position have been listed, whichever partition they are in now.
        reached = (max if oldest_first else min)(filter(None, positions.values()), default=None)
        found: list[VideoRecord] = []
        examined = 0
        for item in self.items(left, after=reached, chunk=chunk, oldest_first=oldest_first):
            position = _position_of(item)
            record = parse_record(item)
            positions[record.state] = position
            examined += 1
            if matches is None or matches(record):
                found.append(record)
            if len(found) == limit or examined == examine:
                return Page(found, positions, examined)
        return Page(found, dict.fromkeys(states), examined)

    def items(
        self,
        states: Sequence[str],
        *,
        after: tuple[str, str] | None = None,
        chunk: int = 100,
        oldest_first: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the items in these states beyond a position, the newest first; queries read at most `chunk` at once.

        Raises: ServiceError.
        """
        before = after
        bound = after[0] if after else None
        for item in self._merge_partitions(states, chunk, bound=bound, is_ascending=oldest_first):
            position = _position_of(item)
            if before is not None and (position <= before if oldest_first else position >= before):
                continue
            before = position
            yield item

    def items_until(self, state: str, until: str, *, chunk: int = 100) -> Iterator[dict[str, Any]]:
        """Yield the items in a state with `updated_at` up to `until`, the oldest first. Raises: ServiceError."""
        keys = [index_key(state, number) for number in range(count_partitions(self._read_shards()))]
        streams = [
            self._read_partition(_Partition(key=key, first=chunk, most=chunk, is_ascending=True, until=until))
            for key in keys
        ]
        yield from heapq.merge(*streams, key=_position_of)

    def _merge_partitions(
        self, states: Sequence[str], chunk: int, *, bound: str | None, is_ascending: bool
    ) -> Iterator[dict[str, Any]]:
        """Yield the videos in these states by time and key; one that is moving can come twice."""
        partitions = count_partitions(self._read_shards()) if states else 0
        streams = []
        for state in states:
            share = chunk if state is states[0] else min(chunk, _OTHERS_AT_FIRST)
            first = _first_share(share, partitions)
            for number in range(partitions):
                key = index_key(state, number)
                partition = _Partition(key=key, first=first, most=chunk, bound=bound, is_ascending=is_ascending)
                streams.append(_sort_ties(self._read_partition(partition), is_ascending=is_ascending))
        yield from heapq.merge(*streams, key=_position_of, reverse=not is_ascending)

    def _read_partition(self, partition: _Partition) -> Iterator[dict[str, Any]]:
        start: Any = None
        count = partition.first
        while True:
            items, start = self._query_index(partition, count, start)
            for item in items:
                yield {**item, "state": parse_state(partition.key)}
            if start is None:
                return
            count = min(2 * count, partition.most)

    def _query_index(
        self, partition: _Partition, limit: int, start: Any
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        names = {f"#{number}": name for number, name in enumerate(partition.attributes)}
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": STATE_INDEX,
            "KeyConditionExpression": "#state = :state",
            "ExpressionAttributeNames": {"#state": "state", **names},
            "ExpressionAttributeValues": {":state": {"S": partition.key}},
            "ScanIndexForward": partition.is_ascending,
            "Limit": limit,
        }
        if partition.bound:
            request["KeyConditionExpression"] += f" AND updated_at {'>=' if partition.is_ascending else '<='} :bound"
            request["ExpressionAttributeValues"][":bound"] = {"S": partition.bound}
        if partition.until:
            request["KeyConditionExpression"] += " AND updated_at <= :until"
            request["ExpressionAttributeValues"][":until"] = {"S": partition.until}
        if names:
            request["ProjectionExpression"] = ", ".join(names)
        if start:
            request["ExclusiveStartKey"] = start
        with translate_errors(f"list the videos that are {partition.key}"):
            answer = self._dynamodb.query(**request)
        return [parse_item(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")

    def _read_shards(self) -> int:
        """Return the number of shards that the table can have. Raises: ServiceError."""
        with translate_errors("read the number of shards"):
            answer = self._dynamodb.get_item(TableName=self._table, Key={"pk": {"S": SHARDS_KEY}}, ConsistentRead=True)
        return int(parse_item(answer.get("Item", {})).get(SHARDS_KEY, 1))


def _first_share(count: int, partitions: int) -> int:
    """Return the number of videos to read from a partition at first: twice its share, as keys are spread evenly."""
    return min(count, -(-2 * count // partitions))


def _sort_ties(items: Iterator[dict[str, Any]], *, is_ascending: bool) -> Iterator[dict[str, Any]]:
    """Yield the items of a partition; sort those of the same time by key, for which DynamoDB promises no order."""
    for _, same in groupby(items, key=itemgetter("updated_at")):
        yield from sorted(same, key=_position_of, reverse=not is_ascending)


def _position_of(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["updated_at"], item["pk"]
