"""Codecs of editors, of which every frame is a keyframe.

Frame headers of ProRes (SMPTE RDD 36, 5.1), DNxHD (SMPTE ST 2019-1) and PNG (ISO/IEC 15948, 11.2.2). The others are
described by their container.
"""

from collections.abc import Sequence

from services.worker.extraction.codecs.codec import Codec, Rewritten
from services.worker.extraction.codecs.coded import BT709, Coded, Colour

_PRORES_MARK = b"icpf"
_PRORES_HEADER_BYTES = 28
_PRORES_HEIGHT_AT, _PRORES_FLAGS_AT, _PRORES_FIELDS, _PRORES_COLOUR_AT = 18, 20, 0x0C, 22
_PRORES_ALPHA_AT, _PRORES_ALPHA = 25, 0x0F
_DNXHD_FIELDS = 0x02


def describe_prores(_extradata: bytes, picture: bytes) -> Coded:
    """Return what the frame header says; nothing without the mark `icpf`."""
    # A size of four bytes comes before the mark.
    if picture[4:8] != _PRORES_MARK or len(picture) < _PRORES_HEADER_BYTES:
        return Coded()
    return Coded(
        width_px=int.from_bytes(picture[16:18]),
        height_px=int.from_bytes(picture[18:20]),
        may_be_interlaced=bool(picture[_PRORES_FLAGS_AT] & _PRORES_FIELDS),
        colour=Colour(*picture[_PRORES_COLOUR_AT : _PRORES_COLOUR_AT + 3]),
        is_key=True,
        has_alpha=bool(picture[_PRORES_ALPHA_AT] & _PRORES_ALPHA),
        bit_depth=10,
        chroma_format=picture[_PRORES_FLAGS_AT] >> 6,
    )


def label_prores_bt709(extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Return a picture whose frame header declares BT.709 primaries and transfer."""
    if picture[4:8] != _PRORES_MARK:
        return extradata, picture
    at = _PRORES_COLOUR_AT
    return extradata, picture[:at] + bytes([BT709, BT709]) + picture[at + 2 :]


def make_prores_progressive(extradata: bytes, pictures: Sequence[bytes]) -> Rewritten:
    """Declare the first field, which is coded as a whole picture, as a progressive frame of half the height."""
    changed = []
    for picture in pictures:
        out = bytearray(picture)
        if len(picture) > _PRORES_FLAGS_AT and picture[_PRORES_FLAGS_AT] & _PRORES_FIELDS:
            height = int.from_bytes(picture[_PRORES_HEIGHT_AT : _PRORES_HEIGHT_AT + 2])
            # Rounded up: of an odd height, one field has an extra line.
            out[_PRORES_HEIGHT_AT : _PRORES_HEIGHT_AT + 2] = ((height + 1) // 2).to_bytes(2)
            out[_PRORES_FLAGS_AT] &= ~_PRORES_FIELDS
        changed.append(bytes(out))
    return extradata, changed


def describe_dnxhd(_extradata: bytes, picture: bytes) -> Coded:
    """Return whether the picture is interlaced."""
    return Coded(may_be_interlaced=len(picture) > 5 and bool(picture[5] & _DNXHD_FIELDS), is_key=True)


def describe_png(_extradata: bytes, picture: bytes) -> Coded:
    """Return the size in the header chunk."""
    if picture[12:16] != b"IHDR":
        return Coded()
    size = int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
    return Coded(*size, is_key=True, has_alpha=True, chroma_format=3)


def describe_mixed(_extradata: bytes, _picture: bytes) -> Coded:
    """Return that a picture may be transparent, and has no subsampled chroma: most pictures of these codecs are RGB."""
    return Coded(has_alpha=True, chroma_format=3)


PRORES = Codec(
    decoder="prores",
    tags=("apch", "apcn", "apcs", "apco", "ap4h", "ap4x"),
    avi_tag=b"apcn",
    describe=describe_prores,
    label_bt709=label_prores_bt709,
    states_matrix=True,
    make_progressive=make_prores_progressive,
    # FFmpeg decodes ap4h and ap4x with 12 bits, the other tags with 10.
    mp4_keeps_tag=True,
)
DNXHD = Codec(decoder="dnxhd", tags=("avdn", "avdh"), avi_tag=b"AVdn", describe=describe_dnxhd)
CINEFORM = Codec(decoder="cfhd", tags=("cfhd",), avi_tag=b"CFHD", name="cineform")
HAP = Codec(
    decoder="hap",
    tags=("hap1", "hap5", "hapy", "hapm", "hapa"),
    avi_tag=b"Hap1",
    describe=describe_mixed,
    # FFmpeg reads the kind of texture from the tag.
    mp4_keeps_tag=True,
    needs_container_size=True,
)
JPEG2000 = Codec(decoder="jpeg2000", tags=("mjp2",), avi_tag=b"mjp2", describe=describe_mixed)
PNG = Codec(decoder="png", tags=("mpng",), avi_tag=b"MPNG", mp4_sample_entries=("png ",), describe=describe_png)
V210 = Codec(decoder="v210", tags=("v210",), avi_tag=b"v210", needs_container_size=True)
