"""High dynamic range and wide gamuts: conversion to BT.709 for SDR screens."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import cv2
import numpy as np

from services.worker.extraction.codecs.coded import HLG, PQ, UNSPECIFIED, Colour
from services.worker.extraction.pixels.orientation import Image

_Floats = np.ndarray[Any, np.dtype[np.float32]]

WHITE_NITS = 100.0
"""Luminance of SDR white, as in FFmpeg's usual `zscale=npl=100`."""
_PEAK = 10.0
"""Peak luminance in units of SDR white: 1000 nits, for which phones and studios master."""
_DARK = 1e-6
_HLG_GAMMA = 1.2
_LUMINANCE = np.array([[0.0593, 0.6780, 0.2627]], np.float32)

_BT2020 = np.array(
    [[1.118730, -0.100579, -0.018151], [-0.008349, 1.132900, -0.124550], [-0.072850, -0.587641, 1.660491]], np.float32
)
"""Linear BT.2020 to BT.709, for pixels with blue first: ITU-R BT.2087, inverted."""
_P3 = np.array([[1.098274, -0.078636, -0.019638], [0.0, 1.042057, -0.042057], [0.0, -0.224940, 1.224940]], np.float32)
"""Linear P3 with the white of D65 to BT.709: from the chromaticities in SMPTE EG 432-1."""
BT2020_GAMUT = 9
_GAMUTS = {BT2020_GAMUT: _BT2020, 12: _P3}
"""By the colour primaries of H.273, table 2."""


def show_colour(image: Image, colour: Colour) -> Image:
    """Return the picture for an SDR screen with BT.709 primaries."""
    if is_high_dynamic_range(colour.transfer):
        # PQ and HLG without tone mapping look grey and flat.
        return map_tones(image, colour.transfer, colour.primaries)
    return narrow_gamut(image, colour.primaries) if colour.primaries in _GAMUTS else image


def narrow_gamut(image: Image, primaries: int) -> Image:
    """Return a picture of the standard range in BT.709. Colours outside of it are clipped."""
    linear = cast("_Floats", cv2.LUT(image, _build_screen_light()))
    return _encode_light(cv2.split(cv2.transform(linear, _GAMUTS[primaries])))


def is_high_dynamic_range(transfer: int) -> bool:
    """Return True for PQ and HLG."""
    return transfer in (PQ, HLG)


def map_tones(image: Image, transfer: int, primaries: int) -> Image:
    """Return the picture for an SDR screen, by Hable's curve as in FFmpeg's `tonemap=hable:desat=0`.

    Unspecified primaries are those of BT.2020.
    """
    linear = cast("_Floats", cv2.LUT(image, _build_linear_light(transfer)))
    if transfer == HLG:
        gain = cv2.pow(cv2.transform(linear, _LUMINANCE), _HLG_GAMMA - 1)
        linear = cast("_Floats", cv2.multiply(linear, cv2.merge([gain, gain, gain]), scale=_PEAK))
    return map_light(linear, BT2020_GAMUT if primaries == UNSPECIFIED else primaries)


def map_light(linear: _Floats, primaries: int) -> Image:
    """Return the picture of linear light, in units of SDR white and with blue first, for an SDR screen."""
    gamut = _GAMUTS.get(primaries)
    # Plane by plane: numpy is slow along an axis of three.
    planes = cv2.split(linear if gamut is None else cv2.transform(linear, gamut))
    brightest = np.maximum(cv2.max(cv2.max(planes[0], planes[1]), planes[2]), _DARK)
    scale = _apply_hable(brightest) / (_apply_hable(_PEAK) * brightest)
    return _encode_light([cv2.multiply(plane, scale) for plane in planes])


def _encode_light(planes: Sequence[Any]) -> Image:
    """Return the levels of light from 0 to 1."""
    roots = [cv2.sqrt(np.maximum(plane, 0)) for plane in planes]
    return cast("Image", cv2.LUT(cv2.convertScaleAbs(cv2.merge(roots), alpha=255), _build_gamma()))


def _apply_hable(value: Any) -> Any:
    """Apply John Hable's filmic curve ("Uncharted 2: HDR Lighting", 2010)."""
    a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
    return (value * (value * a + b * c) + d * e) / (value * (value * a + b) + d * f) - e / f


@cache
def _build_linear_light(transfer: int) -> _Floats:
    """Return the light of each 8-bit level (ITU-R BT.2100): in units of SDR white for PQ, from 0 to 1 for HLG."""
    level = np.arange(256, dtype=np.float64) / 255
    if transfer == PQ:
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        power = level ** (1 / m2)
        light = 10_000 / WHITE_NITS * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(level <= 0.5, level * level / 3, (np.exp((level - c) / a) + b) / 12)
    return light.astype(np.float32)


@cache
def _build_screen_light() -> _Floats:
    """Return the light of each 8-bit level on a screen with a gamma of 2.4 (ITU-R BT.1886), from 0 to 1."""
    return np.power(np.arange(256) / 255, 2.4).astype(np.float32)


@cache
def _build_gamma() -> Image:
    """Return the level of each square root of light: the inverse of a screen's gamma of 2.4 (ITU-R BT.1886)."""
    return np.round(255 * np.power(np.arange(256) / 255, 2 / 2.4)).astype(np.uint8)
