"""Options of thumbnails, and changes that make earlier ones out of date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contract.keys import MAX_POSITIONS
from services.contract.storyboards.layout import StoryboardLayout
from services.contract.thumbnails import ImageFormat, ThumbnailOptions, check_positions

OPTIONS = st.builds(
    ThumbnailOptions,
    positions_pct=st.lists(
        st.floats(0, 100, exclude_min=True, exclude_max=True), min_size=1, max_size=MAX_POSITIONS, unique=True
    ).map(lambda positions: tuple(sorted(positions))),
    width_px=st.integers(16, 4096),
    quality=st.integers(1, 100),
    format=st.sampled_from(ImageFormat),
    smart=st.booleans(),
    storyboard=st.booleans(),
    preview=st.booleans(),
)


def test_the_default_is_the_three_positions_of_the_product() -> None:
    assert ThumbnailOptions().positions_pct == (10, 50, 95)


@given(OPTIONS, OPTIONS)
def test_only_the_same_options_have_the_same_fingerprint(one: ThumbnailOptions, other: ThumbnailOptions) -> None:
    assert (one.fingerprint == other.fingerprint) is (one == other)
    assert one.fingerprint == one.model_copy().fingerprint


def test_a_fingerprint_outlives_an_upgrade() -> None:
    """Otherwise every video that is done would be done again: change this only together with the thumbnails."""
    assert ThumbnailOptions().fingerprint == "44136fa355b3678a"


def test_the_layout_counts_only_for_a_storyboard() -> None:
    layout = StoryboardLayout(interval_s=10)
    plain, board = ThumbnailOptions(), ThumbnailOptions(storyboard=True)
    assert plain.model_copy(update={"storyboard_layout": layout}).fingerprint == plain.fingerprint
    assert board.model_copy(update={"storyboard_layout": layout}).fingerprint != board.fingerprint


@given(OPTIONS)
def test_options_survive_json(options: ThumbnailOptions) -> None:
    assert ThumbnailOptions.model_validate_json(options.model_dump_json()) == options


@pytest.mark.parametrize("positions", [(50.0,), (10.0, 50.0, 95.0), (0.01, 99.99), tuple(map(float, range(1, 21)))])
def test_positions_within_the_video_are_taken(positions: tuple[float, ...]) -> None:
    assert check_positions(positions) == positions


@pytest.mark.parametrize(
    ("positions", "rule"),
    [
        ((), "1 to 20 positions"),
        (tuple(map(float, range(1, 22))), "1 to 20 positions"),
        ((0.0, 50.0), "between 0 and 100"),
        ((50.0, 100.0), "between 0 and 100"),
        ((-10.0,), "between 0 and 100"),
        ((float("nan"),), "between 0 and 100"),
        ((float("inf"),), "between 0 and 100"),
        ((50.0, 10.0), "ascend"),
        ((10.0, 10.0), "each once"),
    ],
)
def test_other_positions_are_refused_with_the_rule(positions: tuple[float, ...], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        check_positions(positions)
    with pytest.raises(ValidationError, match=rule):
        ThumbnailOptions(positions_pct=positions)


@pytest.mark.parametrize("wrong", [{"width_px": 15}, {"width_px": 4097}, {"quality": 0}, {"quality": 101}])
def test_sizes_that_no_thumbnail_has_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        ThumbnailOptions.model_validate(wrong)


@pytest.mark.parametrize("wrong", ["white", "#fff", "ffffff", "#gggggg", "#ffffff\n", ""])
def test_backgrounds_that_are_no_colour_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="background"):
        ThumbnailOptions(background=wrong)
