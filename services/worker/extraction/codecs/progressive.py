"""Makes interlaced pictures pass for progressive ones, without a change to what is coded in them.

OpenCV 4.14 cannot convert a picture that its decoder calls interlaced: FFmpeg 8.1's scaler refuses it ("Cannot convert
interlaced to progressive frames or vice versa"), and what OpenCV hands out is memory that nobody has written to. So the
headers are rewritten that make the decoder call it so.
"""

from collections.abc import Sequence

from services.worker.extraction.codecs import h264, nal, vui
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError, bits_of, bytes_of, replace_bits

_SLICE, _IDR, _SEI, _SPS = 1, 5, 6, 7
_PICTURE_TIMING = 1
_NO_USABILITY = "1" + "0" * 7 + "1" + "0"
"""Usability information that tells nothing, but that each picture says what it is."""

_MOST_SCHEDULES = 32

_EXTENSION, _CODING = b"\0\0\1\xb5", 8
_FRAME_STRUCTURE = 3
_PROGRESSIVE = 0x80

_PRORES_HEIGHT_AT, _PRORES_FLAGS_AT, _PRORES_FIELDS = 18, 20, 0x0C


def h264_pictures(extradata: bytes, pictures: Sequence[bytes]) -> tuple[bytes, list[bytes]] | None:
    """H.264: each picture gets a message that calls it a frame (ITU-T H.264, D.1.3), in place of what it said.

    None where the parameter set cannot be read.
    """
    width = h264.length_bytes(extradata)
    delay_bits = 0
    try:
        in_extradata, _ = h264.units(extradata, b"")
        for start, end in in_extradata:
            if extradata[start] & 31 == _SPS:
                delay_bits = _with_picture_structure(extradata[start:end])[1]
        in_extradata, _ = h264.units(extradata, b"")
        new_extradata = nal.rewritten(extradata, in_extradata, _rewritten_unit, 2 if width else 0)
        changed = []
        for picture in pictures:
            _, in_picture = h264.units(extradata, picture)
            units = [picture[start:end] for start, end in in_picture]
            for unit in units:
                if unit[0] & 31 == _SPS:
                    delay_bits = _with_picture_structure(unit)[1]
            changed.append(_joined(units, width, _message(delay_bits)))
    except OutOfBitsError:
        return None
    return new_extradata, changed


def _joined(units: Sequence[bytes], width: int, message: bytes) -> bytes:
    """The units of a picture with a message before its first slice, and no other messages."""
    out: list[bytes] = []
    has_message = False
    for unit in units:
        kind = unit[0] & 31
        if kind == _SEI:
            continue
        if kind in (_SLICE, _IDR) and not has_message:
            out.append(message)
            has_message = True
        out.append(_rewritten_unit(unit))
    return b"".join((len(unit).to_bytes(width) if width else b"\0\0\0\1") + unit for unit in out)


def _message(delay_bits: int) -> bytes:
    """Supplemental enhancement information: picture timing, which is a frame's. Delays of so many bits come first."""
    payload = bytes_of("0" * delay_bits + "0000" + "0")
    return nal.escaped(bytes([_SEI, _PICTURE_TIMING, len(payload)]) + payload + b"\x80")


def _rewritten_unit(unit: bytes) -> bytes:
    return _with_picture_structure(unit)[0] if unit[0] & 31 == _SPS else unit


def _with_picture_structure(sps: bytes) -> tuple[bytes, int]:
    """A parameter set that announces the structure of each picture, and how many bits of delays come before it.

    Raises: OutOfBitsError.
    """
    payload = nal.unescaped(sps)
    at = h264.parameters(sps).usability_at
    if not at:
        raise OutOfBitsError("no parameter set")
    bits = Bits(payload)
    bits.position = at
    if not bits.flag():
        return nal.escaped(bytes_of(bits_of(payload)[:at] + _NO_USABILITY)), 0
    vui.read(bits)
    if bits.flag():  # chroma location
        bits.ue()
        bits.ue()
    if bits.flag():  # timing
        bits.skip(65)
    delays = [_skip_reference_decoder(bits) for _ in range(2) if bits.flag()]
    if delays:
        bits.skip(1)
    return nal.escaped(replace_bits(payload, bits.position, 1, 1)), delays[-1] if delays else 0


def _skip_reference_decoder(bits: Bits) -> int:
    """HRD parameters (E.1.2); returns how many bits both delays of a picture have."""
    count = bits.ue() + 1
    if count > _MOST_SCHEDULES:
        raise OutOfBitsError("too many schedules")
    bits.skip(8)
    for _ in range(count):
        bits.ue()
        bits.ue()
        bits.skip(1)
    bits.skip(5)
    delays = bits.u(5) + 1 + bits.u(5) + 1
    bits.skip(5)
    return delays


def mpeg2_pictures(extradata: bytes, pictures: Sequence[bytes]) -> tuple[bytes, list[bytes]] | None:
    """MPEG-2: the flag that a frame is progressive (ISO/IEC 13818-2, 6.2.3.1). None for pictures of a single field."""
    changed = []
    for picture in pictures:
        out = bytearray(picture)
        at = picture.find(_EXTENSION)
        while at >= 0 and at + 9 <= len(picture):
            if picture[at + 4] >> 4 == _CODING:
                if picture[at + 6] & 3 != _FRAME_STRUCTURE:
                    return None
                out[at + 8] |= _PROGRESSIVE
            at = picture.find(_EXTENSION, at + 4)
        changed.append(bytes(out))
    return extradata, changed


def prores_pictures(extradata: bytes, pictures: Sequence[bytes]) -> tuple[bytes, list[bytes]] | None:
    """ProRes: fields are coded one after the other, each as a whole picture. The first is taken for the frame."""
    changed = []
    for picture in pictures:
        out = bytearray(picture)
        if len(picture) > _PRORES_FLAGS_AT and picture[_PRORES_FLAGS_AT] & _PRORES_FIELDS:
            height = int.from_bytes(picture[_PRORES_HEIGHT_AT : _PRORES_HEIGHT_AT + 2])
            out[_PRORES_HEIGHT_AT : _PRORES_HEIGHT_AT + 2] = ((height + 1) // 2).to_bytes(2)
            out[_PRORES_FLAGS_AT] &= ~_PRORES_FIELDS
        changed.append(bytes(out))
    return extradata, changed
