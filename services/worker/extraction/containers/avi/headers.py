"""Headers of an AVI file: its video stream and its indexes.

Sources: Microsoft, "AVI RIFF File Reference"; "OpenDML AVI File Format Extensions" 1.02.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.codecs import find_decoder
from services.worker.extraction.containers.avi.riff import Chunk, read_chunks
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.reading.reader import RangedReader

_MAX_HEADER_BYTES = 1 << 20
_BITMAP_BYTES = 40
_STREAM_HEADER_BYTES = 48
_VIDEO_PROPERTIES_BYTES = 32
_INDEX_OF_INDEXES = 0


@dataclass(frozen=True)
class IndexPart:
    """A part of an OpenDML index: offset of its chunk, and number of frames that it lists."""

    start: int
    frames: int


@dataclass(frozen=True)
class AviHeaders:
    """The video is stream `number` of `streams`.

    - `frames`: number of frames that the stream header announces.
    - `tick_s`: duration of a frame.
    - `parts`: the OpenDML index, empty if there is none.
    - `movie`, `index`: the list of frames, and the idx1 chunk if there is one.
    """

    number: int
    streams: int
    frames: int
    tick_s: float
    stream: Stream
    parts: tuple[IndexPart, ...]
    movie: Chunk
    index: Chunk | None
    sound_s: float
    """Duration of the longest sound, as its header states it."""
    continues: bool = False
    """Further RIFF lists follow the first one."""


def read_headers(reader: RangedReader) -> AviHeaders:
    """Return the headers of the first video stream. Raises: BrokenIndexError, SourceError."""
    headers = movie = index = None
    continues = False
    for chunk in read_chunks(reader.read_at, 12, reader.size_bytes):
        if chunk.kind == b"hdrl":
            headers = chunk
        elif chunk.kind == b"movi":
            movie = movie or chunk
        elif chunk.kind == b"idx1":
            index = chunk
        elif chunk.kind == b"AVIX":
            # OpenDML: a file over 1 GB goes on in further RIFF lists, whose frames only its own index lists.
            continues = True
            break
    if headers is None or movie is None:
        found = f"{'hdrl' if headers else 'no hdrl'}, {'movi' if movie else 'no movi'}"
        raise BrokenIndexError.at("avi RIFF", 0, expected="lists hdrl and movi", found=found)
    # One list of headers (strl) for each stream, in the order of their numbers.
    lists = [chunk for chunk in read_chunks(reader.read_at, headers.start, headers.end) if chunk.kind == b"strl"]
    sound_s = max((_read_sound_s(reader, chunk) for chunk in lists), default=0.0)
    for number, chunk in enumerate(lists):
        found_parts = {part.kind: part for part in read_chunks(reader.read_at, chunk.start, chunk.end)}
        header, picture = _read_body(reader, found_parts.get(b"strh")), _read_body(reader, found_parts.get(b"strf"))
        # Audio ("auds"), subtitles ("txts") and MIDI are other streams; DV has both in one ("iavs").
        if header[:4] != b"vids" or len(header) < _STREAM_HEADER_BYTES or len(picture) < _BITMAP_BYTES:
            continue
        # Frames per second are rate / scale.
        scale, rate, _, frames = struct.unpack_from("<4I", header, 20)
        if not scale or not rate:
            raise BrokenIndexError.at("avi strh", chunk.start, expected="a frame rate", found=f"{rate}/{scale}")
        stream = _parse_stream(
            header, picture, _read_body(reader, found_parts.get(b"vprp")), tick_s=scale / rate, offset=chunk.start
        )
        parts = tuple(_parse_parts(_read_body(reader, found_parts.get(b"indx"))))
        return AviHeaders(number, len(lists), frames, scale / rate, stream, parts, movie, index, sound_s, continues)
    raise BrokenIndexError.at("avi hdrl", headers.start, expected="a video stream", found=f"{len(lists)} others")


def _read_sound_s(reader: RangedReader, strl: Chunk) -> float:
    """Return the duration of a stream of sound; 0 of another stream."""
    parts = {part.kind: part for part in read_chunks(reader.read_at, strl.start, strl.end)}
    header = _read_body(reader, parts.get(b"strh"))
    if header[:4] != b"auds" or len(header) < _STREAM_HEADER_BYTES:
        return 0.0
    scale, rate, _, length = struct.unpack_from("<4I", header, 20)
    return length * scale / rate if rate else 0.0


def _read_body(reader: RangedReader, chunk: Chunk | None) -> bytes:
    return reader.read_at(chunk.start, min(chunk.end - chunk.start, _MAX_HEADER_BYTES)) if chunk else b""


def _parse_stream(header: bytes, picture: bytes, properties: bytes, *, tick_s: float, offset: int) -> Stream:
    width, height = struct.unpack_from("<ii", picture, 4)
    tag = picture[16:20]
    # The codec is in strf; some files leave it empty there and have it in strh only.
    decoder = find_decoder(tag.decode("latin-1").rstrip("\0")) or find_decoder(header[4:8].decode("latin-1"))
    if decoder is None or min(width, height) < 0:
        found = f"{tag!r} with {width} x {height}"
        raise BrokenIndexError.at("avi strf", offset, expected="a supported codec and a positive size", found=found)
    ratio = None
    # OpenDML video properties: the aspect ratio of the frame, not that of a pixel.
    if len(properties) >= _VIDEO_PROPERTIES_BYTES:
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


def _parse_parts(indx: bytes) -> Iterator[IndexPart]:
    """Yield the parts of an index of indexes; none if it is an index of another type."""
    if len(indx) < 24 or indx[3] != _INDEX_OF_INDEXES:
        return
    # Entries of 16 bytes: offset, size of the part, and its duration in frames.
    count = int.from_bytes(indx[4:8], "little")
    for at in range(24, min(24 + 16 * count, len(indx) - 15), 16):
        offset, _, frames = struct.unpack_from("<QII", indx, at)
        # Muxers reserve entries (ffmpeg's avienc 256); unused ones are zero.
        if offset and frames:
            yield IndexPart(offset, frames)
