"""H.264: sequence parameter sets and slices (ITU-T H.264, 7.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import nal, vui
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.codecs.coded import BT709, Coded

_SLICE, _IDR, _SEI, _SPS = 1, 5, 6, 7
_HIGH_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_INTRA_SLICES = {2, 4, 7, 9}
_CROP_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True)
class Parameters:
    """Of a sequence. Bits are counted from the start of the unit, unescaped.

    `colour_at` is where its colours are told, if they are; `usability_at` is where its usability information begins,
    with a flag, and 0 if the unit cannot be read.
    """

    coded: Coded
    colour_at: int | None = None
    usability_at: int = 0


def length_bytes(extradata: bytes) -> int:
    """How long the length before each unit is; 0 where there are start codes."""
    return (extradata[4] & 3) + 1 if _is_configuration(extradata) else 0


def _is_configuration(extradata: bytes) -> bool:
    return len(extradata) > 6 and extradata[0] == 1


def units(extradata: bytes, picture: bytes) -> tuple[Iterator[tuple[int, int]], Iterator[tuple[int, int]]]:
    """The places of the NAL units in both."""
    if _is_configuration(extradata):
        return nal.in_avcc(extradata), nal.with_lengths(picture, length_bytes(extradata))
    return nal.with_start_codes(extradata), nal.with_start_codes(picture)


def neutral(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Both, with parameter sets that call their colours BT.709."""
    places = units(extradata, picture)
    return nal.both_rewritten(extradata, picture, places, _neutral_unit, length_bytes(extradata))


def describe(extradata: bytes, picture: bytes) -> Coded:
    """What the parameter set in force says: one in the picture replaces one in the extradata."""
    in_extradata, in_picture = units(extradata, picture)
    coded = Coded()
    for start, end in in_extradata:
        if extradata[start] & 31 == _SPS:
            coded = parameters(extradata[start:end]).coded
            break
    is_key: bool | None = None
    for start, end in in_picture:
        kind = picture[start] & 31
        if kind == _SPS:
            coded = parameters(picture[start:end]).coded
        elif kind in (_SLICE, _IDR):
            is_key = kind == _IDR or _is_intra(picture[start : min(end, start + 16)])
            break
    return replace(coded, is_key=is_key)


def references(extradata: bytes, pictures: Sequence[bytes]) -> list[bool]:
    """Which of the pictures others may be predicted from (nal_ref_idc, 7.4.1)."""
    return [
        any(picture[start] & 96 for start, _ in units(extradata, picture)[1] if picture[start] & 31 in (_SLICE, _IDR))
        for picture in pictures
    ]


def _neutral_unit(unit: bytes) -> bytes:
    """A parameter set that calls its colours BT.709; any other unit as it is."""
    if unit[0] & 31 != _SPS:
        return unit
    colour_at = parameters(unit).colour_at
    if colour_at is None:
        return unit
    return nal.escaped(replace_bits(nal.unescaped(unit), colour_at, 16, BT709 << 8 | BT709))


def _is_intra(unit: bytes) -> bool:
    try:
        bits = Bits(nal.unescaped(unit[1:]))
        bits.ue()
        return bits.ue() in _INTRA_SLICES
    except OutOfBitsError:
        return False


def parameters(unit: bytes) -> Parameters:
    """What a sequence parameter set says; nothing, where it cannot be read."""
    try:
        return _read_parameters(Bits(nal.unescaped(unit)))
    except OutOfBitsError:
        return Parameters(Coded())


def _read_parameters(bits: Bits) -> Parameters:
    bits.skip(8)
    profile = bits.u(8)
    bits.skip(16)
    bits.ue()
    chroma, separate = 1, False
    if profile in _HIGH_PROFILES:
        chroma = bits.ue()
        separate = chroma == 3 and bits.flag()
        bits.ue()
        bits.ue()
        bits.skip(1)
        if bits.flag():
            _skip_scaling_lists(bits, 8 if chroma != 3 else 12)
    bits.ue()  # log2_max_frame_num_minus4
    order = bits.ue()
    if order == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif order == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.skip(1)
    width_mbs, height_units = bits.ue() + 1, bits.ue() + 1
    frames_only = bits.flag()
    if not frames_only:
        bits.skip(1)
    bits.skip(1)
    left, right, top, bottom = (bits.ue(), bits.ue(), bits.ue(), bits.ue()) if bits.flag() else (0, 0, 0, 0)
    across, down = _CROP_UNITS.get(0 if separate else chroma, (1, 1))
    fields = 1 if frames_only else 2
    usability_at = bits.position
    usability = vui.read(bits) if bits.flag() else vui.Vui()
    coded = Coded(
        width_px=width_mbs * 16 - (left + right) * across,
        height_px=height_units * 16 * fields - (top + bottom) * down * fields,
        sample_aspect_ratio=usability.sample_aspect_ratio,
        may_be_interlaced=not frames_only,
        colour=usability.colour,
    )
    return Parameters(coded, usability.colour_at, usability_at)


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for number in range(count):
        if bits.flag():
            last = following = 8
            for _ in range(16 if number < 6 else 64):
                if following:
                    following = (last + bits.se()) % 256
                last = following or last
