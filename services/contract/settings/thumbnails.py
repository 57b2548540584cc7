"""Settings of the thumbnails: the worker makes thumbnails with them, and the api compares records with them."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import NoDecode

from services.contract.settings.pipeline import PipelineSettings
from services.contract.storyboards.layout import (
    SHEET_RULE,
    Columns,
    IntervalS,
    StoryboardFormat,
    StoryboardLayout,
    StoryboardPreset,
    TilePx,
    choose_layout,
)
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
        description="Also make a storyboard: sheets of small pictures of the whole video, and their WebVTT file.",
        examples=["true"],
    )
    thumbnail_storyboard_formats: Annotated[tuple[StoryboardFormat, ...], NoDecode] = Field(
        default=(),
        description="Further files of a storyboard for players, separated by commas: hls (image playlist), dash "
        "(manifest with a thumbnail adaptation set), bif (Roku).",
        examples=["hls,dash,bif"],
    )
    thumbnail_storyboard_preset: StoryboardPreset = Field(
        default=StoryboardPreset.WEB,
        description="Tiles of a storyboard: web (160 px, every max(5 s, 1 % of the duration), 10 columns), tv (240 px, "
        "every 10 s, 4 columns) or dense (160 px, every 2 s, 20 columns).",
        examples=["tv"],
    )
    thumbnail_storyboard_interval_s: IntervalS | None = Field(
        default=None,
        description="Seconds between two tiles of a storyboard; that of the preset when unset. It grows if a video "
        "had more than 1,000 tiles.",
        examples=["10"],
    )
    thumbnail_storyboard_tile_px: TilePx | None = Field(
        default=None,
        description="Longer side of a storyboard's tiles in pixels; that of the preset when unset.",
        examples=["320"],
    )
    thumbnail_storyboard_columns: Columns | None = Field(
        default=None,
        description="Tiles side by side on a sheet of a storyboard, and at most as many below each other; those of the "
        "preset when unset. Columns times tile size is at most 4096 px.",
        examples=["8"],
    )
    thumbnail_preview: bool = Field(
        default=False,
        description="Also make a preview: a short animated WebP of at most ten pictures.",
        examples=["true"],
    )
    thumbnail_poster: bool = Field(
        default=False,
        description="Also choose a poster: the best of the pictures near the positions, with the scores of up to six.",
        examples=["true"],
    )

    @model_validator(mode="after")
    def _storyboard_fits_on_sheets(self) -> Self:
        try:
            _ = self.storyboard_layout
        except ValueError:
            raise ValueError(f"THUMBNAIL_STORYBOARD_COLUMNS and THUMBNAIL_STORYBOARD_TILE_PX: {SHEET_RULE}") from None
        return self

    @property
    def storyboard_layout(self) -> StoryboardLayout:
        return choose_layout(
            self.thumbnail_storyboard_preset,
            formats=self.thumbnail_storyboard_formats,
            interval_s=self.thumbnail_storyboard_interval_s,
            tile_px=self.thumbnail_storyboard_tile_px,
            columns=self.thumbnail_storyboard_columns,
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
            storyboard_layout=self.storyboard_layout,
            preview=self.thumbnail_preview,
            poster=self.thumbnail_poster,
        )
