"""Orientation: rotation and mirroring of a stored picture before it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

Image = np.ndarray[Any, np.dtype[np.uint8]]
"""Height x width x 3 bytes, blue first."""


@dataclass(frozen=True)
class Orientation:
    """Mirroring from left to right, then a clockwise rotation by quarter turns."""

    quarters: int = 0
    is_mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        """True if width and height change places."""
        return self.quarters % 2 == 1


UPRIGHT = Orientation()

_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


def parse_matrix(matrix: Sequence[int]) -> Orientation:
    """Return the orientation in a track's transformation matrix `a b u c d v x y w` (ISO/IEC 14496-12, 6.2.2).

    A point (p, q) goes to (a p + c q, b p + d q), with q downwards. A matrix that skews, or turns by anything but
    quarters, counts as upright.
    """
    if len(matrix) != 9:
        return UPRIGHT
    a, b, c, d = (_sign(matrix[place]) for place in (0, 1, 3, 4))
    return {
        (1, 0, 0, 1): UPRIGHT,
        (0, 1, -1, 0): Orientation(1),
        (-1, 0, 0, -1): Orientation(2),
        (0, -1, 1, 0): Orientation(3),
        (-1, 0, 0, 1): Orientation(0, is_mirrored=True),
        (1, 0, 0, -1): Orientation(2, is_mirrored=True),
        (0, 1, 1, 0): Orientation(3, is_mirrored=True),
        (0, -1, -1, 0): Orientation(1, is_mirrored=True),
    }.get((a, b, c, d), UPRIGHT)


def parse_degrees(clockwise_deg: float) -> Orientation:
    """Return the orientation of an angle; upright if it is no multiple of 90 degrees."""
    quarters, rest = divmod(clockwise_deg, 90)
    return Orientation(int(quarters) % 4) if abs(rest) < 1 else UPRIGHT


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def apply_orientation(image: Image, orientation: Orientation) -> Image:
    """Return the picture upright."""
    if orientation.is_mirrored:
        image = cast("Image", cv2.flip(image, 1))
    turn = _TURNS.get(orientation.quarters % 4)
    return image if turn is None else cast("Image", cv2.rotate(image, turn))
