"""ThumbHash of a picture: about 25 bytes that browsers decode to a blurred placeholder.

The bytes are those of the reference encoder, https://github.com/evanw/thumbhash, for pictures without transparency.
"""

import math
from functools import cache
from typing import Any

import numpy as np

from services.worker.extraction.pixels.orientation import Image

_Floats = np.ndarray[Any, np.dtype[np.float64]]

MAX_SIDE_PX = 100
"""Upper limit of the reference encoder on width and height."""

_BRIGHTNESS_TERMS, _COLOUR_TERMS = 7, 3


def encode_thumbhash(image: Image) -> bytes:
    """Return the ThumbHash of a picture of at most 100 x 100 pixels, blue first."""
    height, width = image.shape[:2]
    blue, green, red = (image[:, :, plane].astype(np.float64).ravel() * (1 / 255) for plane in range(3))
    brightness = (red + green + blue) / 3
    longest = max(width, height)
    terms_x = max(1, _round(_BRIGHTNESS_TERMS * width / longest))
    terms_y = max(1, _round(_BRIGHTNESS_TERMS * height / longest))
    size_px = (width, height)
    l_mean, l_waves, l_scale = _encode_channel(brightness, size_px, (max(3, terms_x), max(3, terms_y)))
    p_mean, p_waves, p_scale = _encode_channel((red + green) / 2 - blue, size_px, (_COLOUR_TERMS, _COLOUR_TERMS))
    q_mean, q_waves, q_scale = _encode_channel(red - green, size_px, (_COLOUR_TERMS, _COLOUR_TERMS))
    is_landscape: bool = width > height
    head = _round(63 * l_mean) | _round(31.5 + 31.5 * p_mean) << 6 | _round(31.5 + 31.5 * q_mean) << 12
    head |= _round(31 * l_scale) << 18
    shape = (terms_y if is_landscape else terms_x) | _round(63 * p_scale) << 3 | _round(63 * q_scale) << 9
    shape |= is_landscape << 15
    # Two waves a byte, the first one in the lower half.
    halves = [_round(15 * wave) for wave in (*l_waves, *p_waves, *q_waves)]
    halves += [0] * (len(halves) % 2)
    waves = bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
    return head.to_bytes(3, "little") + shape.to_bytes(2, "little") + waves


def _encode_channel(
    channel: _Floats, size_px: tuple[int, int], terms: tuple[int, int]
) -> tuple[float, list[float], float]:
    """Return the mean of a channel, its cosine waves from 0 to 1, and their scale."""
    waves_x, waves_y = _list_waves(size_px, terms)
    # Row by row, numpy adds in the order of the reference: waves of edges that are straight depend on it. Along the
    # last axis, it adds in pairs.
    sums: list[float] = (channel[:, np.newaxis] * waves_x * waves_y).sum(axis=0).tolist()
    mean, *waves = (total / len(channel) for total in sums)
    scale = max(map(abs, waves))
    return mean, [0.5 + 0.5 / scale * wave for wave in waves] if scale else waves, scale


@cache
def _list_waves(size_px: tuple[int, int], terms: tuple[int, int]) -> tuple[_Floats, _Floats]:
    """Return the cosines of each wave at all pixels, row by row: those along x and those along y."""
    (width, height), (terms_x, terms_y) = size_px, terms
    numbers = [(x, y) for y in range(terms_y) for x in range(terms_x) if x * terms_y < terms_x * (terms_y - y)]
    along_x = [[math.cos(math.pi / width * number * (x + 0.5)) for number, _ in numbers] for x in range(width)]
    along_y = [[math.cos(math.pi / height * number * (y + 0.5)) for _, number in numbers] for y in range(height)]
    return np.tile(along_x, (height, 1)), np.repeat(along_y, width, axis=0)


def _round(value: float) -> int:
    """Round as JavaScript does: halves upwards."""
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)
