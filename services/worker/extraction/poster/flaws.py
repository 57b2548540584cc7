"""Flaws for which a picture is no poster while there is a better one. Pure."""

import cv2
import numpy as np

from services.worker.extraction.frames import quality
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.poster.measures import (
    EXAMINED_PX,
    Floats,
    compute_histogram,
    convert_to_grey,
    shrink_to,
)

_BAR_LEVEL, _BAR_SHARE = 24, 0.97
"""Upper limit, in levels, of the pixels in a letterbox, and their share of each row."""
_MAX_BAR = 0.25
"""Upper limit of the height of one bar, as a share of the picture."""
_DARK, _DARK_SHARE = 48, 0.6
"""Level below which a background is dark, and the share of darker pixels in credits."""
_SPIKE_SHARE = 0.7
"""Share of a slate's pixels that have one of its few levels, or nearly so."""
_SPIKE, _AROUND, _SPIKE_RATIO = 3, 21, 0.4
"""Widths, in levels, of a spike in the histogram and of what is around it, and the part of these pixels in the spike.
A smooth histogram has 3 / 21 there."""
_BLUR_RATIO = 0.008
"""Variance of the Laplacian over that of the levels: a sharp picture has 0.05 to 2, a smooth gradient none."""
_ROUNDING = 20 / 12
"""Variance of the Laplacian of a smooth picture because its levels are whole numbers: 1/12 for each pixel."""


def find_poster_flaw(image: Image) -> str | None:
    """Return the name of the first flaw that a picture has by itself, None if it has none.

    Cross-fades show only next to other pictures of the video: see `ranking`.
    """
    small = crop_letterbox(shrink_to(image, EXAMINED_PX))
    flaw = quality.find_flaw(small)
    if flaw in ("black", "white", "flat"):
        return flaw
    grey = convert_to_grey(small)
    shares = compute_histogram(grey)
    if is_slate(shares):
        return "credits" if shares[:_DARK].sum() > _DARK_SHARE else "slate"
    return "blurred" if flaw or is_blurred(grey) else None


def crop_letterbox(image: Image) -> Image:
    """Return the picture without black bars at its top and bottom."""
    height = len(image)
    # Every row of a bar is black, but for noise and a small logo.
    dark = cv2.inRange(image, (0, 0, 0), (_BAR_LEVEL,) * 3).mean(axis=1) / 255
    lit = np.flatnonzero(dark < _BAR_SHARE)
    if not lit.size:
        return image
    top = min(int(lit[0]), int(height * _MAX_BAR))
    bottom = max(int(lit[-1]) + 1, height - int(height * _MAX_BAR))
    return np.ascontiguousarray(image[top:bottom])


def is_slate(shares: Floats) -> bool:
    """Return True for colour bars, title cards, countdowns and credits: surfaces of few levels without any texture.

    Their histogram, of which `shares` are the parts, consists of spikes. That of a photograph is smooth, also in fog
    or at night.
    """
    spike, around = (np.convolve(shares, np.ones(width), "same") for width in (_SPIKE, _AROUND))
    return bool(shares[spike > _SPIKE_RATIO * around].sum() > _SPIKE_SHARE)


def is_blurred(grey: Image) -> bool:
    """Return True if edges are soft for the contrast of the picture, at the examined size."""
    edges, levels = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))[1], cv2.meanStdDev(grey)[1]
    return bool(float(edges[0, 0]) ** 2 - _ROUNDING < _BLUR_RATIO * float(levels[0, 0]) ** 2)
