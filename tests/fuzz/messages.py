"""Parsers of hostile bytes outside the sandbox: in the worker's own process and in the api.

Each check raises what the parser must not raise. The errors that a parser documents are caught here.
"""

import contextlib
import json
import os
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import jwt
from pydantic import BaseModel, ValidationError

from services.api.access.cursors import Cursors
from services.api.access.oidc import Verifier
from services.api.actions import dead_letters
from services.api.schema.action_models import RedriveRequest
from services.api.schema.problems import BadRequestError, UnauthorizedError
from services.api.schema.upload_models import (
    CompleteRequest,
    PartUrlsRequest,
    UploadNameError,
    UploadRequest,
    clean_name,
    propose_names,
)
from services.aws.queue import Message
from services.aws.table.items import make_item, to_attributes
from services.contract import keys
from services.contract.events import (
    MalformedNotificationError,
    decode_key,
    encode_key,
    make_retry_body,
    parse_notification,
)
from services.contract.formats import VIDEO_EXTENSIONS, get_content_type, is_video_name
from services.contract.origin import parse_origin, parse_overview
from services.contract.records import StoredPreview, VideoRecord, VideoState
from services.contract.settings.api import ApiSettings
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.text import dump_log_line, escape_deceptive
from services.contract.thumbnails import ImageFormat
from services.contract.traces import upload_trace_id
from services.worker.extraction.outcome import Outcome, decode_outcome, encode_outcome, list_measurements
from services.worker.extraction.sandbox import wire
from services.worker.pictures import describe_storyboard
from tests.fuzz.checks import require

if TYPE_CHECKING:
    from services.api.access.secret_key import SecretKey

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_PIPE_BYTES = 60_000
_QUESTIONS: tuple[type[BaseModel], ...] = (UploadRequest, PartUrlsRequest, CompleteRequest, RedriveRequest)
RECORD = VideoRecord(
    key="uploads/a.mp4",
    state=VideoState.PROCESSING,
    etag="e",
    settings_hash="h",
    base="thumbnails/a",
    size_bytes=1,
    queued_at=_NOW,
    started_at=_NOW,
    updated_at=_NOW,
)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass" if b"\xed" in content[:64] else "replace")


def check_notification(content: bytes) -> None:
    """Parse the body of a queue message, and do with its events what worker and api do before they trust them."""
    with contextlib.suppress(UnicodeError):
        body = _text(content)
        retry = make_retry_body(body)
        try:
            events = parse_notification(body)
        except MalformedNotificationError as error:
            dump_log_line({"error": str(error)}).encode()
            return
        require(not events or [event.key for event in parse_notification(retry)] == [e.key for e in events], "a retry")
        for event in events:
            _check_key(event.key)
            json.loads(dump_log_line(event.model_dump(mode="json")).encode())
            upload_trace_id(event.key, event.key)


def check_key(content: bytes) -> None:
    """Decode an object key of a notification, and derive the keys of its pictures."""
    with contextlib.suppress(UnicodeError):
        _check_key(decode_key(_text(content)))


def _check_key(key: str) -> None:
    require(decode_key(encode_key(key)) == key, "a key that changes when it is encoded")
    escape_deceptive(key).encode()
    is_video_name(key)
    get_content_type(key)
    bases = keys.thumbnail_bases(key)
    for base in bases:
        longest = keys.storyboard_key(base, "webp")
        require(len(longest.encode()) <= keys.MAX_KEY_BYTES, f"a key of {len(longest.encode())} bytes")
        require(keys.picture_base(keys.thumbnail_key(base, 1)) == base, "a thumbnail of another base")
    keys.picture_base(key)


def check_upload_name(content: bytes) -> None:
    """Clean the name of an upload."""
    with contextlib.suppress(UploadNameError):
        name = clean_name(content.decode("utf-8", "replace"), VIDEO_EXTENSIONS)
        for proposed in propose_names(name, "token"):
            require(len((keys.UPLOAD_PREFIX + proposed).encode()) <= keys.MAX_KEY_BYTES + 40, "a name that is too long")
        require(escape_deceptive(name) == name and ".." not in name.split("/"), "a name that deceives")


