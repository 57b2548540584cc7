"""Transparent pictures over the background that an instance chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.contract.thumbnails import ThumbnailOptions
from services.local.samples import run_ffmpeg
from tests.support.extracted import SharedSandbox, extract, images

if TYPE_CHECKING:
    from pathlib import Path

PRORES = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")
OPAQUE_PRORES = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuv444p10le")


def encode_transparent(path: Path, encoder: tuple[str, ...]) -> Path:
    """Encode a picture of red, whose left third is opaque, middle half transparent, and right third hidden."""
    picture = np.zeros((96, 192, 4), np.uint8)
    picture[..., 2], picture[:, :64, 3], picture[:, 64:128, 3] = 255, 255, 128
    raw = ("-f", "rawvideo", "-pix_fmt", "bgra", "-video_size", "192x96", "-framerate", "25", "-i", "-")
    run_ffmpeg([*raw, *encoder], path, fed=[picture.tobytes()] * 2)
    return path


@pytest.mark.parametrize(
    ("name", "encoder", "background", "shown"),
    [
        ("a.mov", PRORES, "#000000", [(0, 0, 255), (0, 0, 128), (0, 0, 0)]),
        ("a.mov", PRORES, "#ffffff", [(0, 0, 255), (127, 127, 255), (255, 255, 255)]),
        ("a.mov", ("-c:v", "qtrle", "-pix_fmt", "argb"), "#0000ff", [(0, 0, 255), (127, 0, 128), (255, 0, 0)]),
        ("a.mov", ("-c:v", "png", "-pix_fmt", "rgba"), "#000000", [(0, 0, 255), (0, 0, 128), (0, 0, 0)]),
        ("a.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuva444p"), "#00ff00", [(0, 0, 255), (0, 127, 128), (0, 255, 0)]),
        ("a.mov", OPAQUE_PRORES, "#ffffff", [(0, 0, 255)] * 3),
    ],
)
def test_transparent_pixels_show_the_background(
    tmp_path: Path, name: str, encoder: tuple[str, ...], background: str, shown: list[tuple[int, int, int]]
) -> None:
    options = ThumbnailOptions(background=background, positions_pct=(50.0,), quality=100, smart=False)
    with SharedSandbox(options) as sandbox:
        (image,) = images(extract(sandbox, encode_transparent(tmp_path / name, encoder)))
    thirds = [image[16:80, 64 * third + 16 : 64 * third + 48].mean(axis=(0, 1)) for third in range(3)]
    assert np.array(thirds) == pytest.approx(np.array(shown), abs=4)
