"""The section `thumbnails` of `pipeline.toml`: the pictures that the workers make."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from services.contract.storyboards.layout import (
    SHEET_RULE,
    Columns,
    IntervalS,
    StoryboardFormat,
    StoryboardPreset,
    TilePx,
    choose_layout,
)
from services.contract.thumbnails import BACKGROUND_PATTERN, ImageFormat, check_positions
from stacks.config.types import Section, broken_rule


class Thumbnails(Section):
    positions_pct: tuple[float, ...] = Field(
        default=(10.0, 50.0, 95.0),
        description="Positions in percent of the duration, ascending, each between 0 and 100, 1 to 20 of them.",
        examples=[[10, 50, 95]],
    )
    width_px: int = Field(
        default=640, ge=16, le=4096, description="Maximum width in pixels; a picture is never enlarged."
    )
    quality: int = Field(default=82, ge=1, le=100, description="Quality of the pictures.")
    format: ImageFormat = Field(default=ImageFormat.JPEG, description="jpeg, webp or avif.")
    smart: bool = Field(
        default=True, description="True if a better picture nearby replaces a black, white, flat or blurred one."
    )
    background: str = Field(
        default="#000000",
        pattern=BACKGROUND_PATTERN,
        description="Colour behind transparent pictures. The default is black, as in players.",
        examples=["#ffffff"],
    )
    storyboard: bool = Field(
        default=False,
        description="True for a storyboard as well: sheets of small pictures of the whole video, and their WebVTT "
        "file.",
    )
    storyboard_formats: tuple[StoryboardFormat, ...] = Field(
        default=(),
        description="Further files of a storyboard for players: hls (image playlist), dash (manifest with a thumbnail "
        "adaptation set), bif (Roku).",
        examples=[["hls", "dash", "bif"]],
    )
    storyboard_preset: StoryboardPreset = Field(
        default=StoryboardPreset.WEB,
        description="Tiles of a storyboard: web (160 px, every max(5 s, 1 % of the duration), 10 columns), tv (240 px, "
        "every 10 s, 4 columns) or dense (160 px, every 2 s, 20 columns).",
    )
    storyboard_interval_s: IntervalS | None = Field(
        default=None,
        description="Seconds between two tiles of a storyboard; not set: those of the preset. They grow if a video had "
        "more than 1,000 tiles.",
        examples=[10],
    )
    storyboard_tile_px: TilePx | None = Field(
        default=None,
        description="Longer side of a storyboard's tiles in pixels; not set: that of the preset.",
        examples=[320],
    )
    storyboard_columns: Columns | None = Field(
        default=None,
        description="Tiles side by side on a sheet of a storyboard, and at most as many below each other; not set: "
        "those of the preset. Columns times tile size is at most 4096 px.",
        examples=[8],
    )
    preview: bool = Field(default=False, description="True for a short animated WebP as well.")
    poster: bool = Field(
        default=False,
        description="True for a poster as well: the best of the pictures near the positions, and the scores of up to "
        "six.",
    )
    manifest: bool = Field(
        default=True,
        description="True for a manifest as well: a JSON document with the outputs, their placeholders and probe data.",
    )
    location: bool = Field(
        default=False, description="True if manifests state the place of the recording, where the file has it."
    )

    @field_validator("positions_pct")
    @classmethod
    def _valid_positions(cls, positions: tuple[float, ...]) -> tuple[float, ...]:
        return check_positions(positions)

    @model_validator(mode="after")
    def _storyboard_fits_on_sheets(self) -> Self:
        try:
            choose_layout(self.storyboard_preset, tile_px=self.storyboard_tile_px, columns=self.storyboard_columns)
        except ValueError:
            fields = ["storyboard_columns", "storyboard_tile_px", "storyboard_preset"]
            raise broken_rule(SHEET_RULE, fields) from None
        return self
