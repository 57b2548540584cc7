"""How a stored picture is turned and mirrored before it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

Image = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Orientation:
    """First mirrored left to right, if at all, then turned clockwise by so many quarters."""

    quarters: int = 0
    is_mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        return self.quarters % 2 == 1


UPRIGHT = Orientation()

_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


def of_matrix(matrix: Sequence[int]) -> Orientation:
    """The orientation in a track's transformation matrix `a b u c d v x y w` (ISO/IEC 14496-12, 6.2.2).

    A point (p, q) goes to (a p + c q, b p + d q), with q downwards. What is not a multiple of a quarter turn, or skews,
    is shown upright.
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


def of_degrees(clockwise_deg: float) -> Orientation:
    """Raises nothing: what is no multiple of a quarter turn is shown upright."""
    quarters, rest = divmod(clockwise_deg, 90)
    return Orientation(int(quarters) % 4) if abs(rest) < 1 else UPRIGHT


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def apply(image: Image, orientation: Orientation) -> Image:
    """The picture as it is to be shown."""
    if orientation.is_mirrored:
        image = cast("Image", cv2.flip(image, 1))
    turn = _TURNS.get(orientation.quarters % 4)
    return image if turn is None else cast("Image", cv2.rotate(image, turn))
