"""ProRes (SMPTE RDD 36, 5.1), DNxHD (SMPTE ST 2019-1) and VC-1 (SMPTE ST 421): whether pictures are interlaced."""

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError
from services.worker.extraction.codecs.coded import Coded, Colour

_PRORES_MARK = b"icpf"
_PRORES_FIELDS = 0x0C
_DNXHD_FIELDS = 0x02
_SEQUENCE = b"\0\0\1\x0f"
_ADVANCED = 3


def describe_prores(_extradata: bytes, picture: bytes) -> Coded:
    if picture[4:8] != _PRORES_MARK or len(picture) < 28:
        return Coded()
    return Coded(
        width_px=int.from_bytes(picture[16:18]),
        height_px=int.from_bytes(picture[18:20]),
        may_be_interlaced=bool(picture[20] & _PRORES_FIELDS),
        colour=Colour(*picture[22:25]),
        is_key=True,
    )


def describe_dnxhd(_extradata: bytes, picture: bytes) -> Coded:
    return Coded(may_be_interlaced=len(picture) > 5 and bool(picture[5] & _DNXHD_FIELDS), is_key=True)


def describe_vc1(extradata: bytes, picture: bytes) -> Coded:
    """The advanced profile only: the others are progressive."""
    for data in (picture, extradata):
        at = data.find(_SEQUENCE)
        if at >= 0:
            bits = Bits(data[at + 4 : at + 16])
            try:
                if bits.u(2) != _ADVANCED:
                    return Coded()
                bits.skip(3 + 2 + 3 + 5 + 1 + 12 + 12 + 1)
                return Coded(may_be_interlaced=bits.flag())
            except OutOfBitsError:
                return Coded()
    return Coded()
