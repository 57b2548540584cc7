"""H.264: parameter sets, slices and messages (ITU-T H.264, 7.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import nal
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, format_bits, pack_bits, replace_bits
from services.worker.extraction.codecs.codec import Codec, Rewritten, keep_wanted
from services.worker.extraction.codecs.coded import BT709, Coded
from services.worker.extraction.codecs.vui import Vui, read_vui

_HEADER_BYTES = 1
_SLICE, _IDR, _SEI, _SPS = 1, 5, 6, 7
# Profiles whose parameter sets have the chroma format, bit depths and scaling lists (7.3.2.1.1).
_HIGH_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
# I and SI; 7 and 9 say that all slices of the picture have the type (table 7-6).
_INTRA_SLICES = {2, 4, 7, 9}
_B_SLICES = {1, 6}
_CROP_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_PICTURE_TIMING = 1
_MINIMAL_VUI = "1" + "0" * 7 + "1" + "0"
"""VUI in which only pic_struct_present_flag is set."""
_MAX_SCHEDULES = 32
_MAX_REORDERED = 16
"""Upper limit of max_num_reorder_frames (E.2.1)."""


@dataclass(frozen=True)
class H264Parameters:
    """Sequence parameter set. Positions are in bits from the start of the unescaped unit.

    `colour_at` is the position of the colours, None if there are none. `vui_at` is that of the flag before the VUI, 0
    if the unit cannot be read.
    """

    coded: Coded
    colour_at: int | None = None
    vui_at: int = 0


def get_length_bytes(extradata: bytes) -> int:
    """Return the size of the length before each unit; 0 in Annex B."""
    return (extradata[4] & 3) + 1 if _is_configuration(extradata) else 0


def _is_configuration(extradata: bytes) -> bool:
    return len(extradata) > 6 and extradata[0] == 1


def find_units(extradata: bytes, picture: bytes) -> tuple[Iterator[tuple[int, int]], Iterator[tuple[int, int]]]:
    """Return start and end of the NAL units in extradata and picture."""
    # MP4, Matroska and FLV have an avcC configuration, and lengths before units. MPEG-TS has start codes (Annex B).
    # An AVI file may have either.
    if _is_configuration(extradata):
        return nal.split_avcc(extradata), nal.split_lengths(picture, get_length_bytes(extradata))
    return nal.split_annex_b(extradata), nal.split_annex_b(picture)


def label_bt709(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Return extradata and picture with parameter sets that declare BT.709."""
    units = find_units(extradata, picture)
    return nal.rewrite_both(extradata, picture, units, _label_unit_bt709, get_length_bytes(extradata))


def describe(extradata: bytes, picture: bytes) -> Coded:
    """Return the active parameter set: one in the picture replaces one in the extradata."""
    in_extradata, in_picture = find_units(extradata, picture)
    coded, transfer = Coded(), None
    # With several parameter sets, the first counts: only a slice names the active one.
    for start, end in in_extradata:
        if extradata[start] & 31 == _SPS:
            coded = read_parameters(extradata[start:end]).coded
            break
    is_key: bool | None = None
    is_bidirectional = False
    # Cameras and broadcasts repeat the parameter set before keyframes; avc3 samples of MP4 may have no other one.
    for start, end in in_picture:
        kind = picture[start] & 31
        if kind == _SPS:
            coded = read_parameters(picture[start:end]).coded
        elif kind == _SEI:
            transfer = nal.find_preferred_transfer(picture[start:end], _HEADER_BYTES) or transfer
        elif kind in (_SLICE, _IDR):
            # x264 begins an open group of pictures with an I slice, not with an IDR picture.
            slice_type = _read_slice_type(picture[start : min(end, start + 16)])
            is_key, is_bidirectional = kind == _IDR or slice_type in _INTRA_SLICES, slice_type in _B_SLICES
            break
    colour = replace(coded.colour, transfer=transfer) if transfer else coded.colour
    return replace(coded, is_key=is_key, is_bidirectional=is_bidirectional, colour=colour)


def find_references(extradata: bytes, pictures: Sequence[bytes]) -> list[bool]:
    """Return for each picture whether others may refer to it (nal_ref_idc, 7.4.1)."""
    return [
        any(
            picture[start] & 96
            for start, _ in find_units(extradata, picture)[1]
            if picture[start] & 31 in (_SLICE, _IDR)
        )
        for picture in pictures
    ]


def select_needed(extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[bool]) -> list[tuple[int, bytes]]:
    """Return the wanted pictures and the reference pictures, with their numbers."""
    return keep_wanted(pictures, wanted, find_references(extradata, pictures))


