"""AV1: sequence and frame headers (AV1 Bitstream & Decoding Process Specification, 5.5 and 5.9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.codecs.codec import Codec, keep_all
from services.worker.extraction.codecs.coded import BT709, Coded, Colour

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_SELECT = 2
_KEY_FRAME, _INTER_FRAME, _INTRA_ONLY_FRAME, _SWITCH_FRAME = range(4)
_SHOWN = 0x10
"""show_frame, in the first byte of a frame header without show_existing_frame."""
_LAYERED, _SIZED = 4, 2
"""obu_extension_flag and obu_has_size_field."""
_FRAME_HEAD_BYTES = 16
"""Upper bound, in bytes, on a frame header up to `refresh_frame_flags`."""
_SRGB, _IDENTITY = 13, 0
_CHROMA_FORMATS = (1, 3, 2)
"""Chroma formats by profile: Main, High and Professional up to 10 bits."""
_CONFIGURATION_BYTES = 4
"""Size of an AV1CodecConfigurationRecord before its OBUs."""


@dataclass(frozen=True)
class _Parameters:
    """Sequence header. `colour_at` is the bit of the header with the colours, None if they must not be changed.

    The other fields are needed to read a frame header, which is possible if `is_plain`: one operating point without a
    decoder model, and no still picture.
    """

    coded: Coded
    colour_at: int | None = None
    is_plain: bool = False
    frame_id_bits: int = 0
    screen_content: int = 0
    integer_motion: int = 0
    order_bits: int = 0


def describe(extradata: bytes, picture: bytes) -> Coded:
    """Return the sequence header in the picture, or that in the extradata."""
    return _find_sequence(extradata, picture).coded


def _find_sequence(extradata: bytes, picture: bytes) -> _Parameters:
    for data in (picture, extradata[_CONFIGURATION_BYTES:]):
        for kind, start, end in _find_units(data):
            if kind == _SEQUENCE_HEADER:
                return _parse_header(data[start:end])
    return _Parameters(Coded())


def select_needed(extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[bool]) -> list[tuple[int, bytes]]:
    """Return the pictures to decode for the wanted ones, with their numbers.

    A frame that no other refers to (refresh_frame_flags is 0) is left out. Hidden frames before it in the same picture
    are moved to the next shown picture. All pictures are returned if a header cannot be read.
    """
    sequence = _find_sequence(extradata, pictures[0])
    # Scalable streams with several operating points, and still pictures as in AVIF: their frame headers differ.
    if not sequence.is_plain:
        return keep_all(extradata, pictures, wanted)
    try:
        return list(_select(sequence, pictures, wanted))
    except OutOfBitsError:
        return keep_all(extradata, pictures, wanted)


def _select(sequence: _Parameters, pictures: Sequence[bytes], wanted: Sequence[bool]) -> Iterator[tuple[int, bytes]]:
    hidden = b""
    for at, (picture, is_wanted) in enumerate(zip(pictures, wanted, strict=True)):
        kept, is_shown = _keep_references(sequence, picture)
        hidden += picture if is_wanted else kept
        if is_wanted or is_shown:
            yield at, hidden
            hidden = b""


def _keep_references(sequence: _Parameters, picture: bytes) -> tuple[bytes, bool]:
    """Return the reference frames of a picture, and whether one of them is shown.

    Raises: OutOfBitsError if a header cannot be read.
    """
    parts, at, has_frame, is_shown = [], 0, False, False
    for kind, start, end in _find_units(picture):
        unit, at = picture[at:end], end
        # The last OBU of a sample in MP4 may have no size; an extension is of a scalable stream.
        if unit[0] & _LAYERED or not unit[0] & _SIZED:
            raise OutOfBitsError("an OBU with layers or without a size")
        if kind in (_FRAME_HEADER, _FRAME):
            if not _refreshes(sequence, picture[start : min(end, start + _FRAME_HEAD_BYTES)]):
                continue
            # Header and tile groups in OBUs of their own: the tiles would have to be dropped with their header.
            if kind == _FRAME_HEADER:
                raise OutOfBitsError("a frame in several OBUs")
            has_frame, is_shown = True, is_shown or bool(picture[start] & _SHOWN)
        parts.append(unit)
    if at < len(picture):
        raise OutOfBitsError("the last OBU is cut short")
    return b"".join(parts) if has_frame else b"", is_shown


def _refreshes(sequence: _Parameters, frame: bytes) -> bool:
    """Return True if other frames may refer to a frame. Raises: OutOfBitsError also for a hidden keyframe."""
    bits = Bits(frame)
    if bits.flag():  # show_existing_frame
        return False
    kind, is_shown = bits.u(2), bits.flag()
    # A forward keyframe: it resets the references when a later frame shows it.
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


def label_bt709(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Return extradata and picture with sequence headers that declare BT.709."""
    head = extradata[:_CONFIGURATION_BYTES]
    return head + _label_headers(extradata[_CONFIGURATION_BYTES:]), _label_headers(picture)


def _label_headers(data: bytes) -> bytes:
    out = bytearray(data)
    for kind, start, end in _find_units(data):
        if kind == _SEQUENCE_HEADER and (colour_at := _parse_header(data[start:end]).colour_at) is not None:
            out[start:end] = replace_bits(data[start:end], colour_at, 16, BT709 << 8 | BT709)
    return bytes(out)


