"""Descriptions of stored outputs, as records have them. Pure."""

from pydantic import BaseModel, ConfigDict, Field

from services.contract.keys import candidates_key

MAX_CANDIDATES = 6
"""Candidates for the poster that a record keeps, the best ones."""


class StoredManifest(BaseModel):
    """The JSON document that lists the other objects of a video: `services.contract.outputs.manifest`."""

    model_config = ConfigDict(frozen=True)

    key: str
    size_bytes: int


class PosterCandidate(BaseModel):
    """A picture of the video that can be its poster. All scores are from 0 to 1, and 1 is best."""

    model_config = ConfigDict(frozen=True)

    time_s: float = Field(ge=0, examples=[12.84], description="Time of the frame.")
    score: float = Field(ge=0, le=1, examples=[0.71], description="Weighted mean of the other scores.")
    sharpness: float = Field(ge=0, le=1, examples=[0.82])
    exposure: float = Field(ge=0, le=1, examples=[0.9])
    contrast: float = Field(ge=0, le=1, examples=[0.64])
    colourfulness: float = Field(ge=0, le=1, examples=[0.41])
    cut: float = Field(
        ge=0,
        le=1,
        examples=[1],
        description="Distance to the nearest cut; 1 from two seconds on. Half of it if alone in its scene.",
    )
    faces: float | None = Field(
        default=None,
        ge=0,
        le=1,
        examples=[0.35],
        description="Faces by their size; 0 without one. Null if none were searched for: the candidate has a flaw, or "
        "the worker has no detector.",
    )
    flaw: str | None = Field(
        default=None,
        description="Flaw that puts it behind all candidates without one: `black`, `white`, `flat`, `credits`, "
        "`slate`, `cross-fade` or `blurred`.",
    )


class StoredPoster(BaseModel):
    """The poster, and the candidates that it was chosen from, the best first.

    A strip shows the candidates side by side in tiles, in the same order.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    time_s: float
    width_px: int
    height_px: int
    size_bytes: int
    """Size of poster and strip together."""
    tile_width_px: int
    tile_height_px: int
    is_pinned: bool = False
    """A person has chosen its frame."""
    candidates: tuple[PosterCandidate, ...] = ()
    """Empty in records that a reindex has rebuilt without a manifest."""

    @property
    def candidates_key(self) -> str:
        """Return the object key of the strip."""
        base, _, extension = self.key.rpartition("_poster.")
        return candidates_key(base, extension)

    @property
    def keys(self) -> tuple[str, str]:
        """Return the object keys of both files."""
        return self.key, self.candidates_key
