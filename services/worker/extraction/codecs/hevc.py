"""HEVC: sequence parameter sets and slices (ITU-T H.265, 7.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import nal
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.codecs.codec import Codec, keep_wanted
from services.worker.extraction.codecs.coded import BT709, Coded
from services.worker.extraction.codecs.vui import Vui, read_vui

_SPS, _PPS, _SEI = 33, 34, 39
_HEADER_BYTES = 2
_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 23, 31
_LAST_UNTIL_IRAP = 15
_CRA = 21
_CHROMA_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_MAX_SETS, _MAX_REFERENCES = 64, 32
_MAX_DIFFERENCE_BITS = 14
_SLICE_HEAD_BYTES = 48
"""Upper bound on a slice header up to the end of its reference pictures."""


@dataclass(frozen=True)
class HevcParameters:
    """Sequence parameter set. `colour_at` is the bit of the unescaped unit with the colours, None if there are none.

    The other fields are needed to read a slice header. They are unknown if `order_bits` is 0, as the unit is damaged.
    """

    coded: Coded
    colour_at: int | None = None
    has_separate_planes: bool = False
    order_bits: int = 0
    reference_sets: int = 0


def get_length_bytes(extradata: bytes) -> int:
    """Return the size of the length before each unit; 0 in Annex B."""
    return (extradata[21] & 3) + 1 if _is_configuration(extradata) else 0


def _is_configuration(extradata: bytes) -> bool:
    # The version is not checked: files from before the third edition of ISO/IEC 14496-15 have 0 in place of 1.
    return len(extradata) > 22 and not nal.is_annex_b(extradata)


def find_units(extradata: bytes, picture: bytes) -> tuple[Iterator[tuple[int, int]], Iterator[tuple[int, int]]]:
    """Return start and end of the NAL units in extradata and picture."""
    # As in H.264. hev1 samples of MP4 may keep their parameter sets in the pictures.
    if _is_configuration(extradata):
        return nal.split_hvcc(extradata), nal.split_lengths(picture, get_length_bytes(extradata))
    return nal.split_annex_b(extradata), nal.split_annex_b(picture)


def label_bt709(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Return extradata and picture with parameter sets that declare BT.709."""
    places = find_units(extradata, picture)
    return nal.rewrite_both(extradata, picture, places, _label_unit_bt709, get_length_bytes(extradata))


def describe(extradata: bytes, picture: bytes) -> Coded:
    """Return the active parameter set: one in the picture replaces one in the extradata."""
    in_extradata, in_picture = find_units(extradata, picture)
    coded, transfer = Coded(), None
    for start, end in in_extradata:
        if _kind(extradata, start) == _SPS:
            coded = read_parameters(extradata[start:end]).coded
            break
    is_key: bool | None = None
    for start, end in in_picture:
        kind = _kind(picture, start)
        if kind == _SPS:
            coded = read_parameters(picture[start:end]).coded
        elif kind == _SEI:
            transfer = nal.find_preferred_transfer(picture[start:end], _HEADER_BYTES) or transfer
        elif kind <= _LAST_SLICE:
            # x265 begins open groups with CRA pictures. BLA, IDR and CRA are all keyframes (7.4.2.2).
            is_key = _FIRST_IRAP <= kind <= _LAST_IRAP
            break
    colour = replace(coded.colour, transfer=transfer) if transfer else coded.colour
    return replace(coded, is_key=is_key, colour=colour)


def find_references(extradata: bytes, pictures: Sequence[bytes]) -> list[bool]:
    """Return for each picture whether others may refer to it.

    In the highest temporal layer, the type of the unit says it (7.4.2.2); all lower layers are references.
    """
    firsts = [next(_find_slices(extradata, picture), None) for picture in pictures]
    layers = [first[1] & 7 if first and len(first) >= _HEADER_BYTES else 0 for first in firsts]
    return [
        first is None or layer < max(layers) or _kind(first, 0) > _LAST_UNTIL_IRAP or _kind(first, 0) % 2 == 1
        for first, layer in zip(firsts, layers, strict=True)
    ]


def select_needed(extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[bool]) -> list[tuple[int, bytes]]:
    """Return the wanted pictures and the reference pictures, with their numbers."""
    return keep_wanted(pictures, wanted, find_references(extradata, pictures))


def _find_slices(extradata: bytes, picture: bytes) -> Iterator[bytes]:
    return (
        picture[start:end] for start, end in find_units(extradata, picture)[1] if _kind(picture, start) <= _LAST_SLICE
    )