def check_outcome(content: bytes) -> None:
    """Decode the answer of a child, and make of it all that the worker stores."""
    try:
        outcome = decode_outcome(content)
    except ValueError:
        return
    require(decode_outcome(encode_outcome(outcome)) == outcome, "an outcome that changes when it is sent")
    update = {"state": outcome.state, "reason": outcome.reason, **list_measurements(outcome.info, outcome.usage)}
    record = RECORD.model_copy(update=update)
    attributes = to_attributes(make_item(record, shards=1))
    json.dumps(attributes, default=str, allow_nan=False).encode()
    for value in attributes.values():
        require("N" not in value or abs(float(value["N"])) < 1e125, f"a number that DynamoDB refuses: {value}")
    _store_storyboard(outcome)


def _store_storyboard(outcome: Outcome) -> None:
    if outcome.storyboard:
        made = outcome.storyboard
        duration_s = (outcome.info and outcome.info.duration_s) or made.tiles * made.interval_s
        describe_storyboard(made, "thumbnails/a", duration_s, ImageFormat.JPEG, tuple(StoryboardFormat))


def check_wire(content: bytes) -> None:
    """Read messages of a child from a pipe until it ends, and parse the ranges that they ask for."""
    inbox, outbox = os.pipe()
    try:
        os.write(outbox, content[:_PIPE_BYTES])
    finally:
        os.close(outbox)
    try:
        while True:
            kind, payload = wire.receive_message(inbox)
            if kind is wire.MessageKind.READ:
                require(len(wire.parse_ranges(payload)) <= wire.MAX_RANGES, "too many ranges")
            elif kind is wire.MessageKind.OUTCOME:
                check_outcome(payload)
    except wire.WireError:
        return
    finally:
        os.close(inbox)


def check_metadata(content: bytes) -> None:
    """Parse the metadata of a picture in the bucket, as a reindex does."""
    lines = (line.partition("=") for line in content.decode("latin-1").splitlines())
    metadata = {name: value for name, _, value in lines}
    with contextlib.suppress(ValueError):
        parse_origin(metadata)
    for kind, names in ((StoredStoryboard, {"key": "k", "track_key": "t"}), (StoredPreview, {"key": "k"})):
        with contextlib.suppress(ValueError):
            parse_overview(metadata, kind, RECORD, **names)  # type: ignore[type-var]


def check_body(content: bytes) -> None:
    """Validate the body of a request to the api."""
    for question in _QUESTIONS:
        with contextlib.suppress(ValidationError):
            question.model_validate_json(content)


def check_cursor(content: bytes) -> None:
    """Read the cursor of a list that was not signed by the api."""
    key = cast("SecretKey", SimpleNamespace(remembered="secret"))
    with contextlib.suppress(BadRequestError):
        Cursors(key).read("videos", content.decode("latin-1"))
        require(holds=False, what="a forged cursor was accepted")


class _NoKeys(Verifier):
    """A verifier that knows no key."""

    def _get_key(self, key_id: str) -> str:
        raise jwt.InvalidTokenError(f"no such key: {key_id}")


def check_login(content: bytes) -> None:
    """Verify the header of a load balancer without a valid signature."""
    verifier = _NoKeys(ApiSettings.model_construct(aws_region="eu-west-1", auth_oidc_keys_url="none"))
    verifier._log = SimpleNamespace(warning=lambda *_, **__: None)  # noqa: SLF001 - a million lines otherwise
    with contextlib.suppress(UnauthorizedError):
        verifier.verify(content.decode("latin-1"))
        require(holds=False, what="a login without a key was accepted")


def check_letter(content: bytes) -> None:
    """Parse a dead letter with hostile attributes."""
    head, _, body = content.decode("utf-8", "replace").partition("\n")
    attempts, _, code = head.partition(" ")
    attributes = {"attempts": attempts, "reason_code": code, "reason": body}
    message = Message(id="m", body=body, receipt="r", receive_count=1, sent_at=_NOW, attributes=attributes)
    dead_letters._parse_letter(message)  # noqa: SLF001 - the request around it asks SQS
