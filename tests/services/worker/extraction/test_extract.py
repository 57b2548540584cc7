"""From a video to its thumbnails, through the real sandbox. Each picture is asked which frame it shows."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.contract.records import VideoState
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SHOWN, SMALL, WHOLE_AV1, extract, images, numbers, times_s
from tests.support.videos import (
    CORNERS,
    COVER_NUMBER,
    FRAGMENTED,
    UNINDEXED,
    VARIABLE_RATE,
    Videos,
)


@dataclass(frozen=True)
class Kind:
    """A video of 100 frames: its name, its codec, and what else it is made with."""

    name: str
    codec: str
    container: str
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}-{self.codec}"


KINDS = [
    Kind("a.mp4", "h264", "mp4"),
    Kind("a.mp4", "hevc", "mp4"),
    Kind("a.mp4", "av1", "mp4", {"options": WHOLE_AV1}),
    Kind("a.mp4", "vp9", "mp4"),
    Kind("a.m4v", "h264", "mp4"),
    Kind("a.mov", "hevc", "mp4"),
    Kind("a.mov", "prores", "mp4"),
    Kind("a.mov", "mjpeg", "mp4", {"options": ("-q:v", "3")}),
    Kind("a.3gp", "mpeg4", "mp4"),
    Kind("a.3gp", "h263", "mp4", {"width_px": 352, "height_px": 288}),
    Kind("a.mkv", "h264", "matroska"),
    Kind("a.mkv", "mpeg2video", "matroska", {"options": ("-q:v", "3")}),
    Kind("a.mkv", "libtheora", "matroska", {"options": ("-q:v", "5")}),
    Kind("a.webm", "vp8", "matroska"),
    Kind("a.webm", "vp9", "matroska"),
    Kind("a.webm", "av1", "matroska", {"options": WHOLE_AV1}),
    Kind("a.avi", "mpeg4", "avi"),
    Kind("a.avi", "h264", "avi"),
    Kind("a.avi", "msmpeg4", "avi", {"options": ("-q:v", "3")}),
    Kind("a.flv", "h264", "flv"),
    Kind("a.flv", "flv", "flv", {"options": ("-q:v", "3")}),
    Kind("a.wmv", "wmv1", "asf", {"options": ("-q:v", "3")}),
    Kind("a.wmv", "wmv2", "asf"),
    Kind("a.ts", "h264", "mpegts"),
    Kind("a.ts", "mpeg2video", "mpegts", {"options": ("-q:v", "3")}),
    Kind("a.m2ts", "h264", "mpegts"),
]
SHOWN_AS = {"libtheora": "theora", "msmpeg4": "msmpeg4v3", "flv": "flv1"}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_thumbnails_show_10_50_and_95_percent(videos: Videos, sandbox: Sandbox, kind: Kind) -> None:
    # VP9 puts a keyframe of its own into so small a picture.
    size = {**({} if kind.codec == "vp9" else SMALL), **kind.more}
    outcome = extract(sandbox, videos.video(kind.name, codec=kind.codec, **size))
    assert (outcome.state, outcome.reason_code, outcome.reason) == (VideoState.DONE, None, None)
    # Of some codecs every frame is a keyframe.
    shown = [10, 50, 95] if kind.codec in ("prores", "mjpeg") else SHOWN
    assert numbers(outcome) == shown
    assert times_s(outcome) == pytest.approx([number / 25 for number in shown], abs=0.001)
    assert [picture.position_pct for picture in outcome.pictures] == [10, 50, 95]
    assert outcome.info is not None
    assert outcome.info.codec == SHOWN_AS.get(kind.codec, kind.codec)
    assert outcome.info.container == kind.container
    assert outcome.info.duration_s == pytest.approx(4, abs=0.1)
    stored = {"width_px": 640, "height_px": 360, **size}
    assert (outcome.info.width_px, outcome.info.height_px) == (stored["width_px"], stored["height_px"])


REORDERED = {"options": ("-preset", "medium")}
SLIDES = {"fps": 1, "duration_s": 100}


@pytest.mark.parametrize(
    ("name", "more", "shown"),
    [
        ("a.mp4", REORDERED, SHOWN),
        ("a.mkv", REORDERED, SHOWN),
        ("a.ts", {"options": ("-preset", "medium", "-x264-params", "open-gop=1")}, SHOWN),
        ("a.mp4", {"gop": 1000}, [0, 50, 95]),
        ("a.ts", {"gop": 1000}, [0, 50, 95]),
        ("a.mkv", SLIDES, [10, 50, 95]),
        ("a.ts", SLIDES, [10, 50, 95]),
        ("a.mp4", {"audio": "aac", "fps": 50, "duration_s": 2}, SHOWN),
        ("a.mkv", {"options": ("-pix_fmt", "yuv420p10le")}, SHOWN),
    ],
    ids=[
        *("reordered mp4", "reordered mkv", "open GOP", "one keyframe in mp4", "one keyframe in ts"),
        *("slides in mkv", "slides in ts", "with sound", "10 bits"),
    ],
)
def test_every_way_to_encode_shows_the_same_frames(
    videos: Videos, sandbox: Sandbox, name: str, more: dict[str, Any], shown: list[int]
) -> None:
    """The keyframe nearest to a position, or the frame itself where no keyframe is near."""
    outcome = extract(sandbox, videos.video(name, **SMALL, **more))
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == shown


def test_a_start_far_from_zero_is_counted_from(videos: Videos, sandbox: Sandbox) -> None:
    for name in ("late.mp4", "late.ts", "late.flv"):
        outcome = extract(sandbox, videos.video(name, **SMALL, options=("-output_ts_offset", "100")))
        assert outcome.state is VideoState.DONE
        assert numbers(outcome) == SHOWN
        assert times_s(outcome) == pytest.approx([0.0, 2.0, 3.0], abs=0.001)


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv"])
def test_a_variable_rate_does_not_mislead(videos: Videos, sandbox: Sandbox, name: str) -> None:
    """Frames 0 to 29 come at 25 fps, then every tenth: up to frame 90, shown from 3.6 s on."""
    outcome = extract(sandbox, videos.video(name, **SMALL, options=VARIABLE_RATE))
    assert outcome.state is VideoState.DONE
    assert outcome.info is not None
    assert outcome.info.duration_s is not None
    for number, picture in zip(numbers(outcome), outcome.pictures, strict=True):
        assert picture.time_s == pytest.approx(number / 25, abs=0.001)
        wanted_s = outcome.info.duration_s * picture.position_pct / 100
        assert abs(picture.time_s - wanted_s) <= 1


def test_fragments_without_an_index_are_searched(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.video("fragments.mp4", **SMALL, options=FRAGMENTED))
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == SHOWN


@pytest.mark.parametrize(
    ("name", "codec", "more"),
    [
        ("live.mkv", "h264", {}),
        ("live.mkv", "h264", {"options": ("-preset", "medium")}),
        ("live.mkv", "h264", {"options": ("-output_ts_offset", "100")}),
        ("live.mkv", "h264", {"fps": 1, "duration_s": 100, "gop": 10}),
        ("live.mkv", "hevc", {}),
        ("live.mkv", "mpeg4", {}),
        ("live.webm", "vp8", {}),
        ("live.webm", "vp9", {}),
    ],
    ids=["h264", "h264 reordered", "h264 late start", "h264 slides", "hevc", "mpeg4", "vp8", "vp9"],
)
def test_a_recording_of_unknown_duration_is_counted_out(
    videos: Videos, sandbox: Sandbox, name: str, codec: str, more: dict[str, Any]
) -> None:
    options = (*UNINDEXED, *more.get("options", ()))
    size = {} if codec == "vp9" else SMALL
    outcome = extract(sandbox, videos.video(name, codec=codec, **size, **{**more, "options": options}))
    seconds = more.get("duration_s", 4)
    assert outcome.state is VideoState.DONE
    shown = [10, 50, 95] if seconds == 100 else SHOWN
    assert numbers(outcome) == shown
    assert times_s(outcome) == pytest.approx([number * seconds / 100 for number in shown], abs=0.002)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("s.mp4", "h264"),
        ("s.mkv", "h264"),
        ("s.ts", "h264"),
        ("s.flv", "h264"),
        ("s.avi", "mpeg4"),
        ("s.webm", "vp8"),
        ("s.wmv", "wmv2"),
    ],
)
def test_a_video_of_a_few_frames_shows_them(videos: Videos, sandbox: Sandbox, name: str, codec: str) -> None:
    one = extract(sandbox, videos.video(name, codec=codec, **SMALL, duration_s=1 / 25))
    assert one.state is VideoState.DONE
    assert numbers(one) == [0, 0, 0]
    three = extract(sandbox, videos.video(name, codec=codec, **SMALL, duration_s=3 / 25))
    assert three.state is VideoState.DONE
    assert numbers(three)[::2] == [0, 2]
    assert numbers(three)[1] in (1, 2)


def test_the_cover_is_not_the_film(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.with_cover(videos.video("film.mp4")))
    assert COVER_NUMBER not in numbers(outcome)
    assert numbers(outcome) == SHOWN


def test_a_video_track_behind_many_sound_tracks_is_found(videos: Videos, sandbox: Sandbox) -> None:
    """The program map is longer than one packet, and the video comes last in it."""
    tracks = (*("-map", "0") * 24, "-map", "1", "-metadata:s:a", "language=eng")
    outcome = extract(sandbox, videos.video("many.ts", audio="aac", **SMALL, duration_s=2, options=tracks))
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == pytest.approx([5, 25, 48], abs=2)


@pytest.mark.parametrize(
    ("name", "codec", "more"),
    [
        ("a.mp4", "h264", {}),
        ("a.mp4", "hevc", {}),
        ("a.webm", "vp9", {}),
        ("a.wmv", "wmv2", {}),
        ("a.mov", "prores", {}),
        ("a.mp4", "h264", {"options": ("-pix_fmt", "yuv444p")}),
        ("a.mp4", "av1", {"options": WHOLE_AV1}),
    ],
)
def test_colours_are_where_they_belong(
    videos: Videos, sandbox: Sandbox, name: str, codec: str, more: dict[str, Any]
) -> None:
    corners = {"top left": (5, 5), "top right": (5, -6), "bottom left": (-6, 5), "bottom right": (-6, -6)}
    for image in images(extract(sandbox, videos.video(name, codec=codec, **SMALL, **more))):
        assert {place: image[at].tolist() for place, at in corners.items()} == {
            place: pytest.approx(colour, abs=20) for place, colour in CORNERS.items()
        }


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("i.mp4", "h264", ("-flags", "+ilme+ildct", "-x264-params", "tff=1")),
        ("i.ts", "mpeg2video", ("-flags", "+ilme+ildct", "-q:v", "3")),
    ],
)
def test_an_interlaced_video_is_shown(
    videos: Videos, sandbox: Sandbox, name: str, codec: str, options: tuple[str, ...]
) -> None:
    assert numbers(extract(sandbox, videos.video(name, codec=codec, **SMALL, options=options))) == SHOWN
