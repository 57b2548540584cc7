"""NAL units of H.264 and HEVC: behind start codes (Annex B) or lengths, in a picture or in extradata."""

import re
from collections.abc import Callable, Iterable, Iterator

_START = b"\0\0\1"
_PREFERRED_TRANSFER = 147
"""Message "alternative transfer characteristics"."""
_EMULATION = re.compile(rb"\0\0(?=[\0-\3])")


def unescape_unit(unit: bytes) -> bytes:
    """Return the unit without emulation prevention bytes (ITU-T H.264, 7.4.1)."""
    return unit.replace(b"\0\0\3", b"\0\0")


def escape_unit(payload: bytes) -> bytes:
    """Return the unit with an emulation prevention byte in every sequence that could be read as a start code."""
    return _EMULATION.sub(b"\0\0\3", payload)


def is_escaped(unit: bytes) -> bool:
    """Return True if the unit has emulation prevention bytes."""
    return b"\0\0\3" in unit


def rewrite_transfer_message(unit: bytes, header_bytes: int, transfer: int) -> bytes:
    """Return a unit of messages with another preferred transfer; the same unit if it states none."""
    payload = unescape_unit(unit)
    at = _find_message(payload, header_bytes, _PREFERRED_TRANSFER)
    return unit if at is None else escape_unit(payload[:at] + bytes([transfer]) + payload[at + 1 :])


def find_preferred_transfer(unit: bytes, header_bytes: int) -> int | None:
    """Return the transfer characteristics in a unit of messages that replace those of the parameter set.

    Broadcasts of HLG name an SDR curve in the parameter set, for old receivers, and HLG in this message (ITU-T H.265,
    D.3.41).
    """
    payload = unescape_unit(unit)
    at = _find_message(payload, header_bytes, _PREFERRED_TRANSFER)
    return None if at is None else payload[at]


def _find_message(payload: bytes, at: int, wanted: int) -> int | None:
    """Return the start of the first message of a type, which has at least one byte; None if there is none."""
    # Type and size are sums of bytes up to the first one that is not 255 (ITU-T H.265, 7.3.5). The last byte is the
    # trailing bits.
    while at < len(payload) - 1:
        kind, at = _read_sum(payload, at)
        size, at = _read_sum(payload, at)
        if at + size > len(payload):
            return None
        if kind == wanted and size:
            return at
        at += size
    return None


def _read_sum(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(payload):
        byte, at = payload[at], at + 1
        value += byte
        if byte != 255:
            break
    return value, at


def is_annex_b(data: bytes) -> bool:
    """Return True if the data begins with a start code."""
    return data[:3] == _START or data[:4] == b"\0\0\0\1"


def split_annex_b(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of each unit behind a start code, without trailing zeros."""
    at = data.find(_START)
    while at >= 0:
        start = at + 3
        at = data.find(_START, start)
        end = at if at >= 0 else len(data)
        # Muxers pad pictures with zeros, and FFmpeg writes start codes of four bytes.
        while end > start and data[end - 1] == 0:
            end -= 1
        if end > start:
            yield start, end


def split_lengths(data: bytes, width: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each unit behind a length of `width` bytes; stop at an invalid length."""
    at = 0
    while at + width < len(data):
        length = int.from_bytes(data[at : at + width])
        start = at + width
        # Zero is no unit. A length beyond the end: the picture is cut off, or has start codes after all.
        if length == 0 or start + length > len(data):
            return
        yield start, start + length
        at = start + length


def split_avcc(extradata: bytes) -> Iterator[tuple[int, int]]:
    """Yield the parameter sets in an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3)."""
    at = 5
    # The count of sequence parameter sets has 5 bits behind 3 reserved ones, that of picture parameter sets has 8.
    for mask in (0x1F, 0xFF):
        if at >= len(extradata):
            return
        count, at = extradata[at] & mask, at + 1
        for _ in range(count):
            length = int.from_bytes(extradata[at : at + 2])
            if at + 2 + length > len(extradata):
                return
            if length:
                yield at + 2, at + 2 + length
            at += 2 + length


def split_hvcc(extradata: bytes) -> Iterator[tuple[int, int]]:
    """Yield the parameter sets in an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3)."""
    at = 23
    for _ in range(extradata[22] if len(extradata) > 22 else 0):
        count, at = int.from_bytes(extradata[at + 1 : at + 3]), at + 3
        for _ in range(count):
            length = int.from_bytes(extradata[at : at + 2])
            if at + 2 + length > len(extradata):
                return
            if length:
                yield at + 2, at + 2 + length
            at += 2 + length


def rewrite_both(
    extradata: bytes,
    picture: bytes,
    units: tuple[Iterable[tuple[int, int]], Iterable[tuple[int, int]]],
    rewrite: Callable[[bytes], bytes],
    width: int,
) -> tuple[bytes, bytes]:
    """Return both with each unit rewritten. A length in the picture has `width` bytes, 0 in Annex B."""
    return (
        rewrite_units(extradata, units[0], rewrite, 2 if width else 0),
        rewrite_units(picture, units[1], rewrite, width),
    )


def rewrite_units(
    data: bytes, units: Iterable[tuple[int, int]], rewrite: Callable[[bytes], bytes], width: int
) -> bytes:
    """Return `data` with each unit rewritten, and its length of `width` bytes updated; `width` is 0 in Annex B.

    A unit that would outgrow the field of its length stays as it is.
    """
    parts, at = [], 0
    for start, end in units:
        unit = rewrite(data[start:end])
        if width and len(unit) >= 1 << 8 * width:
            unit = data[start:end]
        parts += [data[at : start - width], len(unit).to_bytes(width) if width else b"", unit]
        at = end
    return b"".join([*parts, data[at:]])
