"""Index of an ASF file: keyframes at estimated offsets, as all packets have one size and a time.

Source: Microsoft, "ASF Specification", revision 01.20.05. A simple index object at the end of the file is not read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.worker.extraction.codecs import find_decoder
from services.worker.extraction.containers.asf import objects
from services.worker.extraction.containers.asf.packets import MediaObject, PacketReader
from services.worker.extraction.containers.scan import ScanIndex, ScannedSample
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream
from services.worker.extraction.reading.reader import RangedReader

_MAX_HEADER_BYTES = 1 << 20
_DATA_HEADER_BYTES = 50
_FILE_PROPERTIES_BYTES = 80
_BITMAP_AT = 54 + 11
_BITMAP_BYTES = 40
_MAX_PACKET_BYTES = 1 << 20
_MAX_PICTURES_BEFORE_KEYFRAME = 5000


@dataclass(frozen=True)
class _AsfHeader:
    """The video stream of a file, and the range of its packets from `start` to `end`."""

    number: int
    stream: Stream
    packet_bytes: int
    preroll_ms: int
    """Time that a player buffers: the presentation time of a picture that is shown at once."""
    start: int
    end: int


def open_index(reader: RangedReader) -> Index:
    """Return the index of the first video stream. Raises: BrokenIndexError, SourceError."""
    header = _read_header(reader)
    scanner = AsfScanner(PacketReader(reader, header.start, header.end, header.packet_bytes, header.number))
    first = next(scanner.read_pictures(header.start), None)
    if first is None:
        expected = f"a picture of stream {header.number}"
        raise BrokenIndexError.at("asf data packets", header.start, expected=expected, found="none")
    scanner.zero_ms = first.shown_ms
    # The play duration includes a late start, as of a cut stream; times here are counted from the first picture.
    late_s = max(first.shown_ms - header.preroll_ms, 0) / 1000
    # A damaged or joined file: no time would be inside the video.
    if late_s >= header.stream.duration_s:
        expected = f"a first picture before the end at {header.stream.duration_s} s"
        raise BrokenIndexError.at("asf data packet", first.start, expected=expected, found=f"one at {late_s} s")
    stream = replace(header.stream, duration_s=header.stream.duration_s - late_s)
    return ScanIndex(reader, stream, scanner, (header.start, header.end))


def _read_header(reader: RangedReader) -> _AsfHeader:
    end = objects.read_header_end(reader.read_at, reader.size_bytes)
    duration_s, packet_bytes, preroll_ms = 0.0, 0, 0
    video: tuple[int, Stream] | None = None
    for item in objects.read_objects(reader.read_at, end):
        if item.guid == objects.FILE_PROPERTIES:
            body = reader.read_at(item.start, _FILE_PROPERTIES_BYTES)
            if len(body) < _FILE_PROPERTIES_BYTES:
                expected = f"{_FILE_PROPERTIES_BYTES} bytes"
                raise BrokenIndexError.at("asf file properties", item.start, expected=expected, found=len(body))
            # File id, size, date and packet count come first; play duration, send duration and preroll follow.
            play_100ns, _, preroll_ms, _, smallest, largest = struct.unpack_from("<QQQIII", body, 40)
            duration_s = play_100ns / 1e7 - preroll_ms / 1e3
            # The specification demands one packet size (3.2); at another one, packets could not be found.
            packet_bytes = smallest if smallest == largest else 0
        elif item.guid == objects.STREAM_PROPERTIES and video is None:
            video = _parse_stream(reader.read_at(item.start, min(item.size_bytes, _MAX_HEADER_BYTES)), item.start)
    if video is None:
        raise BrokenIndexError.at("asf header", 0, expected="a video stream", found="none")
    if not 0 < packet_bytes <= _MAX_PACKET_BYTES or duration_s <= 0:
        expected = f"packets of one size up to {_MAX_PACKET_BYTES} bytes and a duration"
        found = f"{packet_bytes} bytes, {duration_s} s"
        raise BrokenIndexError.at("asf file properties", 0, expected=expected, found=found)
    data = reader.read_at(end, _DATA_HEADER_BYTES)
    if data[:16] != objects.DATA:
        raise BrokenIndexError.at("asf header", end, expected="a data object", found=data[:16].hex() or "none")
    number, stream = video
    length = int.from_bytes(data[16:24], "little")
    # A live recording (broadcast flag, 3.2) states no length: its data reaches to the end of the file.
    stop = min(end + length, reader.size_bytes) if length > _DATA_HEADER_BYTES else reader.size_bytes
    stream = replace(stream, duration_s=duration_s, is_cut_off=length > 0 and end + length > reader.size_bytes)
    return _AsfHeader(number, stream, packet_bytes, preroll_ms, end + _DATA_HEADER_BYTES, stop)


def _parse_stream(body: bytes, offset: int) -> tuple[int, Stream] | None:
    """Return number and description of a video stream; None if it is another stream. Raises: BrokenIndexError."""
    # Audio, scripts and images (a JPEG media type) have other GUIDs.
    if body[:16] != objects.VIDEO_MEDIA or len(body) < _BITMAP_AT + _BITMAP_BYTES:
        return None
    picture = body[_BITMAP_AT:]
    size, width, height = struct.unpack_from("<Iii", picture)
    tag = picture[16:20]
    decoder = find_decoder(tag.decode("latin-1").rstrip("\0"))
    if decoder is None:
        raise BrokenIndexError.at("asf stream properties", offset, expected="a supported codec", found=tag)
    # BITMAPINFOHEADER: a negative height means rows from top to bottom.
    # Stream number: the lower 7 bits of the flags.
    return body[48] & 0x7F, Stream(
        decoder=decoder, extradata=picture[_BITMAP_BYTES:size], width_px=width, height_px=abs(height)
    )


class AsfScanner:
    """Pictures of the video stream, read from any offset."""

    def __init__(self, packets: PacketReader) -> None:
        self.read_pictures = packets.read_objects
        self.zero_ms = 0

    def _make_sample(self, picture: MediaObject) -> CodedSample:
        seconds = (picture.shown_ms - self.zero_ms) / 1000
        return CodedSample(seconds, picture.start, len(picture.data), data=bytes(picture.data))

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        for number, picture in enumerate(self.read_pictures(start)):
            if picture.start >= end or number > _MAX_PICTURES_BEFORE_KEYFRAME:
                return
            if picture.is_key:
                yield self._make_sample(picture)

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        """Yield the samples from a keyframe on; the end of another picture in its first packet is left out."""
        begun = False
        for picture in self.read_pictures(offset):
            # The first pictures of a packet may need a keyframe before it.
            begun = begun or picture.is_key
            if begun:
                yield ScannedSample(self._make_sample(picture), picture.is_key)
