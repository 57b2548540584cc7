"""What an index knows of a video stream, and the coded pictures in it: enough to decode one without its container."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.worker.extraction.codecs.coded import UNTOLD, Colour
from services.worker.extraction.pixels.orientation import UPRIGHT, Orientation
from services.worker.extraction.reading.reader import RangedReader

MAX_SAMPLE_BYTES = 24 * 1024 * 1024
"""Most bytes in one coded picture: an 8K keyframe in ProRes has about 20 million."""


class BrokenIndexError(Exception):
    """The index is missing, damaged or too odd: the robust way must find the frames."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A video stream, as its container describes it.

    `decoder` is FFmpeg's name of one that is allowed. `tag` is the codec tag where the decoder depends on it. Sizes are
    coded ones; zero is unknown. `sample_aspect_ratio` is the width of a pixel over its height, None where only the
    bitstream may tell, and so with what the container says of the colour.
    """

    decoder: str
    tag: bytes = b""
    extradata: bytes = field(default=b"", repr=False)
    width_px: int = 0
    height_px: int = 0
    sample_aspect_ratio: float | None = None
    orientation: Orientation = UPRIGHT
    duration_s: float = 0.0
    frame_s: float = 0.0
    colour: Colour = UNTOLD
    is_cut_off: bool = False
    """The file ends before the container says."""
    missing: str = ""
    """Says which part of the video the index does not reach, although the duration does not count it; empty if none."""
    tells_order: bool = True
    """Samples have the times at which their own pictures are shown. AVI has only the order of decoding."""


@dataclass(frozen=True)
class Sample:
    """One coded picture. `time_s` is its presentation time from the first picture of the video.

    `data` is there when finding the sample meant reading it; otherwise it is `prefix` and the bytes at `offset`.
    """

    time_s: float
    offset: int = 0
    size_bytes: int = 0
    prefix: bytes = b""
    data: bytes | None = field(default=None, repr=False)


class Index(Protocol):
    """Where the pictures of one stream are. Every method may raise BrokenIndexError or SourceError."""

    @property
    def stream(self) -> Stream: ...

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        """The keyframe nearest to each time; none where there is no keyframe at all."""
        ...

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        """Keyframes at most so far from a time, the nearest first. Not all, if finding them is dear."""
        ...

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        """What must be decoded, in this order, to show the picture at a time: a keyframe, then all up to it, the last.

        An empty list where that is more than `most` pictures. Of two times behind one keyframe, the longer list shows
        both.
        """
        ...


def load(reader: RangedReader, samples: Sequence[Sample]) -> list[bytes]:
    """The bytes of several samples, read in parallel. Raises: BrokenIndexError, SourceError."""
    to_read = [sample for sample in samples if sample.data is None]
    if any(sample.offset < 0 or not 0 < sample.size_bytes <= MAX_SAMPLE_BYTES for sample in to_read):
        raise BrokenIndexError("a sample before the file, of no size, or of too many bytes")
    reader.prefetch([(sample.offset, sample.size_bytes) for sample in to_read])
    return [_bytes(reader, sample) for sample in samples]


def _bytes(reader: RangedReader, sample: Sample) -> bytes:
    if sample.data is not None:
        return sample.data
    data = reader.read_at(sample.offset, sample.size_bytes)
    if len(data) != sample.size_bytes:
        raise BrokenIndexError("a sample beyond the end of the file")
    return sample.prefix + data
