"""How thumbnails are to look: what an instance chooses, and what makes two runs comparable."""

import hashlib
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.contract.keys import MAX_POSITIONS


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def extension(self) -> str:
        """Of a file's name, without the dot."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"


class ThumbnailOptions(BaseModel):
    """Which frames to take, and how to store them. Positions are percentages of the duration."""

    model_config = ConfigDict(frozen=True)

    positions_pct: tuple[float, ...] = (10.0, 50.0, 95.0)
    width_px: int = Field(default=640, ge=16, le=4096)
    quality: int = Field(default=82, ge=1, le=100)
    format: ImageFormat = ImageFormat.JPEG
    smart: bool = True
    """Where the nearest picture is black, white, flat or a blur, take a better one nearby."""
    storyboard: bool = False
    """Also a sheet of small pictures of the whole video, with a WebVTT file for players."""
    preview: bool = False
    """Also a short animation of the whole video."""

    @field_validator("positions_pct")
    @classmethod
    def _valid_positions(cls, positions: tuple[float, ...]) -> tuple[float, ...]:
        return check_positions(positions)

    @property
    def fingerprint(self) -> str:
        """Changes whenever another choice would give other thumbnails; a new option left alone does not count."""
        return hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:16]


def check_positions(positions: tuple[float, ...]) -> tuple[float, ...]:
    """The positions themselves.

    Raises:
        ValueError: they break the rule, which the message tells.
    """
    if not 1 <= len(positions) <= MAX_POSITIONS:
        raise ValueError(f"1 to {MAX_POSITIONS} positions")
    if not all(0 < position < 100 for position in positions):
        raise ValueError("every position lies between 0 and 100, both excluded")
    if list(positions) != sorted(set(positions)):
        raise ValueError("positions ascend, each once")
    return positions