def _find_units(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield type, start and end of each OBU's payload."""
    at = 0
    while at < len(data):
        header = data[at]
        at += 2 if header & 4 else 1
        size = len(data) - at
        if header & 2:
            # obu_size; without it, the OBU reaches to the end of the sample.
            size, at = _read_leb128(data, at)
        if at + size > len(data):
            return
        yield header >> 3 & 15, at, at + size
        at += size


def _read_leb128(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and the position behind it."""
    value = 0
    for byte_number in range(8):
        byte = data[at + byte_number] if at + byte_number < len(data) else 0
        value |= (byte & 0x7F) << (7 * byte_number)
        if not byte & 0x80:
            return value, at + byte_number + 1
    # More than eight bytes are not allowed (4.10.5): a size that no sample has ends the loop.
    return 1 << 62, at


def _parse_header(payload: bytes) -> _Parameters:
    try:
        return _read_header(Bits(payload))
    except OutOfBitsError:
        return _Parameters(Coded())


@dataclass
class _Timing:
    """Timing information: `delay_bits` is the width of delays if there is a decoder model."""

    has_model: bool = False
    delay_bits: int = 0


def _read_header(bits: Bits) -> _Parameters:
    profile = bits.u(3)
    bits.skip(1)
    reduced = bits.flag()
    is_plain = False
    # reduced_still_picture_header, as of AVIF: only seq_level_idx follows.
    if reduced:
        bits.skip(5)
    else:
        is_plain = _skip_operating_points(bits)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    # delta_frame_id_length_minus_2 and additional_frame_id_length_minus_1
    frame_id_bits = bits.u(4) + bits.u(3) + 3 if not reduced and bits.flag() else 0
    bits.skip(3)
    screen_content, integer_motion, order_bits = (0, 0, 0) if reduced else _read_tools(bits)
    bits.skip(3)
    coded, colour_at = _read_colour(bits, profile)
    coded = replace(coded, width_px=width, height_px=height)
    return _Parameters(coded, colour_at, is_plain, frame_id_bits, screen_content, integer_motion, order_bits)


def _skip_operating_points(bits: Bits) -> bool:
    """Skip the operating points; return True if there is only one, without a decoder model."""
    timing = _Timing()
    if bits.flag():
        bits.skip(64)
        if bits.flag():
            bits.ue()
        # decoder_model_info_present_flag
        timing.has_model = bits.flag()
        if timing.has_model:
            timing.delay_bits = bits.u(5) + 1
            bits.skip(32 + 5 + 5)
    has_delay = bits.flag()
    count = bits.u(5) + 1
    for _ in range(count):
        bits.skip(12)
        # seq_tier exists above level 3.3 only.
        if bits.u(5) > 7:
            bits.skip(1)
        if timing.has_model and bits.flag():
            bits.skip(2 * timing.delay_bits + 1)
        # initial_display_delay_minus_1
        if has_delay and bits.flag():
            bits.skip(4)
    return count == 1 and not timing.has_model


def _read_tools(bits: Bits) -> tuple[int, int, int]:
    """Return how screen content tools and integer motion vectors are signalled, and the bits of an order hint."""
    bits.skip(4)
    # The four bits before switch on tools of inter prediction.
    has_order = bits.flag()
    if has_order:
        bits.skip(2)
    screen_content = _SELECT if bits.flag() else bits.u(1)
    integer_motion = _SELECT
    if screen_content and not bits.flag():
        integer_motion = bits.u(1)
    return screen_content, integer_motion, bits.u(3) + 1 if has_order else 0


def _read_colour(bits: Bits, profile: int) -> tuple[Coded, int | None]:
    """Return colour, bit depth and chroma format, and the position of the colours if they can be rewritten."""
    is_deep = bits.flag()
    is_deeper = profile == 2 and is_deep and bits.flag()
    depth = 12 if is_deeper else 10 if is_deep else 8
    # The High profile is always 4:4:4.
    is_grey = profile != 1 and bits.flag()
    colour, at = Colour(), None
    if bits.flag():
        at = bits.position
        colour = Colour(bits.u(8), bits.u(8), bits.u(8))
    # The header of sRGB has a different layout behind these three: it is not rewritten.
    is_srgb = (colour.primaries, colour.transfer, colour.matrix) == (BT709, _SRGB, _IDENTITY)
    chroma = _CHROMA_FORMATS[profile] if profile < len(_CHROMA_FORMATS) else 1
    if is_grey:
        chroma = 0
    elif is_srgb:
        chroma = 3
    elif is_deeper:
        # color_range, subsampling_x, and subsampling_y if that is set
        bits.skip(1)
        chroma = (1 if bits.flag() else 2) if bits.flag() else 3
    return Coded(colour=colour, bit_depth=depth, chroma_format=chroma), None if is_srgb else at


AV1 = Codec(
    decoder="av1",
    tags=("av01",),
    avi_tag=b"AV01",
    mp4_configuration=b"av1C",
    matroska_ids=("V_AV1",),
    flv_fourccs=(b"av01",),
    # FFmpeg's own av1 decoder works with a GPU only; OpenCV's wheel decodes with dav1d.
    whitelist="av1,libdav1d",
    describe=describe,
    select_needed=select_needed,
    label_bt709=label_bt709,
    states_matrix=True,
)
