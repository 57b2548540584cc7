"""What a container says of itself before any decoder is opened."""

from collections.abc import Callable
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]
"""`read_at(offset, length)`: the bytes, fewer at the end of the file."""


@dataclass(frozen=True)
class VideoTrack:
    width_px: int = 0
    height_px: int = 0
    """Coded size; zero where the container does not tell."""
    encrypted: bool = False
    samples: int = 0
    """Coded pictures, as many as an index claims to list; zero where none tells beforehand."""


@dataclass(frozen=True)
class Contents:
    """The video tracks of a file and how many others there are, some of which `may_hide_video`.

    `missing` is a sentence about what no player can do without, and the file lacks. `duration_s` is what the container
    says, `needed_bytes` how long the file must be for all of its samples. `has_fragments` says that pictures follow
    which the header neither lists nor counts.
    """

    video: tuple[VideoTrack, ...] = ()
    others: int = 0
    may_hide_video: bool = False
    duration_s: float | None = None
    missing: str | None = None
    needed_bytes: int | None = None
    has_fragments: bool = False
