"""Origin of a stored picture, as metadata of its object. A reindex rebuilds a lost table from it."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, unquote

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter
from pydantic_core import from_json

from services.contract.outputs.stored import StoredManifest, StoredPoster
from services.contract.records import StoredPreview, StoredThumbnail, VideoRecord
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ThumbnailOverrides

_Overview = TypeVar("_Overview", StoredStoryboard, StoredPreview, StoredPoster, StoredManifest)

_ABOUT = TypeAdapter(dict[str, Any])

OF_THUMBNAIL = {"position_pct", "time_s", "width_px", "height_px", "note", "thumbhash"}
"""Fields of a thumbnail that its origin has."""


def _read_json(value: Any) -> Any:
    return from_json(value) if isinstance(value, str) else value


class Origin(BaseModel):
    """Upload, settings and position of a thumbnail."""

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
    thumbhash: str | None = None
    options: Annotated[ThumbnailOverrides, BeforeValidator(_read_json)] | None = None
    """Options that a person has chosen for the video; in the metadata as JSON."""
    also: str | None = None
    """Other objects of the upload, separated by spaces: `storyboard`, `preview`, `poster`, `manifest`."""


def upload_digest(key: str) -> str:
    """Return a short ASCII name of an upload: metadata are ASCII, with 2 KB in total."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def origin_metadata(record: VideoRecord, thumbnail: StoredThumbnail, *, count: int, also: str = "") -> dict[str, str]:
    """Return the metadata of one of `count` thumbnails; `also` names the other pictures of the upload."""
    origin = Origin(
        upload=upload_digest(record.key),
        etag=record.etag,
        settings_hash=record.settings_hash,
        options=record.options,
        count=count,
        also=also or None,
        **thumbnail.model_dump(include=OF_THUMBNAIL),
    )
    fields = origin.model_dump(exclude_none=True)
    if record.options is not None:
        fields["options"] = record.options.model_dump_json(exclude_none=True)
    return _quote_fields(fields)


def parse_origin(metadata: Mapping[str, str]) -> Origin:
    """Read the metadata of a thumbnail. Raises: ValueError if a worker did not write them."""
    return Origin.model_validate({name.replace("-", "_"): unquote(value) for name, value in metadata.items()})


def overview_metadata(
    record: VideoRecord, made: StoredStoryboard | StoredPreview | StoredPoster | StoredManifest
) -> dict[str, str]:
    """Return the metadata of an object for the whole video, without its keys, as metadata have little room."""
    about = made.model_dump_json(exclude={"key", "track_key", "candidates"}, exclude_defaults=True)
    return _quote_fields({"upload": upload_digest(record.key), "etag": record.etag, "about": about})


def parse_overview(metadata: Mapping[str, str], kind: type[_Overview], record: VideoRecord, **keys: str) -> _Overview:
    """Read the metadata of an object for the whole video. Raises: ValueError if it belongs to another upload."""
    made_of = metadata.get("upload"), unquote(metadata.get("etag", ""))
    if made_of != (upload_digest(record.key), record.etag):
        raise ValueError("made of another upload")
    about = _ABOUT.validate_json(unquote(metadata.get("about", "")))
    return kind.model_validate({**about, **keys})


def _quote_fields(fields: Mapping[str, object]) -> dict[str, str]:
    return {name.replace("_", "-"): quote(str(value), safe=" .,:;+") for name, value in fields.items()}
