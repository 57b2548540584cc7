"""Videos that mislead: turned, with several films in one file, begun in the middle, with open groups of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.conformance.similarity import measure_similarity
from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.local.samples import run_ffmpeg
from services.worker.extraction.extract import extract
from services.worker.extraction.frames.request import SearchLimits
from tests.support import extracted
from tests.support.ranged import Counted, frames_at, numbers
from tests.support.reference import shown_by_ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.videos import Videos


@pytest.mark.parametrize("name", ["turned.mov", "turned.mkv"])
@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_a_turned_video_is_shown_as_ffmpeg_does(videos: Videos, name: str, rotation_deg: int) -> None:
    path = videos.video(name, rotation_deg=rotation_deg, duration_s=2)
    frame = frames_at(path, [1.0])[0]
    assert numbers([frame]) == [25]
    assert frame.image.shape[1::-1] == ((360, 640) if rotation_deg % 180 else (640, 360))
    assert measure_similarity(frame.image, shown_by_ffmpeg(path, frame.time_s, frame.image.shape[1::-1])) >= 0.95


def test_a_track_that_does_not_state_its_kind_is_shown(videos: Videos) -> None:
    whole = videos.video("whole.mp4", duration_s=2).read_bytes()
    path = videos.file("no-handler.mp4", whole.replace(b"hdlr", b"free", 1))
    outcome = extract(Counted(path).reader(), ThumbnailOptions(), SearchLimits(read_bytes=1 << 26, cpu_s=1e9))
    assert outcome.state is VideoState.DONE
    assert extracted.numbers(outcome) == [round(25 * time_s) for time_s in extracted.times_s(outcome)]


@pytest.mark.parametrize("name", ["two.mp4", "two.mkv"])
@pytest.mark.parametrize("default", [0, 1])
def test_of_two_films_the_default_one_is_shown(videos: Videos, tmp_path: Path, name: str, default: int) -> None:
    large = videos.video("large.mp4", duration_s=2)
    small = videos.video("small.mp4", width_px=320, height_px=180, duration_s=2)
    path = tmp_path / name
    chosen = ("-disposition:v:0", "default" if default == 0 else "0", "-disposition:v:1", "default" if default else "0")
    run_ffmpeg(["-i", str(large), "-i", str(small), "-map", "0:v", "-map", "1:v", "-c", "copy", *chosen], path)
    frame = frames_at(path, [1.0])[0]
    assert numbers([frame]) == [25]
    assert frame.image.shape[1] == (640, 320)[default]


@pytest.mark.parametrize(("codec", "options"), [("h264", ("-bf", "2")), ("mpeg2video", ("-q:v", "3", "-bf", "2"))])
def test_a_broadcast_that_begins_between_keyframes_is_shown(
    videos: Videos, codec: str, options: tuple[str, ...]
) -> None:
    whole = videos.video("whole.ts", codec=codec, duration_s=8, gop=50, options=options).read_bytes()
    start = len(whole) // 188 // 5 * 188  # in the first group of pictures
    path = videos.file("begun.ts", whole[start:])
    frames = frames_at(path, [1.0, 3.0, 5.0])
    shown = numbers(frames)
    first = shown[0] - 25 * frames[0].time_s
    assert [number - 25 * frame.time_s for number, frame in zip(shown, frames, strict=True)] == pytest.approx(
        [first] * 3, abs=0.1
    )


@pytest.mark.parametrize("name", ["open.mp4", "open.mkv", "open.ts"])
@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("h264", ("-preset", "medium", "-x264-params", "open-gop=1")),
        ("hevc", ("-preset", "medium", "-x265-params", "log-level=error:open-gop=1")),
    ],
)
def test_open_groups_of_pictures_show_their_keyframes(
    videos: Videos, name: str, codec: str, options: tuple[str, ...]
) -> None:
    """Their leading pictures need the group before; the keyframe itself does not."""
    path = videos.video(name, codec=codec, width_px=320, height_px=180, duration_s=6, gop=50, options=options)
    frames = frames_at(path, [2.1, 3.9])
    assert numbers(frames) == [round(25 * frame.time_s) for frame in frames]
    # In TS, ffmpeg seeks to a later keyframe, and so does not show this one.
    for frame in [] if name.endswith(".ts") else frames:
        assert measure_similarity(frame.image, shown_by_ffmpeg(path, frame.time_s, (320, 180))) >= 0.95
