"""Index of a transport stream: keyframes at estimated offsets, with times from the presentation time stamps.

Source: ISO/IEC 13818-1, 2.4.3. A transport stream has no table of keyframes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.worker.extraction.codecs import CODECS, get_codec
from services.worker.extraction.containers.mpegts import tables
from services.worker.extraction.containers.mpegts.pes import PesPacket, PesReader
from services.worker.extraction.containers.scan import ScanIndex, ScannedSample
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream
from services.worker.extraction.containers.timeline import MAX_GAP_S, Start, Timeline
from services.worker.extraction.reading.reader import ByteRange, RangedReader

_DECODERS = {kind: codec.decoder for codec in CODECS for kind in codec.mpegts_types}
_HEAD_BYTES = 256 * 1024
_TAIL_BYTES = 256 * 1024
_MAX_TAILS = 16
_CLOCK_HZ = 90_000
_WRAP = 1 << 33
_USUAL_FRAME = 3600
_MAX_PICTURES_BEFORE_KEYFRAME = 2000


@dataclass(frozen=True)
class _Clock:
    """Extends time stamps, which start again at zero every 26.5 hours, to ticks that go on from the first one."""

    first: int

    def extend(self, stamp: int) -> int:
        # A time before the first one, as of B-frames, is less.
        ticks = (stamp - self.first) % _WRAP
        return self.first + (ticks - _WRAP if ticks > _WRAP // 2 else ticks)


@dataclass(frozen=True)
class _Program:
    """The first video of a program, and the sound of that program."""

    pid: int
    decoder: str
    sound: frozenset[int]


def plan_reads(reader: RangedReader) -> list[ByteRange]:
    """Return the start of the file, for the tables and the first times, and its end, for the last times."""
    size_bytes = reader.size_bytes
    return [(0, _HEAD_BYTES), (max(size_bytes - _TAIL_BYTES, 0), _TAIL_BYTES)]


def open_index(reader: RangedReader) -> Index:
    """Return the index of the first video stream. Raises: BrokenIndexError, SourceError."""
    framing, program, scanner = _open_scanner(reader)
    first = scanner.find_first(framing[0])
    # The size of the pictures is only in the headers of a keyframe.
    key = next(scanner.scan_keyframes(0, reader.size_bytes), None)
    if key is None or key.data is None:
        expected = f"a keyframe in the first {_MAX_PICTURES_BEFORE_KEYFRAME} pictures"
        raise BrokenIndexError.at("mpegts PES", framing[0], expected=expected, found="none")
    coded = get_codec(program.decoder).describe(b"", key.data)
    end, frame = scanner.find_end(reader.size_bytes)
    sound_end = scanner.find_sound_end(reader.size_bytes)
    if end is None and sound_end is None:
        expected = f"a picture in the last {_MAX_TAILS * _TAIL_BYTES} bytes"
        raise BrokenIndexError.at("mpegts PES", reader.size_bytes, expected=expected, found="none")
    stream = Stream(
        decoder=program.decoder,
        width_px=coded.width_px,
        height_px=coded.height_px,
        frame_s=frame / _CLOCK_HZ,
        max_gap_s=MAX_GAP_S,
    )
    stream = scanner.timeline.place(stream, first=first, end=end, sound_end=sound_end)
    return ScanIndex(reader, stream, scanner, (0, reader.size_bytes))


def find_start(reader: RangedReader) -> Start:
    """Return the start of the first video stream. Raises: BrokenIndexError, SourceError."""
    framing, _, scanner = _open_scanner(reader)
    first = scanner.find_first(framing[0])
    return Start(scanner.timeline.to_seconds(first))


def _open_scanner(reader: RangedReader) -> "tuple[tuple[int, int], _Program, PesScanner]":
    head = reader.read_at(0, _HEAD_BYTES)
    framing = tables.find_framing(head)
    if framing is None:
        raise BrokenIndexError.at("mpegts packets", 0, expected="five sync bytes in a row", found="none")
    program = _find_program(reader, framing, len(head))
    sound = [PesReader(reader, *framing, pid) for pid in program.sound]
    return framing, program, PesScanner(PesReader(reader, *framing, program.pid), sound, program.decoder)


def _find_program(reader: RangedReader, framing: tuple[int, int], end: int) -> _Program:
    """Return the first program map with a video stream. Raises: BrokenIndexError."""
    map_pids: set[int] = set()
    for pid, _, section in tables.read_packets(reader.read_at, *framing, end):
        if pid == 0 and section:
            map_pids |= tables.parse_program_pids(section)
        elif pid in map_pids and section:
            for kind, stream in tables.parse_streams(section):
                # The first video of the first program: others are further channels of a broadcast.
                if kind in _DECODERS:
                    return _Program(stream, _DECODERS[kind], frozenset(tables.parse_sound_pids(section)))
    expected = f"a video stream in the first {end} bytes"
    raise BrokenIndexError.at("mpegts program map", framing[0], expected=expected, found=f"{len(map_pids)} programs")


class PesScanner:
    """Pictures of one PID, read from any offset. `sound` are the readers of the sound of the same program."""

    def __init__(self, packets: PesReader, sound: Sequence[PesReader], decoder: str) -> None:
        self._packets = packets
        self._sound = sound
        self._decoder = decoder
        self._clock = _Clock(0)
        self.timeline = Timeline(_CLOCK_HZ)

    def find_first(self, start: int) -> int:
        """Return the time of the first picture in ticks, and begin the timeline with it or with the first sound.

        Raises: BrokenIndexError.
        """
        first = next(self._packets.read_stamps(start, 1 << 62), None)
        if first is None:
            raise BrokenIndexError.at("mpegts PES", start, expected="a picture with a time", found="none")
        self._clock = _Clock(first)
        # A packet that begins before the end of the head may end behind it.
        end = _HEAD_BYTES - tables.MAX_STRIDE_BYTES
        sound = [next(packets.read_stamps(start, end), first) for packets in self._sound]
        near = [begin for begin in map(self._clock.extend, sound) if first - begin < MAX_GAP_S * _CLOCK_HZ]
        self.timeline = Timeline.starting(_CLOCK_HZ, [first, *near])
        return first

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        for number, picture in enumerate(self._packets.read_pictures(start, self._decoder)):
            if picture.offset >= end or number > _MAX_PICTURES_BEFORE_KEYFRAME:
                return
            # The random access flag is not set by all muxers: the headers of the picture decide.
            if picture.may_be_key(get_codec(self._decoder).keyframe_start_codes):
                sample = self._make_sample(picture)
                if get_codec(self._decoder).describe(b"", sample.data or b"").is_key:
                    yield sample

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        for picture in self._packets.read_pictures(offset, self._decoder):
            sample = self._make_sample(picture)
            yield ScannedSample(sample, bool(get_codec(self._decoder).describe(b"", sample.data or b"").is_key))

    def _make_sample(self, picture: PesPacket) -> CodedSample:
        data = picture.join_payload(self._decoder)
        time_s = self.timeline.to_seconds(self._clock.extend(picture.stamp))
        return CodedSample(time_s, picture.offset, len(data), data=data)

    def find_sound_end(self, size_bytes: int) -> int | None:
        """Return the time of the last sound in ticks; None if there is none near the end of the file."""
        start = max(size_bytes - _TAIL_BYTES, 0)
        stamps = [stamp for packets in self._sound for stamp in packets.read_stamps(start, size_bytes)]
        return max(map(self._clock.extend, stamps), default=None)

    def find_end(self, size_bytes: int) -> tuple[int | None, int]:
        """Return the end of the last picture, None if it is not near the end, and the duration of a frame, in ticks."""
        times: list[int] = []
        for number in range(1, _MAX_TAILS + 1):
            start, stop = max(size_bytes - number * _TAIL_BYTES, 0), size_bytes - (number - 1) * _TAIL_BYTES
            self._packets.prefetch(start, stop)
            times += map(self._clock.extend, self._packets.read_stamps(start, stop))
            if len(times) > 1 or start == 0:
                break
        times.sort()
        # The median, as a lost packet or a cut makes one long gap.
        gaps = sorted(later - earlier for earlier, later in pairwise(times))
        frame = gaps[len(gaps) // 2] if gaps else _USUAL_FRAME
        return times[-1] + frame if times else None, frame
