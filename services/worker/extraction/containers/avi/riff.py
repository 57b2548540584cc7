"""Chunks of RIFF files (Microsoft, "AVI RIFF File Reference")."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.contents import ReadAt

_MAX_CHUNKS = 4096
_LISTS = (b"LIST", b"RIFF")


@dataclass(frozen=True)
class Chunk:
    """A chunk: its type, for a list the list's own type, and the range of its data from `start` to `end`."""

    kind: bytes
    start: int
    end: int


def read_chunks(read_at: ReadAt, start: int, end: int) -> Iterator[Chunk]:
    """Yield the chunks between two offsets; stop at the first that does not fit."""
    for _ in range(_MAX_CHUNKS):
        # 12 bytes: type and size, and the type of a list.
        header = read_at(start, 12) if start + 8 <= end else b""
        if len(header) < 8:
            return
        kind, size = header[:4], int.from_bytes(header[4:8], "little")
        is_list = kind in _LISTS
        yield Chunk(header[8:12] if is_list else kind, start + (12 if is_list else 8), min(start + 8 + size, end))
        # Chunks are padded to an even length.
        start += 8 + size + size % 2
