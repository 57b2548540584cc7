"""The outbox: an event is written with the record or not at all, and names the event before it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.aws.errors import WriteConflictError
from services.aws.table.outbox import OutboxTable, StoredEvent
from services.aws.videos import VideosTable
from services.contract.outbox.deliveries import DeliveryState, EventState, begin_deliveries, end_delivery
from services.contract.outbox.events import EVENT_PREFIX, LAST_EVENT_PREFIX, Outbox
from services.contract.records import VideoState
from services.contract.resources import EXPIRY_ATTRIBUTE, PURGE_KEY
from tests.support.history import NOW, a_record, done
from tests.support.place import Place

KEY = "uploads/a.mp4"


def with_events(place: Place, shards: int = 1) -> VideosTable:
    return VideosTable(place.clients.dynamodb, place.resources.table.name, shards, outbox=Outbox(retention_days=30))


def outbox_of(place: Place, shards: int = 1) -> OutboxTable:
    return OutboxTable(place.clients.dynamodb, place.resources.table.name, shards)


def due(place: Place, shards: int = 1) -> list[StoredEvent]:
    return list(outbox_of(place, shards).list_due(datetime.now(UTC)))


def events_in(place: Place) -> Iterator[str]:
    return (item["pk"] for item in place.videos.scan() if item["pk"].startswith((EVENT_PREFIX, LAST_EVENT_PREFIX)))


def test_ends_of_a_video_are_events_that_name_the_one_before(place: Place) -> None:
    videos = with_events(place)
    begun = videos.replace(None, a_record(message_id="m1"))
    assert list(events_in(place)) == []

    ended = videos.replace(begun, done(begun))
    videos.remove([ended])
    again = videos.replace(None, a_record(message_id="m2"))
    videos.replace(again, done(again))

    found = [stored.event for stored in due(place)]
    assert [event.end for event in found] == ["done", "deleted", "done"]
    assert [event.previous for event in found] == [None, found[0].sequence, found[1].sequence]
    assert found[0].data["thumbnails"][0]["key"] == "thumbnails/a_1.jpg"
    (item,) = [item for item in place.videos.scan() if item["pk"] == found[2].item_key]
    assert int(item[EXPIRY_ATTRIBUTE]) > datetime.now(UTC).timestamp() + 29 * 86_400


def test_a_write_that_fails_leaves_no_event(place: Place) -> None:
    videos = with_events(place)
    begun = videos.replace(None, a_record(message_id="m1"))
    videos.replace(begun, begun)

    with pytest.raises(WriteConflictError):
        videos.replace(begun, done(begun))
    with pytest.raises(WriteConflictError):
        videos.remove([begun])

    assert list(events_in(place)) == []


def test_without_events_the_table_has_no_other_items(place: Place) -> None:
    begun = place.videos.replace(None, a_record(message_id="m1"), claims=True)
    ended = place.videos.replace(begun, done(begun))
    place.videos.remove([ended])

    assert {item["pk"] for item in place.videos.scan()} == {"totals", "claim:thumbnails/a"}
    assert "last_event" not in ended.model_dump()


def test_a_purge_writes_an_event_for_each_record(place: Place) -> None:
    videos = with_events(place)
    records = [
        videos.replace(None, a_record(f"uploads/{number}.mp4", base=f"thumbnails/{number}", message_id="m"))
        for number in range(videos.remove_at_once)
    ]
    deleted = a_record("uploads/deleted.mp4", base="", state=VideoState.DELETED)
    records[-1:] = [videos.replace(None, deleted)]

    place.clients.dynamodb.put_item(
        TableName=place.resources.table.name, Item={"pk": {"S": PURGE_KEY}, "content": {"S": "mine"}}
    )
    # The condition of a purge is one more action.
    videos.only_while(PURGE_KEY, "mine").remove(records)

    found = [stored.event for stored in due(place)]
    assert sorted(event.key for event in found) == sorted(record.key for record in records)
    assert {event.end for event in found} == {"deleted"}


def test_events_of_all_shards_are_found_by_time(place: Place) -> None:
    videos = with_events(place, 40)
    for number in range(6):
        record = a_record(f"uploads/{number}.mp4", base=f"thumbnails/{number}", message_id="m")
        videos.replace(None, done(record))

    assert [stored.event.key for stored in due(place, 40)] == [f"uploads/{number}.mp4" for number in range(6)]
    assert list(outbox_of(place).list_due(NOW)) == []


def test_changes_of_deliveries_start_again_after_a_conflict(place: Place) -> None:
    with_events(place).replace(None, done(a_record(message_id="m1")))
    table = outbox_of(place)
    (stored,) = due(place)
    now = datetime.now(UTC)
    table.change(stored, lambda _: begin_deliveries(["one", "other"], now), now)

    def end(name: str) -> StoredEvent | None:
        # From the event as it was before the first change.
        return table.change(
            stored,
            lambda found: (
                {**(found.deliveries or {}), name: end_delivery((found.deliveries or {})[name], now)}
                if found.deliveries
                else {}
            ),
            now,
        )

    with pytest.raises(WriteConflictError):
        table._write(stored, {}, now)  # noqa: SLF001 - the condition itself
    found = table.find([stored.event.item_key])[stored.event.item_key]
    stored = found
    end("one")
    ended = end("other")
    assert ended is not None
    assert {one.state for one in (ended.deliveries or {}).values()} == {DeliveryState.ENDED}
    assert [one.event.key for one in table.list_events([EventState.ENDED])] == [KEY]
    assert due(place) == []
