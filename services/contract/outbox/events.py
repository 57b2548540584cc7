"""Events about videos: one for each end of the processing and for each deletion. Pure.

The id of an event is made of the video's key and a number that grows with each event of the video. An event names the
one before it, so that a receiver gets the events of a video in their order.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.traces import upload_trace_id

End = Literal["done", "failed", "deleted"]
ENDS: tuple[End, ...] = ("done", "failed", "deleted")

EVENT_PREFIX = "event:"
"""Beginning of the keys of events in the videos table: `event:<key>#<sequence>`."""

LAST_EVENT_PREFIX = "last-event:"
"""Beginning of the keys of items with the number of a video's last event; they outlive the video's record."""

_ENDS: Mapping[VideoState, End] = {
    VideoState.DONE: "done",
    VideoState.DEGRADED: "done",
    VideoState.FAILED: "failed",
    VideoState.DELETED: "deleted",
}


@dataclass(frozen=True)
class Outbox:
    """Settings of the events that the writers of records write."""

    retention_days: int = 30

    @property
    def retention_s(self) -> int:
        return self.retention_days * 86_400


class VideoEvent(BaseModel):
    """One event. `data` is what receivers get: enough that they need no request to the api."""

    model_config = ConfigDict(frozen=True)

    key: str
    """Key of the video."""
    end: End
    sequence: int
    previous: int | None
    """Number of the video's event before it; None for the first."""
    at: AwareDatetime
    data: dict[str, Any]

    @property
    def item_key(self) -> str:
        return event_key(self.key, self.sequence)

    @property
    def previous_key(self) -> str | None:
        """Return the key of the item of the video's event before it."""
        return event_key(self.key, self.previous) if self.previous is not None else None

    @property
    def id(self) -> str:
        """Return the id that receivers see: the same for each attempt and for each replay."""
        return "evt_" + hashlib.sha256(self.item_key.encode()).hexdigest()[:32]

    @property
    def type(self) -> str:
        return f"video.{self.end}"

    @property
    def body(self) -> bytes:
        """Return the body of its messages: the same bytes for each attempt."""
        return write_body(self.type, self.at, self.data)


def write_body(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return the JSON of a message, in the form that Standard Webhooks recommends."""
    message = {"type": kind, "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def event_key(key: str, sequence: int) -> str:
    return f"{EVENT_PREFIX}{key}#{sequence}"


def find_end(before: VideoRecord | None, after: VideoRecord) -> End | None:
    """Return the end for which the replacement of `before` by `after` is an event, None if it is not.

    Each end of an attempt is one, also if it leads to the same state. A record that no worker wrote was made from the
    bucket. A video that was deleted while it was processed has not failed: its removal is the event.
    """
    if after.state is VideoState.DELETED:
        return None if before is not None and before.state is VideoState.DELETED else "deleted"
    if after.finished_at is None or not after.message_id or after.reason_code is ReasonCode.DELETED:
        return None
    if before is not None and before.finished_at == after.finished_at:
        return None
    return _ENDS.get(after.state)


def make_event(record: VideoRecord, end: End, last: int | None, now: datetime) -> VideoEvent:
    """Return the event of a record; `last` is the number of the video's event before it."""
    time_ms = int(now.timestamp() * 1000)
    sequence = time_ms if last is None else max(time_ms, last + 1)
    return VideoEvent(key=record.key, end=end, sequence=sequence, previous=last, at=now, data=_show(record, end))


def _show(record: VideoRecord, end: End) -> dict[str, Any]:
    is_there = end == "done"
    latest = record.attempts[-1]
    shown = {
        "key": record.key,
        "state": VideoState.DELETED if end == "deleted" else record.state,
        "etag": record.etag,
        "version_id": record.version_id or None,
        "size_bytes": record.size_bytes,
        "attempts": latest.number,
        "reason_code": record.reason_code or (None if end == "deleted" else latest.reason_code),
        "reason": record.reason or (None if end == "deleted" else latest.reason),
        "uploaded_at": record.uploaded_at,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "base": record.base or None,
        "duration_s": record.duration_s if is_there else None,
        "width_px": record.width_px if is_there else None,
        "height_px": record.height_px if is_there else None,
        "thumbnails": [
            one.model_dump(mode="json", include={"key", "position_pct", "time_s", "width_px", "height_px"})
            for one in record.thumbnails
        ]
        if is_there
        else [],
        "manifest": record.manifest.key if is_there and record.manifest else None,
        "trace_id": upload_trace_id(record.key, record.etag),
    }
    return {name: _to_json(value) for name, value in shown.items() if value is not None}


def _to_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case str():
            return str(value)
    return value
