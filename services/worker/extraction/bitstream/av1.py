"""AV1: the sequence header (AV1 Bitstream & Decoding Process Specification, 5.5)."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.bitstream.coded import BT709, Coded, Colour

_SEQUENCE_HEADER = 1
_SELECT = 2
_SRGB, _IDENTITY = 13, 0
_CONFIGURATION_BYTES = 4
"""Of an AV1CodecConfigurationRecord, before its OBUs."""


def describe(extradata: bytes, picture: bytes) -> Coded:
    """What the sequence header in the picture says, or that in the extradata."""
    for data in (picture, extradata[_CONFIGURATION_BYTES:]):
        for kind, start, end in _units(data):
            if kind == _SEQUENCE_HEADER:
                return _header(data[start:end])[0]
    return Coded()


def neutral(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Both, with sequence headers that call their colours BT.709."""
    head = extradata[:_CONFIGURATION_BYTES]
    return head + _neutral(extradata[_CONFIGURATION_BYTES:]), _neutral(picture)


def _neutral(data: bytes) -> bytes:
    out = bytearray(data)
    for kind, start, end in _units(data):
        if kind == _SEQUENCE_HEADER and (colour_at := _header(data[start:end])[1]) is not None:
            out[start:end] = replace_bits(data[start:end], colour_at, 16, BT709 << 8 | BT709)
    return bytes(out)


def _units(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, start and end of each OBU's payload."""
    at = 0
    while at < len(data):
        header = data[at]
        at += 2 if header & 4 else 1
        size = len(data) - at
        if header & 2:
            size, at = _leb128(data, at)
        if at + size > len(data):
            return
        yield header >> 3 & 15, at, at + size
        at += size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = 0
    for place in range(8):
        byte = data[at + place] if at + place < len(data) else 0
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return value, at + place + 1
    return 1 << 62, at


def _header(payload: bytes) -> tuple[Coded, int | None]:
    try:
        return _read_header(Bits(payload))
    except OutOfBitsError:
        return Coded(), None


@dataclass
class _Timing:
    """Whether each operating point has a decoder model, and how wide its delays are."""

    has_model: bool = False
    delay_bits: int = 0


def _read_header(bits: Bits) -> tuple[Coded, int | None]:
    profile = bits.u(3)
    bits.skip(1)
    reduced = bits.flag()
    if reduced:
        bits.skip(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    if not reduced and bits.flag():  # frame ids
        bits.skip(4 + 3)
    bits.skip(3)
    if not reduced:
        _skip_tools(bits)
    bits.skip(3)
    colour, colour_at = _read_colour(bits, profile)
    return Coded(width_px=width, height_px=height, colour=colour), colour_at


def _skip_operating_points(bits: Bits) -> None:
    timing = _Timing()
    if bits.flag():
        bits.skip(64)
        if bits.flag():
            bits.ue()
        timing.has_model = bits.flag()
        if timing.has_model:
            timing.delay_bits = bits.u(5) + 1
            bits.skip(32 + 5 + 5)
    has_delay = bits.flag()
    for _ in range(bits.u(5) + 1):
        bits.skip(12)
        if bits.u(5) > 7:
            bits.skip(1)
        if timing.has_model and bits.flag():
            bits.skip(2 * timing.delay_bits + 1)
        if has_delay and bits.flag():
            bits.skip(4)


def _skip_tools(bits: Bits) -> None:
    bits.skip(4)
    has_order = bits.flag()
    if has_order:
        bits.skip(2)
    screen_content = _SELECT if bits.flag() else bits.u(1)
    if screen_content and not bits.flag():
        bits.skip(1)
    if has_order:
        bits.skip(3)


def _read_colour(bits: Bits, profile: int) -> tuple[Colour, int | None]:
    high = bits.flag()
    if profile == 2 and high:
        bits.skip(1)
    if profile != 1:
        bits.skip(1)
    if not bits.flag():
        return Colour(), None
    at = bits.position
    colour = Colour(bits.u(8), bits.u(8), bits.u(8))
    # These three together would change how the rest is read: such a header is left alone.
    is_srgb = (colour.primaries, colour.transfer, colour.matrix) == (BT709, _SRGB, _IDENTITY)
    return colour, None if is_srgb else at
