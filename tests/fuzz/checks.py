"""Properties of the parsers that hold for every file, however hostile: errors of their own, few reads, sane results."""

import contextlib
import math
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.worker.extraction import containers
from services.worker.extraction.codecs import CODECS, get_codec
from services.worker.extraction.containers import Contents
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream, read_samples
from services.worker.extraction.containers.timeline import Start
from services.worker.extraction.dolby_vision import profile_5, rpu
from services.worker.extraction.reading.reader import ByteRange, RangedReader

_MAX_CALLS = 400_000
_MAX_FETCHES = 600
_MAX_BYTES_PER_BYTE, _MAX_FREE_BYTES = 40, 64 * 1024 * 1024
"""Bytes that may be given to the parsers, for each byte of the file and in all."""
_MAX_CPU_S = 10.0
_MAX_CHAIN = 100
_SHARES = (0.05, 0.5, 0.95)
_MAX_DURATION_S = 366 * 24 * 3600
_MAX_TICKS_S = 1e15
"""Upper limit on a time that is no nonsense: a number of 64 bits in milliseconds."""


class UnsaneError(Exception):
    """A result that no caller can use."""


class OverLimitError(BaseException):
    """Reads beyond the limits: no parser may catch it."""


class MeteredReader(RangedReader):
    """A reader of a file in memory that ends a parser which asks for too much."""

    def __init__(self, content: bytes) -> None:
        super().__init__(lambda offset, length: content[offset : offset + length], len(content))
        self._left_calls = _MAX_CALLS
        self._left_bytes = min(_MAX_BYTES_PER_BYTE * len(content) + (1 << 22), _MAX_FREE_BYTES)

    def _count(self, calls: int, size_bytes: int) -> None:
        self._left_calls -= calls
        self._left_bytes -= size_bytes
        if self._left_calls < 0 or self.fetches > _MAX_FETCHES or self._left_bytes < 0:
            raise OverLimitError(f"{_MAX_CALLS - self._left_calls} reads, {self.fetches} from the source")

    def read_at(self, offset: int, length: int) -> bytes:
        if offset < 0:
            raise UnsaneError(f"a read at {offset}")
        data = super().read_at(offset, length)
        self._count(1, len(data))
        return data

    def read_all(self, ranges: Sequence[ByteRange]) -> list[bytes]:
        data = super().read_all(ranges)
        self._count(len(ranges), sum(map(len, data)))
        return data


@dataclass(frozen=True)
class Complaint:
    """A violated property: a line that names it, and the place of the error."""

    what: str
    details: str = ""

    def __str__(self) -> str:
        return f"{self.what}\n{self.details}" if self.details else self.what


def complain_about(check: Callable[[bytes], object], content: bytes) -> Complaint | None:
    """Return what is wrong after a check of some content; None if nothing is."""
    before = time.process_time()
    try:
        check(content)
    except (Exception, OverLimitError) as error:  # noqa: BLE001 - what is looked for
        *_, last = traceback.extract_tb(error.__traceback__) or [None]
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/services/" in frame.filename]
        frame = ours[-1] if ours else last
        place = f"{frame.filename.rpartition('/services/')[2]}:{frame.name}" if frame else ""
        return Complaint(f"{type(error).__name__} in {place}: {error}", traceback.format_exc(limit=-8))
    took_s = time.process_time() - before
    return Complaint(f"it took {took_s:.1f} s of CPU time") if took_s > _MAX_CPU_S else None


