"""A tiny AVI around a few coded pictures: all that a decoder needs of a video's container.

AVI takes every codec, and says nothing of colour, rotation or aspect: FFmpeg then converts and scales in one pass to
the size that is declared here, whatever the pictures' own (1080p: 3.4 ms instead of 9.1).
"""

import struct
from collections.abc import Sequence

_TAGS = {
    "h264": b"H264", "hevc": b"HEVC", "av1": b"AV01", "vp8": b"VP80", "vp9": b"VP90", "vp6f": b"VP6F",
    "mpeg4": b"FMP4", "msmpeg4": b"MP43", "msmpeg4v1": b"MP41", "msmpeg4v2": b"MP42", "mpeg1video": b"mpg1",
    "mpeg2video": b"mpg2", "h263": b"H263", "flv": b"FLV1", "wmv1": b"WMV1", "wmv2": b"WMV2", "wmv3": b"WMV3",
    "vc1": b"WVC1", "mjpeg": b"MJPG", "prores": b"apcn", "dnxhd": b"AVdn", "theora": b"theo",
}  # fmt: skip

TRUE_SIZE = {"msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "vp6f", "h263"}
"""Decoders that believe the size in the container, as the pictures do not tell."""

_FRAME_US = 40_000
_HAS_INDEX = 0x10
_KEYFRAME = 0x10
_MOST_PX = 65535


def avi(decoder: str, extradata: bytes, size_px: tuple[int, int], pictures: Sequence[bytes], tag: bytes = b"") -> bytes:
    """The file. Of `pictures`, the first is a keyframe; `tag` replaces the codec tag that goes with the decoder."""
    width, height = (min(side, _MOST_PX) for side in size_px)
    name = tag if len(tag) == 4 else _TAGS[decoder]
    count = len(pictures)
    main = struct.pack("<14I", _FRAME_US, 0, 0, _HAS_INDEX, count, 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = struct.pack(
        "<4s4sIHHIIIIIIIIHHHH", b"vids", name, 0, 0, 0, 0, 1, 25, 0, count, 0, 0xFFFFFFFF, 0, 0, 0, width, height
    )
    picture_format = struct.pack(
        "<IiiHH4sIiiII", 40 + len(extradata), width, height, 1, 24, name, width * height * 3 & 0xFFFFFFFF, 0, 0, 0, 0
    )
    entries, at = [], 4
    for number, picture in enumerate(pictures):
        entries.append(struct.pack("<4sIII", b"00dc", 0 if number else _KEYFRAME, at, len(picture)))
        at += 8 + len(picture) + len(picture) % 2
    headers = _chunk(b"avih", main) + _list(
        b"strl", _chunk(b"strh", stream) + _chunk(b"strf", picture_format + extradata)
    )
    # Joined once, as the pictures of a long run are megabytes.
    parts = [b"AVI ", _list(b"hdrl", headers), struct.pack("<4sI4s", b"LIST", at, b"movi")]
    for picture in pictures:
        parts += [struct.pack("<4sI", b"00dc", len(picture)), picture, b"\0" * (len(picture) % 2)]
    parts.append(_chunk(b"idx1", b"".join(entries)))
    return b"".join([b"RIFF", struct.pack("<I", sum(map(len, parts))), *parts])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(kind: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", kind + data)
