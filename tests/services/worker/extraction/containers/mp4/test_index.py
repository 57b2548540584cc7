"""Sample tables of MP4 and MOV: right pictures, few reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.local.samples import run_ffmpeg
from services.worker.extraction.containers.mp4 import edits
from services.worker.extraction.containers.mp4.edits import Edit
from tests.support.extracted import SMALL
from tests.support.ranged import Counted, frames_at, numbers
from tests.support.videos import INDEX_FIRST, VARIABLE_RATE, frame_number

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.videos import Videos


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9", "mpeg4"])
def test_find_nearest_shows_nearest_keyframe(videos: Videos, codec: str) -> None:
    path = videos.video("near.mp4", codec=codec, duration_s=6, gop=50)
    frames = frames_at(path, [0.8, 2.9, 3.1, 4.9])
    assert numbers(frames) == [0, 50, 100, 100]
    for frame in frames:
        assert frame.time_s == pytest.approx(frame_number(frame.image) / 25, abs=0.001)


def test_decode_chain_reaches_exact_frame(videos: Videos) -> None:
    path = videos.video("giant-gop.mp4", duration_s=10, gop=1000, options=("-bf", "3"), **SMALL)
    frames = frames_at(path, [0.5, 5.0, 9.56])
    assert numbers(frames) == [0, 125, 239]
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 5.0, 9.56], abs=0.001)


def test_variable_frame_rate_has_exact_times(videos: Videos) -> None:
    path = videos.video("variable.mp4", duration_s=10, gop=10, options=VARIABLE_RATE, **SMALL)
    frames = frames_at(path, [1.0, 5.0, 9.5])
    for frame in frames:
        assert frame.time_s == pytest.approx(frame_number(frame.image) / 25, abs=0.001)
    assert [frame.time_s for frame in frames] == pytest.approx([1.0, 5.0, 9.5], abs=1.0)


def test_file_over_4_gib_takes_few_reads(videos: Videos) -> None:
    source = videos.video("film.mp4", duration_s=20, gop=50, audio="aac", **SMALL)
    counted = Counted(videos.sparse(source, size_bytes=5 << 30))
    assert numbers(frames_at(counted.path, [2, 10, 19], counted)) == [50, 250, 450]
    assert counted.read_bytes < 4_000_000
    assert len(counted.ranges) <= 32
    assert counted.round_trips <= 8


@pytest.mark.parametrize("options", [(), INDEX_FIRST])
def test_index_at_either_end_takes_few_round_trips(videos: Videos, options: tuple[str, ...]) -> None:
    counted = Counted(videos.video("trips.mp4", duration_s=20, gop=50, audio="aac", options=options, **SMALL))
    frames_at(counted.path, [2, 10, 19], counted)
    assert counted.round_trips <= 3


@pytest.mark.parametrize("options", [(), INDEX_FIRST])
def test_two_hours_take_few_round_trips(videos: Videos, tmp_path: Path, options: tuple[str, ...]) -> None:
    """The index has megabytes, of which little is read."""
    clip = videos.video("clip.mp4", width_px=64, height_px=36, duration_s=20, gop=50, audio="aac")
    film = tmp_path / "film.mp4"
    run_ffmpeg(["-stream_loop", "359", "-i", str(clip), "-c", "copy", *options], film)
    counted = Counted(film)
    times_s = [720.3, 3600.3, 6840.3]
    frames = frames_at(film, times_s, counted)
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=1.0)
    assert counted.round_trips <= 7
    assert counted.read_bytes < 4_000_000


def test_open_groups_in_long_table_have_exact_times(videos: Videos, tmp_path: Path) -> None:
    """Keyframes have two composition offsets: those of open groups are decoded before pictures that precede them."""
    options = ("-preset", "veryfast", "-bf", "3", "-x264-params", "open-gop=1:bframes=3:b-adapt=0")
    clip = videos.video("open.mp4", width_px=128, height_px=72, duration_s=20, gop=40, options=options)
    film = tmp_path / "film.mp4"
    run_ffmpeg(["-stream_loop", "199", "-i", str(clip), "-c", "copy"], film)
    for frame in frames_at(film, [363.1, 2003.1, 3810.9]):
        assert frame_number(frame.image) == round(25 * frame.time_s) % 500


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_frames_are_rotated_by_track_matrix(videos: Videos, quarters: int) -> None:
    path = videos.video("turned.mov", rotation_deg=90 * quarters, duration_s=2)
    frame = frames_at(path, [1.0])[0]
    assert frame_number(frame.image) == 25
    assert frame.image.shape[1::-1] == ((360, 640) if quarters % 2 else (640, 360))


def test_anamorphic_frames_get_square_pixels(videos: Videos) -> None:
    path = videos.video("anamorphic.mp4", width_px=720, height_px=576, sar="64:45", duration_s=2)
    assert frames_at(path, [1.0])[0].image.shape[1::-1] == (640, 360)


def test_cover_art_is_not_chosen(videos: Videos) -> None:
    path = videos.with_cover(videos.video("covered.mp4", duration_s=2))
    assert numbers(frames_at(path, [1.0])) == [25]


def test_start_cut_by_edit_is_not_shown(videos: Videos) -> None:
    source = videos.video("whole.mp4", duration_s=8, gop=50)
    path = videos.trimmed(source, start_s=3)
    frames = frames_at(path, [0.0, 2.5])
    assert frames[0].time_s == pytest.approx(0, abs=1)
    assert numbers(frames) == [75 + round(25 * frame.time_s) for frame in frames]


def test_edit_list_maps_times_both_ways() -> None:
    cuts = [Edit(100, 200, 0), Edit(500, 600, 100)]
    assert edits.find_media_time(cuts, 50) == 150
    assert edits.find_media_time(cuts, 150) == 550
    assert edits.find_shown_time(cuts, 550) == 150
    assert edits.find_shown_time(cuts, 300) is None
