"""Sample description of an MP4 (ISO/IEC 14496-12, 8.5.2): codec, size, aspect ratio of pixels, colour."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import CODECS, find_decoder, get_codec
from services.worker.extraction.codecs.coded import Colour
from services.worker.extraction.containers.stream import BrokenIndexError, Stream

_VISUAL_BYTES = 86
"""Size of a visual sample entry, with its own size and type; boxes follow."""
_DECODERS = {name: codec.decoder for codec in CODECS for name in codec.mp4_sample_entries}
_DECODERS_BY_OBJECT_TYPE = {kind: codec.decoder for codec in CODECS for kind in codec.mp4_object_types}
_DESCRIPTOR_CONFIG, _DESCRIPTOR_SPECIFIC = 4, 5


@dataclass(frozen=True)
class _Esds:
    """An ES descriptor: object type, and decoder-specific information."""

    object_type: int = 0
    specific: bytes = b""


def parse_sample_entry(stsd: bytes, offset: int) -> Stream:
    """Return the stream of a sample description at an offset of the file. Raises: BrokenIndexError.

    A description of several codecs is not supported: the tables would have to state which sample has which.
    """
    size, tag = struct.unpack_from(">I4s", stsd, 8) if len(stsd) >= 16 else (0, b"")
    entry = stsd[8 : 8 + size]
    if len(entry) < _VISUAL_BYTES:
        expected = f"a sample entry of {_VISUAL_BYTES} bytes"
        raise BrokenIndexError.at("mp4 stsd", offset, expected=expected, found=len(entry))
    # The coded size, without the track's matrix and the aspect ratio.
    width, height = struct.unpack_from(">HH", entry, 32)
    found = dict(_parse_boxes(entry, _VISUAL_BYTES))
    name = tag.decode("latin-1")
    decoder = _DECODERS.get(name) or find_decoder(name)
    extradata = found.get(get_codec(decoder).mp4_configuration, b"") if decoder else b""
    # The codec of mp4v is the object type in esds: MPEG-4, MPEG-1, MPEG-2 or JPEG.
    if tag == b"mp4v":
        esds = _parse_esds(found.get(b"esds", b"")[4:])
        decoder, extradata = _DECODERS_BY_OBJECT_TYPE.get(esds.object_type, "mpeg4"), esds.specific
    if not decoder or _has_several_codecs(stsd, size, tag):
        raise BrokenIndexError.at("mp4 stsd", offset, expected="one supported codec", found=f"sample entry {name}")
    stream = Stream(
        decoder=decoder,
        tag=tag if get_codec(decoder).mp4_keeps_tag else b"",
        extradata=extradata,
        width_px=width,
        height_px=height,
        colour=_parse_colour(found.get(b"colr", b"")),
        is_ipt=_is_ipt(found.get(b"dvcC") or found.get(b"dvvC") or b""),
    )
    # Aspect ratio of a pixel; it wins over the track's size.
    across, down = struct.unpack_from(">II", found[b"pasp"]) if len(found.get(b"pasp", b"")) >= 8 else (0, 0)
    return replace(stream, sample_aspect_ratio=across / down) if across and down else stream


def _has_several_codecs(stsd: bytes, first_size: int, first_tag: bytes) -> bool:
    """Return True if a second sample entry is of another codec."""
    return int.from_bytes(stsd[4:8]) > 1 and stsd[8 + first_size + 4 : 8 + first_size + 8] != first_tag


def _parse_boxes(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and body of each box."""
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        # QuickTime may end a sample entry with four zero bytes.
        if size < 8:
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _parse_colour(colr: bytes) -> Colour:
    """Return the code points of a `colr` box; nclc is QuickTime's form of nclx. An ICC profile has none."""
    if colr[:4] not in (b"nclx", b"nclc") or len(colr) < 10:
        return Colour()
    return Colour(*struct.unpack_from(">HHH", colr, 4))


def _is_ipt(record: bytes) -> bool:
    """Return True if a Dolby Vision configuration record says that only Dolby Vision shows the right colours."""
    # Profile 5 is HEVC and 10 is AV1; the last number says with what else the pictures are compatible.
    return len(record) > 4 and record[2] >> 1 in (5, 10) and record[4] >> 4 == 0


def _parse_esds(data: bytes) -> _Esds:
    """Return object type and decoder-specific information of an ES descriptor (ISO/IEC 14496-1, 7.2.6)."""
    found = _Esds()
    at = 0
    while at + 2 <= len(data):
        tag, at = data[at], at + 1
        length = 0
        for _ in range(4):
            byte, at = (data[at] if at < len(data) else 0), at + 1
            # Sizes of descriptors have 7 bits a byte; ffmpeg always writes four bytes.
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == _DESCRIPTOR_SPECIFIC:
            return replace(found, specific=data[at : at + length])
        if tag == _DESCRIPTOR_CONFIG:
            found = replace(found, object_type=data[at] if at < len(data) else 0)
            at += 13
        # ES descriptor: optional fields by its flags, then the descriptors inside.
        elif tag == 3:
            flags = data[at + 2] if at + 2 < len(data) else 0
            at += 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
            if flags & 0x40:
                return found
        else:
            at += length
    return found
