"""A good thumbnail: nobody wants a black picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from services.contract.records import VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.local.samples import encode_video
from services.worker.extraction.frames.quality import find_flaw
from services.worker.extraction.reading.source import LocalFile
from tests.support.extracted import SMALL, SMALL_PX, SharedSandbox
from tests.support.videos import draw_frame, frame_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from services.local.samples import Image
    from services.worker.extraction.outcome import Outcome
    from tests.support.videos import Videos

GOOD = draw_frame(7)
BLURRED = cv2.GaussianBlur(GOOD, (0, 0), 60).astype(np.uint8)
SIGNATURES = {ImageFormat.JPEG: b"\xff\xd8\xff", ImageFormat.WEBP: b"RIFF", ImageFormat.AVIF: b"\0\0\0"}


def plain(level: int) -> Image:
    return np.full((360, 640, 3), level, np.uint8)


BLACK = np.full((SMALL_PX[1], SMALL_PX[0], 3), 16, np.uint8)
"""Of the small size."""


def titled(level: int) -> Image:
    """Draw a line of text on an empty picture."""
    image = plain(level)
    cv2.putText(image, "THE END", (240, 190), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (200, 200, 200), 2)
    return image


@pytest.mark.parametrize(
    ("image", "what"),
    [
        (GOOD, None),
        (plain(0), "black"),
        (plain(16), "black"),
        (titled(5), "black"),
        (plain(255), "white"),
        (plain(128), "flat"),
        (BLURRED, "blurred"),
        (cv2.GaussianBlur(GOOD, (0, 0), 2), None),
        ((GOOD // 4).astype(np.uint8), None),
    ],
    ids=["good", "black", "video black", "title", "white", "grey", "blur", "soft", "night"],
)
def test_flaws_are_told_from_pictures(image: Image, what: str | None) -> None:
    assert find_flaw(np.asarray(image, np.uint8)) == what


def film(path: Path, frame: Callable[[int], Image], *, seconds: int = 40, gop: int = 25) -> Path:
    """Frame by frame at 25 a second, with a keyframe every `gop`."""
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p")
    frames = (smaller(frame(number)) for number in range(25 * seconds))
    encode_video(frames, path, fps=25, inputs=(), options=(*encoder, "-g", str(gop), "-sc_threshold", "0"))
    return path


def smaller(image: Image) -> Image:
    """Halve the width of a large picture: a quarter of the pixels is to encode, and the number can be read."""
    return (
        image
        if image.shape[1] == SMALL_PX[0]
        else cv2.resize(image, SMALL_PX, interpolation=cv2.INTER_AREA).astype(np.uint8)
    )


def counted(number: int) -> Image:
    return draw_frame(number, size_px=SMALL_PX)


def thumbnails(path: Path, options: ThumbnailOptions) -> Outcome:
    with SharedSandbox(options) as sandbox, LocalFile(path) as source:
        return sandbox.extract(source)


def numbers(outcome: Outcome) -> list[int | None]:
    found: list[int | None] = []
    for picture in outcome.pictures:
        image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        try:
            found.append(frame_number(image.astype(np.uint8)))
        except ValueError:
            found.append(None)
    return found


def test_nearest_good_picture_replaces_a_black_one(tmp_path: Path) -> None:
    # Black from 3 to 6 s, where 10 % is at 4 s: the keyframe at 6 s and the one at 2 s are good.
    path = film(tmp_path / "a.mp4", lambda number: BLACK if 75 <= number < 150 else counted(number))
    outcome = thumbnails(path, ThumbnailOptions())
    assert outcome.state is VideoState.DONE
    assert numbers(outcome)[0] in (50, 150)
    assert numbers(outcome)[1:] == [500, 950]
    assert outcome.pictures[0].note is None
    nearest = thumbnails(path, ThumbnailOptions(smart=False))
    assert numbers(nearest) == [None, 500, 950]
    assert nearest.pictures[0].time_s == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (plain(16), "black"),
        (plain(255), "white"),
        (plain(128), "flat"),
        (BLURRED, "blurred"),
    ],
    ids=["black", "white", "flat", "blurred"],
)
def test_flawed_picture_is_replaced_or_noted(tmp_path: Path, bad: Image, what: str) -> None:
    """The keyframe at 2 s is bad in one film, and all of them are in the other."""
    options = ThumbnailOptions(positions_pct=(25.0,))
    some = film(tmp_path / "some.mp4", lambda number: bad if 25 < number < 75 else counted(number), seconds=8)
    outcome = thumbnails(some, options)
    assert numbers(outcome)[0] in (25, 75)
    assert outcome.pictures[0].note is None
    every = thumbnails(film(tmp_path / "all.mp4", lambda _: bad, seconds=8), options)
    assert every.pictures[0].time_s == pytest.approx(2.0)
    assert every.pictures[0].note == f"The picture is {what}, and no better one is near."


@pytest.mark.parametrize("gop", [10, 1000])
def test_better_pictures_are_found_without_an_index(tmp_path: Path, gop: int) -> None:
    """Theora is searched by FFmpeg's own seeking. Its encoder is slow: ten frames a second are enough."""
    options = ("-c:v", "libtheora", "-threads", "1", "-q:v", "7", "-pix_fmt", "yuv420p", "-g", str(gop))
    path = tmp_path / "a.mkv"
    # Black from 3 to 6 s, where 10 % is at 4 s, and from 15 s to the end, where 95 % is at 38 s.
    good = {*range(30), *range(60, 150)}
    frames = (counted(number) if number in good else BLACK for number in range(400))
    encode_video(frames, path, fps=10, inputs=(), options=options)
    outcome = thumbnails(path, ThumbnailOptions())
    assert outcome.state is VideoState.DONE
    first, _, last = numbers(outcome)
    assert first in good
    assert outcome.pictures[0].note is None
    assert first == pytest.approx(10 * outcome.pictures[0].time_s, abs=0.1)
    assert abs(outcome.pictures[0].time_s - 4) <= 5
    assert last is None
    assert "black" in (outcome.pictures[2].note or "")
    assert numbers(thumbnails(path, ThumbnailOptions(smart=False)))[0] is None


