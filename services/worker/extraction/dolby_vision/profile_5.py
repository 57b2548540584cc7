"""Pictures of Dolby Vision profile 5 as SDR screens show them."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from services.worker.extraction.codecs import nal
from services.worker.extraction.dolby_vision import ipt, planes, rpu
from services.worker.extraction.pixels import colour
from services.worker.extraction.pixels.orientation import Image

FALSE_COLOURS = "The colours are false: this Dolby Vision picture is in IPT-PQ-C2, and could not be converted."
_PEAK = 1023


def is_profile_5(decoder: str, extradata: bytes, picture: bytes) -> bool:
    """Return True if the metadata of a picture says that it is of profile 5."""
    if decoder != "hevc":
        return False
    # OpenCV returns packets of MP4 and Matroska with start codes, but their extradata without.
    payload = rpu.find_rpu(b"" if nal.is_annex_b(picture) else extradata, picture)
    return payload is not None and rpu.is_profile_5(payload)


def decode_pictures(
    extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[int], size_px: tuple[int, int]
) -> list[Image | None]:
    """Decode pictures and return the wanted ones, by their number, in a size; None for one without usable metadata.

    `pictures` are in decoding order, the first a keyframe.
    """
    curves: dict[int, rpu.Rpu] = {}
    for number in wanted:
        payload = rpu.find_rpu(extradata, pictures[number])
        try:
            if payload:
                curves[number] = rpu.parse_rpu(payload)
        except rpu.UnsupportedRpuError:
            continue
    decoded = planes.decode_planes(extradata, pictures, list(curves)) if curves else {}
    return [_show_picture(decoded[number], curves[number], size_px) if number in decoded else None for number in wanted]


def _show_picture(samples: Sequence[planes.Samples], metadata: rpu.Rpu, size_px: tuple[int, int]) -> Image:
    first, second, third = (cast("ipt.Floats", _resize(plane, size_px)) for plane in samples)
    light = ipt.convert_picture((first, second, third), metadata)
    return colour.map_light(light * np.float32(ipt.PEAK_NITS / colour.WHITE_NITS), colour.BT2020_GAMUT)


def _resize(plane: planes.Samples, size_px: tuple[int, int]) -> object:
    is_smaller = size_px[0] <= plane.shape[1] and size_px[1] <= plane.shape[0]
    return cv2.resize(
        plane.astype(np.float32) / _PEAK, size_px, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    )
