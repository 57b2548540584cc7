"""The file that tells a player which tile stands for which time."""

from services.contract.records import StoredStoryboard
from services.contract.webvtt import storyboard_track

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


def test_every_tile_has_its_time_and_its_place_and_the_last_ends_with_the_video() -> None:
    sheet = "100%25%20%C3%A0%20b_storyboard.jpg"
    expected = f"""WEBVTT

00:00:00.000 --> 00:01:12.500
{sheet}#xywh=0,0,160,90

00:01:12.500 --> 00:02:25.000
{sheet}#xywh=160,0,160,90

00:02:25.000 --> 01:00:00.250
{sheet}#xywh=0,90,160,90
"""
    assert storyboard_track(STORYBOARD, 3600.25) == expected
