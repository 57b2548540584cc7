"""Thumbnails equal what players show: the deblocking filter of H.264 and HEVC stays on."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import imageio_ffmpeg
import numpy as np
import pytest

from services.local.samples import run_ffmpeg
from tests.support.ranged import frames_at

if TYPE_CHECKING:
    from pathlib import Path

    from services.local.samples import Image

_SIZE_PX = (640, 360)


@pytest.mark.parametrize(("encoder", "quality"), [("x264", "qp=29"), ("x265", "qp=34:sao=0")])
def test_small_thumbnails_are_deblocked(tmp_path: Path, encoder: str, quality: str) -> None:
    path = tmp_path / "blocks.mp4"
    source = ["-f", "lavfi", "-i", "mandelbrot=size=1920x1080:rate=25", "-frames:v", "2"]
    parameters = ["-c:v", f"lib{encoder}", "-preset", "veryfast", f"-{encoder}-params", quality, "-pix_fmt", "yuv420p"]
    run_ffmpeg([*source, *parameters], path)
    (frame,) = frames_at(path, [0.0])
    filtered, unfiltered = (_first_picture(path, *options) for options in ((), ("-skip_loop_filter", "all")))
    effect = filtered.astype(np.float64) - unfiltered
    share = (effect * (frame.image.astype(np.float64) - unfiltered)).sum() / (effect**2).sum()
    assert share == pytest.approx(1, abs=0.3)  # of the filter's effect: 0 without it


def _first_picture(path: Path, *options: str) -> Image:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *options, "-i", str(path), "-frames:v", "1"]
    command += ["-vf", "scale=640:360:flags=bicubic", "-pix_fmt", "bgr24", "-f", "rawvideo", "-"]
    data = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    return np.frombuffer(data, np.uint8).reshape(_SIZE_PX[1], _SIZE_PX[0], 3)