def isolate_keyframe(extradata: bytes, keyframe: bytes) -> bytes:
    """Rewrite an open-GOP keyframe to reference one missing picture instead of several.

    The references are for pictures that follow, but FFmpeg generates each missing one: 3 MB at 1080p, 6 MB in 10 bits.
    x265 writes open groups by default, with up to four references. Only a header that keeps its length is rewritten, so
    that the data behind it does not move.
    """
    in_extradata, in_picture = find_units(extradata, keyframe)
    sets = [extradata[start:end] for start, end in in_extradata]
    for start, end in in_picture:
        kind = _kind(keyframe, start)
        if kind in (_SPS, _PPS):
            sets.append(keyframe[start:end])
        elif kind <= _LAST_SLICE:
            head = _isolate_slice(sets, keyframe[start : min(end, start + _SLICE_HEAD_BYTES)]) if kind == _CRA else None
            return keyframe if head is None else keyframe[:start] + head + keyframe[start + len(head) :]
    return keyframe


def _isolate_slice(sets: Sequence[bytes], head: bytes) -> bytes | None:
    """Return the start of a slice with one reference picture; None if it cannot be rewritten in place."""
    sequences = {unit for unit in sets if _kind(unit, 0) == _SPS}
    if len(sequences) != 1 or nal.is_escaped(head):
        return None  # several parameter sets: the active one is unknown
    sequence = read_parameters(sequences.pop())
    if not sequence.order_bits:
        return None
    try:
        bits = Bits(head)
        bits.skip(16)  # the unit's own header
        is_first = bits.flag()
        bits.skip(1)  # no_output_of_prior_pics_flag
        extra_bits, has_output_flag = _read_picture_parameters(sets)[bits.ue()]
        bits.skip(extra_bits)
        bits.ue()  # slice_type
        # pic_output_flag, colour_plane_id and slice_pic_order_cnt_lsb
        bits.skip(has_output_flag + 2 * sequence.has_separate_planes + sequence.order_bits)
        if not is_first or bits.flag() or (sequence.reference_sets and bits.flag()):
            return None
        at = bits.position
        count = _skip_references(bits)
    except (OutOfBitsError, KeyError):
        return None
    length = bits.position - at
    # "One before, none after": Exp-Golomb numbers of odd lengths, as is the difference; a flag comes after it.
    zeros = (length - len("01011")) // 2
    if count < 2 or zeros > _MAX_DIFFERENCE_BITS:
        return None
    new = replace_bits(head, at, length, int("0101" + "0" * zeros + "1" * (zeros + 1) + "0", 2))
    return new if nal.escape_unit(new) == new else None


def _read_picture_parameters(sets: Sequence[bytes]) -> dict[int, tuple[int, bool]]:
    """Return by number: the reserved bits in a slice header, and whether the header has pic_output_flag."""
    found = {}
    for unit in sets:
        if _kind(unit, 0) == _PPS:
            bits = Bits(nal.unescape_unit(unit[:_SLICE_HEAD_BYTES]))
            bits.skip(16)  # the unit's own header
            number = bits.ue()
            bits.ue()  # pps_seq_parameter_set_id
            bits.skip(1)  # dependent_slice_segments_enabled_flag
            has_output_flag = bits.flag()
            found[number] = (bits.u(3), has_output_flag)
    return found


def _label_unit_bt709(unit: bytes) -> bytes:
    """Return a parameter set or a message that declares BT.709; any other unit as it is."""
    if _kind(unit, 0) == _SEI:
        return nal.rewrite_transfer_message(unit, _HEADER_BYTES, BT709)
    if _kind(unit, 0) != _SPS:
        return unit
    colour_at = read_parameters(unit).colour_at
    if colour_at is None:
        return unit
    return nal.escape_unit(replace_bits(nal.unescape_unit(unit), colour_at, 16, BT709 << 8 | BT709))


def _kind(data: bytes, at: int) -> int:
    return data[at] >> 1 & 63


def read_parameters(unit: bytes) -> HevcParameters:
    """Read a sequence parameter set up to the first field that is damaged."""
    try:
        return _read_parameters(Bits(nal.unescape_unit(unit)))
    except OutOfBitsError:
        return HevcParameters(Coded())


