"""The record that each container format registers."""

from collections.abc import Callable
from dataclasses import dataclass

from services.worker.extraction.containers.contents import Contents, ReadAt
from services.worker.extraction.containers.stream import BrokenIndexError, Index
from services.worker.extraction.containers.timeline import Start
from services.worker.extraction.probe import UNTAGGED, Tags
from services.worker.extraction.reading.reader import ByteRange, RangedReader


def plan_no_reads(_reader: RangedReader) -> list[ByteRange]:
    """Return no ranges: of most containers it is not known in advance what will be read."""
    return []


def open_no_index(_reader: RangedReader) -> Index:
    """Raise BrokenIndexError: only FFmpeg reads the index of such a container."""
    raise BrokenIndexError.at("file", 0, expected="a container with a reader of its own", found="another")


def begin_at_zero(_reader: RangedReader) -> Start:
    """Return the start of a video whose first picture is shown at zero."""
    return Start()


def read_no_tags(_read_at: ReadAt, _size_bytes: int) -> Tags:
    """Return no tags."""
    return UNTAGGED


@dataclass(frozen=True)
class Container:
    """A container format.

    - `name`: shown to people, and a label of metrics.
    - `demuxer`: FFmpeg's name for it.
    - `matches_head(head)`: return True if a file that begins with these bytes is in this format.
    - `inspect_contents(read_at, size_bytes)`: return the tracks, None if the file is too damaged to list them.
    - `open_index(reader)`: return the index. Raises: BrokenIndexError if there is none that can be used, SourceError.
    - `plan_reads(reader)`: return the ranges that `inspect_contents` and `open_index` will read, as far as they are
      known, so that one round trip reads them all.
    - `find_start(reader)`: return the start of the video if the index cannot be used. Raises: as `open_index`.
    - `read_tags(read_at, size_bytes)`: return sound, chapters, creation and place. `read_at` raises LookupError for
      bytes that were not read before: tags are worth no request.
    """

    name: str
    demuxer: str
    matches_head: Callable[[bytes], bool]
    inspect_contents: Callable[[ReadAt, int], Contents | None]
    open_index: Callable[[RangedReader], Index] = open_no_index
    plan_reads: Callable[[RangedReader], list[ByteRange]] = plan_no_reads
    find_start: Callable[[RangedReader], Start] = begin_at_zero
    read_tags: Callable[[ReadAt, int], Tags] = read_no_tags

    @property
    def has_index(self) -> bool:
        """True if this project reads the index of the container."""
        return self.open_index is not open_no_index
