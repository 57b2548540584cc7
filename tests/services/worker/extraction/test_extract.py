"""From a video to its thumbnails, through the real sandbox. Each picture is asked which frame it shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.local.samples import Image
from services.worker.extraction.job import Bounds
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.sandbox import Sandbox
from services.worker.extraction.source import LocalFile
from tests.videos import (
    CORNERS,
    COVER_NUMBER,
    ENCRYPTED,
    FRAGMENTED,
    INDEX_FIRST,
    UNINDEXED,
    VARIABLE_RATE,
    Videos,
    frame_number,
    png,
)

WHOLE_AV1 = ("-svtav1-params", "lp=1:pred-struct=1")
"""Without it, this version of SVT-AV1 writes streams that no decoder reads beyond their second keyframe."""


SMALL: dict[str, Any] = {"width_px": 320, "height_px": 180}
"""Quick to draw and to encode, and still large enough for the frame's number."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        yield sandbox


def extract(sandbox: Sandbox, path: Path) -> Outcome:
    with LocalFile(path) as source:
        return sandbox.extract(source)


def images(outcome: Outcome) -> list[Image]:
    """The thumbnails, decoded; each is a JPEG of the size that is said."""
    decoded = []
    for picture in outcome.pictures:
        image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture.jpeg[:3] == b"\xff\xd8\xff"
        assert image is not None
        assert image.shape == (picture.height_px, picture.width_px, 3)
        decoded.append(image.astype(np.uint8, copy=False))
    return decoded


def numbers(outcome: Outcome) -> list[int]:
    return [frame_number(image) for image in images(outcome)]


SHOWN = [0, 50, 75]
"""Of 100 frames, of which every 25th is a keyframe: the keyframes nearest to 10, 50 and 95 %."""


def times_s(outcome: Outcome) -> list[float]:
    return [picture.time_s for picture in outcome.pictures]


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
def test_the_frames_at_10_50_and_95_percent_are_shown(videos: Videos, sandbox: Sandbox, kind: Kind) -> None:
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


@pytest.mark.parametrize(("rotation_deg", "size"), [(90, (360, 640)), (180, (640, 360)), (270, (360, 640))])
def test_a_turned_video_is_upright(videos: Videos, sandbox: Sandbox, rotation_deg: int, size: tuple[int, int]) -> None:
    outcome = extract(sandbox, videos.video("phone.mov", rotation_deg=rotation_deg))
    assert numbers(outcome) == SHOWN
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {size}
    assert outcome.info is not None
    assert (outcome.info.width_px, outcome.info.height_px) == size


@pytest.mark.parametrize(
    ("sar", "rotation_deg", "size"),
    [("16:11", 0, (640, 352)), ("1:2", 0, (360, 576)), ("1:2", 90, (576, 360)), ("1:1", 0, (640, 512))],
)
def test_pixels_that_are_not_square_are_made_so(
    videos: Videos, sandbox: Sandbox, sar: str, rotation_deg: int, size: tuple[int, int]
) -> None:
    path = videos.video("wide.mp4", width_px=720, height_px=576, sar=sar, rotation_deg=rotation_deg)
    outcome = extract(sandbox, path)
    assert numbers(outcome) == SHOWN
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {size}


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


@pytest.mark.parametrize("audio", [None, "aac"])
def test_a_video_cut_off_shows_what_there_is_and_says_so(videos: Videos, sandbox: Sandbox, audio: str | None) -> None:
    whole = videos.video("a.mp4", audio=audio, **SMALL, options=INDEX_FIRST, duration_s=8)
    outcome = extract(sandbox, videos.cut(whole, keep=0.6))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert outcome.reason
    assert "s" in outcome.reason
    first, second, last = numbers(outcome)
    assert (first, second) == (20, 100)
    assert 75 <= last <= 130
    assert times_s(outcome) == pytest.approx([first / 25, second / 25, last / 25])


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "h264"), ("a.flv", "h264"), ("a.webm", "vp9"), ("a.avi", "mpeg4"), ("a.wmv", "wmv2")]
)
def test_a_file_of_any_container_may_be_cut_off(videos: Videos, sandbox: Sandbox, name: str, codec: str) -> None:
    outcome = extract(sandbox, videos.cut(videos.video(name, codec=codec, **SMALL, duration_s=8), keep=0.6))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    first, second, last = numbers(outcome)
    assert first in (20, 25)
    assert second == pytest.approx(100, abs=4)
    assert 75 <= last <= 130


def test_a_stream_cut_off_is_a_shorter_stream(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.cut(videos.video("a.ts", **SMALL, duration_s=8), keep=0.6))
    assert outcome.state is VideoState.DONE
    assert outcome.info is not None
    assert outcome.info.duration_s is not None
    assert 4 < outcome.info.duration_s < 6
    expected = [outcome.info.duration_s * 25 * position / 100 for position in (10, 50, 95)]
    assert numbers(outcome) == pytest.approx(expected, abs=25)


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


def test_other_positions_and_another_width(videos: Videos) -> None:
    options = ThumbnailOptions(positions_pct=(1, 25, 33, 75, 99), width_px=160, quality=50)
    with Sandbox(options, Bounds()) as sandbox:
        outcome = extract(sandbox, videos.video("a.mp4"))
        tall = extract(sandbox, videos.video("phone.mov", rotation_deg=90))
    assert numbers(outcome) == [0, 25, 25, 75, 75]
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {(160, 90)}
    assert {(picture.width_px, picture.height_px) for picture in tall.pictures} == {(160, 284)}


