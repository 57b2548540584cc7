"""TS: keyframes by byte fractions, with times from the presentation time stamps (ISO/IEC 13818-1, 2.4.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.mpegts import inspect as container
from services.worker.extraction.containers.packets import Pes, PesReader
from services.worker.extraction.containers.scan import ScanIndex, Step
from services.worker.extraction.containers.stream import BrokenIndexError, Index, Sample, Stream
from services.worker.extraction.reading.reader import RangedReader

_DECODERS = {0x01: "mpeg1video", 0x02: "mpeg2video", 0x10: "mpeg4", 0x1B: "h264", 0x24: "hevc"}
_HEAD_BYTES = 256 * 1024
_TAIL_BYTES = 256 * 1024
_MOST_TAILS = 16
_CLOCK_HZ = 90_000
_WRAP = 1 << 33
_MOST_PICTURES_BEFORE_A_KEYFRAME = 2000


@dataclass(frozen=True)
class _Clock:
    """Seconds of a time stamp, counted from the first one; they begin anew every 26.5 hours."""

    zero: int

    def seconds(self, stamp: int) -> float:
        ticks = (stamp - self.zero) % _WRAP
        return (ticks - _WRAP if ticks > _WRAP // 2 else ticks) / _CLOCK_HZ


def open_index(reader: RangedReader) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    head = reader.read_at(0, _HEAD_BYTES)
    framing = container.find_framing(head)
    if framing is None:
        raise BrokenIndexError("no packets")
    pid, kind = _video(reader, framing, len(head))
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise BrokenIndexError(f"stream type {kind:#x}")
    packets = PesReader(reader, *framing, pid)
    first = next(packets.pictures(0), None)
    if first is None:
        raise BrokenIndexError("no picture with a time")
    scanner = PesScanner(packets, decoder, _Clock(first.stamp))
    key = next(scanner.keyframes(0, reader.size_bytes), None)
    if key is None or key.data is None:
        raise BrokenIndexError("no keyframe")
    coded = get_codec(decoder).describe(b"", key.data)
    end_s, frame_s = scanner.end(reader.size_bytes)
    stream = Stream(
        decoder=decoder,
        width_px=coded.width_px,
        height_px=coded.height_px,
        duration_s=end_s + frame_s,
        frame_s=frame_s,
    )
    return ScanIndex(reader, stream, scanner, (0, reader.size_bytes))


def _video(reader: RangedReader, framing: tuple[int, int], end: int) -> tuple[int, int]:
    """PID and type of the first video stream that a program map tells of."""
    map_pids: set[int] = set()
    for pid, _, section in container.packets(reader.read_at, *framing, end):
        if pid == 0 and section:
            map_pids |= container.mapped_pids(section)
        elif pid in map_pids and section:
            for kind, stream in container.streams(section):
                if kind in _DECODERS:
                    return stream, kind
    raise BrokenIndexError("no program map with a video")


class PesScanner:
    """Pictures of one PID from any place on."""

    def __init__(self, packets: PesReader, decoder: str, clock: _Clock) -> None:
        self._packets = packets
        self._decoder = decoder
        self._clock = clock

    def keyframes(self, start: int, end: int) -> Iterator[Sample]:
        for number, picture in enumerate(self._packets.pictures(start)):
            if picture.offset >= end or number > _MOST_PICTURES_BEFORE_A_KEYFRAME:
                return
            if picture.may_be_key(self._decoder):
                sample = self._sample(picture)
                if get_codec(self._decoder).describe(b"", sample.data or b"").is_key:
                    yield sample

    def steps(self, offset: int) -> Iterator[Step]:
        for picture in self._packets.pictures(offset):
            sample = self._sample(picture)
            yield Step(sample, bool(get_codec(self._decoder).describe(b"", sample.data or b"").is_key))

    def _sample(self, picture: Pes) -> Sample:
        data = picture.payload()
        return Sample(self._clock.seconds(picture.stamp), picture.offset, len(data), data=data)

    def end(self, size_bytes: int) -> tuple[float, float]:
        """When the last picture is shown, and how long one is, in seconds. Raises: BrokenIndexError."""
        for number in range(1, _MOST_TAILS + 1):
            start = max(size_bytes - number * _TAIL_BYTES, 0)
            times = sorted(self._clock.seconds(picture.stamp) for picture in self._packets.pictures(start))
            if len(times) > 1 or (times and start == 0):
                gaps = sorted(later - earlier for earlier, later in pairwise(times))
                return times[-1], gaps[len(gaps) // 2] if gaps else 0.04
        raise BrokenIndexError("no picture at the end")
