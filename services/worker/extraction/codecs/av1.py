"""AV1: headers of sequences and frames (AV1 Bitstream & Decoding Process Specification, 5.5 and 5.9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.codecs.coded import BT709, Coded, Colour

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_SELECT = 2
_KEY_FRAME, _INTER_FRAME, _INTRA_ONLY_FRAME, _SWITCH_FRAME = range(4)
_SHOWN = 0x10
"""show_frame, in the first byte of a frame that is no old one."""
_LAYERED, _SIZED = 4, 2
"""Flags of a unit."""
_FRAME_HEAD_BYTES = 16
"""More than there is of a frame's header up to what it refreshes."""
_SRGB, _IDENTITY = 13, 0
_CONFIGURATION_BYTES = 4
"""Of an AV1CodecConfigurationRecord, before its OBUs."""


@dataclass(frozen=True)
class _Parameters:
    """Of a sequence. `colour_at` is the bit of the header at which its colours are told, if they may be changed.

    The rest is what the header of a frame depends on. `is_plain` if it can be read here: there is one operating point
    without a decoder model, and no still picture.
    """

    coded: Coded
    colour_at: int | None = None
    is_plain: bool = False
    frame_id_bits: int = 0
    screen_content: int = 0
    integer_motion: int = 0
    order_bits: int = 0


def describe(extradata: bytes, picture: bytes) -> Coded:
    """What the sequence header in the picture says, or that in the extradata."""
    return _in_force(extradata, picture).coded


def _in_force(extradata: bytes, picture: bytes) -> _Parameters:
    for data in (picture, extradata[_CONFIGURATION_BYTES:]):
        for kind, start, end in _units(data):
            if kind == _SEQUENCE_HEADER:
                return _header(data[start:end])
    return _Parameters(Coded())


def needed(extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[bool]) -> list[tuple[int, bytes]]:
    """What must be decoded for the wanted ones of some pictures: those that are shown, with their places.

    A frame that nothing is predicted from (refresh_frame_flags) is left out, also where it stands behind hidden ones:
    they then go with the next picture that is shown. All is needed where a header cannot be read.
    """
    sequence = _in_force(extradata, pictures[0])
    if not sequence.is_plain:
        return list(enumerate(pictures))
    try:
        return list(_needed(sequence, pictures, wanted))
    except OutOfBitsError:
        return list(enumerate(pictures))


def _needed(sequence: _Parameters, pictures: Sequence[bytes], wanted: Sequence[bool]) -> Iterator[tuple[int, bytes]]:
    hidden = b""
    for at, (picture, is_wanted) in enumerate(zip(pictures, wanted, strict=True)):
        kept, is_shown = _kept(sequence, picture)
        hidden += picture if is_wanted else kept
        if is_wanted or is_shown:
            yield at, hidden
            hidden = b""


def _kept(sequence: _Parameters, picture: bytes) -> tuple[bytes, bool]:
    """The frames of a picture that others may be predicted from, and whether one of them is shown.

    Raises: OutOfBitsError where that cannot be told.
    """
    parts, at, has_frame, is_shown = [], 0, False, False
    for kind, start, end in _units(picture):
        unit, at = picture[at:end], end
        if unit[0] & _LAYERED or not unit[0] & _SIZED:
            raise OutOfBitsError("layers, or a unit that ends with the picture")
        if kind in (_FRAME_HEADER, _FRAME):
            if not _refreshes(sequence, picture[start : min(end, start + _FRAME_HEAD_BYTES)]):
                continue
            if kind == _FRAME_HEADER:
                raise OutOfBitsError("a frame in several units")
            has_frame, is_shown = True, is_shown or bool(picture[start] & _SHOWN)
        parts.append(unit)
    if at < len(picture):
        raise OutOfBitsError("a unit that is cut short")
    return b"".join(parts) if has_frame else b"", is_shown


def _refreshes(sequence: _Parameters, frame: bytes) -> bool:
    """Whether a frame is kept for others. Raises: OutOfBitsError for a hidden keyframe, and a header that is cut."""
    bits = Bits(frame)
    if bits.flag():  # show_existing_frame
        return False
    kind, is_shown = bits.u(2), bits.flag()
    if kind == _KEY_FRAME and not is_shown:
        raise OutOfBitsError("a keyframe that is shown later")
    if kind in (_SWITCH_FRAME, _KEY_FRAME):
        return True
    if not is_shown:
        bits.skip(1)  # showable_frame
    is_resilient = bits.flag()
    bits.skip(1)  # disable_cdf_update
    has_screen_content = bits.u(1) if sequence.screen_content == _SELECT else sequence.screen_content
    if has_screen_content and sequence.integer_motion == _SELECT:
        bits.skip(1)  # force_integer_mv
    # current_frame_id, frame_size_override_flag and order_hint
    bits.skip(sequence.frame_id_bits + 1 + sequence.order_bits)
    if kind == _INTER_FRAME and not is_resilient:
        bits.skip(3)  # primary_ref_frame
    return bits.u(8) != 0


def neutral(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Both, with sequence headers that call their colours BT.709."""
    head = extradata[:_CONFIGURATION_BYTES]
    return head + _neutral(extradata[_CONFIGURATION_BYTES:]), _neutral(picture)


def _neutral(data: bytes) -> bytes:
    out = bytearray(data)
    for kind, start, end in _units(data):
        if kind == _SEQUENCE_HEADER and (colour_at := _header(data[start:end]).colour_at) is not None:
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


def _header(payload: bytes) -> _Parameters:
    try:
        return _read_header(Bits(payload))
    except OutOfBitsError:
        return _Parameters(Coded())


@dataclass
class _Timing:
    """Whether each operating point has a decoder model, and how wide its delays are."""

    has_model: bool = False
    delay_bits: int = 0


def _read_header(bits: Bits) -> _Parameters:
    profile = bits.u(3)
    bits.skip(1)
    reduced = bits.flag()
    is_plain = False
    if reduced:
        bits.skip(5)
    else:
        is_plain = _skip_operating_points(bits)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    frame_id_bits = bits.u(4) + bits.u(3) + 3 if not reduced and bits.flag() else 0
    bits.skip(3)
    screen_content, integer_motion, order_bits = (0, 0, 0) if reduced else _tools(bits)
    bits.skip(3)
    colour, colour_at = _read_colour(bits, profile)
    coded = Coded(width_px=width, height_px=height, colour=colour)
    return _Parameters(coded, colour_at, is_plain, frame_id_bits, screen_content, integer_motion, order_bits)


def _skip_operating_points(bits: Bits) -> bool:
    """Whether there is only one, and no decoder model."""
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
    count = bits.u(5) + 1
    for _ in range(count):
        bits.skip(12)
        if bits.u(5) > 7:
            bits.skip(1)
        if timing.has_model and bits.flag():
            bits.skip(2 * timing.delay_bits + 1)
        if has_delay and bits.flag():
            bits.skip(4)
    return count == 1 and not timing.has_model


def _tools(bits: Bits) -> tuple[int, int, int]:
    """How screen content and whole-pixel motion are told, and how many bits the order of a frame has."""
    bits.skip(4)
    has_order = bits.flag()
    if has_order:
        bits.skip(2)
    screen_content = _SELECT if bits.flag() else bits.u(1)
    integer_motion = _SELECT
    if screen_content and not bits.flag():
        integer_motion = bits.u(1)
    return screen_content, integer_motion, bits.u(3) + 1 if has_order else 0


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