def require(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Raise UnsaneError unless a property holds."""
    if not holds:
        raise UnsaneError(what)


def check_container(content: bytes) -> None:
    """Inspect a file, open its index and find pictures through it. Raises: anything that no parser may raise."""
    reader = MeteredReader(content)
    container = containers.recognise_container(content[: containers.HEAD_BYTES])
    if container is None:
        return
    # Nothing catches an error of these: the child would end without an answer.
    reader.prefetch(container.plan_reads(reader))
    contents = container.inspect_contents(reader.read_at, reader.size_bytes)
    if contents is not None:
        _check_contents(contents)
    with contextlib.suppress(BrokenIndexError):
        _check_start(container.find_start(reader))
    with contextlib.suppress(BrokenIndexError):
        index = containers.open_index(reader, container.name)
        check_stream(index.stream)
        if 0 < index.stream.duration_s <= _MAX_DURATION_S:
            check_index(reader, index)


def _check_contents(contents: Contents) -> None:
    require(contents.others >= 0, "a negative number of tracks")
    for track in contents.video:
        require(track.width_px >= 0 and track.height_px >= 0 and track.samples >= 0, f"a track of {track}")
    duration_s = contents.duration_s
    require(duration_s is None or (math.isfinite(duration_s) and duration_s >= 0), f"a duration of {duration_s}")


def _check_start(start: Start) -> None:
    require(abs(start.first_s) < _MAX_TICKS_S, f"a start at {start}")
    require(start.duration_s is None or 0 <= start.duration_s < math.inf, f"a start with duration {start.duration_s}")


def check_stream(stream: Stream) -> None:
    """Check that every number of a stream can be calculated with."""
    get_codec(stream.decoder)
    require(stream.width_px >= 0 and stream.height_px >= 0, f"a size of {stream.width_px} x {stream.height_px}")
    require(math.isfinite(stream.duration_s), f"a duration of {stream.duration_s}")
    require(abs(stream.first_s) < _MAX_TICKS_S and not math.isnan(stream.end_s), f"a start at {stream.first_s}")
    require(0 <= stream.frame_s < math.inf, f"frames of {stream.frame_s} s")
    ratio = stream.sample_aspect_ratio
    require(ratio is None or 0 < ratio < math.inf, f"pixels of {ratio}")


def check_index(reader: RangedReader, index: Index) -> None:
    """Find pictures as the worker does, read them, and read their headers."""
    stream = index.stream
    times_s = [stream.clamp(stream.duration_s * share) for share in _SHARES]
    nearest = index.find_nearest(times_s)
    require(len(nearest) in (0, len(times_s)), f"{len(nearest)} keyframes for {len(times_s)} times")
    near = index.find_near(times_s[1], 5)
    require(all(abs(sample.time_s - times_s[1]) <= 5 for sample in near), "a keyframe that is not near")
    chain = index.find_decode_chain(times_s[2], _MAX_CHAIN)
    require(len(chain) <= _MAX_CHAIN, f"a chain of {len(chain)} pictures")
    for sample in (*nearest, *near, *chain):
        require(math.isfinite(sample.time_s), f"a picture at {sample.time_s} s")
    for samples in (nearest, near[:2], chain[:4]):
        pictures = _read(reader, samples)
        if pictures:
            check_codec(stream.decoder, stream.extradata, pictures)


def _read(reader: RangedReader, samples: Sequence[CodedSample]) -> list[bytes]:
    data = read_samples(reader, samples)
    for sample, read in zip(samples, data, strict=True):
        require(sample.data is not None or sample.offset + len(read) <= reader.size_bytes, "a picture outside the file")
    return data


def check_codec(decoder: str, extradata: bytes, pictures: Sequence[bytes]) -> None:
    """Read and rewrite the headers of pictures. No error is right: only the decoder decides what is damaged."""
    codec = get_codec(decoder)
    for picture in pictures:
        coded = codec.describe(extradata, picture)
        require(coded.width_px >= 0 and coded.height_px >= 0, f"a picture of {coded.width_px} x {coded.height_px}")
        ratio = coded.sample_aspect_ratio
        require(ratio is None or 0 < ratio < math.inf, f"pixels of {ratio}")
        codec.isolate_keyframe(extradata, picture)
        if codec.label_bt709:
            codec.label_bt709(extradata, picture)
        profile_5.is_profile_5(decoder, extradata, picture)
        _check_metadata(decoder, extradata, picture)
    if codec.make_progressive:
        codec.make_progressive(extradata, pictures)
    needed = codec.select_needed(extradata, pictures, [False] * (len(pictures) - 1) + [True])
    numbers = [number for number, _ in needed]
    require(numbers == sorted(set(numbers)) and set(numbers) <= set(range(len(pictures))), f"selected {numbers}")


def _check_metadata(decoder: str, extradata: bytes, picture: bytes) -> None:
    payload = rpu.find_rpu(extradata, picture) if decoder == "hevc" else None
    if payload:
        try:
            rpu.parse_rpu(payload)
        except rpu.UnsupportedRpuError:
            return


def check_coded(content: bytes) -> None:
    """Check a codec with bytes that name it: its number, the size of the extradata, both parts, each as a picture."""
    if len(content) < 4:
        return
    codec = CODECS[content[0] % len(CODECS)]
    size = int.from_bytes(content[1:3])
    extradata, rest = content[3 : 3 + size], content[3 + size :]
    half = len(rest) // 2
    check_codec(codec.decoder, extradata, [rest, rest[:half], rest[half:]])
