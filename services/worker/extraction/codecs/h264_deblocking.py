"""Keyframes of H.264 without the deblocking filter: a seventh of their decoding, unseen at half of their size.

OpenCV has no option for it, as FFmpeg's `skip_loop_filter` never reaches the decoder: the headers of the slices are
rewritten (ITU-T H.264, 7.3.2.2 and 7.3.3). What is predicted from such a keyframe would drift: it must be alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.worker.extraction.codecs import h264, nal
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, bits_of, replace_bits

_SLICE, _IDR, _SPS, _PPS = 1, 5, 7, 8
_INTRA = 2
_OFF = "010"
"""disable_deblocking_filter_idc = 1, which no offsets follow."""
_HEAD_BYTES = 48
"""More than the header of an intra slice has."""
_MOST_QUANTISER = 30
"""Above, the edges of blocks in smooth walls and skies can be seen in a thumbnail."""
_OPERANDS = {1: 1, 2: 1, 3: 2, 4: 1, 5: 0, 6: 1}
"""Of memory_management_control_operation."""


class UnsuitedError(ValueError):
    """The filter is needed, or what would have to be rewritten is not understood."""


@dataclass(frozen=True)
class PictureParameters:
    """Of a picture parameter set: what the header of a slice depends on."""

    has_arithmetic_coding: bool
    has_bottom_order: bool
    quantiser: int
    has_control: bool
    control_at: int
    has_redundancy: bool


def h264_keyframe(extradata: bytes, keyframe: bytes) -> tuple[bytes, bytes] | None:
    """Extradata and a progressive keyframe without the filter; None where that cannot be done, or would be seen."""
    in_extradata, in_keyframe = (list(places) for places in h264.units(extradata, keyframe))
    sets = [extradata[start:end] for start, end in in_extradata]
    sets += [keyframe[start:end] for start, end in in_keyframe if keyframe[start] & 31 in (_SPS, _PPS)]
    try:
        sequence = _sequence(sets)
        pictures = dict(picture_parameters(unit) for unit in sets if unit[0] & 31 == _PPS)

        def rewritten(unit: bytes) -> bytes:
            kind = unit[0] & 31
            if kind == _PPS:
                return _with_control(unit)
            return _unfiltered(unit, sequence, pictures) if kind in (_SLICE, _IDR) else unit

        places = in_extradata, in_keyframe
        return nal.both_rewritten(extradata, keyframe, places, rewritten, h264.length_bytes(extradata))
    except (OutOfBitsError, UnsuitedError, LookupError):
        return None


def _sequence(sets: Sequence[bytes]) -> h264.Parameters:
    sequences = {unit for unit in sets if unit[0] & 31 == _SPS}
    sequence = h264.parameters(sequences.pop()) if len(sequences) == 1 else None
    if sequence is None or not sequence.usability_at or sequence.coded.may_be_interlaced:
        raise UnsuitedError("which of several parameter sets is in force is not looked up")
    return sequence


def picture_parameters(unit: bytes) -> tuple[int, PictureParameters]:
    """A picture parameter set and its number."""
    bits = Bits(nal.unescaped(unit))
    bits.skip(8)  # the unit's own header
    number = bits.ue()
    bits.ue()  # seq_parameter_set_id
    has_arithmetic_coding, has_bottom_order = bits.flag(), bits.flag()
    if bits.ue():
        raise UnsuitedError("several slice groups")
    bits.ue()
    bits.ue()
    bits.skip(3)  # weighted prediction
    quantiser = 26 + bits.se()
    bits.se()
    bits.se()
    control_at = bits.position
    has_control = bits.flag()
    bits.skip(1)  # constrained_intra_pred_flag
    return number, PictureParameters(
        has_arithmetic_coding, has_bottom_order, quantiser, has_control, control_at, has_redundancy=bits.flag()
    )


def _with_control(unit: bytes) -> bytes:
    """A picture parameter set after which each slice says how it is filtered."""
    picture = picture_parameters(unit)[1]
    if picture.has_control:
        return unit
    return nal.escaped(replace_bits(nal.unescaped(unit), picture.control_at, 1, 1))


def _unfiltered(unit: bytes, sequence: h264.Parameters, pictures: dict[int, PictureParameters]) -> bytes:
    """A slice that is not filtered. What follows its header is moved by some bits, or by whole bytes if aligned."""
    head = nal.unescaped(unit[:_HEAD_BYTES])
    bits = Bits(head)
    picture = _skip_to_control(bits, sequence, pictures)
    start = bits_of(head)[: bits.position] + _OFF
    if picture.has_control and bits.ue() != 1:
        bits.se()
        bits.se()
    if picture.has_arithmetic_coding:
        start += "1" * (-len(start) % 8)
        new, end = int(start, 2).to_bytes(len(start) // 8), -(-bits.position // 8)
        if not nal.is_escaped(unit[:_HEAD_BYTES]) and new[-1] and head[end - 1]:
            return nal.escaped(new) + unit[end:]  # what follows is escaped as it was
        return nal.escaped(new + nal.unescaped(unit)[end:])
    payload = nal.unescaped(unit)
    left = 8 * len(payload) - bits.position
    data = int(start, 2) << left | int.from_bytes(payload) & ((1 << left) - 1)
    padding = -(len(start) + left) % 8
    return nal.escaped((data << padding).to_bytes((len(start) + left + padding) // 8))


def _skip_to_control(
    bits: Bits, sequence: h264.Parameters, pictures: dict[int, PictureParameters]
) -> PictureParameters:
    """Reads the header of a slice up to where it may say how it is filtered."""
    bits.skip(1)
    is_reference, is_idr = bits.u(2) > 0, bits.u(5) == _IDR
    bits.ue()  # first_mb_in_slice
    if bits.ue() % 5 != _INTRA:
        raise UnsuitedError("a slice that is predicted from other pictures")
    picture = pictures[bits.ue()]
    bits.skip(2 * sequence.has_separate_planes + sequence.number_bits)
    if is_idr:
        bits.ue()  # idr_pic_id
    bits.skip(sequence.order_bits)
    if sequence.has_order_differences:
        bits.se()
    if picture.has_bottom_order and (sequence.order_bits or sequence.has_order_differences):
        bits.se()
    if picture.has_redundancy:
        bits.ue()
    if is_reference:
        _skip_marking(bits, is_idr=is_idr)
    if picture.quantiser + bits.se() > _MOST_QUANTISER:
        raise UnsuitedError("blocks that would be seen")
    return picture


def _skip_marking(bits: Bits, *, is_idr: bool) -> None:
    """Which pictures remain references (7.3.3.3)."""
    if is_idr:
        bits.skip(2)
    elif bits.flag():
        while operation := bits.ue():
            for _ in range(_OPERANDS[operation]):
                bits.ue()
