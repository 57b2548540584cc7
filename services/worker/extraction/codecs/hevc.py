"""HEVC: sequence parameter sets and slices (ITU-T H.265, 7.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import nal, vui
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, replace_bits
from services.worker.extraction.codecs.coded import BT709, Coded

_SPS, _PPS = 33, 34
_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 23, 31
_LAST_UNTIL_IRAP = 15
_CRA = 21
_CHROMA_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_MOST_SETS, _MOST_REFERENCES = 64, 32
_MOST_DIFFERENCE_BITS = 14
_SLICE_HEAD_BYTES = 48
"""More than there is before the reference pictures in the header of a slice, and they."""


@dataclass(frozen=True)
class Parameters:
    """Of a sequence. `colour_at` is the bit of the unit, unescaped, at which its colours are told, if they are.

    What follows it is what the header of a slice depends on, and untold where the unit is damaged or `order_bits` is 0.
    """

    coded: Coded
    colour_at: int | None = None
    has_separate_planes: bool = False
    order_bits: int = 0
    reference_sets: int = 0


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
    places = units(extradata, picture)
    return nal.both_rewritten(extradata, picture, places, _neutral_unit, length_bytes(extradata))


def describe(extradata: bytes, picture: bytes) -> Coded:
    """What the parameter set in force says: one in the picture replaces one in the extradata."""
    in_extradata, in_picture = units(extradata, picture)
    coded = Coded()
    for start, end in in_extradata:
        if _kind(extradata, start) == _SPS:
            coded = parameters(extradata[start:end]).coded
            break
    is_key: bool | None = None
    for start, end in in_picture:
        kind = _kind(picture, start)
        if kind == _SPS:
            coded = parameters(picture[start:end]).coded
        elif kind <= _LAST_SLICE:
            is_key = _FIRST_IRAP <= kind <= _LAST_IRAP
            break
    return replace(coded, is_key=is_key)


def references(extradata: bytes, pictures: Sequence[bytes]) -> list[bool]:
    """Which of the pictures others may be predicted from (7.4.2.2): in the highest layer, a unit's type tells."""
    firsts = [next(_slices(extradata, picture), None) for picture in pictures]
    layers = [0 if first is None else first[1] & 7 for first in firsts]
    return [
        first is None or layer < max(layers) or _kind(first, 0) > _LAST_UNTIL_IRAP or _kind(first, 0) % 2 == 1
        for first, layer in zip(firsts, layers, strict=True)
    ]


def _slices(extradata: bytes, picture: bytes) -> Iterator[bytes]:
    return (picture[start:end] for start, end in units(extradata, picture)[1] if _kind(picture, start) <= _LAST_SLICE)


def alone(extradata: bytes, keyframe: bytes) -> bytes:
    """A keyframe in an open group of pictures that names one picture before it, where it named several.

    Those are for pictures that follow, but FFmpeg makes up each that is missing: 3 MB at 1080p, 6 MB in 10 bits. Only
    a header whose length does not change is rewritten: what is behind it need not move.
    """
    in_extradata, in_picture = units(extradata, keyframe)
    sets = [extradata[start:end] for start, end in in_extradata]
    for start, end in in_picture:
        kind = _kind(keyframe, start)
        if kind in (_SPS, _PPS):
            sets.append(keyframe[start:end])
        elif kind <= _LAST_SLICE:
            head = _alone(sets, keyframe[start : min(end, start + _SLICE_HEAD_BYTES)]) if kind == _CRA else None
            return keyframe if head is None else keyframe[:start] + head + keyframe[start + len(head) :]
    return keyframe


def _alone(sets: Sequence[bytes], head: bytes) -> bytes | None:
    """The start of a slice, with one reference picture; None where that cannot be done."""
    sequences = {unit for unit in sets if _kind(unit, 0) == _SPS}
    if len(sequences) != 1 or nal.is_escaped(head):
        return None  # which of several is in force is not looked up
    sequence = parameters(sequences.pop())
    if not sequence.order_bits:
        return None
    try:
        bits = Bits(head)
        bits.skip(16)  # the unit's own header
        is_first = bits.flag()
        bits.skip(1)  # no_output_of_prior_pics_flag
        extra_bits, has_output_flag = _picture_parameters(sets)[bits.ue()]
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
    if count < 2 or zeros > _MOST_DIFFERENCE_BITS:
        return None
    new = replace_bits(head, at, length, int("0101" + "0" * zeros + "1" * (zeros + 1) + "0", 2))
    return new if nal.escaped(new) == new else None


