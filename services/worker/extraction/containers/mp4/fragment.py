"""One fragment of a fragmented MP4 (ISO/IEC 14496-12, 8.8): its samples of one track."""

import struct
from dataclasses import dataclass, replace

from services.worker.extraction.containers.mp4.boxes import Mp4Box, read_boxes
from services.worker.extraction.containers.stream import BrokenIndexError
from services.worker.extraction.reading.reader import RangedReader

_MAX_HEADER_BYTES = 4 * 1024 * 1024
_MAX_SAMPLES = 100_000
_IS_NO_KEYFRAME = 0x10000

# Flags of tfhd.
_BASE_OFFSET, _DESCRIPTION, _DURATION, _SIZE, _FLAGS = 1, 2, 8, 0x10, 0x20
# Flags of trun.
_OFFSET, _FIRST_FLAGS, _EACH_DURATION, _EACH_SIZE, _EACH_FLAGS, _EACH_COMPOSITION = 1, 4, 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True)
class SampleDefaults:
    """Values of a track's samples that a fragment does not state."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True)
class FragmentSample:
    """A sample. Times are in the track's own scale."""

    decoded: int
    shown: int
    offset: int
    size: int
    is_key: bool


@dataclass(frozen=True)
class Fragment:
    """A fragment. `start` and `end` are those of the moof box.

    `samples` are in decoding order; a fragment of other tracks has none.
    """

    start: int
    end: int
    samples: tuple[FragmentSample, ...]
    duration: int
    """Of the samples, in the track's own scale."""
    has_time: bool = True
    """The fragment states the time of its first sample (tfdt box). Fragments of Smooth Streaming do not."""


def read_defaults(reader: RangedReader, mvex: Mp4Box, track: int) -> SampleDefaults:
    """Return the defaults that the movie box states for a track (trex box)."""
    for box in read_boxes(reader.read_at, mvex.start, mvex.end):
        if box.type == b"trex":
            body = reader.read_at(box.start, 24)
            if len(body) == 24 and int.from_bytes(body[4:8]) == track:
                return SampleDefaults(*struct.unpack_from(">III", body, 12))
    return SampleDefaults()


def read_fragment(reader: RangedReader, moof: Mp4Box, track: int, usual: SampleDefaults, *, decoded: int) -> Fragment:
    """Return the fragment with the header `moof`. `decoded` is its time if it does not state one.

    Raises: BrokenIndexError, SourceError.
    """
    length = moof.end - moof.start
    if length > _MAX_HEADER_BYTES:
        expected = f"at most {_MAX_HEADER_BYTES} bytes"
        raise BrokenIndexError.at("mp4 moof", moof.start, expected=expected, found=length)
    header = reader.read_at(moof.start, length)
    start = moof.start - 8

    def read_at(offset: int, count: int) -> bytes:
        return header[offset : offset + count]

    samples: list[FragmentSample] = []
    now, has_time = decoded, False
    for traf in read_boxes(read_at, 0, len(header)):
        if traf.type != b"traf":
            continue
        parts = list(read_boxes(read_at, traf.start, traf.end))
        head = next((header[part.start : part.end] for part in parts if part.type == b"tfhd"), b"")
        # One traf for each track; ffmpeg with `separate_moof` writes a moof for each track.
        if len(head) < 8 or int.from_bytes(head[4:8]) != track:
            continue
        base, own = _parse_header(head, start, usual)
        at = base
        for part in parts:
            body = header[part.start : part.end]
            if part.type == b"tfdt" and not samples:
                # Only the first run takes the time: the others go on from it.
                now, has_time = int.from_bytes(body[4:12] if body[:1] == b"\1" else body[4:8]), True
            elif part.type == b"trun":
                run = _parse_run(body, moof.start + part.start, (base, at, now), own)
                samples += run.samples
                now, at = run.now, run.at
    first = samples[0].decoded if samples else now
    return Fragment(start, moof.end, tuple(samples), now - first, has_time)


