"""Options of the thumbnails, which an instance chooses, and their fingerprint."""

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contract.keys import MAX_POSITIONS
from services.contract.storyboards.layout import StoryboardLayout


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def extension(self) -> str:
        """Return the extension of a file name, without the dot."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"


def get_image_type(key: str) -> str:
    """Return the content type for the key of a thumbnail."""
    extension = key.rpartition(".")[2]
    return next((one.content_type for one in ImageFormat if one.extension == extension), "application/octet-stream")


BACKGROUND_PATTERN = "^#[0-9a-fA-F]{6}$"


def check_positions(positions: tuple[float, ...]) -> tuple[float, ...]:
    """Return the positions if they are valid.

    Raises:
        ValueError: the positions break the rule in the message.
    """
    if not 1 <= len(positions) <= MAX_POSITIONS:
        raise ValueError(f"1 to {MAX_POSITIONS} positions")
    if not all(0 < position < 100 for position in positions):
        raise ValueError("every position lies between 0 and 100, both excluded")
    if list(positions) != sorted(set(positions)):
        raise ValueError("positions ascend, each once")
    return positions


Positions = Annotated[tuple[float, ...], AfterValidator(check_positions), Field(strict=False)]
Width = Annotated[int, Field(ge=16, le=4096)]
Quality = Annotated[int, Field(ge=1, le=100)]
Format = Annotated[ImageFormat, Field(strict=False)]
PosterTime = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | Literal["auto"]
Background = Annotated[str, Field(pattern=BACKGROUND_PATTERN)]


class ThumbnailOverrides(BaseModel):
    """Options of one video that a request has chosen; the settings of the workers hold for those that are null."""

    model_config = ConfigDict(frozen=True)

    positions_pct: Positions | None = Field(
        default=None, description="Positions in percent of the duration, ascending.", examples=[[5, 50]]
    )
    width_px: Width | None = Field(default=None, description="Maximum width in pixels.", examples=[320])
    format: Format | None = Field(default=None, description="Format of the pictures.", examples=["webp"])
    quality: Quality | None = Field(default=None, description="Quality of the pictures.", examples=[90])
    smart: bool | None = Field(
        default=None, description="Take a better picture nearby if the nearest one is black, white, flat or blurred."
    )
    background: Background | None = Field(default=None, description="Colour behind transparent pictures.")
    storyboard: bool | None = Field(default=None, description="Also make a storyboard.")
    preview: bool | None = Field(default=None, description="Also make a preview.")
    poster: bool | None = Field(default=None, description="Also choose a poster.")
    poster_time_s: PosterTime | None = Field(
        default=None,
        description="Time of the frame that is the poster, until it is `auto` again or the video has other content.",
        examples=[12.5],
    )


class ThumbnailOptions(BaseModel):
    """Positions and encoding of the thumbnails. Positions are percentages of the duration."""

    model_config = ConfigDict(frozen=True)

    positions_pct: Positions = (10.0, 50.0, 95.0)
    width_px: Width = 640
    quality: Quality = 82
    format: ImageFormat = ImageFormat.JPEG
    smart: bool = True
    """Take a better picture nearby if the nearest one is black, white, flat or blurred."""
    background: Background = "#000000"
    """Colour behind transparent pictures. Players show them over black."""
    storyboard: bool = False
    """Also store sheets of small pictures of the whole video, with files for players."""
    storyboard_layout: StoryboardLayout = StoryboardLayout()
    preview: bool = False
    """Also store a short animation of the whole video."""
    poster: bool = False
    """Also store the best picture of those that are decoded anyway, and its scores."""
    poster_time_s: PosterTime | None = None
    """Time of the frame that a person has pinned as the poster."""

    @property
    def has_poster(self) -> bool:
        """Return True if a poster is chosen or pinned."""
        return self.poster or self.poster_time_s is not None

    @property
    def fingerprint(self) -> str:
        """Return a hash of the options that differ from their defaults: it changes if the thumbnails would change."""
        unused = set() if self.storyboard else {"storyboard_layout"}
        text = self.model_dump_json(exclude_defaults=True, exclude=unused)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def replace(self, overrides: ThumbnailOverrides | None) -> "ThumbnailOptions":
        """Return the options with those of one video in place of the own ones."""
        return self.model_copy(update=overrides.model_dump(exclude_none=True)) if overrides else self
