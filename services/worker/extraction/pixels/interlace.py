"""Interlaced pictures: two fields of different times, line by line, so that moving objects have combs."""

from typing import cast

import cv2
import numpy as np

from services.worker.extraction.pixels.orientation import Image

_CONTRAST = 16
"""Upper limit of differences that are noise."""
_COMBED_SHARE = 0.0005
"""Share of the picture. A turning head exceeds it; fine patterns that look like combs rarely do."""
_COLUMN_STEP = 4
"""Distance of the columns that are examined."""


def is_combed(image: Image) -> bool:
    """Return True if lines differ from both neighbours in alternating directions in a part of the picture."""
    grey = cv2.cvtColor(np.ascontiguousarray(image[:, ::_COLUMN_STEP]), cv2.COLOR_BGR2GRAY).astype(np.int16)
    steps = np.diff(grey, axis=0)
    rises, falls = steps > _CONTRAST, steps < -_CONTRAST
    if len(steps) < 6:
        return False
    zigzag = np.zeros(grey[5:].shape, bool)
    for first, second in ((rises, falls), (falls, rises)):
        zigzag |= first[:-4] & second[1:-3] & first[2:-2] & second[3:-1] & first[4:]
    return bool(zigzag.mean() > _COMBED_SHARE)


def drop_combed_field(image: Image) -> Image:
    """Return the first field if the picture has combs, else the whole picture."""
    return cast("Image", image[::2]) if is_combed(image) else image
