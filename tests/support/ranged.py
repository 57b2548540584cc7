"""Support of index tests: a reader that counts its reads, and the frames that an index finds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import containers
from services.worker.extraction.examine import examine_container
from services.worker.extraction.frames.indexed import IndexSearch
from services.worker.extraction.reading.reader import RangedReader
from tests.support.videos import frame_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from services.worker.extraction.frames.capture import Frame


@dataclass
class Counted:
    """A file that is read in ranges. `round_trips` counts reads that are sent together as one."""

    path: Path
    round_trips: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)

    @property
    def read_bytes(self) -> int:
        return sum(length for _, length in self.ranges)

    def reader(self) -> RangedReader:
        descriptor = os.open(self.path, os.O_RDONLY)

        def fetch_all(ranges: Sequence[tuple[int, int]]) -> list[bytes]:
            self.round_trips += 1
            self.ranges += ranges
            return [os.pread(descriptor, length, offset) for offset, length in ranges]

        return RangedReader(
            lambda offset, length: fetch_all([(offset, length)])[0],
            os.fstat(descriptor).st_size,
            fetch_all=fetch_all,
        )


def frames_at(path: Path, times_s: Sequence[float], counted: Counted | None = None) -> list[Frame]:
    """Return the frames at some times, by the index alone. Raises: BrokenIndexError."""
    reader = (counted or Counted(path)).reader()
    index = containers.open_index(reader, examine_container(reader).container.name)
    return IndexSearch(reader, index, ThumbnailOptions()).find_frames(times_s).frames


def numbers(frames: Sequence[Frame]) -> list[int]:
    """Return the numbers that are burned into frames."""
    return [frame_number(frame.image) for frame in frames]
