"""Video usability information (VUI), the same in H.264 (E.1.1) and HEVC (E.2.1) up to the colour."""

from dataclasses import dataclass

from services.worker.extraction.codecs.bits import Bits
from services.worker.extraction.codecs.coded import UNTOLD, Colour

_EXTENDED_SAR = 255
_RATIOS = {
    1: (1, 1), 2: (12, 11), 3: (10, 11), 4: (16, 11), 5: (40, 33), 6: (24, 11), 7: (20, 11), 8: (32, 11), 9: (80, 33),
    10: (18, 11), 11: (15, 11), 12: (64, 33), 13: (160, 99), 14: (4, 3), 15: (3, 2), 16: (2, 1),
}  # fmt: skip
"""Sample aspect ratios by their number: H.264, table E-1."""


@dataclass(frozen=True)
class Vui:
    """`colour_at` is the position in bits of primaries and transfer, one byte each; None if the VUI has none."""

    sample_aspect_ratio: float | None = None
    colour: Colour = UNTOLD
    colour_at: int | None = None


def read_vui(bits: Bits) -> Vui:
    """Read the VUI up to the colour. Raises: OutOfBitsError."""
    ratio: float | None = None
    if bits.flag():
        number = bits.u(8)
        across, down = (bits.u(16), bits.u(16)) if number == _EXTENDED_SAR else _RATIOS.get(number, (0, 0))
        ratio = across / down if across and down else None
    if bits.flag():  # overscan
        bits.skip(1)
    if bits.flag():  # video signal type
        bits.skip(4)
        if bits.flag():
            at = bits.position
            return Vui(ratio, Colour(bits.u(8), bits.u(8), bits.u(8)), at)
    return Vui(ratio)
