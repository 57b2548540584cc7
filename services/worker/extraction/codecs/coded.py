"""Coded: the description of a picture in its own header."""

from dataclasses import astuple, dataclass

BT709 = 1
UNSPECIFIED = 2
BT601, BT2020 = 6, 9
"""Matrix coefficients of ITU-T H.273, table 4."""
PQ, HLG = 16, 18
"""Transfer characteristics of ITU-T H.273."""

_PLAIN_PRIMARIES = {0, 1, 2, 5, 6}
_PLAIN_TRANSFERS = {0, 1, 2, 6, 14, 15}
"""BT.709, BT.601, and BT.2020's own, which is BT.709's curve: shown without conversion."""


@dataclass(frozen=True)
class Colour:
    """Code points of ITU-T H.273."""

    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED

    def complete(self, other: "Colour") -> "Colour":
        """Return the colour with what is unspecified taken from another."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Colour(*(second if first == UNSPECIFIED else first for first, second in pairs))

    @property
    def is_plain(self) -> bool:
        """True if FFmpeg's scaler converts it without a 3D table, which costs seconds of CPU."""
        return self.primaries in _PLAIN_PRIMARIES and self.transfer in _PLAIN_TRANSFERS


UNTOLD = Colour()


@dataclass(frozen=True)
class Coded:
    """Header of a coded picture. Sizes are those of the decoded picture; zero if the header does not have them.

    `is_key` is None if the header does not say it. `colour` is that of the stored picture. The decoder takes
    `delay_pictures` further pictures before it returns one; `is_bidirectional` marks a B-frame. Both are known of
    MPEG-4 and H.264 only.
    """

    width_px: int = 0
    height_px: int = 0
    sample_aspect_ratio: float | None = None
    may_be_interlaced: bool = False
    colour: Colour = UNTOLD
    is_key: bool | None = None
    has_alpha: bool = False
    """The picture may be transparent."""
    bit_depth: int = 8
    chroma_format: int = 1
    """0 is grey, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4 (ITU-T H.265, table 6-1)."""
    delay_pictures: int = 0
    is_bidirectional: bool = False
