"""Measures of a picture for the choice of the poster: sharpness, exposure, contrast and colourfulness. Pure."""

import math
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.pixels.orientation import Image

Floats = np.ndarray[Any, np.dtype[np.float32]]

EXAMINED_PX = 320
"""Width at which pictures are examined."""
_SHARPEST = 3.4
"""Common logarithm of the variance of the Laplacian in a picture full of fine edges, at the examined size."""
_BEST_LEVEL = 118.0
"""Mean level of a well exposed picture: an 18 % grey card has it in sRGB."""
_CLIPPED = 8
"""Distance in levels from black and from white at which details are lost."""
_FULL_DEVIATION = 64.0
"""Standard deviation of levels with full contrast: that of a uniform histogram is 74."""
_FULL_COLOUR = 75.0
"""Colourfulness of vivid pictures: "highly colourful" is 59 to 82 in the paper below."""


@dataclass(frozen=True)
class Measures:
    """Measures of one picture, each from 0 to 1; 1 is best."""

    sharpness: float
    exposure: float
    contrast: float
    colourfulness: float


def measure_picture(image: Image) -> Measures:
    """Return the measures of a picture of any size, blue first."""
    small = shrink_to(image, EXAMINED_PX)
    grey = convert_to_grey(small)
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(grey))
    edges = float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))[1][0, 0]) ** 2
    shares = compute_histogram(grey)
    clipped = float(shares[:_CLIPPED].sum() + shares[-_CLIPPED:].sum())
    distance = abs(mean - _BEST_LEVEL) / (_BEST_LEVEL if mean < _BEST_LEVEL else 255 - _BEST_LEVEL)
    return Measures(
        sharpness=_limit(math.log10(1 + edges) / _SHARPEST),
        exposure=_limit((1 - distance**2) * (1 - clipped)),
        contrast=_limit(deviation / _FULL_DEVIATION),
        colourfulness=_limit(_measure_colour(small) / _FULL_COLOUR),
    )


def shrink_to(image: Image, width_px: int) -> Image:
    """Return the picture with at most this width, and at least 8 pixels high."""
    height, width = image.shape[:2]
    scale = min(1.0, width_px / max(width, 1))
    return thumbnail.resize_image(image, (max(round(width * scale), 8), max(round(height * scale), 8)))


def convert_to_grey(image: Image) -> Image:
    """Return the levels of a picture, from 0 to 255."""
    return cast("Image", cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def compute_histogram(grey: Image) -> Floats:
    """Return the share of pixels at each of 256 levels."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256])
    return cast("Floats", counts.ravel() / grey.size)


def _measure_colour(image: Image) -> float:
    """Return the colourfulness by Hasler and Süsstrunk, "Measuring colourfulness in natural images" (2003)."""
    blue, green, red = (plane.astype(np.float32) for plane in cv2.split(image))
    deviations, means = [], []
    for difference in (red - green, (red + green) / 2 - blue):
        mean, deviation = cv2.meanStdDev(difference)
        means.append(float(mean[0, 0]))
        deviations.append(float(deviation[0, 0]))
    return math.hypot(*deviations) + 0.3 * math.hypot(*means)


def _limit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
