"""Layout of storyboards: presets, intervals, and tiles on sheets."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contract.storyboards.layout import (
    MAX_SHEET_PX,
    MAX_TILES,
    StoryboardFormat,
    StoryboardLayout,
    StoryboardPreset,
    arrange_tiles,
    choose_layout,
)

LAYOUTS = st.builds(
    StoryboardLayout,
    formats=st.permutations(list(StoryboardFormat)).map(tuple),
    interval_s=st.none() | st.floats(0.5, 3600),
    tile_px=st.integers(32, 64),
    columns=st.integers(1, 64),
)


@given(LAYOUTS, st.floats(0.01, 366 * 24 * 3600.0))
@example(StoryboardLayout(interval_s=math.nextafter(0.5, 1)), 1.0)
def test_tiles_cover_the_video_and_are_limited(layout: StoryboardLayout, duration_s: float) -> None:
    interval_s = layout.compute_interval_s(duration_s)
    tiles = max(math.ceil(duration_s / interval_s - 1e-6), 1)
    assert tiles <= MAX_TILES
    assert (tiles - 1) * interval_s < duration_s <= tiles * interval_s + 0.001
    assert interval_s * 1000 == pytest.approx(round(interval_s * 1000), abs=1e-6)
    # compute_interval_s takes a millionth of a millisecond for a rounding error.
    assert layout.interval_s is None or interval_s * 1000 >= layout.interval_s * 1000 - 1e-6


@given(st.integers(1, MAX_TILES), st.integers(1, 64))
def test_sheets_hold_all_tiles_and_at_most_a_square(tiles: int, columns: int) -> None:
    arrangement = arrange_tiles(tiles, columns)
    assert (arrangement.sheets - 1) * arrangement.tiles_per_sheet < tiles
    assert tiles <= arrangement.sheets * arrangement.tiles_per_sheet
    assert max(arrangement.columns, arrangement.rows) <= columns
    if arrangement.sheets == 1:
        assert arrangement.tiles_per_sheet - tiles < arrangement.columns


@pytest.mark.parametrize("preset", list(StoryboardPreset))
def test_sheets_of_presets_are_small_enough(preset: StoryboardPreset) -> None:
    layout = choose_layout(preset)
    assert layout.tile_px * layout.columns <= (1080 if preset is StoryboardPreset.TV else MAX_SHEET_PX)


def test_given_values_replace_those_of_the_preset() -> None:
    layout = choose_layout(StoryboardPreset.TV, formats=(StoryboardFormat.BIF, StoryboardFormat.HLS), columns=3)
    formats = (StoryboardFormat.HLS, StoryboardFormat.BIF)
    assert layout == StoryboardLayout(formats=formats, interval_s=10, tile_px=240, columns=3)


def test_a_sheet_that_would_be_too_large_is_refused() -> None:
    with pytest.raises(ValidationError, match="at most 4096 px: 13 x 320 px are 4160 px"):
        choose_layout(StoryboardPreset.WEB, tile_px=320, columns=13)
