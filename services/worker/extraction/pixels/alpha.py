"""Transparent pictures over a background."""

from typing import cast

import cv2
import numpy as np

from services.worker.extraction.pixels.orientation import Image

DECODERS = frozenset(
    {
        "apng", "cfhd", "dxv", "ffv1", "ffvhuff", "gif", "hap", "huffyuv", "jpeg2000", "magicyuv", "png", "prores",
        "qtrle", "rawvideo", "utvideo", "zmbv",
    }
)  # fmt: skip
"""FFmpeg's decoders that return alpha. Its own ones of VP8 and VP9 do not."""

_OPAQUE = 255


def parse_background(background: str) -> tuple[int, int, int]:
    """Return blue, green and red of a colour such as "#102030"."""
    red, green, blue = bytes.fromhex(background.removeprefix("#"))
    return blue, green, red


def split_alpha(image: Image) -> tuple[Image, Image | None]:
    """Return the colours, and the alpha of a picture that is transparent somewhere."""
    if image.shape[2] == 3:
        return image, None
    alpha = np.ascontiguousarray(image[..., 3])
    return cast("Image", cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)), alpha if alpha.min() < _OPAQUE else None


def blend_background(image: Image, alpha: Image | None, background: tuple[int, int, int]) -> Image:
    """Return the picture over a background. Its colours are not premultiplied by the alpha."""
    if alpha is None:
        return image
    weight = alpha[..., None].astype(np.float32) / _OPAQUE
    blended = image * weight + np.array(background, np.float32) * (1 - weight)
    return cast("Image", np.round(blended).astype(np.uint8))
