"""The videos of the tests are what they claim to be; otherwise no test that uses them proves anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from services.local.samples import SampleError, encode_video
from tests.support.videos import (
    CORNERS,
    COVER_NUMBER,
    ENCRYPTED,
    FRAGMENTED,
    INDEX_FIRST,
    UNINDEXED,
    VARIABLE_RATE,
    draw_frame,
    frame_number,
    hls_playlist,
    png,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.local.samples import Image
    from tests.support.videos import Videos


def open_capture(path: Path, *options: int) -> cv2.VideoCapture:
    return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, options)


def frames(path: Path, *, upright: bool = True) -> Iterator[tuple[float, Image]]:
    """Time in seconds and picture of each frame, as far as the file can be decoded."""
    capture = open_capture(path)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, int(upright))
    while capture.grab():
        image = capture.retrieve()[1]
        assert image is not None
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, image.astype(np.uint8, copy=False)
    capture.release()


def numbers(path: Path, *, width_px: int = 160) -> list[int]:
    """Return the numbers of all frames, read from small pictures."""

    def small(image: Image) -> Image:
        height_px = round(image.shape[0] * width_px / image.shape[1])
        return cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)

    return [frame_number(small(image)) for _, image in frames(path)]


@pytest.mark.parametrize("number", [0, 1, 0b0101_0101_0101_0101, 0b1000_0000_0000_0001, 49_200, 65_535])
@pytest.mark.parametrize("size_px", [(100, 56), (160, 90), (320, 240), (360, 640), (1920, 1080)])
def test_the_counter_survives_a_bad_jpeg(number: int, size_px: tuple[int, int]) -> None:
    drawn = draw_frame(number, size_px=size_px)
    jpeg = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    read = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert read is not None
    assert frame_number(read.astype(np.uint8)) == number


@pytest.mark.parametrize(
    "image",
    [
        np.full((360, 640, 3), 128, np.uint8),
        np.rot90(draw_frame(7), 1),
        np.rot90(draw_frame(7), 2),
        np.rot90(draw_frame(7), 3),
        cv2.addWeighted(draw_frame(7), 0.5, draw_frame(8), 0.5, 0).astype(np.uint8),
        draw_frame(7)[:, :320],
    ],
    ids=["blank", "turned left", "upside down", "turned right", "two frames blended", "half of it"],
)
def test_the_counter_is_not_guessed(image: Image) -> None:
    with pytest.raises(ValueError, match="no frame number"):
        frame_number(image)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "h264"),
        ("a.m4v", "h264"),
        ("a.mkv", "h264"),
        ("a.flv", "h264"),
        ("a.ts", "h264"),
        ("a.mov", "hevc"),
        ("a.mov", "prores"),
        ("a.mp4", "av1"),
        ("a.webm", "vp8"),
        ("a.webm", "vp9"),
        ("a.avi", "mpeg4"),
        ("a.3gp", "mpeg4"),
        ("a.wmv", "wmv2"),
    ],
)
def test_every_frame_of_every_codec_tells_its_number(videos: Videos, name: str, codec: str) -> None:
    assert numbers(videos.video(name, codec=codec, duration_s=1)) == list(range(25))


def test_h263_has_sizes_of_its_own(videos: Videos) -> None:
    assert numbers(videos.video("a.3gp", codec="h263", duration_s=1, width_px=352, height_px=288)) == list(range(25))


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1", "mpeg4"])
def test_keyframes_come_once_in_a_gop(videos: Videos, codec: str) -> None:
    packets = open_capture(videos.video("gop.mkv", codec=codec, gop=10, duration_s=2), cv2.CAP_PROP_FORMAT, -1)
    keyframes = []
    while packets.grab():
        keyframes.append(packets.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) == 1)
    packets.release()
    assert [index for index, is_key in enumerate(keyframes) if is_key] == [0, 10, 20, 30, 40]


def test_the_corners_tell_the_colours_apart(videos: Videos) -> None:
    _, image = next(frames(videos.video("a.mp4", duration_s=1)))
    corners = {"top left": (5, 5), "top right": (5, -5), "bottom left": (-5, 5), "bottom right": (-5, -5)}
    assert {place: image[at].tolist() for place, at in corners.items()} == {
        place: pytest.approx(colour, abs=12) for place, colour in CORNERS.items()
    }


@pytest.mark.parametrize("rotation_deg", [90, 180, 270])
def test_a_rotated_video_needs_turning_back(videos: Videos, rotation_deg: int) -> None:
    path = videos.video("phone.mp4", duration_s=1, rotation_deg=rotation_deg)
    (_, turned_back), (_, stored) = next(frames(path)), next(frames(path, upright=False))
    assert turned_back.shape[:2] == ((360, 640) if rotation_deg == 180 else (640, 360))
    assert stored.shape[:2] == (360, 640)
    assert numbers(path) == list(range(25))
    with pytest.raises(ValueError, match="not upright"):
        frame_number(stored)


@pytest.mark.parametrize("name", ["wide.mp4", "wide.mkv"])
def test_pixels_need_not_be_square(videos: Videos, name: str) -> None:
    capture = open_capture(videos.video(name, duration_s=1, width_px=720, height_px=576, sar="16:11"))
    assert (capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)) == (16, 11)
    capture.release()


def test_frames_of_a_variable_rate_keep_number_and_time(videos: Videos) -> None:
    found = [(frame_number(image), time_s) for time_s, image in frames(videos.video("vfr.mp4", options=VARIABLE_RATE))]
    assert [number for number, _ in found] == [*range(30), *range(30, 100, 10)]
    assert all(time_s == pytest.approx(number / 25, abs=0.001) for number, time_s in found)


def test_the_index_stands_where_it_is_asked_to(videos: Videos) -> None:
    first, last = videos.video("a.mp4", options=INDEX_FIRST).read_bytes(), videos.video("a.mp4").read_bytes()
    assert first.index(b"moov") < first.index(b"mdat")
    assert last.index(b"moov") > last.index(b"mdat")


def test_fragments_stand_without_an_index(videos: Videos) -> None:
    path = videos.video("fragments.mp4", options=FRAGMENTED)
    content = path.read_bytes()
    assert content.count(b"moof") == 4
    assert not {kind for kind in (b"sidx", b"mfra") if kind in content}
    assert numbers(path) == list(range(100))


def test_a_live_matroska_has_neither_cues_nor_a_duration(videos: Videos) -> None:
    elements = {"Cues": b"\x1c\x53\xbb\x6b", "Duration": b"\x44\x89\x88"}
    indexed, live = videos.video("live.mkv"), videos.video("live.mkv", options=UNINDEXED)
    assert all(element in indexed.read_bytes() for element in elements.values())
    assert not {name for name, element in elements.items() if element in live.read_bytes()}
    assert numbers(live) == list(range(100))


def test_nothing_is_seen_of_an_encrypted_video(videos: Videos) -> None:
    path = videos.video("protected.mp4", options=ENCRYPTED)
    assert b"encv" in path.read_bytes()
    for _, image in frames(path):
        with pytest.raises(ValueError, match="no frame number"):
            frame_number(image)


def test_index_first_makes_a_cut_video_readable(videos: Videos) -> None:
    cut = numbers(videos.cut(videos.video("a.mp4", options=INDEX_FIRST), keep=0.6))
    assert 30 < len(cut) < 80
    assert cut == list(range(len(cut)))
    assert not open_capture(videos.cut(videos.video("a.mp4"), keep=0.6)).isOpened()


def test_sound_has_no_picture_but_its_cover(videos: Videos) -> None:
    assert not open_capture(videos.audio("sound.mp4")).isOpened()
    for song in (videos.audio("song.m4a"), videos.audio("song.mp4"), videos.audio("song.mp3", codec="libmp3lame")):
        assert numbers(videos.with_cover(song)) == [COVER_NUMBER]


def test_a_film_with_a_cover_is_a_film(videos: Videos) -> None:
    film = videos.with_cover(videos.video("film.mp4", duration_s=1))
    assert png(COVER_NUMBER) in film.read_bytes()
    assert numbers(film) == list(range(25))


@pytest.mark.parametrize("size_bytes", [1 << 30, 5 << 30])
def test_a_sparse_video_is_large_only_to_its_reader(videos: Videos, size_bytes: int) -> None:
    path = videos.sparse(videos.video("large.mp4", audio="aac"), size_bytes=size_bytes)
    assert path.stat().st_size == size_bytes
    assert path.stat().st_blocks * 512 < 2_000_000
    with path.open("rb") as file:
        file.seek(-100_000, 2)
        assert file.read().find(b"moov") > 0
    assert numbers(path) == list(range(100))


@pytest.mark.parametrize(
    "content", [b"", b"Dear diary, today", hls_playlist("http://127.0.0.1:9/a.ts")], ids=["empty", "text", "playlist"]
)
def test_a_file_has_any_content(videos: Videos, content: bytes) -> None:
    path = videos.file("video.mp4", content)
    assert (path.name, path.read_bytes()) == ("video.mp4", content)


def test_a_picture_can_be_named_like_a_video(videos: Videos) -> None:
    image = cv2.imread(str(videos.file("picture.mp4", png(300))))
    assert image is not None
    assert frame_number(image.astype(np.uint8)) == 300


def test_a_video_is_made_once(videos: Videos) -> None:
    path = videos.video("once.mp4", duration_s=1)
    made_ns = path.stat().st_mtime_ns
    assert videos.video("once.mp4", duration_s=1) == path
    assert path.stat().st_mtime_ns == made_ns
    assert videos.video("once.mp4", duration_s=2) != path


def test_what_ffmpeg_cannot_make_leaves_nothing_behind(videos: Videos) -> None:
    with pytest.raises(SampleError, match=r"^ffmpeg could not create never\.mp4 .*\n.*no-such-encoder"):
        videos.video("never.mp4", codec="no-such-encoder")
    root = videos.video("once.mp4", duration_s=1).parents[1]
    assert not [path for path in root.rglob("*") if "never" in path.name or "unfinished" in path.name]


def test_an_interrupted_encoding_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Image]:
        yield draw_frame(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_video(interrupted(), tmp_path / "half.mp4", fps=25)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_ffmpeg_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")
    with pytest.raises(SampleError, match=r"^The ffmpeg binary /nowhere/ffmpeg cannot be started: No such file"):
        encode_video([draw_frame(0)], tmp_path / "a.mp4", fps=25)
