"""A good thumbnail: nobody wants a black picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from services.contract.records import VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.local.samples import encode
from services.worker.extraction.job import Bounds
from services.worker.extraction.quality import flaw
from services.worker.extraction.sandbox import Sandbox
from services.worker.extraction.source import LocalFile
from tests.videos import draw_frame, frame_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from services.local.samples import Image
    from services.worker.extraction.outcome import Outcome

GOOD = draw_frame(7)
SIGNATURES = {ImageFormat.JPEG: b"\xff\xd8\xff", ImageFormat.WEBP: b"RIFF", ImageFormat.AVIF: b"\0\0\0"}


def plain(level: int) -> Image:
    return np.full((360, 640, 3), level, np.uint8)


def titled(level: int) -> Image:
    """A line of text on an empty picture."""
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
        (cv2.GaussianBlur(GOOD, (0, 0), 60), "blurred"),
        (cv2.GaussianBlur(GOOD, (0, 0), 2), None),
        ((GOOD // 4).astype(np.uint8), None),
    ],
    ids=["good", "black", "video black", "title", "white", "grey", "blur", "soft", "night"],
)
def test_flaws_are_told_from_pictures(image: Image, what: str | None) -> None:
    assert flaw(np.asarray(image, np.uint8)) == what


def film(path: Path, frame: Callable[[int], Image], *, seconds: int = 40, gop: int = 25) -> Path:
    """Frame by frame at 25 a second, with a keyframe every `gop`."""
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", str(gop), "-sc_threshold", "0")
    encode((frame(number) for number in range(25 * seconds)), path, fps=25, inputs=(), options=options)
    return path


def thumbnails(path: Path, options: ThumbnailOptions) -> Outcome:
    with Sandbox(options, Bounds()) as sandbox, LocalFile(path) as source:
        return sandbox.extract(source)


def numbers(outcome: Outcome) -> list[int | None]:
    found: list[int | None] = []
    for picture in outcome.pictures:
        image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        try:
            found.append(frame_number(image.astype(np.uint8)))
        except ValueError:
            found.append(None)
    return found


def test_a_black_picture_gives_way_to_the_nearest_good_one(tmp_path: Path) -> None:
    # Black from 3 to 6 s, where 10 % is at 4 s: the keyframe at 6 s and the one at 2 s are good.
    path = film(tmp_path / "a.mp4", lambda number: plain(16) if 75 <= number < 150 else draw_frame(number))
    outcome = thumbnails(path, ThumbnailOptions())
    assert outcome.state is VideoState.DONE
    assert numbers(outcome)[0] in (50, 150)
    assert numbers(outcome)[1:] == [500, 950]
    assert outcome.pictures[0].note is None
    nearest = thumbnails(path, ThumbnailOptions(smart=False))
    assert numbers(nearest) == [None, 500, 950]
    assert nearest.pictures[0].time_s == pytest.approx(4.0)


def test_where_all_are_black_the_nearest_is_kept_and_says_so(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", lambda number: draw_frame(number) if number > 500 else plain(0))
    outcome = thumbnails(path, ThumbnailOptions())
    assert outcome.state is VideoState.DONE
    assert numbers(outcome) == [None, 525, 950]
    assert outcome.pictures[0].time_s == pytest.approx(4.0)
    assert "black" in (outcome.pictures[0].note or "")
    assert outcome.pictures[1].note is None


def test_a_keyframe_that_is_black_gives_way_to_a_frame_behind_it(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", lambda number: draw_frame(number) if number > 20 else plain(0), seconds=8, gop=1000)
    outcome = thumbnails(path, ThumbnailOptions())
    assert (numbers(outcome)[0] or 0) > 20


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_thumbnails_come_in_the_format_that_was_asked_for(tmp_path: Path, image_format: ImageFormat) -> None:
    path = film(tmp_path / "a.mp4", draw_frame, seconds=4)
    outcome = thumbnails(path, ThumbnailOptions(format=image_format))
    assert all(picture.jpeg.startswith(SIGNATURES[image_format]) for picture in outcome.pictures)
    assert numbers(outcome) == [0, 50, 75]
