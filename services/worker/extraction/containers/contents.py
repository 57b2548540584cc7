"""The contents of a file as its container declares them, before any decoder is opened."""

from collections.abc import Callable
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]
"""`read_at(offset, length)`: return the bytes, fewer at the end of the file."""


@dataclass(frozen=True)
class VideoTrack:
    """A video track as its container declares it."""

    width_px: int = 0
    height_px: int = 0
    """Coded size; zero if the container does not state it."""
    encrypted: bool = False
    samples: int = 0
    """Number of coded pictures that the index claims to list; zero if unknown."""


@dataclass(frozen=True)
class Contents:
    """The video tracks of a file and the number of other tracks.

    - `may_hide_video`: the other tracks, or a part that was not read, may contain video.
    - `duration_s`: as the container states it; None if it does not.
    - `missing`: a sentence that names a part without which no player can show the file; None if nothing is missing.
    - `needed_bytes`: the least size of a file that contains all samples of the index; None if unknown.
    - `has_fragments`: more pictures follow that the header neither lists nor counts.
    """

    video: tuple[VideoTrack, ...] = ()
    others: int = 0
    may_hide_video: bool = False
    duration_s: float | None = None
    missing: str | None = None
    needed_bytes: int | None = None
    has_fragments: bool = False
