"""From IPT-PQ-C2 to linear BT.2020, by the metadata of the picture."""

from typing import Any, cast

import cv2
import numpy as np

from services.worker.extraction.dolby_vision.rpu import Curve, Polynomial, Regression, Rpu

Floats = np.ndarray[Any, np.dtype[np.float32]]

PEAK_NITS = 10_000.0
"""Luminance of the level 1."""
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
"""PQ: SMPTE ST 2084."""
LMS_TO_BT2020 = np.array(
    [
        [3.06441879, -2.16597676, 0.10155818],
        [-0.65612108, 1.78554118, -0.12943749],
        [0.01736321, -0.04725154, 1.03004253],
    ]
)
"""Inverse of Hunt, Pointer and Estévez's matrix for BT.2020 primaries, with 2 % of crosstalk in the metadata."""


def convert_picture(planes: tuple[Floats, Floats, Floats], rpu: Rpu) -> Floats:
    """Return linear light in BT.2020 with blue first, 1 for 10,000 nits. Samples are shares of the full range."""
    reshaped = [_apply_curve(number, planes, curve) for number, curve in enumerate(rpu.curves)]
    image = cv2.merge(reshaped)
    matrix, offset = np.array(rpu.to_lms).reshape(3, 3), np.array(rpu.offset)[:, None]
    lms = _decode_pq(cast("Floats", cv2.transform(image, np.hstack([matrix, -matrix @ offset]).astype(np.float32))))
    to_rgb = LMS_TO_BT2020 @ np.array(rpu.to_rgb).reshape(3, 3)
    return cast("Floats", cv2.transform(lms, to_rgb[::-1].astype(np.float32)))


def _apply_curve(number: int, planes: tuple[Floats, Floats, Floats], curve: Curve) -> Floats:
    samples = planes[number]
    # The first piece begins at 0 and the last one ends at 1, whatever the outer pivots.
    piece_of = np.searchsorted(np.array(curve.pivots[1:-1], np.float32), samples, side="right")
    result = np.zeros_like(samples)
    for at, piece in enumerate(curve.pieces):
        here = piece_of == at
        if here.any():
            result[here] = _apply_piece(piece, samples[here], tuple(plane[here] for plane in planes))
    return cast("Floats", np.clip(result, curve.pivots[0], curve.pivots[-1]))


def _apply_piece(piece: Polynomial | Regression, samples: Floats, all_samples: tuple[Floats, ...]) -> Floats:
    if isinstance(piece, Polynomial):
        return cast("Floats", np.polyval(np.array(piece.coefficients[::-1], np.float32), samples))
    x, y, z = all_samples
    products = (x, y, z, x * y, x * z, y * z, x * y * z)
    result = np.full_like(samples, piece.constant)
    for order, factors in enumerate(piece.orders, start=1):
        for factor, product in zip(factors, products, strict=True):
            result += np.float32(factor) * product**order
    return result


def _decode_pq(level: Floats) -> Floats:
    power = np.power(np.clip(level, 0, 1), np.float32(1 / _M2))
    return cast("Floats", np.power(np.maximum(power - _C1, 0) / (_C2 - _C3 * power), np.float32(1 / _M1)))