def test_a_small_video_is_not_enlarged(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.video("small.mp4", width_px=160, height_px=90))
    assert {(picture.width_px, picture.height_px) for picture in outcome.pictures} == {(160, 90)}
    assert numbers(outcome) == SHOWN


def test_a_tower_of_pixels_fits_into_a_jpeg(videos: Videos, sandbox: Sandbox) -> None:
    path = videos.video("tower.webm", codec="vp9", width_px=16, height_px=65_535, duration_s=0.04)
    outcome = extract(sandbox, path)
    assert outcome.state is VideoState.DONE
    assert {image.shape for image in images(outcome)} == {(65_500, 16, 3)}


@pytest.mark.parametrize(("size_bytes", "most_read"), [(1 << 30, 4 << 20), (4 << 30, 4 << 20)])
def test_a_large_file_is_read_in_part(videos: Videos, sandbox: Sandbox, size_bytes: int, most_read: int) -> None:
    outcome = extract(sandbox, videos.sparse(videos.video("large.mp4", audio="aac"), size_bytes=size_bytes))
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == SHOWN
    assert outcome.usage.bytes_read < most_read


def test_a_file_beyond_4_gib_is_read_as_well(videos: Videos, sandbox: Sandbox) -> None:
    path = videos.sparse(videos.video("large.mp4", audio="aac"), size_bytes=(4 << 30) + 1)
    outcome = extract(sandbox, path)
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == SHOWN


def refusal(outcome: Outcome) -> ReasonCode | None:
    """Why there are no thumbnails. Whoever reads it learns something, and another try would not help."""
    assert outcome.state is VideoState.FAILED
    assert outcome.pictures == ()
    assert outcome.reason
    assert outcome.reason.endswith(".")
    assert not outcome.retryable
    return outcome.reason_code


def test_a_video_cut_off_before_its_index_is_incomplete(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.cut(videos.video("a.mp4"), keep=0.6))
    assert refusal(outcome) is ReasonCode.INCOMPLETE


def test_an_encrypted_video_is_encrypted(videos: Videos, sandbox: Sandbox) -> None:
    assert refusal(extract(sandbox, videos.video("protected.mp4", options=ENCRYPTED))) is ReasonCode.ENCRYPTED


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("sound.mp4", "aac"),
        ("sound.mov", "pcm_s16le"),
        ("sound.mkv", "flac"),
        ("sound.webm", "libopus"),
        ("sound.avi", "libmp3lame"),
        ("sound.flv", "aac"),
        ("sound.wmv", "wmav2"),
        ("sound.ts", "aac"),
    ],
)
def test_sound_alone_is_no_video(videos: Videos, sandbox: Sandbox, name: str, codec: str) -> None:
    assert refusal(extract(sandbox, videos.audio(name, codec=codec))) is ReasonCode.NO_VIDEO_STREAM


def test_a_song_with_a_cover_is_no_video(videos: Videos, sandbox: Sandbox) -> None:
    for song in (videos.audio("song.m4a"), videos.audio("song.mp4")):
        assert refusal(extract(sandbox, videos.with_cover(song))) is ReasonCode.NO_VIDEO_STREAM


def test_a_codec_that_is_not_allowed_is_named(videos: Videos, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, videos.video("a.mkv", codec="ffv1", duration_s=1))
    assert refusal(outcome) is ReasonCode.UNSUPPORTED_CODEC
    assert "ffv1" in (outcome.reason or "")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"Dear diary, today", ReasonCode.NOT_A_VIDEO),
        (b"import { readFile } from 'node:fs';\n" * 500, ReasonCode.NOT_A_VIDEO),
        (png(7), ReasonCode.NOT_A_VIDEO),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", ReasonCode.NOT_A_VIDEO),
        (bytes(100_000), ReasonCode.NOT_A_VIDEO),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(5000), ReasonCode.INCOMPLETE),
        (b"\x1a\x45\xdf\xa3" + bytes(5000), ReasonCode.DAMAGED),
        (b"G" * 100_000, ReasonCode.DAMAGED),
    ],
    ids=["empty", "text", "source", "picture", "list of files", "zeros", "head", "other head", "sync bytes"],
)
def test_what_is_no_video_is_refused_by_its_content(
    videos: Videos, sandbox: Sandbox, content: bytes, code: ReasonCode
) -> None:
    assert refusal(extract(sandbox, videos.file("video.mp4", content))) is code


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "h264"),
        ("a.mkv", "h264"),
        ("a.ts", "h264"),
        ("a.avi", "mpeg4"),
        ("a.wmv", "wmv2"),
        ("a.webm", "vp9"),
        ("a.flv", "flv"),
    ],
)
@settings(max_examples=15)
@given(
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=20),
    near_start=st.booleans(),
)
def test_a_damaged_video_gives_thumbnails_or_a_reason(
    videos: Videos, sandbox: Sandbox, name: str, codec: str, changes: list[tuple[int, int]], *, near_start: bool
) -> None:
    data = bytearray(videos.video(name, codec=codec, duration_s=1, width_px=320, height_px=180).read_bytes())
    for place, value in changes:
        data[place % (1024 if near_start else len(data))] = value
    outcome = sandbox.extract(Bytes(bytes(data)))
    assert outcome.reason_code not in (ReasonCode.CRASHED, ReasonCode.TIMEOUT, ReasonCode.INTERNAL, ReasonCode.STORAGE)
    assert len(images(outcome)) == (0 if outcome.state is VideoState.FAILED else 3)


@dataclass(frozen=True)
class Bytes:
    """A source in memory."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]