def _label_unit_bt709(unit: bytes) -> bytes:
    """Return a parameter set or a message that declares BT.709; any other unit as it is."""
    if unit[0] & 31 == _SEI:
        return nal.rewrite_transfer_message(unit, _HEADER_BYTES, BT709)
    if unit[0] & 31 != _SPS:
        return unit
    colour_at = read_parameters(unit).colour_at
    if colour_at is None:
        return unit
    return nal.escape_unit(replace_bits(nal.unescape_unit(unit), colour_at, 16, BT709 << 8 | BT709))


def _read_slice_type(unit: bytes) -> int | None:
    try:
        # A slice begins with first_mb_in_slice and slice_type (7.3.3).
        bits = Bits(nal.unescape_unit(unit[1:]))
        bits.ue()
        return bits.ue()
    except OutOfBitsError:
        return None


def read_parameters(unit: bytes) -> H264Parameters:
    """Read a sequence parameter set; return defaults if it cannot be read."""
    try:
        return _read_parameters(Bits(nal.unescape_unit(unit)))
    except OutOfBitsError:
        return H264Parameters(Coded())


def _read_parameters(bits: Bits) -> H264Parameters:
    bits.skip(8)
    profile = bits.u(8)
    bits.skip(16)
    bits.ue()
    chroma, separate, depth = 1, False, 8
    if profile in _HIGH_PROFILES:
        chroma = bits.ue()
        # 4:4:4 in three separate planes is coded as monochrome: the cropping units are those of monochrome.
        separate = chroma == 3 and bits.flag()
        depth += bits.ue()
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
        # An offset for each of at most 255 reference frames (7.4.2.1.1): a damaged count must not loop for long.
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.skip(1)
    width_mbs, height_units = bits.ue() + 1, bits.ue() + 1
    # With fields, a unit of the height is a pair of macroblock rows, one in each field (7.4.2.1.1).
    frames_only = bits.flag()
    if not frames_only:
        bits.skip(1)
    bits.skip(1)
    # 1080p is coded as 1088 lines, of which eight are cropped: a multiple of 16 is needed.
    left, right, top, bottom = (bits.ue(), bits.ue(), bits.ue(), bits.ue()) if bits.flag() else (0, 0, 0, 0)
    across, down = _CROP_UNITS.get(0 if separate else chroma, (1, 1))
    fields = 1 if frames_only else 2
    vui_at = bits.position
    has_vui = bits.flag()
    vui = read_vui(bits) if has_vui else Vui()
    coded = Coded(
        width_px=max(width_mbs * 16 - (left + right) * across, 0),
        height_px=max(height_units * 16 - (top + bottom) * down, 0) * fields,
        sample_aspect_ratio=vui.sample_aspect_ratio,
        may_be_interlaced=not frames_only,
        colour=vui.colour,
        bit_depth=depth,
        chroma_format=chroma,
        delay_pictures=_read_reorder_depth(bits) if has_vui else 0,
    )
    return H264Parameters(coded, vui.colour_at, vui_at)


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for number in range(count):
        if bits.flag():
            last = following = 8
            for _ in range(16 if number < 6 else 64):
                if following:
                    following = (last + bits.se()) % 256
                # A next scale of zero ends the list, and the last one repeats (7.3.2.1.1.1).
                last = following or last


def make_progressive(extradata: bytes, pictures: Sequence[bytes]) -> Rewritten | None:
    """Give each picture a message that declares a frame (ITU-T H.264, D.1.3) in place of its other messages.

    Return None if the parameter set cannot be read, or if a unit outgrows the field of its length.
    """
    width = get_length_bytes(extradata)
    delay_bits = 0
    try:
        for start, end in find_units(extradata, b"")[0]:
            if extradata[start] & 31 == _SPS:
                delay_bits = _announce_structure(extradata[start:end])[1]
        in_extradata, _ = find_units(extradata, b"")
        new_extradata = nal.rewrite_units(extradata, in_extradata, _announce_in_unit, 2 if width else 0)
        changed = []
        for picture in pictures:
            _, in_picture = find_units(extradata, picture)
            units = [picture[start:end] for start, end in in_picture]
            for unit in units:
                if unit[0] & 31 == _SPS:
                    delay_bits = _announce_structure(unit)[1]
            changed.append(_join_units(units, width, _build_timing_message(delay_bits)))
    except (OutOfBitsError, OverflowError):
        return None
    return new_extradata, changed


