"""HEVC: sequence parameter sets and slices (ITU-T H.265, 7.3)."""

from collections.abc import Iterator
from dataclasses import replace

from services.worker.extraction.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.bitstream import nal, vui
from services.worker.extraction.bitstream.coded import BT709, Coded

_SPS = 33
_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 23, 31
_CHROMA_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_MOST_SETS = 64


def length_bytes(extradata: bytes) -> int:
    """How long the length before each unit is; 0 where there are start codes."""
    return (extradata[21] & 3) + 1 if _is_configuration(extradata) else 0


def _is_configuration(extradata: bytes) -> bool:
    return len(extradata) > 22 and not nal.is_annex_b(extradata)


def units(extradata: bytes, picture: bytes) -> tuple[Iterator[tuple[int, int]], Iterator[tuple[int, int]]]:
    """The places of the NAL units in both."""
    if _is_configuration(extradata):
        return nal.in_hvcc(extradata), nal.with_lengths(picture, length_bytes(extradata))
    return nal.with_start_codes(extradata), nal.with_start_codes(picture)


def neutral(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Both, with parameter sets that call their colours BT.709."""
    in_extradata, in_picture = units(extradata, picture)
    width = length_bytes(extradata)
    return (
        nal.rewritten(extradata, in_extradata, _neutral_unit, 2 if width else 0),
        nal.rewritten(picture, in_picture, _neutral_unit, width),
    )


def describe(extradata: bytes, picture: bytes) -> Coded:
    """What the parameter set in force says: one in the picture replaces one in the extradata."""
    in_extradata, in_picture = units(extradata, picture)
    coded = Coded()
    for start, end in in_extradata:
        if _kind(extradata, start) == _SPS:
            coded = _parameters(extradata[start:end])[0]
            break
    is_key: bool | None = None
    for start, end in in_picture:
        kind = _kind(picture, start)
        if kind == _SPS:
            coded = _parameters(picture[start:end])[0]
        elif kind <= _LAST_SLICE:
            is_key = _FIRST_IRAP <= kind <= _LAST_IRAP
            break
    return replace(coded, is_key=is_key)


def _neutral_unit(unit: bytes) -> bytes:
    """A parameter set that calls its colours BT.709; any other unit as it is."""
    if _kind(unit, 0) != _SPS:
        return unit
    _, colour_at = _parameters(unit)
    if colour_at is None:
        return unit
    return nal.escaped(replace_bits(nal.unescaped(unit), colour_at, 16, BT709 << 8 | BT709))


def _kind(data: bytes, at: int) -> int:
    return data[at] >> 1 & 63


def _parameters(unit: bytes) -> tuple[Coded, int | None]:
    try:
        return _read_parameters(Bits(nal.unescaped(unit)))
    except OutOfBitsError:
        return Coded(), None


def _read_parameters(bits: Bits) -> tuple[Coded, int | None]:
    bits.skip(16 + 4)
    layers = bits.u(3)
    bits.skip(1)
    _skip_profile(bits, layers)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3 and bits.flag():
        chroma = 0
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        across, down = _CHROMA_UNITS.get(chroma, (1, 1))
        width -= (bits.ue() + bits.ue()) * across
        height -= (bits.ue() + bits.ue()) * down
    coded = Coded(width_px=width, height_px=height)
    try:
        usability = _usability(bits, layers)
    except OutOfBitsError:
        return coded, None
    coded = replace(coded, sample_aspect_ratio=usability.sample_aspect_ratio, colour=usability.colour)
    return coded, usability.colour_at


def _skip_profile(bits: Bits, layers: int) -> None:
    bits.skip(88 + 8)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.skip(2 * (8 - layers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def _usability(bits: Bits, layers: int) -> vui.Vui:
    """Everything between the picture's size and the VUI, and the VUI."""
    bits.ue()
    bits.ue()
    order_bits = bits.ue() + 4
    for _ in range(layers + 1 if bits.flag() else 1):
        bits.ue()
        bits.ue()
        bits.ue()
    for _ in range(6):
        bits.ue()
    if bits.flag() and bits.flag():
        _skip_scaling_lists(bits)
    bits.skip(2)
    if bits.flag():  # PCM
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)
    _skip_reference_sets(bits)
    if bits.flag():  # long-term references
        for _ in range(min(bits.ue(), 33)):
            bits.skip(order_bits + 1)
    bits.skip(2)
    return vui.read(bits) if bits.flag() else vui.Vui()


def _skip_scaling_lists(bits: Bits) -> None:
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                bits.se()


def _skip_reference_sets(bits: Bits) -> None:
    """Short-term reference picture sets (7.3.7): each may be told as a difference to the one before."""
    count = bits.ue()
    if count > _MOST_SETS:
        raise OutOfBitsError("too many reference picture sets")
    previous = 0
    for number in range(count):
        if number and bits.flag():
            bits.skip(1)
            bits.ue()
            previous = sum(1 for _ in range(previous + 1) if bits.flag() or bits.flag())
        else:
            negative, positive = bits.ue(), bits.ue()
            previous = negative + positive
            if previous > 32:
                raise OutOfBitsError("too many reference pictures")
            for _ in range(previous):
                bits.ue()
                bits.skip(1)
