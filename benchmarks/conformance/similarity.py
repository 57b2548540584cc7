"""Similarity of two pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.local.samples import Image


def measure_similarity(one: Image, other: Image) -> float:
    """Return the SSIM of the luma (Wang et al., 2004), which is 1 for equal pictures."""
    first, second = (cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float64) for image in (one, other))
    mean_1, mean_2 = _blur(first), _blur(second)
    variance_1, variance_2 = _blur(first**2) - mean_1**2, _blur(second**2) - mean_2**2
    covariance = _blur(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    share = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    return float((share / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2))).mean())


def _blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(image, (11, 11), 1.5), np.float64)
