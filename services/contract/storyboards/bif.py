"""BIF file of a storyboard, for Roku: an index of times and the tiles as JPEG files.

https://developer.roku.com/docs/developer-program/media-playback/trick-mode/bif-file-creation.md
"""

import struct
from collections.abc import Sequence
from itertools import pairwise

_MAGIC = b"\x89BIF\r\n\x1a\n"
_VERSION = 0
_HEADER_BYTES = 64
_ENTRY = struct.Struct("<II")
_LAST = 0xFFFFFFFF


def pack_bif(frames: Sequence[bytes], interval_s: float) -> bytes:
    """Return the file of JPEG files, one every `interval_s` from the start of the video.

    A time of the index is a number of intervals, and the header has the interval in milliseconds.
    """
    interval_ms = min(round(interval_s * 1000), _LAST)
    header = (_MAGIC + struct.pack("<III", _VERSION, len(frames), interval_ms)).ljust(_HEADER_BYTES, b"\0")
    at = _HEADER_BYTES + _ENTRY.size * (len(frames) + 1)
    index = []
    for number, frame in enumerate(frames):
        index.append(_ENTRY.pack(number, at))
        at += len(frame)
    return b"".join([header, *index, _ENTRY.pack(_LAST, at), *frames])


def unpack_bif(file: bytes) -> list[bytes]:
    """Return the JPEG files of a file that `pack_bif` has made. Raises: struct.error if it is cut short."""
    (count,) = struct.unpack_from("<I", file, len(_MAGIC) + 4)
    starts = [_ENTRY.unpack_from(file, _HEADER_BYTES + _ENTRY.size * number)[1] for number in range(count + 1)]
    return [file[start:end] for start, end in pairwise(starts)]
