"""Layout of a storyboard: interval and size of its tiles, and their arrangement on sheets."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_SHEET_PX = 4096
"""Upper limit of a side of a sheet: the largest texture that old televisions and phones show."""
MAX_TILES = 1000
"""Upper limit of tiles of one video. For a longer video the interval grows."""

_INTERVAL_S, _INTERVAL_SHARE = 5.0, 0.01


class StoryboardFormat(StrEnum):
    """Format of a file that describes a storyboard to players, besides WebVTT."""

    HLS = "hls"
    DASH = "dash"
    BIF = "bif"

    @property
    def extension(self) -> str:
        """Return the extension of the file, without the dot."""
        return {"hls": "m3u8", "dash": "mpd", "bif": "bif"}[self.value]

    @property
    def content_type(self) -> str:
        types = {"hls": "application/vnd.apple.mpegurl", "dash": "application/dash+xml"}
        return types.get(self.value, "application/octet-stream")


class StoryboardPreset(StrEnum):
    """Named layout, for one kind of player."""

    WEB = "web"
    TV = "tv"
    DENSE = "dense"


IntervalS = Annotated[float, Field(ge=0.5, le=3600)]
TilePx = Annotated[int, Field(ge=32, le=640)]
Columns = Annotated[int, Field(ge=1, le=64)]

SHEET_RULE = f"columns times tile size is at most {MAX_SHEET_PX} px"


class StoryboardLayout(BaseModel):
    """Layout of the storyboards of an instance. A sheet has as many rows as columns, if there are tiles for them."""

    model_config = ConfigDict(frozen=True)

    formats: Annotated[tuple[StoryboardFormat, ...], Field(strict=False)] = ()
    interval_s: IntervalS | None = None
    """Seconds between two tiles; None for max(5 s, 1 % of the duration)."""
    tile_px: TilePx = 160
    """Longer side of a tile."""
    columns: Columns = 10

    @model_validator(mode="after")
    def _fits_on_sheets(self) -> Self:
        if self.columns * self.tile_px > MAX_SHEET_PX:
            raise ValueError(f"{SHEET_RULE}: {self.columns} x {self.tile_px} px are {self.columns * self.tile_px} px")
        return self

    def compute_interval_s(self, duration_s: float, *, max_tiles: int = MAX_TILES) -> float:
        """Return the seconds between two tiles of a video: whole milliseconds, as the players' formats count them."""
        wanted_s = self.interval_s or max(_INTERVAL_S, _INTERVAL_SHARE * duration_s)
        # 1e-6: a product such as 6.4 * 1000 may be a little more than its whole number.
        return math.ceil(max(wanted_s, duration_s / max_tiles) * 1000 - 1e-6) / 1000


_PRESETS = {
    StoryboardPreset.WEB: StoryboardLayout(),
    # Roku shows sheets of at most 1080 px a side: https://developer.roku.com/dev/docs/hls-and-dash
    StoryboardPreset.TV: StoryboardLayout(interval_s=10, tile_px=240, columns=4),
    StoryboardPreset.DENSE: StoryboardLayout(interval_s=2, columns=20),
}


def choose_layout(
    preset: StoryboardPreset,
    *,
    formats: tuple[StoryboardFormat, ...] = (),
    interval_s: float | None = None,
    tile_px: int | None = None,
    columns: int | None = None,
) -> StoryboardLayout:
    """Return the layout of a preset with the given values in its place. Raises: ValueError if they do not fit."""
    chosen = {"interval_s": interval_s, "tile_px": tile_px, "columns": columns}
    given = {name: value for name, value in chosen.items() if value is not None}
    # Each once and in one order, so that the same formats have the same fingerprint.
    ordered = tuple(one for one in StoryboardFormat if one in formats)
    return StoryboardLayout(**{**_PRESETS[preset].model_dump(), **given, "formats": ordered})


@dataclass(frozen=True)
class Arrangement:
    """Tiles on sheets of one size, row by row. The last of several sheets may have room left."""

    columns: int
    rows: int
    sheets: int

    @property
    def tiles_per_sheet(self) -> int:
        return self.columns * self.rows


def arrange_tiles(tiles: int, columns: int) -> Arrangement:
    """Return the arrangement of some tiles: one sheet that is no larger than needed, or several of one size.

    HLS and DASH describe all sheets by one size.
    """
    if tiles <= columns * columns:
        return Arrangement(min(columns, tiles), math.ceil(tiles / columns), 1)
    return Arrangement(columns, columns, math.ceil(tiles / columns**2))
