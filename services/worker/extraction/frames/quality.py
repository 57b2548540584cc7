"""Quality of a picture: black, white, flat and blurred pictures have a flaw."""

import cv2
import numpy as np

from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.pixels.orientation import Image

_EXAMINED_PX = 160
_BLACK, _WHITE = 28, 240
"""Levels from 0 to 255."""
_MOSTLY = 0.97
"""Share of the picture: a few lines of text on black count as black."""
_FLAT_DEVIATION = 5.0
_EDGE = 10
"""Levels from one pixel to the next, at the examined size."""
_EDGE_SHARE = 0.005


def find_flaw(image: Image) -> str | None:
    """Return an adjective that completes "The picture is ...", None if the picture has no flaw."""
    height, width = image.shape[:2]
    scale = min(1.0, _EXAMINED_PX / max(width, 1))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    small = cv2.cvtColor(thumbnail.resize_image(image, size), cv2.COLOR_BGR2GRAY)
    # Fades from black at the start, and black between two parts of a recording.
    if np.count_nonzero(small < _BLACK) > _MOSTLY * small.size:
        return "black"
    if np.count_nonzero(small > _WHITE) > _MOSTLY * small.size:
        return "white"
    # Title cards and test pictures of one colour.
    if cv2.meanStdDev(small)[1].item() < _FLAT_DEVIATION:
        return "flat"
    steps = cv2.absdiff(small[:, 1:], small[:, :-1])
    return "blurred" if np.count_nonzero(steps >= _EDGE) < _EDGE_SHARE * steps.size else None


def describe_flaw(flaw: str) -> str:
    """Return the note of a picture that is shown in spite of its flaw."""
    return f"The picture is {flaw}, and no better one is near."
