"""Manifest of a video: a JSON document in the bucket that lists its outputs with their placeholders. Pure.

It is made of the content of the upload, the settings and the version alone, so that all attempts write the same bytes.
"""

import json
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.contract.outputs.stored import PosterCandidate
from services.contract.records import ReasonCode
from services.contract.version import VERSION

MANIFEST_VERSION: Final = 1
"""Version of the format. New fields keep it; a field that is removed or changes its meaning raises it."""

CONTENT_TYPE = "application/json"

SCHEMA_ID = f"urn:thumbnail-pipeline:manifest:{MANIFEST_VERSION}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Upload(_Part):
    """The upload of which the outputs were made."""

    key: str = Field(examples=["uploads/trip/holiday.mp4"])
    etag: str = Field(examples=["9b2cf535f27731c974343645a3985328"])
    size_bytes: int = Field(ge=0, examples=[7_340_032])


class SoundTrack(_Part):
    codec: str = Field(examples=["aac"])
    channels: int | None = Field(ge=0, examples=[2])
    sample_rate_hz: int | None = Field(ge=0, examples=[48_000])


class Chapter(_Part):
    start_s: float = Field(ge=0, examples=[0])
    end_s: float | None = Field(ge=0, examples=[62.5])
    title: str = Field(examples=["Arrival"])


class Location(_Part):
    latitude_deg: float = Field(ge=-90, le=90, examples=[37.3318])
    longitude_deg: float = Field(ge=-180, le=180, examples=[-122.0312])


class ProbeData(_Part):
    """Properties of the video, as far as its index says them. Null is not known."""

    duration_s: float | None = Field(ge=0, examples=[128.4])
    width_px: int = Field(ge=0, description="Width as it is shown: rotated, with square pixels.", examples=[1920])
    height_px: int = Field(ge=0, examples=[1080])
    container: str = Field(examples=["mp4"])
    codec: str = Field(description="Codec of the pictures.", examples=["h264"])
    frame_rate_hz: float | None = Field(ge=0, description="Usual frame rate.", examples=[29.97])
    dynamic_range: Literal["sdr", "pq", "hlg", "dolby_vision"] | None = Field(
        description="Dynamic range of the stored pictures: `pq` is that of HDR10, `dolby_vision` is profile 5."
    )
    rotation_deg: int | None = Field(ge=0, le=270, description="Clockwise rotation before it is shown.", examples=[90])
    audio: list[SoundTrack] | None = Field(description="Tracks of sound; empty if there is none.")
    chapters: list[Chapter] | None = Field(description="Chapters in order; empty if there is none.")
    created_at: AwareDatetime | None = Field(description="Time of the recording, as the file states it.")
    location: Location | None = Field(description="Place of the recording; null unless THUMBNAIL_LOCATION is true.")


class Output(_Part):
    """One object that the worker has stored for the video. A field that does not apply is null."""

    kind: str = Field(
        description="`thumbnail`, `storyboard`, `preview`, `poster` or `candidates`, the strip of those of the poster. "
        "Readers skip kinds that they do not know.",
        examples=["thumbnail"],
    )
    key: str = Field(examples=["thumbnails/trip/holiday_1.jpg"])
    content_type: str = Field(examples=["image/jpeg"])
    size_bytes: int = Field(ge=0, examples=[48_213])
    etag: str = Field(
        description="ETag of the object: the MD5 of its bytes.", examples=["b1946ac92492d2347c6235b4d2611184"]
    )
    width_px: int | None = Field(default=None, ge=0, examples=[640])
    height_px: int | None = Field(default=None, ge=0, examples=[360])
    time_s: float | None = Field(default=None, ge=0, description="Time of the frame.", examples=[12.84])
    position_pct: float | None = Field(default=None, ge=0, le=100, examples=[10])
    note: str | None = Field(default=None, description="Flaw of the picture, in a sentence.")
    thumbhash: str | None = Field(
        default=None, description="ThumbHash in base64.", examples=["3vcNrIhwhHx3h4h3d3ePd/drZg=="]
    )
    blurhash: str | None = Field(default=None, examples=["LbJRzC=9nM.,SkNFR+WYNfMzOrbE"])
    dominant_colour: str | None = Field(default=None, pattern="^#[0-9a-f]{6}$", examples=["#5b7a99"])


class Poster(_Part):
    """Choice of the poster. The strip has one tile for each candidate, in the same order."""

    key: str = Field(description="Key of its output.", examples=["thumbnails/trip/holiday_poster.jpg"])
    time_s: float = Field(ge=0, description="Time of its frame.", examples=[12.84])
    is_pinned: bool = Field(description="True if a person has chosen its frame.", examples=[False])
    candidates_key: str = Field(
        description="Key of the strip's output.", examples=["thumbnails/trip/holiday_candidates.jpg"]
    )
    tile_width_px: int = Field(ge=1, examples=[160])
    tile_height_px: int = Field(ge=1, examples=[90])
    candidates: list[PosterCandidate] = Field(description="The best candidates, at most six, the best first.")


class Manifest(_Part):
    """Outputs of one video, with what a page needs to show them before they are loaded."""

    version: Literal[1] = Field(default=MANIFEST_VERSION, description="Version of this format.")
    pipeline_version: str = Field(default=VERSION, examples=["0.1.0"])
    settings_hash: str = Field(description="Fingerprint of the thumbnail settings.", examples=["4f53cda18c2baa0c"])
    state: Literal["done", "degraded"]
    reason_code: ReasonCode | None = Field(description="Reason of a degraded video.")
    reason: str | None
    upload: Upload
    probe: ProbeData
    outputs: list[Output] = Field(description="The thumbnails in the order of their positions, then the other outputs.")
    poster: Poster | None = Field(default=None, description="Null if it was not requested or could not be made.")

    def encode(self) -> bytes:
        """Return the document as it is stored."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def make_schema() -> dict[str, Any]:
    """Return the JSON schema of the manifest."""
    schema = Manifest.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


if __name__ == "__main__":
    print(json.dumps(make_schema(), indent=2))  # noqa: T201 - its output is docs/manifest.schema.json
