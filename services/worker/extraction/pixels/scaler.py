"""Correction of what FFmpeg's scaler does not know or does not do exactly."""

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from services.worker.extraction.codecs.coded import BT601, BT709, BT2020, UNSPECIFIED, Coded, Colour
from services.worker.extraction.pixels.orientation import Image

_Floats = np.ndarray[Any, np.dtype[np.float64]]

Tint = tuple[int, int, int]
"""Levels by which blue, green and red are too low."""
NO_TINT: Tint = (0, 0, 0)

_HD_WIDTH_PX, _SD_HEIGHT_PX = 1280, 576
_BT2020_PRIMARIES = 9
_LUMA_SHARES = {
    BT709: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), BT601: (0.299, 0.114), 7: (0.212, 0.087),
    BT2020: (0.2627, 0.0593),
}  # fmt: skip
"""Shares of red and blue in luma, by the matrix coefficients of H.273, table 4."""


def choose_matrix(colour: Colour, width_px: int, height_px: int) -> int:
    """Return the matrix coefficients of a picture, by its size if nothing states them, as players do."""
    if colour.matrix != UNSPECIFIED:
        return colour.matrix
    if colour.primaries == _BT2020_PRIMARIES:
        return BT2020
    return BT709 if width_px >= _HD_WIDTH_PX or height_px > _SD_HEIGHT_PX else BT601


@dataclass(frozen=True)
class Correction:
    """Correction of a converted picture.

    The scaler took `assumed` for the matrix coefficients, but `matrix` is right.
    """

    tint: Tint = NO_TINT
    assumed: int = UNSPECIFIED
    matrix: int = UNSPECIFIED


def has_tint(coded: Coded, *, is_scaled: bool) -> bool:
    """Return True if the scaler's fast path converted the picture: see `measure_tint`."""
    # Chroma of full resolution takes an exact path, as does a picture of 8 bits, or of 4:2:2, that keeps its size.
    is_exact = coded.bit_depth == 8 or coded.chroma_format == 2
    return coded.chroma_format in (1, 2) and (is_scaled or not is_exact)


def apply_correction(image: Image, correction: Correction) -> Image:
    """Return the picture with another matrix and without the tint."""
    if any(correction.tint):
        missing = cast("Any", (*correction.tint, 0))
        # Black was cut off at 0, and stays.
        least = cv2.min(image, missing)
        # In the same memory: its pages cost a child process as much as the sum.
        image = cast("Image", cv2.add(image, least, dst=least))
    change = _CHANGES.get((correction.assumed, correction.matrix))
    return image if change is None else cast("Image", cv2.transform(image, change))


def _build_change(assumed: int, matrix: int) -> _Floats:
    """Return the matrix from colours that were decoded with `assumed` to those of `matrix`: blue, green and red.

    Without BLAS, whose buffers would take address space of each child.
    """
    columns = list(zip(*_list_encoding(assumed), strict=True))
    rows = [
        [sum(one * other for one, other in zip(row, column, strict=True)) for column in columns]
        for row in _list_decoding(matrix)
    ]
    return np.array(rows, np.float64)


def _list_encoding(matrix: int) -> tuple[tuple[float, ...], ...]:
    """Return the rows of the matrix from blue, green and red to luma and colour differences."""
    red, blue = _LUMA_SHARES[matrix]
    green = 1 - red - blue
    from_blue, from_red = 2 * (1 - blue), 2 * (1 - red)
    return (
        (blue, green, red),
        (0.5, -green / from_blue, -red / from_blue),
        (-blue / from_red, -green / from_red, 0.5),
    )


def _list_decoding(matrix: int) -> tuple[tuple[float, ...], ...]:
    """Return the rows of the matrix from luma and colour differences to blue, green and red."""
    red, blue = _LUMA_SHARES[matrix]
    green = 1 - red - blue
    from_blue, from_red = 2 * (1 - blue), 2 * (1 - red)
    return ((1, from_blue, 0), (1, -blue / green * from_blue, -red / green * from_red), (1, 0, from_red))


_CHANGES = {
    (assumed, matrix): _build_change(assumed, matrix)
    for assumed in _LUMA_SHARES
    for matrix in _LUMA_SHARES
    if _LUMA_SHARES[assumed] != _LUMA_SHARES[matrix]
}
"""By the two matrix coefficients. The fork server builds them once, and not each child."""
