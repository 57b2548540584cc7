"""Fragmented MP4, with and without an index over its fragments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from services.worker.extraction.containers.stream import BrokenIndexError
from tests.support.extracted import SMALL
from tests.support.ranged import Counted, frames_at, numbers
from tests.support.videos import FRAGMENTED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.videos import Videos

WITH_TABLE = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
WITH_INDEX = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+dash+global_sidx+skip_trailer")
OLD_OFFSETS = ("-movflags", "+frag_keyframe+empty_moov+skip_trailer+omit_tfhd_offset")
SMALL_FRAGMENTS = ("-movflags", "+empty_moov+default_base_moof+skip_trailer", "-frag_duration", "200000")


@pytest.mark.parametrize("options", [FRAGMENTED, WITH_TABLE, WITH_INDEX, OLD_OFFSETS, SMALL_FRAGMENTS])
@pytest.mark.parametrize("duration_s", [6, 60])
def test_find_nearest_shows_nearest_keyframe(videos: Videos, options: tuple[str, ...], duration_s: int) -> None:
    source = videos.video("source.mp4", duration_s=duration_s, gop=50, width_px=320, height_px=180)
    path = videos.copied(source, "fragments.mp4", options=options)
    frames = frames_at(path, [0.8, 2.9, duration_s - 1.1])
    assert numbers(frames) == [0, 50, 25 * duration_s - 50]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 2, duration_s - 2], abs=0.001)


def test_decode_chain_in_single_fragment(videos: Videos) -> None:
    options = (*FRAGMENTED, "-bf", "2")
    path = videos.video("one-fragment.mp4", duration_s=8, gop=1000, options=options)
    assert numbers(frames_at(path, [4.0, 7.6])) == [100, 190]


def test_sidx_takes_few_round_trips(videos: Videos) -> None:
    options = (*WITH_INDEX, "-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "1M", "-nal-hrd", "cbr")
    counted = Counted(videos.video("trips.mp4", duration_s=40, gop=50, options=options, **SMALL))
    assert numbers(frames_at(counted.path, [4, 20, 38], counted)) == [100, 500, 950]
    assert counted.round_trips <= 8


def test_long_file_without_list_takes_few_reads(videos: Videos) -> None:
    options = (*FRAGMENTED, "-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "1M", "-nal-hrd", "cbr")
    counted = Counted(videos.video("long.mp4", duration_s=40, gop=50, options=options, **SMALL))
    frames = frames_at(counted.path, [4, 20, 38], counted)
    assert [frame.time_s for frame in frames] == pytest.approx([4, 20, 38], abs=2.1)
    assert all(number == round(25 * frame.time_s) for number, frame in zip(numbers(frames), frames, strict=True))
    assert counted.read_bytes < counted.path.stat().st_size / 2
    assert len(counted.ranges) <= 64
    assert counted.round_trips <= 8


def test_samples_before_file_are_refused(videos: Videos, tmp_path: Path) -> None:
    content = videos.video("fragments.mp4", options=FRAGMENTED).read_bytes()
    # After the type of a run: flags and number of samples, then its offset from the start of the fragment.
    moved = re.sub(rb"(trun.{8}).{4}", lambda run: run[1] + b"\x80\0\0\0", content, flags=re.DOTALL)
    assert moved != content
    path = tmp_path / "before.mp4"
    path.write_bytes(moved)
    with pytest.raises(BrokenIndexError, match="bytes inside the file"):
        frames_at(path, [1.0])
