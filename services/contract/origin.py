"""What a stored thumbnail says of itself, as metadata of its object: a lost table can be rebuilt from it."""

import hashlib
from collections.abc import Mapping
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict

from services.contract.records import Thumbnail, VideoRecord


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


def upload_digest(key: str) -> str:
    """Names an upload in a few characters: metadata are ASCII and hold two kilobytes in all."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def origin_metadata(record: VideoRecord, thumbnail: Thumbnail, *, count: int) -> dict[str, str]:
    """The metadata of a thumbnail, one of `count`."""
    origin = Origin(
        upload=upload_digest(record.key),
        etag=record.etag,
        settings_hash=record.settings_hash,
        count=count,
        **thumbnail.model_dump(include={"position_pct", "time_s", "width_px", "height_px", "note"}),
    )
    fields = origin.model_dump(exclude_none=True)
    return {name.replace("_", "-"): quote(str(value), safe=" .,:;+") for name, value in fields.items()}


def parse_origin(metadata: Mapping[str, str]) -> Origin:
    """Raises: ValueError if the object was not stored by a worker that says so."""
    return Origin.model_validate({name.replace("-", "_"): unquote(value) for name, value in metadata.items()})