def trim_fragment(fragment: Fragment, size_bytes: int) -> Fragment:
    """Return a fragment without the last samples that are beyond the end of the file."""
    count = len(fragment.samples)
    # A recording that breaks off has the header of its last fragment, but not all of its samples.
    while count and fragment.samples[count - 1].offset + fragment.samples[count - 1].size > size_bytes:
        count -= 1
    if count == len(fragment.samples):
        return fragment
    duration = fragment.samples[count].decoded - fragment.samples[0].decoded
    return replace(fragment, samples=fragment.samples[:count], duration=duration)


def delay_fragment(fragment: Fragment, by: int) -> Fragment:
    """Return the same fragment with later times."""
    samples = tuple(replace(item, decoded=item.decoded + by, shown=item.shown + by) for item in fragment.samples)
    return replace(fragment, samples=samples)


def _parse_header(tfhd: bytes, moof: int, usual: SampleDefaults) -> tuple[int, SampleDefaults]:
    """Return the offset from which samples are counted, and the fragment's own defaults.

    Without a base offset, and with default-base-is-moof as well, that is the start of the moof box.
    """
    flags, at = int.from_bytes(tfhd[1:4]), 8
    base = moof
    if flags & _BASE_OFFSET:
        base, at = int.from_bytes(tfhd[at : at + 8]), at + 8
    # The number of the sample description is skipped: several codecs are not supported.
    if flags & _DESCRIPTION:
        at += 4
    values = [usual.duration, usual.size, usual.flags]
    for number, flag in enumerate((_DURATION, _SIZE, _FLAGS)):
        if flags & flag:
            values[number], at = int.from_bytes(tfhd[at : at + 4]), at + 4
    return base, SampleDefaults(*values)


@dataclass(frozen=True)
class _Run:
    """A run of samples. `now` and `at` are time and offset of the next run."""

    samples: list[FragmentSample]
    now: int
    at: int


def _parse_run(trun: bytes, box_at: int, start: tuple[int, int, int], own: SampleDefaults) -> _Run:
    """Return the samples of a run, whose box is at `box_at`. Raises: BrokenIndexError.

    `start` is the base of offsets, the offset after the run before, which is used if the run states none, and the time.
    """
    base, at, now = start
    samples: list[FragmentSample] = []
    flags, count = int.from_bytes(trun[1:4]), int.from_bytes(trun[4:8])
    fields_at = 8
    if flags & _OFFSET:
        # Signed: a run may begin before the moof box.
        at, fields_at = base + int.from_bytes(trun[fields_at : fields_at + 4], signed=True), fields_at + 4
    first_flags = None
    if flags & _FIRST_FLAGS:
        first_flags, fields_at = int.from_bytes(trun[fields_at : fields_at + 4]), fields_at + 4
    columns = [flag for flag in (_EACH_DURATION, _EACH_SIZE, _EACH_FLAGS, _EACH_COMPOSITION) if flags & flag]
    if count > _MAX_SAMPLES or fields_at + 4 * len(columns) * count > len(trun):
        expected = f"at most {_MAX_SAMPLES} samples in {len(trun)} bytes"
        raise BrokenIndexError.at("mp4 trun", box_at, expected=expected, found=count)
    row = struct.Struct(f">{len(columns)}I")
    for number in range(count):
        values = dict(zip(columns, row.unpack_from(trun, fields_at + number * row.size), strict=True))
        duration = values.get(_EACH_DURATION, own.duration)
        size = values.get(_EACH_SIZE, own.size)
        # The first sample of a run may differ from the rest: a keyframe at the start of the fragment.
        usual_flags = own.flags if number or first_flags is None else first_flags
        composition = values.get(_EACH_COMPOSITION, 0)
        # Version 0 says unsigned, but muxers write negative offsets into it as well.
        composition -= (composition & 0x80000000) << 1
        is_key = not values.get(_EACH_FLAGS, usual_flags) & _IS_NO_KEYFRAME
        samples.append(FragmentSample(now, now + composition, at, size, is_key))
        now += duration
        at += size
    return _Run(samples, now, at)
