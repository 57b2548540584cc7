"""Placeholders of a picture, shown until it is loaded: ThumbHash, BlurHash and the dominant colour."""

import numpy as np

from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.pixels.thumbnail import resize_image

SIDE_PX = 32
"""Longer side of the picture that is encoded: ThumbHash has seven waves, and BlurHash four. A smaller picture saves
nine tenths of the CPU time of the 100 pixels that the reference allows."""

_CELL_BITS = 3
"""The dominant colour is searched in 8 x 8 x 8 equal cells of the RGB cube."""


def shrink_to_placeholder(image: Image) -> Image:
    """Return the picture with a longer side of at most `SIDE_PX`."""
    height, width = image.shape[:2]
    scale = min(1.0, SIDE_PX / max(height, width))
    size_px = max(round(width * scale), 1), max(round(height * scale), 1)
    if size_px == (width, height):
        return image
    return resize_image(image, size_px)


def find_dominant_colour(image: Image) -> str:
    """Return the mean colour of the fullest cell of the RGB cube, as `#rrggbb`."""
    pixels = image.reshape(-1, 3)
    cells = pixels.astype(np.int64) >> (8 - _CELL_BITS)
    numbers = (cells[:, 2] << 2 * _CELL_BITS) | (cells[:, 1] << _CELL_BITS) | cells[:, 0]
    fullest = int(np.bincount(numbers).argmax())
    blue, green, red = pixels[numbers == fullest].mean(axis=0).round().astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
