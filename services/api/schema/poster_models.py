"""Answers about the poster of a video."""

from pydantic import BaseModel, ConfigDict, Field

from services.contract.outputs.stored import PosterCandidate


class Poster(BaseModel):
    """The picture that represents the video, and the candidates that it was chosen from."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Presigned URL.")
    time_s: float = Field(description="Time of its frame.", examples=[12.84])
    width_px: int = Field(examples=[640])
    height_px: int = Field(examples=[360])
    size_bytes: int = Field(description="Size of poster and strip together.", examples=[68_400])
    candidates_url: str = Field(description="Presigned URL of the strip: a tile for each candidate, side by side.")
    tile_width_px: int = Field(examples=[160])
    tile_height_px: int = Field(examples=[90])
    candidates: list[PosterCandidate] = Field(
        description="At most six, the best first. Empty if a reindex has rebuilt the record."
    )
