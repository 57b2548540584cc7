"""A storyboard as in a record."""

from pydantic import BaseModel, ConfigDict

from services.contract.keys import sheet_key, storyboard_file_key
from services.contract.storyboards.layout import StoryboardFormat


class StoredStoryboard(BaseModel):
    """Sheets of small pictures of the video, row by row. Tile n, from 0, covers the time from `n * interval_s`."""

    model_config = ConfigDict(frozen=True)

    key: str
    """Object key of the first sheet."""
    track_key: str
    """Object key of the WebVTT file."""
    interval_s: float
    tiles: int
    columns: int
    tile_width_px: int
    tile_height_px: int
    size_bytes: int
    """Size of all files together."""
    sheets: int = 1
    rows: int | None = None
    """Rows of each sheet; None in records of older versions, whose only sheet has all tiles."""
    formats: tuple[StoryboardFormat, ...] = ()
    """Formats of the further files that describe the sheets."""

    @property
    def sheet_rows(self) -> int:
        return self.rows or -(-self.tiles // self.columns)

    @property
    def tiles_per_sheet(self) -> int:
        return self.columns * self.sheet_rows

    @property
    def sheet_keys(self) -> tuple[str, ...]:
        """Return the object keys of all sheets."""
        if self.sheets == 1:
            return (self.key,)
        extension = self.key.rpartition(".")[2]
        return tuple(sheet_key(self._base, number, extension) for number in range(1, self.sheets + 1))

    @property
    def format_keys(self) -> dict[StoryboardFormat, str]:
        """Return the object keys of the files of `formats`."""
        return {one: storyboard_file_key(self._base, one.extension) for one in self.formats}

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the object keys of all files."""
        return (*self.sheet_keys, self.track_key, *self.format_keys.values())

    @property
    def _base(self) -> str:
        return self.track_key.removesuffix("_storyboard.vtt")
