"""Index of a transport stream: keyframes at estimated offsets, with times from the presentation time stamps.

Source: ISO/IEC 13818-1, 2.4.3. A transport stream has no table of keyframes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from services.worker.extraction.codecs import CODECS, get_codec
from services.worker.extraction.containers.mpegts import tables
from services.worker.extraction.containers.mpegts.pes import PesPacket, PesReader
from services.worker.extraction.containers.scan import ScanIndex, ScannedSample
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream
from services.worker.extraction.reading.reader import RangedReader

_DECODERS = {kind: codec.decoder for codec in CODECS for kind in codec.mpegts_types}
_HEAD_BYTES = 256 * 1024
_TAIL_BYTES = 256 * 1024
_MAX_TAILS = 16
_CLOCK_HZ = 90_000
_WRAP = 1 << 33
_USUAL_FRAME_S = 0.04
_MAX_PICTURES_BEFORE_KEYFRAME = 2000


@dataclass(frozen=True)
class _Clock:
    """Converts time stamps to seconds from the first one. They start again at zero every 26.5 hours."""

    zero: int

    def to_seconds(self, stamp: int) -> float:
        # A time before the first one, as of B-frames, is negative.
        ticks = (stamp - self.zero) % _WRAP
        return (ticks - _WRAP if ticks > _WRAP // 2 else ticks) / _CLOCK_HZ


def open_index(reader: RangedReader) -> Index:
    """Return the index of the first video stream. Raises: BrokenIndexError, SourceError."""
    head = reader.read_at(0, _HEAD_BYTES)
    framing = tables.find_framing(head)
    if framing is None:
        raise BrokenIndexError.at("mpegts packets", 0, expected="five sync bytes in a row", found="none")
    pid, decoder = _find_video(reader, framing, len(head))
    packets = PesReader(reader, *framing, pid)
    first = next(packets.read_pictures(0), None)
    if first is None:
        expected = f"a picture of PID {pid} with a time"
        raise BrokenIndexError.at("mpegts PES", framing[0], expected=expected, found="none")
    scanner = PesScanner(packets, decoder, _Clock(first.stamp))
    # The size of the pictures is only in the headers of a keyframe.
    key = next(scanner.scan_keyframes(0, reader.size_bytes), None)
    if key is None or key.data is None:
        expected = f"a keyframe in the first {_MAX_PICTURES_BEFORE_KEYFRAME} pictures"
        raise BrokenIndexError.at("mpegts PES", first.offset, expected=expected, found="none")
    coded = get_codec(decoder).describe(b"", key.data)
    end_s, frame_s = scanner.find_end(reader.size_bytes)
    stream = Stream(
        decoder=decoder,
        width_px=coded.width_px,
        height_px=coded.height_px,
        duration_s=end_s + frame_s,
        frame_s=frame_s,
    )
    return ScanIndex(reader, stream, scanner, (0, reader.size_bytes))


def _find_video(reader: RangedReader, framing: tuple[int, int], end: int) -> tuple[int, str]:
    """Return PID and decoder of the first video stream that a program map lists. Raises: BrokenIndexError."""
    map_pids: set[int] = set()
    for pid, _, section in tables.read_packets(reader.read_at, *framing, end):
        if pid == 0 and section:
            map_pids |= tables.parse_program_pids(section)
        elif pid in map_pids and section:
            for kind, stream in tables.parse_streams(section):
                # The first video of the first program: others are further channels of a broadcast.
                if kind in _DECODERS:
                    return stream, _DECODERS[kind]
    expected = f"a video stream in the first {end} bytes"
    raise BrokenIndexError.at("mpegts program map", framing[0], expected=expected, found=f"{len(map_pids)} programs")


class PesScanner:
    """Pictures of one PID, read from any offset."""

    def __init__(self, packets: PesReader, decoder: str, clock: _Clock) -> None:
        self._packets = packets
        self._decoder = decoder
        self._clock = clock

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        for number, picture in enumerate(self._packets.read_pictures(start)):
            if picture.offset >= end or number > _MAX_PICTURES_BEFORE_KEYFRAME:
                return
            # The random access flag is not set by all muxers: the headers of the picture decide.
            if picture.may_be_key(get_codec(self._decoder).keyframe_start_codes):
                sample = self._make_sample(picture)
                if get_codec(self._decoder).describe(b"", sample.data or b"").is_key:
                    yield sample

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        for picture in self._packets.read_pictures(offset):
            sample = self._make_sample(picture)
            yield ScannedSample(sample, bool(get_codec(self._decoder).describe(b"", sample.data or b"").is_key))

    def _make_sample(self, picture: PesPacket) -> CodedSample:
        data = picture.join_payload()
        return CodedSample(self._clock.to_seconds(picture.stamp), picture.offset, len(data), data=data)

    def find_end(self, size_bytes: int) -> tuple[float, float]:
        """Return the time of the last picture and the duration of a frame, in seconds. Raises: BrokenIndexError."""
        for number in range(1, _MAX_TAILS + 1):
            start = max(size_bytes - number * _TAIL_BYTES, 0)
            times = sorted(self._clock.to_seconds(picture.stamp) for picture in self._packets.read_pictures(start))
            if len(times) > 1 or (times and start == 0):
                # The median, as a lost packet or a cut makes one long gap.
                gaps = sorted(later - earlier for earlier, later in pairwise(times))
                return times[-1], gaps[len(gaps) // 2] if gaps else _USUAL_FRAME_S
        expected = f"two pictures in the last {_MAX_TAILS * _TAIL_BYTES} bytes"
        raise BrokenIndexError.at("mpegts PES", start, expected=expected, found="none")
