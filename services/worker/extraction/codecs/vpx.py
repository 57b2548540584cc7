"""VP6, VP8 (RFC 6386, 9.1) and VP9 (VP9 Bitstream & Decoding Process Specification, 6.2): the header of a keyframe."""

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError
from services.worker.extraction.codecs.codec import Codec
from services.worker.extraction.codecs.coded import UNSPECIFIED, Coded, Colour

_VP9_SYNC = 0x498342
_SRGB = 7
_CHROMA_FORMATS = {0: 3, 1: 1, 2: 2, 3: 1}
"""Chroma formats by subsampling_x and subsampling_y; 4:4:0 counts as 4:2:0."""
_MATRICES = {1: 6, 2: 1, 3: 6, 4: 7, 5: 9}
"""VP9's colour spaces as matrix coefficients of H.273."""


def describe_vp8(_extradata: bytes, picture: bytes) -> Coded:
    """Return size and kind of a picture."""
    # The lowest bit of the frame tag is 1 in all frames but keyframes.
    if len(picture) < 10 or picture[0] & 1:
        return Coded(is_key=False)
    if picture[3:6] != b"\x9d\x01\x2a":
        return Coded()
    # The upper two bits ask the player to enlarge the picture; decoders do not.
    width, height = (int.from_bytes(picture[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return Coded(width_px=width, height_px=height, is_key=True)


def describe_vp9(_extradata: bytes, picture: bytes) -> Coded:
    """Return size, kind and colour matrix of a picture."""
    try:
        return _read_vp9(Bits(picture[:32]))
    except OutOfBitsError:
        return Coded()


def _read_vp9(bits: Bits) -> Coded:
    bits.skip(2)
    profile = bits.u(1) | bits.u(1) << 1
    # A reserved bit follows profile 3.
    if profile == 3:
        bits.skip(1)
    if bits.flag():
        return Coded()  # show_existing_frame
    # frame_type: 1 is a frame that needs others.
    if bits.u(1):
        return Coded(is_key=False)
    bits.skip(2)
    if bits.u(24) != _VP9_SYNC:
        return Coded()
    # Profiles 0 and 1 have 8 bits a sample.
    depth = (12 if bits.flag() else 10) if profile >= 2 else 8
    space, chroma = bits.u(3), 1
    if space != _SRGB:
        bits.skip(1)
        if profile in (1, 3):
            chroma = _CHROMA_FORMATS[bits.u(2)]
            bits.skip(1)
    # sRGB is always 4:4:4: only a reserved bit follows.
    elif profile in (1, 3):
        chroma = 3
        bits.skip(1)
    width, height = bits.u(16) + 1, bits.u(16) + 1
    return Coded(
        width_px=width,
        height_px=height,
        colour=Colour(matrix=_MATRICES.get(space, UNSPECIFIED)),
        is_key=True,
        bit_depth=depth,
        chroma_format=chroma,
    )


VP6 = Codec(
    decoder="vp6f",
    tags=("vp6f",),
    avi_tag=b"VP6F",
    flv_ids=(4,),
    name="vp6",
    # One byte that says how much of the coded size to crop (Adobe, annex E.4.3.1).
    flv_extradata_bytes=1,
    needs_container_size=True,
)
VP8 = Codec(
    decoder="vp8",
    tags=("vp80",),
    avi_tag=b"VP80",
    mp4_sample_entries=("vp08",),
    matroska_ids=("V_VP8",),
    flv_fourccs=(b"vp08",),
    describe=describe_vp8,
)
VP9 = Codec(
    decoder="vp9",
    tags=("vp90",),
    avi_tag=b"VP90",
    mp4_sample_entries=("vp09",),
    matroska_ids=("V_VP9",),
    flv_fourccs=(b"vp09",),
    describe=describe_vp9,
    states_matrix=True,
)
