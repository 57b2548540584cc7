"""From a frame to a thumbnail: its shape, and a JPEG that every reader takes."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contract.thumbnails import ImageFormat
from services.worker.extraction.pixels.thumbnail import compute_size, encode_image, limit_size, shrink_image
from tests.support.videos import draw_frame, frame_number

SIDES = st.integers(1, 8192)
RATIOS = st.floats(1 / 64, 64)
WIDTHS = st.integers(16, 4096)


@pytest.mark.parametrize(
    ("size", "ratio", "width", "shown"),
    [
        ((1920, 1080), 1, 640, (640, 360)),
        ((640, 360), 1, 640, (640, 360)),
        ((320, 180), 1, 640, (320, 180)),
        ((1080, 1920), 1, 640, (640, 1138)),
        ((720, 576), 16 / 11, 640, (640, 352)),
        ((720, 576), 12 / 11, 1000, (720, 528)),
        ((1440, 1080), 4 / 3, 640, (640, 360)),
        ((720, 576), 0.5, 640, (360, 576)),
        ((4096, 16), 1, 640, (640, 2)),
        ((1, 1), 1, 640, (1, 1)),
        ((8192, 1), 1, 16, (16, 1)),
    ],
)
def test_a_thumbnail_has_square_pixels_and_keeps_its_shape(
    size: tuple[int, int], ratio: float, width: int, shown: tuple[int, int]
) -> None:
    assert compute_size(*size, ratio, max_width_px=width) == shown


@given(SIDES, SIDES, RATIOS, WIDTHS)
def test_thumbnail_exceeds_neither_source_nor_requested_width(
    width: int, height: int, ratio: float, max_width: int
) -> None:
    shown_width, shown_height = compute_size(width, height, ratio, max_width_px=max_width)
    assert 1 <= shown_width <= min(width, max_width)
    assert 1 <= shown_height <= height


@given(st.integers(256, 4096), st.integers(256, 4096), st.floats(0.5, 2), st.integers(256, 4096))
def test_aspect_ratio_matches_the_video_within_a_pixel(width: int, height: int, ratio: float, max_width: int) -> None:
    shown_width, shown_height = compute_size(width, height, ratio, max_width_px=max_width)
    assert shown_width == pytest.approx(shown_height * width * ratio / height, abs=0.5 + 0.5 * width * ratio / height)


@pytest.mark.parametrize("image_format", ImageFormat)
def test_a_tower_is_made_low_enough_for_every_format(image_format: ImageFormat) -> None:
    width, height = compute_size(16, 131_072, 1, max_width_px=640)
    assert width == 8
    image = limit_size(np.zeros((height, width, 3), np.uint8), image_format)
    read = cv2.imdecode(np.frombuffer(encode_image(image, image_format, quality=82), np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert read.shape == image.shape


@pytest.mark.parametrize("size_px", [(1920, 1080), (640, 360), (321, 181), (100, 56)])
def test_a_shrunk_frame_shows_the_same(size_px: tuple[int, int]) -> None:
    small = shrink_image(draw_frame(4711, size_px=size_px), 1, max_width_px=320)
    assert small.shape == (round(size_px[1] * min(1, 320 / size_px[0])), min(size_px[0], 320), 3)
    assert frame_number(small) == 4711


@pytest.mark.parametrize("quality", [1, 30, 82, 100])
def test_a_jpeg_shows_the_frame(quality: int) -> None:
    frame = draw_frame(4711)
    decoded = cv2.imdecode(
        np.frombuffer(encode_image(frame, ImageFormat.JPEG, quality=quality), np.uint8), cv2.IMREAD_COLOR
    )
    assert decoded is not None
    assert decoded.shape == frame.shape
    if quality >= 30:
        assert frame_number(decoded.astype(np.uint8)) == 4711


def test_a_higher_quality_takes_more_bytes() -> None:
    sizes = [len(encode_image(draw_frame(4711), ImageFormat.JPEG, quality=quality)) for quality in (20, 60, 95)]
    assert sizes == sorted(set(sizes))