def test_nearest_black_picture_is_kept_with_a_note(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", lambda number: counted(number) if number > 500 else plain(0))
    outcome = thumbnails(path, ThumbnailOptions())
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == [None, 525, 950]
    assert outcome.pictures[0].time_s == pytest.approx(4.0)
    assert "black" in (outcome.pictures[0].note or "")
    assert outcome.pictures[1].note is None


def test_a_later_frame_replaces_a_black_keyframe(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", lambda number: counted(number) if number > 20 else plain(0), seconds=8, gop=1000)
    outcome = thumbnails(path, ThumbnailOptions())
    assert (numbers(outcome)[0] or 0) > 20


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_thumbnails_come_in_the_format_that_was_asked_for(videos: Videos, image_format: ImageFormat) -> None:
    outcome = thumbnails(videos.video("a.mp4"), ThumbnailOptions(format=image_format))
    assert all(picture.data.startswith(SIGNATURES[image_format]) for picture in outcome.pictures)
    assert numbers(outcome) == [0, 50, 75]


@pytest.mark.parametrize("image_format", list(ImageFormat))
@pytest.mark.parametrize("count", [1, 20])
def test_one_position_or_twenty_give_as_many_thumbnails(videos: Videos, image_format: ImageFormat, count: int) -> None:
    path = videos.video("a.mp4", duration_s=20, gop=5, **SMALL)
    positions_pct = tuple(5 * number - 2.5 for number in range(1, 21)) if count == 20 else (50.0,)
    outcome = thumbnails(path, ThumbnailOptions(positions_pct=positions_pct, format=image_format, width_px=320))
    assert outcome.state is VideoState.DONE
    assert tuple(picture.position_pct for picture in outcome.pictures) == positions_pct
    assert all(picture.data.startswith(SIGNATURES[image_format]) for picture in outcome.pictures)
    assert numbers(outcome) == [pytest.approx(500 * position / 100, abs=3) for position in positions_pct]
