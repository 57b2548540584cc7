"""Interlaced pictures: two moments in one, line by line. Shown whole, whatever moves has combs."""

from typing import cast

import cv2
import numpy as np

from services.worker.extraction.orientation import Image

_CONTRAST = 12
"""Differences below this are noise."""


def is_combed(image: Image) -> bool:
    """Whether, in some part of the picture, each line is more like the next but one than like its neighbour."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.int16)
    if grey.shape[0] < 8:
        return False
    above, line, below = grey[:-2], grey[1:-1], grey[2:]
    # A comb: a line that sticks out on the same side from both of its neighbours, which are alike.
    spikes = (line - above) * (line - below)
    combed = (spikes > _CONTRAST * _CONTRAST) & (np.abs(above - below) < _CONTRAST)
    return bool(_has_runs(combed))


def _has_runs(combed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    """Fine patterns stick out too, but seldom over many lines on end."""
    run = combed[:-5] & combed[1:-4] & combed[2:-3] & combed[3:-2] & combed[4:-1]
    return bool(run.mean() > 0.0005) if run.size else False


def one_field_if_combed(image: Image) -> Image:
    """Every second line, the first one's field, where both do not fit together; else the picture as it is.

    It keeps all of the picture's height; what follows scales it down.
    """
    return cast("Image", image[::2]) if is_combed(image) else image
