"""NAL units of H.264 and HEVC: with start codes (Annex B) or lengths before them, in a picture or in extradata."""

import re
from collections.abc import Callable, Iterable, Iterator

_START = b"\0\0\1"
_EMULATION = re.compile(rb"\0\0(?=[\0-\3])")


def unescaped(unit: bytes) -> bytes:
    """Without the emulation prevention bytes (ITU-T H.264, 7.4.1)."""
    return unit.replace(b"\0\0\3", b"\0\0")


def escaped(payload: bytes) -> bytes:
    """With an emulation prevention byte wherever three bytes would pass for a start code or for such a byte."""
    return _EMULATION.sub(b"\0\0\3", payload)


def is_escaped(unit: bytes) -> bool:
    """Whether there are emulation prevention bytes in it."""
    return b"\0\0\3" in unit


def is_annex_b(data: bytes) -> bool:
    return data[:3] == _START or data[:4] == b"\0\0\0\1"


def with_start_codes(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each unit in Annex B; trailing zeros belong to none."""
    at = data.find(_START)
    while at >= 0:
        start = at + 3
        at = data.find(_START, start)
        end = at if at >= 0 else len(data)
        while end > start and data[end - 1] == 0:
            end -= 1
        if end > start:
            yield start, end


def with_lengths(data: bytes, width: int) -> Iterator[tuple[int, int]]:
    """Start and end of each unit behind a length of `width` bytes; stops where the lengths make no sense."""
    at = 0
    while at + width < len(data):
        length = int.from_bytes(data[at : at + width])
        start = at + width
        if length == 0 or start + length > len(data):
            return
        yield start, start + length
        at = start + length


def in_avcc(extradata: bytes) -> Iterator[tuple[int, int]]:
    """Parameter sets in an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3)."""
    at = 5
    for mask in (0x1F, 0xFF):
        if at >= len(extradata):
            return
        count, at = extradata[at] & mask, at + 1
        for _ in range(count):
            length = int.from_bytes(extradata[at : at + 2])
            if at + 2 + length > len(extradata):
                return
            yield at + 2, at + 2 + length
            at += 2 + length


def in_hvcc(extradata: bytes) -> Iterator[tuple[int, int]]:
    """Parameter sets in an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3)."""
    at = 23
    for _ in range(extradata[22] if len(extradata) > 22 else 0):
        count, at = int.from_bytes(extradata[at + 1 : at + 3]), at + 3
        for _ in range(count):
            length = int.from_bytes(extradata[at : at + 2])
            if at + 2 + length > len(extradata):
                return
            yield at + 2, at + 2 + length
            at += 2 + length


def both_rewritten(
    extradata: bytes,
    picture: bytes,
    units: tuple[Iterable[tuple[int, int]], Iterable[tuple[int, int]]],
    rewrite: Callable[[bytes], bytes],
    width: int,
) -> tuple[bytes, bytes]:
    """Extradata and picture with each unit rewritten. Lengths take `width` bytes in the picture, 0 with start codes."""
    return (
        rewritten(extradata, units[0], rewrite, 2 if width else 0),
        rewritten(picture, units[1], rewrite, width),
    )


def rewritten(data: bytes, units: Iterable[tuple[int, int]], rewrite: Callable[[bytes], bytes], width: int) -> bytes:
    """`data` with each unit rewritten, and its length of `width` bytes before it too; 0 with start codes."""
    parts, at = [], 0
    for start, end in units:
        unit = rewrite(data[start:end])
        parts += [data[at : start - width], len(unit).to_bytes(width) if width else b"", unit]
        at = end
    return b"".join([*parts, data[at:]])
