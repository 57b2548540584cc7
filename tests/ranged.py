"""A reader for the tests that counts what it reads, and in how many round trips."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.worker.extraction.reader import RangedReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass
class Counted:
    """A file, read in ranges. `round_trips` counts reads that go out together once."""

    path: Path
    round_trips: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)

    @property
    def read_bytes(self) -> int:
        return sum(length for _, length in self.places)

    def reader(self) -> RangedReader:
        descriptor = os.open(self.path, os.O_RDONLY)

        def fetch_all(places: Sequence[tuple[int, int]]) -> list[bytes]:
            self.round_trips += 1
            self.places += places
            return [os.pread(descriptor, length, offset) for offset, length in places]

        return RangedReader(
            lambda offset, length: fetch_all([(offset, length)])[0],
            os.fstat(descriptor).st_size,
            fetch_all=fetch_all,
        )
