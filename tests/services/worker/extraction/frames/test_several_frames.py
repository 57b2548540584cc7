"""Several frames of a range in one picture: each shows the number of the frame that players show at its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from services.contract.frames import FrameForm, FrameOptions
from services.contract.records import ReasonCode
from services.contract.thumbnails import ImageFormat
from services.worker.extraction.reading.source import LocalFile
from tests.support.extracted import SMALL
from tests.support.videos import Videos, frame_number

if TYPE_CHECKING:
    from pathlib import Path

    from services.worker.extraction.outcome import Outcome
    from services.worker.extraction.sandbox.sandbox import Sandbox

LONG: dict[str, Any] = {**SMALL, "duration_s": 8, "gop": 100}
TILES: dict[str, Any] = {"form": FrameForm.TILES, "width_px": 160}


def ask(sandbox: Sandbox, film: Path, **options: Any) -> Outcome:
    with LocalFile(film) as source:
        return sandbox.extract_frame(source, FrameOptions(**options))


def read_tiles(outcome: Outcome, columns: int, rows: int) -> list[int]:
    """Return the numbers of the frames, row by row."""
    [picture] = outcome.pictures
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape[:2] == (picture.height_px, picture.width_px) == (90 * rows, 160 * columns)
    tiles = [tile for row in np.vsplit(image, rows) for tile in np.hsplit(row, columns)]
    return [frame_number(tile.astype(np.uint8)) for tile in tiles]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("reordered.mp4", {"options": ("-bf", "2")}),
        ("reordered.mkv", {"options": ("-bf", "2")}),
        ("plain.avi", {"codec": "mpeg4"}),
        # Without an index of ours: FFmpeg seeks.
        ("plain.ogv", {"codec": "libtheora"}),
    ],
)
def test_tiles_show_evenly_spaced_frames_of_the_range(
    videos: Videos, sandbox: Sandbox, name: str, options: dict[str, Any]
) -> None:
    film = videos.video(name, **{**LONG, **options})
    outcome = ask(sandbox, film, time_s=1, end_s=7, columns=3, rows=2, **TILES)
    assert read_tiles(outcome, 3, 2) == [25, 50, 75, 100, 125, 150]
    assert outcome.pictures[0].time_s == pytest.approx(1.0, abs=0.001)


def test_frames_after_one_keyframe_are_decoded_in_one_pass(videos: Videos, sandbox: Sandbox) -> None:
    film = videos.video("reordered.mp4", **LONG, options=("-bf", "2"))
    strip = ask(sandbox, film, time_s=0, end_s=4, columns=4, **TILES)
    last = ask(sandbox, film, time_s=3, width_px=160)
    assert read_tiles(strip, 4, 1) == [0, 25, 50, 75]
    assert strip.usage.bytes_read <= last.usage.bytes_read
    assert strip.usage.requests <= last.usage.requests


def test_an_animation_shows_the_frames_one_after_the_other(videos: Videos, sandbox: Sandbox) -> None:
    film = videos.video("reordered.mp4", **LONG, options=("-bf", "2"))
    asked = {"form": FrameForm.ANIMATION, "format": ImageFormat.WEBP, "width_px": 160, "fps": 4}
    outcome = ask(sandbox, film, time_s=0, end_s=5, columns=5, **asked)
    data = np.frombuffer(outcome.pictures[0].data, np.uint8).reshape(1, -1)
    found, animation = cv2.imdecodeanimation(data)
    assert found
    images = [np.asarray(frame)[:, :, :3].astype(np.uint8) for frame in animation.frames]
    assert [frame_number(image) for image in images] == [0, 25, 50, 75, 100]
    assert list(animation.durations) == [250] * 5


def test_a_range_beyond_the_end_names_the_duration(videos: Videos, sandbox: Sandbox) -> None:
    film = videos.video("reordered.mp4", **LONG, options=("-bf", "2"))
    outcome = ask(sandbox, film, time_s=4, end_s=14, columns=2, **TILES)
    assert outcome.reason_code is ReasonCode.NEARBY_FRAME
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"end_s": 2}, "a range needs the form"),
        ({"columns": 2}, "a range needs the form"),
        ({"form": "tiles", "columns": 2}, "after its start"),
        ({"form": "tiles", "columns": 2, "end_s": 1}, "after its start"),
        ({"form": "tiles", "end_s": 2}, "columns times rows"),
        ({"form": "tiles", "columns": 9, "rows": 8, "end_s": 2, "width_px": 64}, "columns times rows"),
        ({"form": "tiles", "columns": 8, "end_s": 2}, "the width times columns"),
        ({"form": "animation", "columns": 2, "end_s": 2}, "must be webp"),
        ({"form": "animation", "columns": 2, "end_s": 2, "format": "webp", "width_px": 641}, "at most 640"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        FrameOptions(time_s=1, **options)
