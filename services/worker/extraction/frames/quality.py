"""Whether a picture is worth showing: not black, not white, not flat, no blur."""

import cv2
import numpy as np

from services.worker.extraction.pixels import thumbnail as picture
from services.worker.extraction.pixels.orientation import Image

_LOOKED_AT_PX = 160
_BLACK, _WHITE = 28, 240
"""Levels from 0 to 255."""
_MOSTLY = 0.97
"""Share of the picture: some text on black is no picture either."""
_FLAT_DEVIATION = 5.0
_EDGE = 10
"""Levels from one pixel to the next, at the size at which a picture is looked at."""
_EDGE_SHARE = 0.005


def flaw(image: Image) -> str | None:
    """What is wrong with a picture, as a word to complete "The picture is ..."; None if nothing is."""
    height, width = image.shape[:2]
    scale = min(1.0, _LOOKED_AT_PX / max(width, 1))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    small = cv2.cvtColor(picture.resized(image, size), cv2.COLOR_BGR2GRAY)
    if (small < _BLACK).mean() > _MOSTLY:
        return "black"
    if (small > _WHITE).mean() > _MOSTLY:
        return "white"
    if small.std() < _FLAT_DEVIATION:
        return "flat"
    steps = cv2.absdiff(small[:, 1:], small[:, :-1])
    return "blurred" if np.count_nonzero(steps >= _EDGE) < _EDGE_SHARE * steps.size else None


def note(what: str) -> str:
    """What is said of a picture with a flaw that is shown all the same."""
    return f"The picture is {what}, and no better one is near."
