"""AVI file around a few coded pictures, as the only container that the decoder sees.

AVI takes every codec and has no colour, rotation or aspect ratio: FFmpeg converts and scales in one pass to the size
that the header declares, whatever the size of the pictures (1080p: 3.4 ms instead of 9.1).
"""

import struct
from collections.abc import Sequence

from services.worker.extraction.codecs import Codec

_FRAME_US = 40_000
_HAS_INDEX = 0x10
_KEYFRAME = 0x10
_MAX_PX = 65535


def wrap_pictures(
    codec: Codec, extradata: bytes, size_px: tuple[int, int], pictures: Sequence[bytes], tag: bytes = b""
) -> bytes:
    """Return an AVI file of the pictures, the first a keyframe. A `tag` of four bytes replaces the codec's own."""
    # The stream header has 16 bits for each side of the frame.
    width, height = (min(side, _MAX_PX) for side in size_px)
    name = tag if len(tag) == 4 else codec.avi_tag
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
        # Offsets of idx1 count from the type of the movi list, as ffmpeg's avienc writes them.
        entries.append(struct.pack("<4sIII", b"00dc", 0 if number else _KEYFRAME, at, len(picture)))
        at += 8 + len(picture) + len(picture) % 2
    headers = _chunk(b"avih", main) + _list(
        b"strl", _chunk(b"strh", stream) + _chunk(b"strf", picture_format + extradata)
    )
    # Joined once, as the pictures of a long chain are megabytes.
    parts = [b"AVI ", _list(b"hdrl", headers), struct.pack("<4sI4s", b"LIST", at, b"movi")]
    for picture in pictures:
        parts += [struct.pack("<4sI", b"00dc", len(picture)), picture, b"\0" * (len(picture) % 2)]
    parts.append(_chunk(b"idx1", b"".join(entries)))
    return b"".join([b"RIFF", struct.pack("<I", sum(map(len, parts))), *parts])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(kind: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", kind + data)
