"""What a stored picture says of itself, as metadata of its object: a lost table can be rebuilt from it."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from services.contract.records import StoredPreview, StoredStoryboard, StoredThumbnail, VideoRecord

_Overview = TypeVar("_Overview", StoredStoryboard, StoredPreview)


class Origin(BaseModel):
    """Of which upload a thumbnail was taken, with which settings, and where in the video."""

    model_config = ConfigDict(frozen=True)

    upload: str
    etag: str
    settings_hash: str
    count: int
    position_pct: float
    time_s: float
    width_px: int
    height_px: int
    note: str | None = None
    also: str | None = None
    """What else was made of the upload, separated by spaces: `storyboard`, `preview`."""


def upload_digest(key: str) -> str:
    """Names an upload in a few characters: metadata are ASCII and hold two kilobytes in all."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def origin_metadata(record: VideoRecord, thumbnail: StoredThumbnail, *, count: int, also: str = "") -> dict[str, str]:
    """The metadata of a thumbnail, one of `count`; `also` names what else there is."""
    origin = Origin(
        upload=upload_digest(record.key),
        etag=record.etag,
        settings_hash=record.settings_hash,
        count=count,
        also=also or None,
        **thumbnail.model_dump(include={"position_pct", "time_s", "width_px", "height_px", "note"}),
    )
    fields = origin.model_dump(exclude_none=True)
    return _quoted(fields)


def parse_origin(metadata: Mapping[str, str]) -> Origin:
    """Raises: ValueError if the object was not stored by a worker that says so."""
    return Origin.model_validate({name.replace("-", "_"): unquote(value) for name, value in metadata.items()})


def overview_metadata(record: VideoRecord, made: StoredStoryboard | StoredPreview) -> dict[str, str]:
    """The metadata of a storyboard's sheet or of a preview. Its keys are left out: there is little room."""
    about = made.model_dump_json(exclude={"key", "track_key"})
    return _quoted({"upload": upload_digest(record.key), "etag": record.etag, "about": about})


def parse_overview(metadata: Mapping[str, str], kind: type[_Overview], record: VideoRecord, **keys: str) -> _Overview:
    """Raises: ValueError if the object was not made of this record's upload."""
    made_of = metadata.get("upload"), unquote(metadata.get("etag", ""))
    if made_of != (upload_digest(record.key), record.etag):
        raise ValueError("made of another upload")
    return kind.model_validate({**from_json(unquote(metadata.get("about", ""))), **keys})


def _quoted(fields: Mapping[str, object]) -> dict[str, str]:
    return {name.replace("_", "-"): quote(str(value), safe=" .,:;+") for name, value in fields.items()}
