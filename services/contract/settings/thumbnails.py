"""Settings of the thumbnails: the worker makes thumbnails with them, and the api compares records with them."""

from pydantic import Field

from services.contract.settings.pipeline import PipelineSettings
from services.contract.thumbnails import BACKGROUND_PATTERN, ImageFormat, ThumbnailOptions


class ThumbnailSettings(PipelineSettings):
    thumbnail_width_px: int = Field(
        default=640, description="Maximum width of the thumbnails in pixels.", ge=16, le=4096, examples=["640"]
    )
    thumbnail_quality: int = Field(default=82, description="Quality of the thumbnails.", ge=1, le=100, examples=["82"])
    thumbnail_format: ImageFormat = Field(
        default=ImageFormat.JPEG, description="Format of the thumbnails: jpeg, webp or avif.", examples=["webp"]
    )
    thumbnail_smart: bool = Field(
        default=True,
        description="Take a better picture nearby if the nearest one is black, white, flat or blurred.",
        examples=["false"],
    )
    thumbnail_background: str = Field(
        default="#000000",
        description="Colour behind transparent pictures. The default is black, as in players.",
        pattern=BACKGROUND_PATTERN,
        examples=["#ffffff"],
    )
    thumbnail_storyboard: bool = Field(
        default=False,
        description="Also make a storyboard: a sheet of small pictures, one every max(5 s, 1 % of the duration), and "
        "its WebVTT file.",
        examples=["true"],
    )
    thumbnail_preview: bool = Field(
        default=False,
        description="Also make a preview: a short animated WebP of at most ten pictures.",
        examples=["true"],
    )

    @property
    def thumbnail_options(self) -> ThumbnailOptions:
        return ThumbnailOptions(
            positions_pct=self.thumbnail_positions,
            width_px=self.thumbnail_width_px,
            quality=self.thumbnail_quality,
            format=self.thumbnail_format,
            smart=self.thumbnail_smart,
            background=self.thumbnail_background,
            storyboard=self.thumbnail_storyboard,
            preview=self.thumbnail_preview,
        )