def _join_units(units: Sequence[bytes], width: int, message: bytes) -> bytes:
    """Return the units of a picture with `message` before the first slice, and no other messages."""
    out: list[bytes] = []
    has_message = False
    for unit in units:
        kind = unit[0] & 31
        # Captions, x264's text with its options, and timing messages that would contradict the new one.
        if kind == _SEI:
            continue
        if kind in (_SLICE, _IDR) and not has_message:
            out.append(message)
            has_message = True
        out.append(_announce_in_unit(unit))
    return b"".join((len(unit).to_bytes(width) if width else b"\0\0\0\1") + unit for unit in out)


def _build_timing_message(delay_bits: int) -> bytes:
    """Return a picture timing message (SEI) of a frame, with `delay_bits` bits of delays before the structure."""
    payload = pack_bits("0" * delay_bits + "0000" + "0")
    return nal.escape_unit(bytes([_SEI, _PICTURE_TIMING, len(payload)]) + payload + b"\x80")


def _announce_in_unit(unit: bytes) -> bytes:
    return _announce_structure(unit)[0] if unit[0] & 31 == _SPS else unit


def _announce_structure(sps: bytes) -> tuple[bytes, int]:
    """Return a parameter set with pic_struct_present_flag, and the bits of delays in each timing message.

    Raises: OutOfBitsError.
    """
    payload = nal.unescape_unit(sps)
    at = read_parameters(sps).vui_at
    if not at:
        raise OutOfBitsError("the sequence parameter set cannot be read")
    bits = Bits(payload)
    bits.position = at
    # vui_parameters_present_flag is the last field: a VUI can be appended.
    if not bits.flag():
        return nal.escape_unit(pack_bits(format_bits(payload)[:at] + _MINIMAL_VUI)), 0
    read_vui(bits)
    delay_bits = _skip_timing(bits)
    present_at = bits.position
    bits.skip(1)
    return nal.escape_unit(replace_bits(payload, present_at, 1, 1)), delay_bits


def _skip_timing(bits: Bits) -> int:
    """Skip the VUI from the colour to pic_struct_present_flag; return the bits of the delays in a timing message."""
    if bits.flag():  # chroma location
        bits.ue()
        bits.ue()
    if bits.flag():  # timing
        bits.skip(65)
    # The sizes of the delays are the same for NAL and VCL (E.2.2); low_delay_hrd_flag comes after either.
    delays = [_skip_hrd(bits) for _ in range(2) if bits.flag()]
    if delays:
        bits.skip(1)
    return delays[-1] if delays else 0


def _read_reorder_depth(bits: Bits) -> int:
    """Return max_num_reorder_frames from the VUI after the colour (E.1.1); 0 if it is not stated.

    FFmpeg's decoder returns a picture after so many more.
    """
    try:
        _skip_timing(bits)
        bits.skip(1)
        if not bits.flag():  # bitstream restriction
            return 0
        bits.skip(1)
        for _ in range(4):
            bits.ue()
        return min(bits.ue(), _MAX_REORDERED)
    except OutOfBitsError:
        return 0


def _skip_hrd(bits: Bits) -> int:
    """Skip HRD parameters (E.1.2); return the bits of both delays of a picture."""
    count = bits.ue() + 1
    # cpb_cnt_minus1 is at most 31 (E.2.2).
    if count > _MAX_SCHEDULES:
        raise OutOfBitsError("more than 32 schedules in HRD parameters")
    bits.skip(8)
    for _ in range(count):
        bits.ue()
        bits.ue()
        bits.skip(1)
    bits.skip(5)
    delays = bits.u(5) + 1 + bits.u(5) + 1
    bits.skip(5)
    return delays


H264 = Codec(
    decoder="h264",
    tags=("h264", "avc1", "avc2", "avc3", "avc4"),
    avi_tag=b"H264",
    mp4_configuration=b"avcC",
    matroska_ids=("V_MPEG4/ISO/AVC",),
    mpegts_types=(0x1B,),
    flv_ids=(7,),
    flv_fourccs=(b"avc1",),
    describe=describe,
    select_needed=select_needed,
    label_bt709=label_bt709,
    states_matrix=True,
    make_progressive=make_progressive,
    # A slice of an IDR picture, or a sequence parameter set.
    keyframe_start_codes=frozenset(byte for byte in range(256) if byte & 0x1F in {5, 7}),
    max_reordered=8,
    has_flv_offset=True,
    has_interleaved_fields=True,
    crops_to_container_size=True,
)
