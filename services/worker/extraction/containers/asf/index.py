"""WMV: keyframes by byte fractions, as packets have one size and a time (Microsoft, "ASF Specification")."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import find_decoder
from services.worker.extraction.containers.asf.packets import MediaObject, PacketReader
from services.worker.extraction.containers.scan import ScanIndex, Step
from services.worker.extraction.containers.stream import BrokenIndexError, Index, Sample, Stream
from services.worker.extraction.reading.reader import RangedReader

_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_MOST_OBJECTS = 256
_MOST_HEADER_BYTES = 1 << 20
_DATA_HEADER_BYTES = 50
_BITMAP_AT = 54 + 11
_BITMAP_BYTES = 40
_MOST_PACKET_BYTES = 1 << 20
_MOST_PICTURES_BEFORE_A_KEYFRAME = 5000


@dataclass(frozen=True)
class _Head:
    number: int
    stream: Stream
    packet_bytes: int
    preroll_ms: int
    """What a player waits for: the time of a picture that is shown at once."""
    start: int
    end: int


def open_index(reader: RangedReader) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    head = _read_head(reader)
    scanner = AsfScanner(PacketReader(reader, head.start, head.end, head.packet_bytes, head.number))
    first = next(scanner.objects(head.start), None)
    if first is None:
        raise BrokenIndexError("no picture")
    scanner.zero_ms = first.shown_ms
    # The play duration counts a late start, which times do not.
    late_s = max(first.shown_ms - head.preroll_ms, 0) / 1000
    if late_s >= head.stream.duration_s:
        raise BrokenIndexError("a film that begins behind its end")
    stream = replace(head.stream, duration_s=head.stream.duration_s - late_s)
    return ScanIndex(reader, stream, scanner, (head.start, head.end))


def _read_head(reader: RangedReader) -> _Head:
    end = min(int.from_bytes(reader.read_at(16, 8), "little"), reader.size_bytes)
    at, duration_s, packet_bytes, preroll_ms = 30, 0.0, 0, 0
    film: tuple[int, Stream] | None = None
    for _ in range(_MOST_OBJECTS):
        if at + 24 > end:
            break
        header = reader.read_at(at, 24)
        size = int.from_bytes(header[16:24], "little")
        if size < 24:
            break
        if header[:16] == _FILE:
            body = reader.read_at(at + 24, 80)
            play_100ns, _, preroll_ms, _, smallest, largest = struct.unpack_from("<QQQIII", body, 40)
            duration_s = play_100ns / 1e7 - preroll_ms / 1e3
            packet_bytes = smallest if smallest == largest else 0
        elif header[:16] == _STREAM and film is None:
            film = _stream(reader.read_at(at + 24, min(size - 24, _MOST_HEADER_BYTES)))
        at += size
    data = reader.read_at(end, _DATA_HEADER_BYTES)
    if film is None or data[:16] != _DATA or not 0 < packet_bytes <= _MOST_PACKET_BYTES or duration_s <= 0:
        raise BrokenIndexError("no film, or packets of several sizes")
    number, stream = film
    length = int.from_bytes(data[16:24], "little")
    stop = min(end + length, reader.size_bytes) if length > _DATA_HEADER_BYTES else reader.size_bytes
    stream = replace(stream, duration_s=duration_s, is_cut_off=length > 0 and end + length > reader.size_bytes)
    return _Head(number, stream, packet_bytes, preroll_ms, end + _DATA_HEADER_BYTES, stop)


def _stream(body: bytes) -> tuple[int, Stream] | None:
    """Number and stream of a film; None where it is none. Raises: BrokenIndexError."""
    if body[:16] != _VIDEO or len(body) < _BITMAP_AT + _BITMAP_BYTES:
        return None
    picture = body[_BITMAP_AT:]
    size, width, height = struct.unpack_from("<Iii", picture)
    tag = picture[16:20]
    decoder = find_decoder(tag.decode("latin-1").rstrip("\0"))
    if decoder is None:
        raise BrokenIndexError(f"codec {tag!r}")
    return body[48] & 0x7F, Stream(
        decoder=decoder, extradata=picture[_BITMAP_BYTES:size], width_px=width, height_px=abs(height)
    )


class AsfScanner:
    """Pictures of the film from any place on."""

    def __init__(self, packets: PacketReader) -> None:
        self.objects = packets.objects
        self.zero_ms = 0

    def _sample(self, picture: MediaObject) -> Sample:
        seconds = (picture.shown_ms - self.zero_ms) / 1000
        return Sample(seconds, picture.start, len(picture.data), data=bytes(picture.data))

    def keyframes(self, start: int, end: int) -> Iterator[Sample]:
        for number, picture in enumerate(self.objects(start)):
            if picture.start >= end or number > _MOST_PICTURES_BEFORE_A_KEYFRAME:
                return
            if picture.is_key:
                yield self._sample(picture)

    def steps(self, offset: int) -> Iterator[Step]:
        """The first packet may hold the end of another picture, too: what comes before the keyframe is left out."""
        begun = False
        for picture in self.objects(offset):
            begun = begun or picture.is_key
            if begun:
                yield Step(self._sample(picture), picture.is_key)
