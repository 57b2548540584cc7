"""Interlaced pictures: two moments in one, line by line. Shown whole, whatever moves has combs."""

from typing import cast

import cv2
import numpy as np

from services.worker.extraction.pixels.orientation import Image

_CONTRAST = 16
"""Differences up to this are noise."""
_COMBED_SHARE = 0.0005
"""Of a picture: a head that turns. Fine patterns that look like combs are seldom so large."""
_COLUMNS = 4
"""Every so many columns are looked at."""


def is_combed(image: Image) -> bool:
    """Whether, somewhere, lines stick out from both of their neighbours by turns: up, down, up, down."""
    grey = cv2.cvtColor(np.ascontiguousarray(image[:, ::_COLUMNS]), cv2.COLOR_BGR2GRAY).astype(np.int16)
    steps = np.diff(grey, axis=0)
    rises, falls = steps > _CONTRAST, steps < -_CONTRAST
    if len(steps) < 6:
        return False
    zigzag = np.zeros(grey[5:].shape, bool)
    for first, second in ((rises, falls), (falls, rises)):
        zigzag |= first[:-4] & second[1:-3] & first[2:-2] & second[3:-1] & first[4:]
    return bool(zigzag.mean() > _COMBED_SHARE)


def one_field_if_combed(image: Image) -> Image:
    """Every second line, the first one's field, where both do not fit together; else the picture as it is."""
    return cast("Image", image[::2]) if is_combed(image) else image
