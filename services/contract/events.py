"""S3 event notifications in the body of an SQS message.

Structure: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError, field_validator

from services.contract.keys import source_key
from services.contract.thumbnails import ThumbnailOverrides

CREATED = "ObjectCreated:"
REMOVED = "ObjectRemoved:"

RETRY = "ObjectCreated:Retry"
"""Event name of a retry that a person asked for. The api sends it for a retry or a redrive, S3 never does."""

REGENERATE = "ObjectCreated:Regenerate"
"""Event name of a request for new thumbnails of a video that is done or deleted."""


class MalformedNotificationError(ValueError):
    """The body of a message is not an S3 event notification."""


class UploadEvent(BaseModel):
    """One record of a notification: an object was created or deleted. `key` is decoded."""

    model_config = ConfigDict(frozen=True, validate_by_name=True)

    name: str = Field(validation_alias="eventName")
    time: datetime = Field(validation_alias="eventTime")
    bucket: str = Field(validation_alias=AliasPath("s3", "bucket", "name"))
    key: str = Field(validation_alias=AliasPath("s3", "object", "key"))
    etag: str = Field(validation_alias=AliasPath("s3", "object", "eTag"), default="")
    size_bytes: int = Field(validation_alias=AliasPath("s3", "object", "size"), default=0, ge=0)
    sequencer: str = Field(validation_alias=AliasPath("s3", "object", "sequencer"), default="")
    options: ThumbnailOverrides | None = Field(validation_alias="thumbnailOptions", default=None)
    """Options that a person has chosen for the video. S3 never sends them, and older workers ignore them."""
    is_background: bool = Field(validation_alias="background", default=False)
    """True if uploads come first: the event is of a reconciliation. Older workers ignore it."""

    @property
    def is_retry(self) -> bool:
        """Return True if this event asks for another attempt of a failed video."""
        return self.name == RETRY

    @property
    def is_removal(self) -> bool:
        """Return True if the object was deleted. The event has no ETag and no size."""
        return self.name.startswith(REMOVED)

    @property
    def is_regeneration(self) -> bool:
        """Return True if this event asks for new thumbnails, whatever the video has."""
        return self.name == REGENERATE

    @field_validator("etag")
    @classmethod
    def _strip_quotes(cls, etag: str) -> str:
        return etag.strip('"')


@dataclass(frozen=True)
class Delivery:
    """Queue metadata of one delivery of a message: its SQS id, the time sent by SQS's clock, the receive count."""

    message_id: str
    sent_at: datetime
    receive_count: int


def decode_key(encoded: str) -> str:
    """Return the object key for its URL-encoded form in a notification. Raises: UnicodeError."""
    key = unquote_plus(encoded, errors="strict")
    # JSON can contain half of a surrogate pair, which UTF-8 cannot encode.
    key.encode()
    return key


def encode_key(key: str) -> str:
    """Return the key in the encoding of a notification: spaces as `+`, `/` unchanged, the rest percent-encoded."""
    return quote_plus(key, safe="/*-._")


def parse_notification(body: str) -> list[UploadEvent]:
    """Return the events of created and deleted objects in a message, in its order.

    The list is empty for `s3:TestEvent`, which S3 sends once when a notification is configured, and for other events.

    Raises:
        MalformedNotificationError: the body is not JSON, or not a notification.
    """
    records = _parse_records(body)
    return [_parse_event(record) for record in records if str(record.get("eventName")).startswith((CREATED, REMOVED))]


def _parse_event(record: dict[str, Any]) -> UploadEvent:
    try:
        event = UploadEvent.model_validate(record)
        return event.model_copy(update={"key": decode_key(event.key)})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedNotificationError(f"record without a valid {where}: {first['msg']}") from error
    except UnicodeError as error:
        raise MalformedNotificationError(f"object key is not URL-encoded UTF-8: {error}") from error


def _parse_records(body: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedNotificationError(f"not JSON: {error}") from error
    if isinstance(document, dict) and document.get("Event") == "s3:TestEvent":
        return []
    records = document.get("Records") if isinstance(document, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise MalformedNotificationError("no list of Records")
    return records


def adopt_event(event: UploadEvent, bucket: str, sources: Collection[str]) -> UploadEvent:
    """Return an event of a source bucket as one of the pipeline's own `bucket`; return other events unchanged."""
    if event.bucket not in sources:
        return event
    return event.model_copy(update={"bucket": bucket, "key": source_key(event.bucket, event.key)})


def make_retry_body(body: str) -> str:
    """Return the body of a message that asks for another attempt of the uploads in `body`.

    A body that is not a notification stays unchanged: the worker then reports the same reason again.
    """
    try:
        events = parse_notification(body)
    except MalformedNotificationError:
        return body
    changes = {"name": RETRY, "is_background": False}
    uploads = [event.model_copy(update=changes) for event in events if not event.is_removal]
    return make_notification_body(*uploads) if uploads else body


def make_notification_body(*events: UploadEvent) -> str:
    """Return the body of a message with these events, in the form that `parse_notification` reads."""
    return json.dumps({"Records": [_notification_record(event) for event in events]})


def _notification_record(event: UploadEvent) -> dict[str, Any]:
    options = event.options.model_dump(mode="json", exclude_none=True) if event.options else None
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": event.name,
        "eventTime": event.time.isoformat(),
        "s3": {
            "bucket": {"name": event.bucket},
            "object": {
                "key": encode_key(event.key),
                "size": event.size_bytes,
                "eTag": event.etag,
                "sequencer": event.sequencer,
            },
        },
        **({"thumbnailOptions": options} if options else {}),
        **({"background": True} if event.is_background else {}),
    }


def is_newer(sequencer: str, other: str) -> bool:
    """Return True if `sequencer` belongs to a later event on the same key than `other`.

    Both are hexadecimal; the shorter one is padded with zeros on the right
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
    """
    # A shorter `sequencer` needs no zeros: a text comes before any other text that begins with it.
    return sequencer.upper() > other.upper().ljust(len(sequencer), "0")
