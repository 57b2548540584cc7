"""Scaling and encoding of a decoded frame to a thumbnail with square pixels, never enlarged."""

from collections.abc import Callable
from typing import cast

import cv2

from services.contract.thumbnails import ImageFormat
from services.worker.extraction.pixels.orientation import Image

_MAX_SIDE_PX = {ImageFormat.JPEG: 65_500, ImageFormat.WEBP: 16_383, ImageFormat.AVIF: 32_768}
"""Limits of libjpeg (JPEG_MAX_DIMENSION in jmorecfg.h), of WebP (14 bits: RFC 9649, 2.5), and of libavif
(AVIF_DEFAULT_IMAGE_DIMENSION_LIMIT in avif.h).
"""


def compute_size(width_px: int, height_px: int, sample_aspect_ratio: float, *, max_width_px: int) -> tuple[int, int]:
    """Return width and height of a thumbnail. Pixels that are not square shrink in their longer direction.

    The sample aspect ratio is the width of a pixel over its height.
    """
    width, height = float(width_px), float(height_px)
    if sample_aspect_ratio > 1:
        height /= sample_aspect_ratio
    else:
        width *= sample_aspect_ratio
    scale = min(1.0, max_width_px / width, max(_MAX_SIDE_PX.values()) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink_image(image: Image, sample_aspect_ratio: float, *, max_width_px: int) -> Image:
    """Return the picture in thumbnail size."""
    return resize_image(
        image, compute_size(image.shape[1], image.shape[0], sample_aspect_ratio, max_width_px=max_width_px)
    )


def resize_image(image: Image, size_px: tuple[int, int]) -> Image:
    """Return the picture in another size: halved as often as possible, then interpolated.

    The result is as good as that of INTER_AREA, which takes up to six times as long at fractional ratios.
    """
    width, height = image.shape[1::-1]
    while width >= 2 * size_px[0] or height >= 2 * size_px[1]:
        width = width // 2 if width >= 2 * size_px[0] else width
        height = height // 2 if height >= 2 * size_px[1] else height
        image = cast("Image", cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    return image if (width, height) == size_px else cast("Image", cv2.resize(image, size_px))


def limit_size(image: Image, image_format: ImageFormat) -> Image:
    """Return the picture, scaled down if a side is longer than the format allows."""
    height, width = image.shape[:2]
    scale = min(1.0, _MAX_SIDE_PX[image_format] / max(height, width))
    return image if scale == 1 else resize_image(image, (max(1, int(width * scale)), max(1, int(height * scale))))


def limit_height(image: Image, max_height_px: int) -> Image:
    """Return the picture, scaled down if it is higher."""
    height, width = image.shape[:2]
    scale = min(1.0, max_height_px / height)
    return image if scale == 1 else resize_image(image, (max(1, round(width * scale)), max_height_px))


def encode_image(image: Image, image_format: ImageFormat, *, quality: int) -> bytes:
    """Return the picture as a file. Raises: ValueError if OpenCV cannot encode it."""
    height, width = image.shape[:2]
    ok, data = cv2.imencode(f".{image_format.extension}", image, _PARAMETERS[image_format](quality))
    if not ok:
        raise ValueError(f"OpenCV could not encode a picture of {width} x {height} as {image_format}")
    return data.tobytes()


_PARAMETERS: dict[ImageFormat, Callable[[int], list[int]]] = {
    # Optimised Huffman tables take 0.4 ms and save 11 to 14 % of the bytes.
    ImageFormat.JPEG: lambda quality: [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    ImageFormat.WEBP: lambda quality: [cv2.IMWRITE_WEBP_QUALITY, quality],
    # The slowest of ten speeds saves a few bytes and takes seconds.
    ImageFormat.AVIF: lambda quality: [cv2.IMWRITE_AVIF_QUALITY, quality, cv2.IMWRITE_AVIF_SPEED, 9],
}
