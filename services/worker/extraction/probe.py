"""Probe data: what the header of a file says beside its pictures. Null where a part was not read, or says nothing."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

# The worker checks the message of a child against these.
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Few = Annotated[int, Field(ge=1, le=1000)]
Text = Annotated[str, Field(max_length=1000)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]

MAX_TEXT = 200
"""Maximum number of characters of a codec's name or a chapter's title."""
MAX_ENTRIES = 200
"""Maximum number of tracks of sound, and of chapters."""

DynamicRange = Literal["sdr", "pq", "hlg", "dolby_vision"]


@dataclass(frozen=True)
class Sound:
    """A track of sound."""

    codec: Text
    channels: Count | None = None
    sample_rate_hz: Count | None = None


@dataclass(frozen=True)
class ProbedChapter:
    start_s: Amount
    end_s: Amount | None
    title: Text


@dataclass(frozen=True)
class ProbedLocation:
    latitude_deg: Latitude
    longitude_deg: Longitude


@dataclass(frozen=True)
class Tags:
    """Tracks of sound, chapters, time of creation (ISO 8601) and place of a file."""

    audio: Annotated[tuple[Sound, ...], Field(max_length=MAX_ENTRIES)] | None = None
    chapters: Annotated[tuple[ProbedChapter, ...], Field(max_length=MAX_ENTRIES)] | None = None
    created_at: Text | None = None
    location: ProbedLocation | None = None


UNTAGGED = Tags()


@dataclass(frozen=True)
class PictureProperties:
    """Properties of the video stream. Rotation is clockwise; `dynamic_range` is that of the stored pictures."""

    frame_rate_hz: Amount | None = None
    rotation_deg: Count | None = None
    dynamic_range: DynamicRange | None = None


@dataclass(frozen=True)
class Probe:
    picture: PictureProperties = PictureProperties()
    tags: Tags = UNTAGGED
