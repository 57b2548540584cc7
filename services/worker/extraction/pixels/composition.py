"""Several pictures of one video as one: in rows and columns, or one after the other. Pure."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.pixels.thumbnail import resize_image


def compose_tiles(images: Sequence[Image], columns: int) -> Image:
    """Return one picture of tiles, row by row. All tiles get the size of the first; the last row must be full."""
    height, width = images[0].shape[:2]
    tiles = [resize_image(image, (width, height)) for image in images]
    rows = [np.hstack(tiles[at : at + columns]) for at in range(0, len(tiles), columns)]
    return cast("Image", np.vstack(rows))


def encode_animation(images: Sequence[Image], *, frame_ms: int, quality: int) -> bytes:
    """Return an animated WebP that repeats; all frames get the size of the first.

    libwebp merges equal frames into one of their total duration. Raises: ValueError if OpenCV cannot encode it.
    """
    height, width = images[0].shape[:2]
    animation = cv2.Animation()
    animation.frames = [resize_image(image, (width, height)) for image in images]
    animation.durations = [frame_ms] * len(images)
    ok, data = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, quality])
    if not ok:
        raise ValueError("OpenCV could not encode the animation")
    return data.tobytes()
