"""MPEG-1 and MPEG-2 (ISO/IEC 13818-2, 6.2) and MPEG-4 part 2 (ISO/IEC 14496-2, 6.2.3)."""

from collections.abc import Sequence
from dataclasses import replace

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError
from services.worker.extraction.codecs.codec import Codec, Rewritten
from services.worker.extraction.codecs.coded import Coded

_SEQUENCE, _EXTENSION, _PICTURE = b"\0\0\1\xb3", b"\0\0\1\xb5", b"\0\0\1\0"
_VOP = b"\0\0\1\xb6"
_INTRA = 1
_I_VOP, _B_VOP = 0, 2
"""Values of vop_coding_type."""
_CODING, _FRAME_STRUCTURE, _PROGRESSIVE = 8, 3, 0x80
"""Picture coding extension: its number, picture_structure of a frame, and progressive_frame."""
_MPEG1_RATIOS = {
    2: 0.6735, 3: 0.7031, 4: 0.7615, 5: 0.8055, 6: 0.8437, 7: 0.8935, 8: 0.9157, 9: 0.9815, 10: 1.0255, 11: 1.0695,
    12: 1.0950, 13: 1.1575, 14: 1.2015,
}  # fmt: skip
"""Height of a pixel over its width: ISO/IEC 11172-2, 2.4.3.2."""
_DISPLAY_RATIOS = {2: 4 / 3, 3: 16 / 9, 4: 2.21}
_EXTENDED_PAR = 15
_MPEG4_RATIOS = {1: 1.0, 2: 12 / 11, 3: 10 / 11, 4: 16 / 11, 5: 40 / 33}
_RECTANGULAR = 0


def describe_mpeg2(extradata: bytes, picture: bytes) -> Coded:
    """Return what sequence and picture headers of MPEG-1 and MPEG-2 say."""
    # Transport streams repeat the sequence header before keyframes; Matroska and MP4 may have it in the extradata only.
    data = picture if _SEQUENCE in picture[:4096] else extradata + picture
    at = data.find(_SEQUENCE)
    if at < 0 or at + 8 > len(data):
        return Coded(is_key=False)
    width, height = int.from_bytes(data[at + 4 : at + 6]) >> 4, int.from_bytes(data[at + 5 : at + 7]) & 0xFFF
    code = data[at + 7] >> 4
    extension = data.find(_EXTENSION, at + 8, at + 256)
    # MPEG-1 has no sequence extension, and no interlacing.
    is_progressive = True
    if 0 <= extension < len(data) - 4 and data[extension + 4] >> 4 == 1:
        bits = Bits(data[extension + 4 : extension + 12])
        try:
            bits.skip(4 + 8)
            is_progressive = bits.flag()
            bits.skip(2)
            # The sequence header has the lower 12 bits of each side, its extension two more.
            width |= bits.u(2) << 12
            height |= bits.u(2) << 12
        except OutOfBitsError:
            return Coded()
        # In MPEG-2 the code is the ratio of the picture, in MPEG-1 that of a pixel.
        ratio = _DISPLAY_RATIOS[code] * height / width if code in _DISPLAY_RATIOS and width else None
    else:
        ratio = 1 / _MPEG1_RATIOS[code] if code in _MPEG1_RATIOS else None
    start = data.find(_PICTURE, at)
    # picture_coding_type comes after the 10 bits of temporal_reference.
    is_key = start >= 0 and start + 6 <= len(data) and data[start + 5] >> 3 & 7 == _INTRA
    return Coded(width, height, ratio, may_be_interlaced=not is_progressive, is_key=is_key)


def make_mpeg2_progressive(extradata: bytes, pictures: Sequence[bytes]) -> Rewritten | None:
    """Set the flag progressive_frame (ISO/IEC 13818-2, 6.2.3.1). Return None for pictures of a single field."""
    changed = []
    for picture in pictures:
        out = bytearray(picture)
        at = picture.find(_EXTENSION)
        while at >= 0 and at + 9 <= len(picture):
            if picture[at + 4] >> 4 == _CODING:
                # Some broadcasts code each field as a picture: half of a frame cannot be declared to be one.
                if picture[at + 6] & 3 != _FRAME_STRUCTURE:
                    return None
                out[at + 8] |= _PROGRESSIVE
            at = picture.find(_EXTENSION, at + 4)
        changed.append(bytes(out))
    return extradata, changed


