"""Keyframes of HEVC without the deblocking filter: an eighth of their decoding, unseen at half of their size.

As in `deblocking` (H.264), parameter sets and the headers of slices are rewritten (ITU-T H.265, 7.3.2.3 and 7.3.6.1).
Sample adaptive offsets stay: what they are is told between the blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.worker.extraction.codecs import hevc, nal
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, bits_of, bytes_of
from services.worker.extraction.codecs.h264_deblocking import UnsuitedError

_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 21, 31
_IDR = (19, 20)
_SPS, _PPS = 33, 34
_INTRA = 2
_OFF = "101"
"""deblocking_filter_control_present_flag, and of what follows: no slice says otherwise, and it is off."""
_HEAD_BYTES = 2048
"""More than the header of a slice has, with places where each of 270 rows begins."""
_MOST_QUANTISER = 36
"""Up to it thumbnails are alike by an SSIM of 0.998: blocks are seen less than in H.264, and offsets smooth them."""
_MOST_ROWS = 440


@dataclass(frozen=True)
class PictureParameters:
    """Of a picture parameter set: what the header of a slice depends on. `control` is where the filter is told of."""

    has_dependent_slices: bool
    has_output_flag: bool
    reserved_bits: int
    quantiser: int
    has_chroma_quantisers: bool
    has_entry_points: bool
    is_filtered_across_slices: bool
    is_overridden: bool
    is_off: bool
    control: tuple[int, int]


def hevc_keyframe(extradata: bytes, keyframe: bytes) -> tuple[bytes, bytes] | None:
    """Extradata and keyframe without the filter; None where that cannot be done, or would be seen."""
    in_extradata, in_keyframe = (list(places) for places in hevc.units(extradata, keyframe))
    sets = [extradata[start:end] for start, end in in_extradata]
    sets += [keyframe[start:end] for start, end in in_keyframe if _kind(keyframe[start:end]) in (_SPS, _PPS)]
    try:
        sequence = _sequence(sets)
        pictures = dict(picture_parameters(unit) for unit in sets if _kind(unit) == _PPS)

        def rewritten(unit: bytes) -> bytes:
            kind = _kind(unit)
            if kind == _PPS:
                return _switched_off(unit)
            return _unfiltered(unit, sequence, pictures) if kind <= _LAST_SLICE else unit

        places = in_extradata, in_keyframe
        return nal.both_rewritten(extradata, keyframe, places, rewritten, hevc.length_bytes(extradata))
    except (OutOfBitsError, UnsuitedError, LookupError):
        return None


def _kind(unit: bytes) -> int:
    return unit[0] >> 1 & 63


def _sequence(sets: Sequence[bytes]) -> hevc.Parameters:
    sequences = {unit for unit in sets if _kind(unit) == _SPS}
    sequence = hevc.parameters(sequences.pop()) if len(sequences) == 1 else None
    if sequence is None or not sequence.order_bits:
        raise UnsuitedError("which of several parameter sets is in force is not looked up")
    return sequence


def picture_parameters(unit: bytes) -> tuple[int, PictureParameters]:
    """A picture parameter set and its number."""
    bits = Bits(nal.unescaped(unit))
    bits.skip(16)  # the unit's own header
    number = bits.ue()
    bits.ue()  # pps_seq_parameter_set_id
    has_dependent_slices, has_output_flag = bits.flag(), bits.flag()
    reserved_bits = bits.u(3)
    bits.skip(2)  # sign_data_hiding_enabled_flag, cabac_init_present_flag
    bits.ue()
    bits.ue()  # default numbers of references
    quantiser = 26 + bits.se()
    bits.skip(2)  # constrained_intra_pred_flag, transform_skip_enabled_flag
    if bits.flag():
        bits.ue()  # diff_cu_qp_delta_depth
    bits.se()
    bits.se()  # chroma quantisers
    has_chroma_quantisers = bits.flag()
    bits.skip(3)  # weighted prediction, transquant_bypass_enabled_flag
    has_tiles, has_rows = bits.flag(), bits.flag()
    if has_tiles:
        _skip_tiles(bits)
    is_filtered_across_slices = bits.flag()
    start = bits.position
    has_control = bits.flag()
    is_overridden, is_off = (bits.flag(), bits.flag()) if has_control else (False, False)
    if has_control and not is_off:
        bits.se()
        bits.se()
    end = bits.position
    _refuse_extensions(bits)
    return number, PictureParameters(
        has_dependent_slices, has_output_flag, reserved_bits, quantiser, has_chroma_quantisers,
        has_tiles or has_rows, is_filtered_across_slices, is_overridden, is_off, (start, end),
    )  # fmt: skip


def _skip_tiles(bits: Bits) -> None:
    columns, rows = bits.ue(), bits.ue()
    if columns + rows > _MOST_ROWS:
        raise UnsuitedError("more tiles than any level allows")
    if not bits.flag():
        for _ in range(columns + rows):
            bits.ue()
    bits.skip(1)  # loop_filter_across_tiles_enabled_flag


def _refuse_extensions(bits: Bits) -> None:
    """Some of them put more into the header of a slice."""
    if bits.flag():
        hevc.skip_scaling_lists(bits)
    bits.skip(1)  # lists_modification_present_flag
    bits.ue()  # log2_parallel_merge_level_minus2
    extends_slices, extends_set = bits.flag(), bits.flag()
    if extends_slices or extends_set:
        raise UnsuitedError("an extension of the picture parameter set, or of the headers of slices")


def _switched_off(unit: bytes) -> bytes:
    """A picture parameter set without the filter."""
    start, end = picture_parameters(unit)[1].control
    bits = bits_of(nal.unescaped(unit))
    bits = bits[:start] + _OFF + bits[end : bits.rindex("1")]
    return nal.escaped(bytes_of(bits))


def _unfiltered(unit: bytes, sequence: hevc.Parameters, pictures: dict[int, PictureParameters]) -> bytes:
    """A slice that says nothing of the filter. What follows its header is aligned, and stays as it is."""
    head = nal.unescaped(unit[:_HEAD_BYTES])
    bits = Bits(head)
    picture = _skip_to_control(bits, sequence, pictures)
    if picture is None:
        return unit
    has_offsets = sequence.has_sample_offsets and _has_offsets(bits, sequence)
    if picture.quantiser + bits.se() > _MOST_QUANTISER:
        raise UnsuitedError("blocks that would be seen")
    if picture.has_chroma_quantisers:
        bits.se()
        bits.se()
    at = bits.position
    is_off = picture.is_off
    if picture.is_overridden and bits.flag():
        is_off = bits.flag()
        if not is_off:
            bits.se()
            bits.se()
    kept_from = bits.position
    if picture.is_filtered_across_slices and (has_offsets or not is_off):
        bits.skip(1)  # slice_loop_filter_across_slices_enabled_flag: without any filter it is not there
        kept_from += not has_offsets
    if picture.has_entry_points and (rows := bits.ue()):
        if rows > _MOST_ROWS:
            raise UnsuitedError("more entry points than any level allows")
        bits.skip(rows * (bits.ue() + 1))
    return _with_head(unit, head, (at, kept_from, bits.position))


def _with_head(unit: bytes, head: bytes, places: tuple[int, int, int]) -> bytes:
    """Without the bits between the first two places of its header, which ends at the third."""
    at, kept_from, end = places
    # byte_alignment(): a one and zeros. So no byte at the end of a header is zero, and none of what follows is escaped
    # because of it.
    whole = end // 8 + 1
    if whole > len(head) or head[whole - 1] & (0xFF >> end % 8) != 0x80 >> end % 8:
        raise UnsuitedError("a header that does not end where it should")
    text = bits_of(head[:whole])
    old = nal.escaped(head[:whole])
    if unit[: len(old)] != old:
        raise UnsuitedError("a header that is escaped in a way of its own")
    return nal.escaped(bytes_of(text[:at] + text[kept_from:end])) + unit[len(old) :]


def _skip_to_control(
    bits: Bits, sequence: hevc.Parameters, pictures: dict[int, PictureParameters]
) -> PictureParameters | None:
    """Reads the header of a slice up to its sample adaptive offsets; None for one that depends on the slice before."""
    bits.skip(1)
    kind, layer = bits.u(6), bits.u(6)
    bits.skip(3)
    if layer or not _FIRST_IRAP <= kind <= _LAST_IRAP:
        raise UnsuitedError("a slice of a picture that is no keyframe, or of another layer")
    is_first = bits.flag()
    bits.skip(1)  # no_output_of_prior_pics_flag
    picture = pictures[bits.ue()]
    if not is_first:
        is_dependent = picture.has_dependent_slices and bits.flag()
        bits.skip((sequence.tree_blocks - 1).bit_length())
        if is_dependent:
            return None
    bits.skip(picture.reserved_bits)
    if bits.ue() != _INTRA:
        raise UnsuitedError("a slice that is predicted from other pictures")
    bits.skip(picture.has_output_flag + 2 * sequence.has_separate_planes)
    if kind not in _IDR:
        _skip_references(bits, sequence)
    return picture


def _skip_references(bits: Bits, sequence: hevc.Parameters) -> None:
    """The order of the picture, and which others remain."""
    bits.skip(sequence.order_bits)
    if bits.flag():
        bits.skip(max(sequence.reference_sets - 1, 0).bit_length())
    elif sequence.reference_sets and bits.flag():
        raise UnsuitedError("a set of references that is told by its difference to another")
    else:
        hevc.skip_references(bits)
    if sequence.has_long_references:
        raise UnsuitedError("long-term references")
    bits.skip(sequence.has_motion_prediction)


def _has_offsets(bits: Bits, sequence: hevc.Parameters) -> bool:
    luma = bits.flag()
    return (sequence.has_chroma and bits.flag()) or luma
