"""Pages of videos by state, newest first. The cost of a page does not depend on the number of videos."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.aws.errors import translate_errors
from services.aws.videos import parse_item, parse_record
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import STATE_INDEX

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


class VideoListing:
    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def newest(self, state: VideoState, limit: int, *, attributes: Sequence[str]) -> list[dict[str, Any]]:
        """Return the given attributes of the newest videos in a state, with one request. Raises: ServiceError."""
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        items, _ = self._query(
            state,
            limit,
            None,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames={"#state": "state", **names},
        )
        return items

    def page(
        self,
        states: Sequence[VideoState],
        limit: int,
        *,
        start: Positions | None = None,
        matches: Callable[[VideoRecord], bool] | None = None,
        examine: int = 1000,
    ) -> Page:
        """Return at most `limit` videos in these states, newest first, from the end of the page before.

        The first state should be the most frequent one: the first query for each of the others reads only a few videos.
        Videos that do not match are left out. As one page reads at most `examine` videos, it can have fewer than
        `limit`, even none, and still not be the last. Raises: ServiceError.
        """
        positions: dict[str, tuple[str, str] | None] = dict(start or {})
        chunk = limit if matches is None else min(examine, 250)
        found: list[VideoRecord] = []
        examined = 0
        streams = [
            self._stream(state, positions, chunk if state is states[0] else min(chunk, _OTHERS_AT_FIRST), chunk)
            for state in states
            if positions.get(state, ()) is not None
        ]
        for record in heapq.merge(*streams, key=_age, reverse=True):
            positions[record.state] = (_time(record), record.key)
            examined += 1
            if matches is None or matches(record):
                found.append(record)
            if len(found) == limit or examined == examine:
                return Page(found, positions, examined)
        return Page(found, dict.fromkeys(states), examined)

    def _stream(
        self, state: VideoState, positions: Mapping[str, tuple[str, str] | None], first: int, most: int
    ) -> Iterator[VideoRecord]:
        position = positions.get(state)
        key = {"state": state.value, "updated_at": position[0], "pk": position[1]} if position else None
        start = {name: {"S": value} for name, value in key.items()} if key else None
        count = first
        while True:
            items, start = self._query(state, count, start)
            for item in items:
                yield parse_record(item)
            if start is None:
                return
            count = min(2 * count, most)

    def _query(
        self, state: VideoState, limit: int, start: Any, **more: Any
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": STATE_INDEX,
            "KeyConditionExpression": "#state = :state",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":state": {"S": state.value}},
            "ScanIndexForward": False,
            "Limit": limit,
            **({"ExclusiveStartKey": start} if start else {}),
            **more,
        }
        with translate_errors(f"list the videos that are {state}"):
            answer = self._dynamodb.query(**request)
        return [parse_item(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")


def _time(record: VideoRecord) -> str:
    return record.updated_at.isoformat(timespec="microseconds")


def _age(record: VideoRecord) -> tuple[str, str]:
    return _time(record), record.key