def _read_parameters(bits: Bits) -> HevcParameters:
    bits.skip(16 + 4)
    layers = bits.u(3)
    bits.skip(1)
    _skip_profile(bits, layers)
    bits.ue()
    chroma = bits.ue()
    has_separate_planes = chroma == 3 and bits.flag()
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        # The coded size is a multiple of the smallest block; the rest is cropped.
        # 4:4:4 in three separate planes: cropping as for monochrome, which is the same.
        across, down = _CHROMA_UNITS.get(chroma, (1, 1))
        width = max(width - (bits.ue() + bits.ue()) * across, 0)
        height = max(height - (bits.ue() + bits.ue()) * down, 0)
    coded = Coded(width_px=width, height_px=height, chroma_format=chroma)
    known = HevcParameters(coded, has_separate_planes=has_separate_planes)
    try:
        # The size is known already: a damaged rest costs colours and the isolation of keyframes only.
        return _read_tail(bits, layers, known)
    except OutOfBitsError:
        return known


def _skip_profile(bits: Bits, layers: int) -> None:
    # general_profile and general_level_idc (7.3.3).
    bits.skip(88 + 8)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        # The flags of eight layers are always there, those of missing ones as reserved bits.
        bits.skip(2 * (8 - layers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def _read_tail(bits: Bits, layers: int, known: HevcParameters) -> HevcParameters:
    """Read what follows the size of the picture, up to the colours in the VUI."""
    depth = bits.ue() + 8
    bits.ue()
    order_bits = bits.ue() + 4
    # sps_sub_layer_ordering_info_present_flag: sizes of buffers for each layer, or for the highest one only.
    for _ in range(layers + 1 if bits.flag() else 1):
        bits.ue()
        bits.ue()
        bits.ue()
    for _ in range(6):  # sizes of coding and transform blocks
        bits.ue()
    # scaling_list_enabled_flag, sps_scaling_list_data_present_flag
    if bits.flag() and bits.flag():
        _skip_scaling_lists(bits)
    bits.skip(2)  # amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag():  # PCM
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)
    reference_sets = _skip_reference_sets(bits)
    if bits.flag():  # long-term reference pictures
        # At most 32 long-term pictures (7.4.3.2.1): a damaged count must not loop for long.
        for _ in range(min(bits.ue(), 33)):
            bits.skip(order_bits + 1)
    bits.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    vui = read_vui(bits) if bits.flag() else Vui()
    return replace(
        known,
        coded=replace(known.coded, sample_aspect_ratio=vui.sample_aspect_ratio, colour=vui.colour, bit_depth=depth),
        colour_at=vui.colour_at,
        order_bits=order_bits,
        reference_sets=reference_sets,
    )


def _skip_scaling_lists(bits: Bits) -> None:
    for size in range(4):
        # Lists of 32 x 32 exist for luma only: intra and inter. Other sizes have six.
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.ue()
                continue
            # Sizes over 8 x 8 have a separate factor for the mean (scaling_list_dc_coef_minus8).
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                bits.se()


def _skip_reference_sets(bits: Bits) -> int:
    """Skip the short-term reference picture sets (7.3.7) and return their number."""
    count = bits.ue()
    if count > _MAX_SETS:
        raise OutOfBitsError("more than 64 reference picture sets")
    previous = 0
    for number in range(count):
        if number and bits.flag():
            bits.skip(1)
            bits.ue()
            # Predicted from the set before: a picture counts if it is used now, or kept by use_delta_flag.
            previous = sum(1 for _ in range(previous + 1) if bits.flag() or bits.flag())
        else:
            previous = _skip_references(bits)
    return count


def _skip_references(bits: Bits) -> int:
    """Skip a reference picture set that is coded without prediction; return the number of its pictures."""
    count = bits.ue() + bits.ue()
    if count > _MAX_REFERENCES:
        raise OutOfBitsError("more than 32 reference pictures")
    for _ in range(count):
        bits.ue()
        bits.skip(1)
    return count


HEVC = Codec(
    decoder="hevc",
    # dvh1 and dvhe are Dolby Vision, whose base layer is HEVC.
    tags=("hevc", "hvc1", "hev1", "dvh1", "dvhe"),
    avi_tag=b"HEVC",
    mp4_configuration=b"hvcC",
    matroska_ids=("V_MPEGH/ISO/HEVC",),
    mpegts_types=(0x24,),
    # Not in the specification: patched builds of ffmpeg and Chinese live services write 12.
    flv_ids=(12,),
    flv_fourccs=(b"hvc1",),
    describe=describe,
    select_needed=select_needed,
    label_bt709=label_bt709,
    states_matrix=True,
    isolate_keyframe=isolate_keyframe,
    # Slices of BLA, IDR and CRA pictures (16 to 21), and video and sequence parameter sets (32, 33).
    keyframe_start_codes=frozenset(byte for byte in range(256) if byte >> 1 & 0x3F in {*range(16, 22), 32, 33}),
    max_reordered=8,
    has_flv_offset=True,
)
