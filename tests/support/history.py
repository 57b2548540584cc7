"""A short history of six videos in the videos table, and the items that version 0.1.0 wrote for it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.aws.videos import VideosTable
from services.contract.records import ReasonCode, StoredThumbnail, VideoRecord, VideoState
from tests.support.place import Place

NOW = datetime(2026, 11, 24, 12, 30, 15, 123456, tzinfo=UTC)
_WRITTEN = Path(__file__).with_name("table_of_0_1_0.json")


def a_record(key: str = "uploads/a.mp4", **changes: object) -> VideoRecord:
    record = VideoRecord(
        key=key,
        state=VideoState.PROCESSING,
        etag="abc",
        settings_hash="def",
        base="thumbnails/a",
        size_bytes=1000,
        queued_at=NOW,
        started_at=NOW,
        updated_at=NOW,
    )
    return record.model_copy(update=changes)


def done(record: VideoRecord) -> VideoRecord:
    thumbnails = tuple(
        StoredThumbnail(
            position_pct=10.5, time_s=1.25, key=f"{record.base}_{n}.jpg", width_px=640, height_px=360, size_bytes=50
        )
        for n in (1, 2, 3)
    )
    return record.model_copy(
        update={
            "state": VideoState.DONE,
            "thumbnails": thumbnails,
            "finished_at": NOW,
            "duration_s": 12.04,
            "cpu_s": 0.07,
        }
    )


def write_history(videos: VideosTable) -> None:
    """Write two videos that are processing, two that are done, one that is degraded and one that has failed."""
    degraded: dict[str, object] = {
        "state": VideoState.DEGRADED,
        "reason_code": ReasonCode.NEARBY_FRAME,
        "reason": "A thumbnail shows another moment.",
    }
    failed: dict[str, object] = {
        "state": VideoState.FAILED,
        "thumbnails": (),
        "reason_code": ReasonCode.DAMAGED,
        "reason": "The file is damaged.",
    }
    ends: dict[int, dict[str, object]] = {1: {}, 2: {}, 3: degraded, 5: failed}
    for number in range(6):
        at = NOW + timedelta(seconds=number)
        record = a_record(f"uploads/{number}.mp4", base=f"thumbnails/{number}", updated_at=at)
        begun = videos.replace(None, record, claims=True)
        if number in ends:
            videos.replace(
                begun, done(begun).model_copy(update={"updated_at": at + timedelta(minutes=1), **ends[number]})
            )


def items_of_0_1_0() -> list[dict[str, Any]]:
    """Return the items that `write_history` of version 0.1.0 wrote, in DynamoDB's JSON and by key."""
    items: list[dict[str, Any]] = json.loads(_WRITTEN.read_text(encoding="utf-8"))
    return items


def read_items(place: Place) -> list[dict[str, Any]]:
    """Return all items of the table, in DynamoDB's JSON and by key."""
    scan = place.clients.dynamodb.get_paginator("scan")
    pages = scan.paginate(TableName=place.resources.table.name, ConsistentRead=True)
    return sorted((item for page in pages for item in page["Items"]), key=lambda item: str(item["pk"]["S"]))


def put_items(place: Place, items: list[dict[str, Any]]) -> None:
    for item in items:
        place.clients.dynamodb.put_item(TableName=place.resources.table.name, Item=item)
