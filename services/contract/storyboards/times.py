"""Times of the tiles and the sheets of a storyboard, and the names of its sheets in the files of players."""

from urllib.parse import quote

from services.contract.storyboards.stored import StoredStoryboard


def quote_name(key: str) -> str:
    """Return the address of an object from another one in the same folder."""
    return quote(key.rpartition("/")[2])


def list_tile_times(storyboard: StoredStoryboard, duration_s: float) -> list[tuple[float, float]]:
    """Return start and end of each tile; the last one ends with the video."""
    return _split_evenly(storyboard.tiles, storyboard.interval_s, _clamp_end(storyboard, duration_s))


def list_sheet_times(storyboard: StoredStoryboard, duration_s: float) -> list[tuple[float, float]]:
    """Return start and end of each sheet; the last one ends with the video."""
    sheet_s = storyboard.tiles_per_sheet * storyboard.interval_s
    return _split_evenly(storyboard.sheets, sheet_s, _clamp_end(storyboard, duration_s))


def measure_bandwidth(storyboard: StoredStoryboard, duration_s: float, sheet_bytes: list[int]) -> int:
    """Return the highest bit rate of a sheet, in bits a second."""
    spans = list_sheet_times(storyboard, duration_s)
    rates = [size * 8 / max(end_s - start_s, 1) for size, (start_s, end_s) in zip(sheet_bytes, spans, strict=True)]
    return max(1, round(max(rates)))


def _clamp_end(storyboard: StoredStoryboard, duration_s: float) -> float:
    """Return the end of the video within its last tile, which it has by the arithmetic of the interval."""
    earliest_s = (storyboard.tiles - 1) * storyboard.interval_s + 0.001
    return max(earliest_s, min(duration_s, storyboard.tiles * storyboard.interval_s))


def _split_evenly(count: int, each_s: float, end_s: float) -> list[tuple[float, float]]:
    return [(number * each_s, min((number + 1) * each_s, end_s)) for number in range(count)]