def describe_mpeg4(extradata: bytes, picture: bytes) -> Coded:
    """Return what the headers of the video object layer and plane say."""
    at = picture.find(_VOP)
    coding_type = picture[at + 4] >> 6 if 0 <= at < len(picture) - 4 else None
    is_key = None if coding_type is None else coding_type == _I_VOP
    # AVI files have the layer header before the keyframes, MP4 in esds.
    for data in (picture, extradata):
        layer = next((found for code in range(0x20, 0x30) if (found := data.find(bytes([0, 0, 1, code]))) >= 0), -1)
        if layer >= 0:
            try:
                coded = _read_layer(Bits(data[layer + 4 : layer + 64]))
            except OutOfBitsError:
                break
            return replace(coded, is_key=is_key, is_bidirectional=coding_type == _B_VOP)
    return Coded(is_key=is_key, is_bidirectional=coding_type == _B_VOP)


def _read_layer(bits: Bits) -> Coded:
    """Return what a video object layer says."""
    bits.skip(1 + 8)
    if bits.flag():
        # Version and priority of the layer (is_object_layer_identifier)
        bits.skip(4 + 3)
    code = bits.u(4)
    ratio = _MPEG4_RATIOS.get(code)
    if code == _EXTENDED_PAR:
        across, down = bits.u(8), bits.u(8)
        ratio = across / down if across and down else None
    delay_pictures = 0
    if bits.flag():  # control parameters
        bits.skip(2)
        # low_delay; without it, FFmpeg expects no B-frames.
        delay_pictures = int(not bits.flag())
        if bits.flag():
            # VBV parameters with their marker bits
            bits.skip(79)
    # FFmpeg decodes rectangular layers only.
    if bits.u(2) != _RECTANGULAR:
        raise OutOfBitsError("a video object layer that is not rectangular")
    bits.skip(1)
    resolution = bits.u(16)
    bits.skip(1)
    if bits.flag():
        # fixed_vop_time_increment: as many bits as the time resolution needs
        bits.skip(max((resolution - 1).bit_length(), 1))
    bits.skip(1)
    width = bits.u(13)
    bits.skip(1)
    height = bits.u(13)
    bits.skip(1)
    return Coded(width, height, ratio, may_be_interlaced=bits.flag(), delay_pictures=delay_pictures)


MPEG1 = Codec(
    decoder="mpeg1video",
    tags=("mpg1",),
    avi_tag=b"mpg1",
    mp4_sample_entries=("m1v ",),
    mp4_object_types=(0x6A,),
    matroska_ids=("V_MPEG1",),
    mpegts_types=(0x01,),
    describe=describe_mpeg2,
    keyframe_start_codes=frozenset({_SEQUENCE[-1]}),
)
MPEG2 = Codec(
    decoder="mpeg2video",
    tags=("mpg2", "mp2v", "m2v1"),
    avi_tag=b"mpg2",
    # One object type for each profile of MPEG-2: simple, main, SNR, spatial, high, 4:2:2.
    mp4_object_types=(0x60, 0x61, 0x62, 0x63, 0x64, 0x65),
    matroska_ids=("V_MPEG2",),
    mpegts_types=(0x02,),
    describe=describe_mpeg2,
    make_progressive=make_mpeg2_progressive,
    keyframe_start_codes=frozenset({_SEQUENCE[-1]}),
    has_interleaved_fields=True,
)
MPEG4 = Codec(
    decoder="mpeg4",
    tags=("fmp4", "mp4v", "xvid", "divx", "dx50"),
    avi_tag=b"FMP4",
    mp4_object_types=(0x20,),
    matroska_ids=("V_MPEG4/ISO/ASP", "V_MPEG4/ISO/SP", "V_MPEG4/ISO/AP"),
    mpegts_types=(0x10,),
    describe=describe_mpeg4,
    # Visual object sequence, video object layers, and group of VOPs (ISO/IEC 14496-2, table 6-3).
    keyframe_start_codes=frozenset({0xB0, *range(0x20, 0x30), 0xB3}),
    max_reordered=2,
)
