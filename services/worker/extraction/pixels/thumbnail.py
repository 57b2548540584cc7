"""From a decoded frame to a thumbnail: square pixels, at most so wide, never enlarged, as a file."""

from collections.abc import Callable
from typing import cast

import cv2

from services.contract.thumbnails import ImageFormat
from services.worker.extraction.frames.capture import Image

_MAX_SIDE_PX = {ImageFormat.JPEG: 65_500, ImageFormat.WEBP: 16_383, ImageFormat.AVIF: 32_768}
"""Most that libjpeg writes (JPEG_MAX_DIMENSION in its jmorecfg.h), that WebP holds (14 bits: RFC 9649, 2.5), and that
libavif reads (AVIF_DEFAULT_IMAGE_DIMENSION_LIMIT in its avif.h).
"""


def shown_size(width_px: int, height_px: int, sample_aspect_ratio: float, *, max_width_px: int) -> tuple[int, int]:
    """Width and height of a thumbnail. Pixels that are not square shrink in their longer direction; none is enlarged.

    The sample aspect ratio is the width of a pixel over its height.
    """
    width, height = float(width_px), float(height_px)
    if sample_aspect_ratio > 1:
        height /= sample_aspect_ratio
    else:
        width *= sample_aspect_ratio
    scale = min(1.0, max_width_px / width, max(_MAX_SIDE_PX.values()) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(image: Image, sample_aspect_ratio: float, *, max_width_px: int) -> Image:
    return resized(image, shown_size(image.shape[1], image.shape[0], sample_aspect_ratio, max_width_px=max_width_px))


def resized(image: Image, size_px: tuple[int, int]) -> Image:
    """The picture at another width and height: halved as often as it can be, the rest is interpolated.

    As good as OpenCV's INTER_AREA, which takes up to six times as long where the ratio is no whole number.
    """
    width, height = image.shape[1::-1]
    while width >= 2 * size_px[0] or height >= 2 * size_px[1]:
        width = width // 2 if width >= 2 * size_px[0] else width
        height = height // 2 if height >= 2 * size_px[1] else height
        image = cast("Image", cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    return image if (width, height) == size_px else cast("Image", cv2.resize(image, size_px))


def encodable(image: Image, image_format: ImageFormat) -> Image:
    """The picture, smaller where a side of it is longer than the format allows."""
    height, width = image.shape[:2]
    scale = min(1.0, _MAX_SIDE_PX[image_format] / max(height, width))
    return image if scale == 1 else resized(image, (max(1, int(width * scale)), max(1, int(height * scale))))


def encoded(image: Image, image_format: ImageFormat, *, quality: int) -> bytes:
    """An encodable picture as a file. Raises: ValueError if OpenCV could not encode it."""
    height, width = image.shape[:2]
    ok, data = cv2.imencode(f".{image_format.extension}", image, _PARAMETERS[image_format](quality))
    if not ok:
        raise ValueError(f"OpenCV could not encode a picture of {width} x {height} as {image_format}")
    return data.tobytes()


_PARAMETERS: dict[ImageFormat, Callable[[int], list[int]]] = {
    # Optimised Huffman tables take 0.4 ms, and save 11 to 14 % of the bytes.
    ImageFormat.JPEG: lambda quality: [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    ImageFormat.WEBP: lambda quality: [cv2.IMWRITE_WEBP_QUALITY, quality],
    # The slowest of ten speeds takes seconds for a few bytes less.
    ImageFormat.AVIF: lambda quality: [cv2.IMWRITE_AVIF_QUALITY, quality, cv2.IMWRITE_AVIF_SPEED, 9],
}
