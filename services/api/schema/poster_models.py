"""Answers about the poster of a video."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contract.outputs.stored import MAX_CANDIDATES, PosterCandidate


class Poster(BaseModel):
    """The picture that represents the video, and the candidates that it was chosen from."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Presigned URL.")
    time_s: float = Field(description="Time of its frame.", examples=[12.84])
    is_pinned: bool = Field(description="True if a person has chosen its frame.", examples=[False])
    width_px: int = Field(examples=[640])
    height_px: int = Field(examples=[360])
    size_bytes: int = Field(description="Size of poster and strip together.", examples=[68_400])
    candidates_url: str = Field(description="Presigned URL of the strip: a tile for each candidate, side by side.")
    tile_width_px: int = Field(examples=[160])
    tile_height_px: int = Field(examples=[90])
    candidates: list[PosterCandidate] = Field(
        description="At most six, the best first. Empty if a reindex has rebuilt the record without a manifest."
    )


class PosterChoice(BaseModel):
    """A frame of the video: by its time, or by the number of a candidate."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    time_s: float | None = Field(default=None, ge=0, le=1e9, allow_inf_nan=False, examples=[12.5])
    candidate: int | None = Field(default=None, ge=1, le=MAX_CANDIDATES, description="1 is the best one.")

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.time_s is None) is (self.candidate is None):
            raise ValueError("either time_s or candidate")
        return self


class VideoChange(BaseModel):
    """Change of one video."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    poster: PosterChoice | None = Field(
        description="Frame that becomes the poster and stays it; null for an automatic choice.",
        examples=[{"time_s": 12.5}],
    )
