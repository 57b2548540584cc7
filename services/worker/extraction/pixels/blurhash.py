"""BlurHash of a picture: a short text that applications decode to a blurred placeholder.

The text is that of the reference encoder in TypeScript: https://github.com/woltapp/blurhash.
"""

import math
from functools import cache
from typing import Any

import numpy as np

from services.worker.extraction.pixels.orientation import Image

_Floats = np.ndarray[Any, np.dtype[np.float64]]

COMPONENTS_X, COMPONENTS_Y = 4, 3
"""Components of a BlurHash, as the reference recommends: 28 characters."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def encode_blurhash(image: Image) -> str:
    """Return the BlurHash of a small picture, blue first."""
    height, width = image.shape[:2]
    # The reference adds column by column. Along the first axis, numpy adds in the same order.
    light = _build_light()[image.transpose(1, 0, 2).reshape(-1, 1, 3)[:, :, ::-1]]
    sums = (_list_bases(width, height)[:, :, np.newaxis] * light).sum(axis=0)
    means, *waves = (sums * (1 / (width * height))).tolist()
    largest = max(value for wave in waves for value in wave)
    quantised = max(0, min(82, math.floor(largest * 166 - 0.5)))
    scale = (quantised + 1) / 166
    red, green, blue = (_encode_level(mean) for mean in means)
    return "".join(
        [
            _encode_digits(COMPONENTS_X - 1 + (COMPONENTS_Y - 1) * 9, 1),
            _encode_digits(quantised, 1),
            _encode_digits(red << 16 | green << 8 | blue, 4),
            *(_encode_digits(_encode_wave(wave, scale), 2) for wave in waves),
        ]
    )


@cache
def _build_light() -> _Floats:
    """Return the linear light of each level of sRGB."""
    levels = [level / 255 for level in range(256)]
    return np.array([one / 12.92 if one <= 0.04045 else math.pow((one + 0.055) / 1.055, 2.4) for one in levels])


@cache
def _list_bases(width: int, height: int) -> _Floats:
    """Return the cosines of each component for all pixels, column by column."""
    bases = []
    for y in range(COMPONENTS_Y):
        for x in range(COMPONENTS_X):
            factor = 1 if x == y == 0 else 2
            along_x = np.array([math.cos(math.pi * x * at / width) for at in range(width)])
            along_y = np.array([math.cos(math.pi * y * at / height) for at in range(height)])
            bases.append(np.outer(factor * along_x, along_y).ravel())
    return np.array(bases).T.copy()


def _encode_level(light: float) -> int:
    light = max(0.0, min(1.0, light))
    if light <= 0.0031308:
        return math.trunc(light * 12.92 * 255 + 0.5)
    return math.trunc((1.055 * math.pow(light, 1 / 2.4) - 0.055) * 255 + 0.5)


def _encode_wave(wave: list[float], scale: float) -> int:
    red, green, blue = (
        math.floor(max(0, min(18, math.floor(math.copysign(math.pow(abs(one / scale), 0.5), one) * 9 + 9.5))))
        for one in wave
    )
    return red * 19 * 19 + green * 19 + blue


def _encode_digits(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))
