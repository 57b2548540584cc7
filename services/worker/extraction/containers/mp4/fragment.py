"""One fragment of a fragmented MP4 (ISO/IEC 14496-12, 8.8): the samples of one track in it."""

import struct
from dataclasses import dataclass, replace

from services.worker.extraction.containers.mp4.boxes import Box, boxes
from services.worker.extraction.containers.stream import BrokenIndexError
from services.worker.extraction.reading.reader import RangedReader

_MOST_HEADER_BYTES = 4 * 1024 * 1024
_MOST_SAMPLES = 100_000
_IS_NO_KEYFRAME = 0x10000

# Flags of tfhd.
_BASE_OFFSET, _DESCRIPTION, _DURATION, _SIZE, _FLAGS = 1, 2, 8, 0x10, 0x20
# Flags of trun.
_OFFSET, _FIRST_FLAGS, _EACH_DURATION, _EACH_SIZE, _EACH_FLAGS, _EACH_COMPOSITION = 1, 4, 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True)
class Defaults:
    """Of a track's samples, where a fragment does not tell."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True)
class FragmentSample:
    """Times are in the track's own scale."""

    decoded: int
    shown: int
    offset: int
    size: int
    is_key: bool


@dataclass(frozen=True)
class Fragment:
    """`start` and `end` are those of the moof box; `samples` in decoding order, with none if it is of other tracks."""

    start: int
    end: int
    samples: tuple[FragmentSample, ...]
    duration: int
    """Of the samples, in the track's own scale."""
    tells_time: bool = True
    """Whether the fragment says when it begins. Smooth Streaming's do not."""


def defaults(reader: RangedReader, mvex: Box, track: int) -> Defaults:
    for box in boxes(reader.read_at, mvex.start, mvex.end):
        if box.type == b"trex":
            body = reader.read_at(box.start, 24)
            if len(body) == 24 and int.from_bytes(body[4:8]) == track:
                return Defaults(*struct.unpack_from(">III", body, 12))
    return Defaults()


def read(reader: RangedReader, moof: Box, track: int, usual: Defaults, *, decoded: int) -> Fragment:
    """Return the fragment whose header `moof` is. `decoded` is when it begins, if it does not tell.

    Raises: BrokenIndexError.
    """
    length = moof.end - moof.start
    if length > _MOST_HEADER_BYTES:
        raise BrokenIndexError(f"a fragment header of {length} bytes")
    header = reader.read_at(moof.start, length)
    start = moof.start - 8

    def read_at(offset: int, count: int) -> bytes:
        return header[offset : offset + count]

    samples: list[FragmentSample] = []
    now, tells_time = decoded, False
    for traf in boxes(read_at, 0, len(header)):
        if traf.type != b"traf":
            continue
        parts = list(boxes(read_at, traf.start, traf.end))
        head = next((header[part.start : part.end] for part in parts if part.type == b"tfhd"), b"")
        if len(head) < 8 or int.from_bytes(head[4:8]) != track:
            continue
        base, own = _head(head, start, usual)
        at = base
        for part in parts:
            body = header[part.start : part.end]
            if part.type == b"tfdt" and not samples:
                now, tells_time = int.from_bytes(body[4:12] if body[:1] == b"\1" else body[4:8]), True
            elif part.type == b"trun":
                run = _run(body, (base, at, now), own)
                samples += run.samples
                now, at = run.now, run.at
    first = samples[0].decoded if samples else now
    return Fragment(start, moof.end, tuple(samples), now - first, tells_time)


def within(found: Fragment, size_bytes: int) -> Fragment:
    """Return a fragment without its last samples, as far as they lie beyond the end of the file."""
    count = len(found.samples)
    while count and found.samples[count - 1].offset + found.samples[count - 1].size > size_bytes:
        count -= 1
    if count == len(found.samples):
        return found
    duration = found.samples[count].decoded - found.samples[0].decoded
    return replace(found, samples=found.samples[:count], duration=duration)


def delayed(found: Fragment, by: int) -> Fragment:
    """Return the same fragment, later by so much."""
    samples = tuple(replace(sample, decoded=sample.decoded + by, shown=sample.shown + by) for sample in found.samples)
    return replace(found, samples=samples)


def _head(tfhd: bytes, moof: int, usual: Defaults) -> tuple[int, Defaults]:
    """Where offsets count from, and the fragment's own defaults."""
    flags, at = int.from_bytes(tfhd[1:4]), 8
    base = moof
    if flags & _BASE_OFFSET:
        base, at = int.from_bytes(tfhd[at : at + 8]), at + 8
    if flags & _DESCRIPTION:
        at += 4
    values = [usual.duration, usual.size, usual.flags]
    for place, flag in enumerate((_DURATION, _SIZE, _FLAGS)):
        if flags & flag:
            values[place], at = int.from_bytes(tfhd[at : at + 4]), at + 4
    return base, Defaults(*values)


@dataclass(frozen=True)
class _Run:
    """`now` and `at` are when and where the next run begins."""

    samples: list[FragmentSample]
    now: int
    at: int


def _run(trun: bytes, start: tuple[int, int, int], own: Defaults) -> _Run:
    """The samples of a run; it starts at a base, at a place and at a time, unless it tells another place."""
    base, at, now = start
    samples: list[FragmentSample] = []
    flags, count = int.from_bytes(trun[1:4]), int.from_bytes(trun[4:8])
    place = 8
    if flags & _OFFSET:
        at, place = base + int.from_bytes(trun[place : place + 4], signed=True), place + 4
    first_flags = None
    if flags & _FIRST_FLAGS:
        first_flags, place = int.from_bytes(trun[place : place + 4]), place + 4
    columns = [flag for flag in (_EACH_DURATION, _EACH_SIZE, _EACH_FLAGS, _EACH_COMPOSITION) if flags & flag]
    if count > _MOST_SAMPLES or place + 4 * len(columns) * count > len(trun):
        raise BrokenIndexError("a run of too many samples")
    row = struct.Struct(f">{len(columns)}I")
    for number in range(count):
        told = dict(zip(columns, row.unpack_from(trun, place + number * row.size), strict=True))
        duration = told.get(_EACH_DURATION, own.duration)
        size = told.get(_EACH_SIZE, own.size)
        usual_flags = own.flags if number or first_flags is None else first_flags
        composition = told.get(_EACH_COMPOSITION, 0)
        # Version 0 says unsigned, but negative offsets are written in it as well.
        composition -= (composition & 0x80000000) << 1
        is_key = not told.get(_EACH_FLAGS, usual_flags) & _IS_NO_KEYFRAME
        samples.append(FragmentSample(now, now + composition, at, size, is_key))
        now += duration
        at += size
    return _Run(samples, now, at)
