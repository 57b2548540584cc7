"""Whether a picture is worth showing: not black, not white, not flat, no blur."""

import cv2
import numpy as np

from services.worker.extraction.orientation import Image

_LOOKED_AT_PX = 160
_BLACK, _WHITE = 28, 240
"""Levels from 0 to 255."""
_MOSTLY = 0.97
"""Share of the picture: some text on black is no picture either."""
_FLAT_DEVIATION = 5.0
_BLURRED_EDGES = 10.0
"""Of the steepest edges of a picture, how steep they are, in levels a pixel at the size at which it is looked at."""


def flaw(image: Image) -> str | None:
    """What is wrong with a picture, as a word to complete "The picture is ..."; None if nothing is."""
    height, width = image.shape[:2]
    scale = min(1.0, _LOOKED_AT_PX / max(width, 1))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    if (small < _BLACK).mean() > _MOSTLY:
        return "black"
    if (small > _WHITE).mean() > _MOSTLY:
        return "white"
    if small.std() < _FLAT_DEVIATION:
        return "flat"
    steps = np.abs(np.diff(small.astype(np.int16), axis=1))
    return "blurred" if np.percentile(steps, 99.5) < _BLURRED_EDGES else None
