"""DV (IEC 61834, SMPTE ST 314 and ST 370): header of a frame. Every frame is a keyframe.

The first sequence of a frame has its system in byte 3 (DSF) and in the pack at byte 448 (VAUX source), and the shape
and the fields of its pictures in the pack at byte 453 (VAUX source control).
"""

from collections.abc import Sequence

from services.worker.extraction.codecs.codec import Codec, Rewritten
from services.worker.extraction.codecs.coded import Coded

_SOURCE_AT, _CONTROL_AT = 80 * 5 + 48, 80 * 5 + 48 + 5
_CONTROL, _NO_PACK = 0x61, 0xFF
_INTERLACED, _PAL = 0x10, 0x80
_HD_1080, _HD_720 = 0x14, 0x18
"""Signal types (STYPE) of DVCPRO HD. All others have the lines of standard television."""


def describe_dv(_extradata: bytes, picture: bytes) -> Coded:
    """Return what the packs of the first sequence say."""
    if len(picture) < _CONTROL_AT + 5:
        return Coded()
    is_pal = bool(picture[3] & _PAL)
    signal = picture[_SOURCE_AT + 3] & 0x1F
    control = picture[_CONTROL_AT : _CONTROL_AT + 5]
    if signal == _HD_1080:
        width, height, ratio = (1440, 1080, 4 / 3) if is_pal else (1280, 1080, 3 / 2)
    elif signal == _HD_720:
        width, height, ratio = 960, 720, 4 / 3
    else:
        width, height = 720, 576 if is_pal else 480
        # The numbers of FFmpeg: 4:3 or 16:9 over 702 or 711 of the 720 columns.
        ratio = (64 / 45 if is_pal else 32 / 27) if _is_wide(picture[4], control[2]) else (16 / 15 if is_pal else 8 / 9)
    has_fields = control[0] == _CONTROL and height != 720 and (height == 1080 or bool(control[3] & _INTERLACED))
    return Coded(width, height, ratio, may_be_interlaced=has_fields, is_key=True)


def make_dv_progressive(extradata: bytes, pictures: Sequence[bytes]) -> Rewritten:
    """Remove the pack that calls the frame interlaced: its fields are coded together, line by line."""
    return extradata, [_without_control(picture) for picture in pictures]


def _is_wide(application: int, aspect: int) -> bool:
    return aspect & 7 == 2 or (application & 7 == 0 and aspect & 7 == 7)


def _without_control(picture: bytes) -> bytes:
    return picture[:_CONTROL_AT] + bytes([_NO_PACK]) + picture[_CONTROL_AT + 1 :]


DV = Codec(
    decoder="dvvideo",
    # Cameras, and the sample entries of QuickTime: DV, DVCPRO, DVCPRO 50 and DVCPRO HD, for 50 and for 60 Hz.
    tags=(
        *("dvsd", "dvhd", "dvsl", "dv25", "dv50", "cdvc", "dvc ", "dvcs", "dvcp", "dvpp", "dv5n", "dv5p"),
        *("dvh2", "dvh3", "dvh4", "dvh5", "dvh6", "dvhp", "dvhq"),
    ),
    avi_tag=b"dvsd",
    name="dv",
    describe=describe_dv,
    make_progressive=make_dv_progressive,
    has_interleaved_fields=True,
)
