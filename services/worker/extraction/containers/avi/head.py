"""The headers of an AVI file: its film and its indexes (Microsoft, "AVI RIFF File Reference"; OpenDML 1.02)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.codecs import find_decoder
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.reading.reader import RangedReader

_MOST_CHUNKS = 4096
_MOST_HEADER_BYTES = 1 << 20
_BITMAP_BYTES = 40
_STREAM_HEADER_BYTES = 48
_INDEX_OF_INDEXES = 0


@dataclass(frozen=True)
class Chunk:
    """`kind` is the list's own for a list, whose parts lie between `start` and `end`."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True)
class Part:
    """A part of an OpenDML index: where its chunk begins, and how many frames it is for."""

    start: int
    frames: int


@dataclass(frozen=True)
class Head:
    """The film is stream `number` of `streams`; `frames` of it are announced. `parts` is its OpenDML index."""

    number: int
    streams: int
    frames: int
    tick_s: float
    stream: Stream
    parts: tuple[Part, ...]
    movie: Chunk
    index: Chunk | None


def chunks(reader: RangedReader, start: int, end: int) -> Iterator[Chunk]:
    """The chunks between two places; stops where they make no sense."""
    for _ in range(_MOST_CHUNKS):
        header = reader.read_at(start, 12) if start + 8 <= end else b""
        if len(header) < 8:
            return
        kind, size = header[:4], int.from_bytes(header[4:8], "little")
        is_list = kind in (b"LIST", b"RIFF")
        yield Chunk(header[8:12] if is_list else kind, start + (12 if is_list else 8), min(start + 8 + size, end))
        start += 8 + size + size % 2


def read(reader: RangedReader) -> Head:
    """Raises: BrokenIndexError, SourceError."""
    headers = movie = index = None
    for chunk in chunks(reader, 12, reader.size_bytes):
        if chunk.kind == b"hdrl":
            headers = chunk
        elif chunk.kind == b"movi":
            movie = movie or chunk
        elif chunk.kind == b"idx1":
            index = chunk
        elif chunk.kind == b"AVIX":
            break
    if headers is None or movie is None:
        raise BrokenIndexError("no headers")
    lists = [chunk for chunk in chunks(reader, headers.start, headers.end) if chunk.kind == b"strl"]
    for number, chunk in enumerate(lists):
        found = {part.kind: part for part in chunks(reader, chunk.start, chunk.end)}
        header, picture = _body(reader, found.get(b"strh")), _body(reader, found.get(b"strf"))
        if header[:4] != b"vids" or len(header) < _STREAM_HEADER_BYTES or len(picture) < _BITMAP_BYTES:
            continue
        scale, rate, _, frames = struct.unpack_from("<4I", header, 20)
        if not scale or not rate:
            raise BrokenIndexError("a film without a rate")
        stream = _stream(header, picture, _body(reader, found.get(b"vprp")), scale / rate)
        parts = tuple(_parts(_body(reader, found.get(b"indx"))))
        return Head(number, len(lists), frames, scale / rate, stream, parts, movie, index)
    raise BrokenIndexError("no film")


def _body(reader: RangedReader, chunk: Chunk | None) -> bytes:
    return reader.read_at(chunk.start, min(chunk.end - chunk.start, _MOST_HEADER_BYTES)) if chunk else b""


def _stream(header: bytes, picture: bytes, properties: bytes, tick_s: float) -> Stream:
    width, height = struct.unpack_from("<ii", picture, 4)
    tag = picture[16:20]
    decoder = find_decoder(tag.decode("latin-1").rstrip("\0")) or find_decoder(header[4:8].decode("latin-1"))
    if decoder is None or height < 0:
        raise BrokenIndexError(f"codec {tag!r}")
    ratio = None
    if len(properties) >= 32:
        down, across, shown_width, shown_height = struct.unpack_from("<HHII", properties, 20)
        if down and across and shown_width and shown_height:
            ratio = across * shown_height / (down * shown_width)
    return Stream(
        decoder=decoder,
        extradata=picture[_BITMAP_BYTES:],
        width_px=width,
        height_px=height,
        sample_aspect_ratio=ratio,
        frame_s=tick_s,
    )


def _parts(indx: bytes) -> Iterator[Part]:
    """The parts of an index of indexes."""
    if len(indx) < 24 or indx[3] != _INDEX_OF_INDEXES:
        return
    count = int.from_bytes(indx[4:8], "little")
    for at in range(24, min(24 + 16 * count, len(indx) - 15), 16):
        offset, _, frames = struct.unpack_from("<QII", indx, at)
        if offset and frames:
            yield Part(offset, frames)
