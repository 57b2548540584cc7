"""Boxes of MP4, MOV, M4V and 3GP files (ISO/IEC 14496-12, 4.2; QuickTime File Format)."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.contents import ReadAt

HEADER_BYTES = 16
"""Upper limit, in bytes, on the header of a box."""
_PADDING = {b"free", b"skip"}
_MAX_BOXES = 4096


@dataclass(frozen=True)
class Mp4Box:
    """A box: its type and the range of its body from `start` to `end`, in bytes from the start of the file.

    `is_cut_off` is True if the parent, or the file, ends before the box does.
    """

    type: bytes
    start: int
    end: int
    is_cut_off: bool = False


def read_boxes(
    read_at: ReadAt, start: int, end: int, *, before: int | None = None, max_boxes: int = _MAX_BOXES
) -> Iterator[Mp4Box]:
    """Yield the boxes between two offsets; stop at the first of an impossible size, or that begins at `before`."""
    before = end if before is None else before
    for _ in range(max_boxes):
        header = read_at(start, HEADER_BYTES) if start + 8 <= end and start < before else b""
        if len(header) < 8:
            return
        size, kind, body = int.from_bytes(header[:4]), header[4:8], start + 8
        if size == 1:
            # A 64-bit size follows the type.
            size, body = int.from_bytes(header[8:16]), start + 16
        elif size == 0:
            # The box reaches to the end: a recorder that never came back to write the size of its mdat.
            size = end - start
        elif kind in _PADDING:
            # Some muxers do not count the header of a free box.
            size = max(size, body - start)
        if size < body - start:
            return
        yield Mp4Box(kind, body, min(start + size, end), start + size > end)
        start += size
