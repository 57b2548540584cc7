"""MS-MPEG-4, Windows Media Video and VC-1 (SMPTE ST 421), whose advanced profile may be interlaced."""

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError
from services.worker.extraction.codecs.codec import Codec
from services.worker.extraction.codecs.coded import Coded

_SEQUENCE = b"\0\0\1\x0f"
_ADVANCED = 3


def describe_vc1(extradata: bytes, picture: bytes) -> Coded:
    """Return whether a video of the advanced profile may be interlaced; all other profiles are progressive."""
    for data in (picture, extradata):
        # WMV3 has its sequence header without a start code: simple and main profile, which have no interlacing.
        at = data.find(_SEQUENCE)
        if at >= 0:
            bits = Bits(data[at + 4 : at + 16])
            try:
                if bits.u(2) != _ADVANCED:
                    return Coded()
                # Level, chroma format, rates, post-processing, size, and pulldown come before the flag (ST 421, 6.1).
                bits.skip(3 + 2 + 3 + 5 + 1 + 12 + 12 + 1)
                return Coded(may_be_interlaced=bits.flag())
            except OutOfBitsError:
                return Coded()
    return Coded()


MSMPEG4V1 = Codec(decoder="msmpeg4v1", tags=("mp41", "mpg4"), avi_tag=b"MP41", needs_container_size=True)
MSMPEG4V2 = Codec(decoder="msmpeg4v2", tags=("mp42",), avi_tag=b"MP42", needs_container_size=True)
MSMPEG4V3 = Codec(
    decoder="msmpeg4",
    tags=("mp43", "div3"),
    avi_tag=b"MP43",
    matroska_ids=("V_MPEG4/MS/V3",),
    name="msmpeg4v3",
    needs_container_size=True,
)
WMV1 = Codec(decoder="wmv1", tags=("wmv1",), avi_tag=b"WMV1", needs_container_size=True)
WMV2 = Codec(decoder="wmv2", tags=("wmv2",), avi_tag=b"WMV2", needs_container_size=True)
WMV3 = Codec(decoder="wmv3", tags=("wmv3",), avi_tag=b"WMV3", describe=describe_vc1, needs_container_size=True)
VC1 = Codec(decoder="vc1", tags=("wvc1", "vc-1"), avi_tag=b"WVC1", describe=describe_vc1, needs_container_size=True)
