"""The interface of an index: one video stream and its coded pictures, enough to decode without the container."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable

from services.worker.extraction.codecs.coded import UNTOLD, Colour
from services.worker.extraction.pixels.orientation import UPRIGHT, Orientation
from services.worker.extraction.reading.reader import RangedReader

MAX_SAMPLE_BYTES = 24 * 1024 * 1024
"""Upper limit, in bytes, on one coded picture: an 8K keyframe in ProRes has about 20 million."""


class BrokenIndexError(Exception):
    """An index that is missing, damaged or not supported: the frames must be found without it."""

    @classmethod
    def at(cls, element: str, offset: int, *, expected: str, found: object) -> Self:
        """Return the error of a parser: "mp4 stsz at 1234: expected 1 to 67108864 samples, found 0".

        `element` is the container and the box, chunk or element. `offset` is its place in the file, in bytes; for a
        missing one, the place of its parent.
        """
        return cls(f"{element} at {offset}: expected {expected}, found {found}")


class JumpingClockError(BrokenIndexError):
    """Times that start again or leave a gap, as in recordings that were joined: positions cannot be sought by time."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A video stream as its container describes it.

    - `decoder`: FFmpeg's name of an allowed decoder.
    - `tag`: the codec tag, only if the decoder depends on it.
    - `width_px`, `height_px`: coded size; zero if unknown.
    - `sample_aspect_ratio`: width of a pixel over its height; None if the container does not state it.
    - `frame_s`: usual duration of a frame; zero if unknown.
    - `duration_s`: duration of the whole presentation, sound included.
    - `first_s`, `end_s`: times of the first picture in the file, and of the end of the last one: see `timeline`.
    """

    decoder: str
    tag: bytes = b""
    extradata: bytes = field(default=b"", repr=False)
    width_px: int = 0
    height_px: int = 0
    sample_aspect_ratio: float | None = None
    orientation: Orientation = UPRIGHT
    duration_s: float = 0.0
    first_s: float = 0.0
    end_s: float = math.inf
    frame_s: float = 0.0
    colour: Colour = UNTOLD
    is_ipt: bool = False
    """The pictures are in Dolby Vision's IPT-PQ-C2, which needs the metadata in them."""
    is_cut_off: bool = False
    """The file ends before the end that the container states."""
    missing: str = ""
    """A sentence about the part of the video that the index does not reach, although the duration does not count it."""
    max_gap_s: float = math.inf
    """Upper limit on the time between two pictures; a longer one is a jump of the clock."""
    has_display_times: bool = True
    """Each sample has the time at which its own picture is shown. Samples of AVI have only the order of decoding."""

    def clamp(self, time_s: float) -> float:
        """Return the time itself, or that of the first or last picture if the video begins later or ends earlier."""
        return min(max(time_s, self.first_s), self.end_s)


@dataclass(frozen=True)
class CodedSample:
    """One coded picture. `time_s` is its time on the presentation timeline: see `timeline`.

    `data` is set if finding the sample included reading it; otherwise its bytes are `prefix` and those at `offset`.
    """

    time_s: float
    offset: int = 0
    size_bytes: int = 0
    prefix: bytes = b""
    data: bytes | None = field(default=None, repr=False)


class Index(Protocol):
    """Offsets and times of one stream's pictures. Every method may raise BrokenIndexError or SourceError."""

    @property
    def stream(self) -> Stream: ...

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        """Return the keyframe nearest to each time; an empty list if there is no keyframe at all."""
        ...

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        """Return keyframes at most `within_s` from a time, the nearest first.

        Some may be left out where finding them is expensive.
        """
        ...

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        """Return the samples to decode, in order, to show the picture at a time: from its keyframe to the picture.

        Return an empty list if they are more than `max_samples`. For two times after one keyframe, the longer list
        shows both.
        """
        ...


@runtime_checkable
class RefinableIndex(Protocol):
    """An index that estimates: its chains are right, but may be far longer than needed or of estimated times."""

    def refine(self, time_s: float) -> None:
        """Read more of the file, so that `find_decode_chain` near a time is exact and as short as possible."""
        ...


def read_samples(reader: RangedReader, samples: Sequence[CodedSample]) -> list[bytes]:
    """Return the bytes of several samples, which are read in parallel. Raises: BrokenIndexError, SourceError."""
    to_read = [sample for sample in samples if sample.data is None]
    for sample in to_read:
        if sample.offset < 0 or not 0 < sample.size_bytes <= MAX_SAMPLE_BYTES:
            expected = f"1 to {MAX_SAMPLE_BYTES} bytes inside the file"
            raise BrokenIndexError.at("sample", sample.offset, expected=expected, found=sample.size_bytes)
    reader.prefetch([(sample.offset, sample.size_bytes) for sample in to_read])
    return [_read_sample(reader, sample) for sample in samples]


def _read_sample(reader: RangedReader, sample: CodedSample) -> bytes:
    if sample.data is not None:
        return sample.data
    data = reader.read_at(sample.offset, sample.size_bytes)
    if len(data) != sample.size_bytes:
        expected = f"{sample.size_bytes} bytes"
        raise BrokenIndexError.at("sample", sample.offset, expected=expected, found=len(data))
    return sample.prefix + data
