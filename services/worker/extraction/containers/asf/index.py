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
from services.worker.extraction.containers.timeline import Start, Timeline
from services.worker.extraction.reading.reader import RangedReader

_MAX_HEADER_BYTES = 1 << 20
_DATA_HEADER_BYTES = 50
_FILE_PROPERTIES_BYTES = 80
_NUMBER_AT = 48
_BITMAP_AT = 54 + 11
_BITMAP_BYTES = 40
_MAX_PACKET_BYTES = 1 << 20
_MAX_PICTURES_BEFORE_KEYFRAME = 5000
_TICKS_PER_S = 1000
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class _AsfHeader:
    """The video stream of a file, and the range of its packets from `start` to `end`."""

    number: int
    sound: frozenset[int]
    """Numbers of the streams of sound."""
    stream: Stream
    packet_bytes: int
    play_s: float
    """Time of the end. Like the times of pictures, it includes the time that a player buffers."""
    start: int
    end: int


def open_index(reader: RangedReader) -> Index:
    """Return the index of the first video stream. Raises: BrokenIndexError, SourceError."""
    header = _read_header(reader)
    packets = _make_packet_reader(reader, header)
    tail = max(header.end - max(_TAIL_BYTES, 2 * header.packet_bytes), header.start)
    first, timeline = _find_start(packets, header)
    last = list(packets.read_times(tail, _TAIL_BYTES))
    times = sorted(shown_ms for stream, shown_ms in last if stream == header.number)
    frame = round((times[-1] - times[0]) / (len(times) - 1)) if len(times) > 1 else 0
    end = times[-1] + frame if times else None
    sound_end = max((shown_ms for stream, shown_ms in last if stream in header.sound), default=None)
    # A single picture has no duration of its own.
    if header.stream.is_cut_off or max(end or 0, sound_end or 0) <= timeline.zero:
        # The play duration counts the time that a player buffers.
        end, sound_end = round(header.play_s * _TICKS_PER_S), None
    if (end or sound_end or 0) <= timeline.zero:
        expected = f"a first picture before the end at {end} ms"
        raise BrokenIndexError.at("asf data packet", first.start, expected=expected, found=f"one at {first.shown_ms}")
    stream = timeline.place(header.stream, first=first.shown_ms, end=end, sound_end=sound_end)
    return ScanIndex(reader, stream, AsfScanner(packets, timeline), (header.start, header.end))


def find_start(reader: RangedReader) -> Start:
    """Return the start of the first video stream. Raises: BrokenIndexError, SourceError."""
    header = _read_header(reader)
    first, timeline = _find_start(_make_packet_reader(reader, header), header)
    return Start(timeline.to_seconds(first.shown_ms))


def _make_packet_reader(reader: RangedReader, header: _AsfHeader) -> PacketReader:
    return PacketReader(reader, header.start, header.end, header.packet_bytes, header.number)


def _find_start(packets: PacketReader, header: _AsfHeader) -> tuple[MediaObject, Timeline]:
    """Return the first picture, and the timeline that begins with it or with the first sound."""
    first = next(packets.read_objects(header.start), None)
    if first is None:
        expected = f"a picture of stream {header.number}"
        raise BrokenIndexError.at("asf data packets", header.start, expected=expected, found="none")
    # Sound that begins before the first picture is stored before its end.
    count = (first.start - header.start) // header.packet_bytes + 1
    begun = packets.read_times(header.start, count)
    sound = (shown_ms for stream, shown_ms in begun if stream in header.sound)
    return first, Timeline.starting(_TICKS_PER_S, [first.shown_ms, *sound])


def _read_header(reader: RangedReader) -> _AsfHeader:
    end = objects.read_header_end(reader.read_at, reader.size_bytes)
    play_s, packet_bytes = 0.0, 0
    sound: set[int] = set()
    video: tuple[int, Stream] | None = None
    for item in objects.read_objects(reader.read_at, end):
        if item.guid == objects.FILE_PROPERTIES:
            body = reader.read_at(item.start, _FILE_PROPERTIES_BYTES)
            if len(body) < _FILE_PROPERTIES_BYTES:
                expected = f"{_FILE_PROPERTIES_BYTES} bytes"
                raise BrokenIndexError.at("asf file properties", item.start, expected=expected, found=len(body))
            # File id, size, date and packet count come first; play duration, send duration and preroll follow.
            play_100ns, _, _, _, smallest, largest = struct.unpack_from("<QQQIII", body, 40)
            play_s = play_100ns / 1e7
            # The specification demands one packet size (3.2); at another one, packets could not be found.
            packet_bytes = smallest if smallest == largest else 0
        elif item.guid == objects.STREAM_PROPERTIES:
            body = reader.read_at(item.start, min(item.size_bytes, _MAX_HEADER_BYTES))
            if body[:16] == objects.AUDIO_MEDIA and len(body) > _NUMBER_AT:
                sound.add(body[_NUMBER_AT] & 0x7F)
            video = video or _parse_stream(body, item.start)
    if video is None:
        raise BrokenIndexError.at("asf header", 0, expected="a video stream", found="none")
    if not 0 < packet_bytes <= _MAX_PACKET_BYTES:
        expected = f"packets of one size up to {_MAX_PACKET_BYTES} bytes"
        raise BrokenIndexError.at("asf file properties", 0, expected=expected, found=f"{packet_bytes} bytes")
    data = reader.read_at(end, _DATA_HEADER_BYTES)
    if data[:16] != objects.DATA:
        raise BrokenIndexError.at("asf header", end, expected="a data object", found=data[:16].hex() or "none")
    number, stream = video
    length = int.from_bytes(data[16:24], "little")
    # A live recording (broadcast flag, 3.2) states no length: its data reaches to the end of the file.
    stop = min(end + length, reader.size_bytes) if length > _DATA_HEADER_BYTES else reader.size_bytes
    stream = replace(stream, is_cut_off=length > 0 and end + length > reader.size_bytes)
    return _AsfHeader(number, frozenset(sound), stream, packet_bytes, play_s, end + _DATA_HEADER_BYTES, stop)


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
    return body[_NUMBER_AT] & 0x7F, Stream(
        decoder=decoder, extradata=picture[_BITMAP_BYTES:size], width_px=abs(width), height_px=abs(height)
    )


class AsfScanner:
    """Pictures of the video stream, read from any offset."""

    def __init__(self, packets: PacketReader, timeline: Timeline) -> None:
        self.read_pictures = packets.read_objects
        self._timeline = timeline

    def _make_sample(self, picture: MediaObject) -> CodedSample:
        time_s = self._timeline.to_seconds(picture.shown_ms)
        return CodedSample(time_s, picture.start, len(picture.data), data=bytes(picture.data))

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