def _picture_parameters(sets: Sequence[bytes]) -> dict[int, tuple[int, bool]]:
    """Of each picture parameter set: how many bits of a slice's header are reserved, and whether it tells of output."""
    found = {}
    for unit in sets:
        if _kind(unit, 0) == _PPS:
            bits = Bits(nal.unescaped(unit[:_SLICE_HEAD_BYTES]))
            bits.skip(16)  # the unit's own header
            number = bits.ue()
            bits.ue()  # pps_seq_parameter_set_id
            bits.skip(1)  # dependent_slice_segments_enabled_flag
            has_output_flag = bits.flag()
            found[number] = (bits.u(3), has_output_flag)
    return found


def _neutral_unit(unit: bytes) -> bytes:
    """A parameter set that calls its colours BT.709; any other unit as it is."""
    if _kind(unit, 0) != _SPS:
        return unit
    colour_at = parameters(unit).colour_at
    if colour_at is None:
        return unit
    return nal.escaped(replace_bits(nal.unescaped(unit), colour_at, 16, BT709 << 8 | BT709))


def _kind(data: bytes, at: int) -> int:
    return data[at] >> 1 & 63


def parameters(unit: bytes) -> Parameters:
    """What a sequence parameter set says, as far as it goes."""
    try:
        return _read_parameters(Bits(nal.unescaped(unit)))
    except OutOfBitsError:
        return Parameters(Coded())


def _read_parameters(bits: Bits) -> Parameters:
    bits.skip(16 + 4)
    layers = bits.u(3)
    bits.skip(1)
    _skip_profile(bits, layers)
    bits.ue()
    chroma = bits.ue()
    has_separate_planes = chroma == 3 and bits.flag()
    if has_separate_planes:
        chroma = 0
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        across, down = _CHROMA_UNITS.get(chroma, (1, 1))
        width -= (bits.ue() + bits.ue()) * across
        height -= (bits.ue() + bits.ue()) * down
    coded = Coded(width_px=width, height_px=height)
    told = Parameters(coded, has_separate_planes=has_separate_planes)
    try:
        return _with_usability(bits, layers, told)
    except OutOfBitsError:
        return told


def _skip_profile(bits: Bits, layers: int) -> None:
    bits.skip(88 + 8)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.skip(2 * (8 - layers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def _with_usability(bits: Bits, layers: int, told: Parameters) -> Parameters:
    """With what stands behind the picture's size, to the end of the VUI."""
    bits.ue()
    bits.ue()
    order_bits = bits.ue() + 4
    for _ in range(layers + 1 if bits.flag() else 1):
        bits.ue()
        bits.ue()
        bits.ue()
    for _ in range(6):  # sizes of coding and transform blocks
        bits.ue()
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
        for _ in range(min(bits.ue(), 33)):
            bits.skip(order_bits + 1)
    bits.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    usability = vui.read(bits) if bits.flag() else vui.Vui()
    return replace(
        told,
        coded=replace(told.coded, sample_aspect_ratio=usability.sample_aspect_ratio, colour=usability.colour),
        colour_at=usability.colour_at,
        order_bits=order_bits,
        reference_sets=reference_sets,
    )


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


def _skip_reference_sets(bits: Bits) -> int:
    """How many short-term reference picture sets there are (7.3.7): each may differ from the one before in a way."""
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
            previous = _skip_references(bits)
    return count


def _skip_references(bits: Bits) -> int:
    """How many reference pictures a set that stands for itself has."""
    count = bits.ue() + bits.ue()
    if count > _MOST_REFERENCES:
        raise OutOfBitsError("too many reference pictures")
    for _ in range(count):
        bits.ue()
        bits.skip(1)
    return count
