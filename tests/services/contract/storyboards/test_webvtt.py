"""WebVTT file of a storyboard."""

from services.contract.storyboards.stored import StoredStoryboard
from services.contract.storyboards.webvtt import format_track

STORYBOARD = StoredStoryboard(
    key="thumbnails/trip/100% à b_storyboard.jpg",
    track_key="thumbnails/trip/100% à b_storyboard.vtt",
    interval_s=72.5,
    tiles=3,
    columns=2,
    tile_width_px=160,
    tile_height_px=90,
    size_bytes=1,
)


def test_every_tile_has_a_cue_with_time_and_position() -> None:
    sheet = "100%25%20%C3%A0%20b_storyboard.jpg"
    expected = f"""WEBVTT

NOTE sheets 0123abcd

00:00:00.000 --> 00:01:12.500
{sheet}#xywh=0,0,160,90

00:01:12.500 --> 00:02:25.000
{sheet}#xywh=160,0,160,90

00:02:25.000 --> 00:03:20.250
{sheet}#xywh=0,90,160,90
"""
    assert format_track(STORYBOARD, 200.25, "0123abcd") == expected


def test_cues_of_later_sheets_begin_at_their_corner() -> None:
    several = STORYBOARD.model_copy(update={"key": "thumbnails/trip/a_sheet-1.jpg", "sheets": 2, "rows": 1})
    several = several.model_copy(update={"track_key": "thumbnails/trip/a_storyboard.vtt"})
    cues = [line for line in format_track(several, 200.25, "0123abcd").splitlines() if "#" in line]
    assert cues == ["a_sheet-1.jpg#xywh=0,0,160,90", "a_sheet-1.jpg#xywh=160,0,160,90", "a_sheet-2.jpg#xywh=0,0,160,90"]


def test_the_last_cue_never_ends_before_it_starts() -> None:
    """The duration of a file without an index can differ from the one that the tiles were spaced by."""
    assert "00:02:25.000 --> 00:02:25.001\n" in format_track(STORYBOARD, 3.0, "0123abcd")
