"""Ranges of a Matroska file that its first bytes announce: the Cues, and the blocks behind the first picture."""

from services.worker.extraction.containers.contents import ReadAt
from services.worker.extraction.containers.matroska import ebml
from services.worker.extraction.containers.matroska.ebml import Element, read_elements
from services.worker.extraction.reading.reader import ByteRange, RangedReader

_HEAD_BYTES = 64 * 1024
"""Start of the file, which was read to recognise the container."""
_CUES_BYTES = 256 * 1024
"""Upper limit on what is read of the Cues, whose size is not known yet."""
_SOUND_BYTES = 64 * 1024
"""Length behind the first block in which the first sound is searched."""


def plan_reads(reader: RangedReader) -> list[ByteRange]:
    """Return the ranges of the Cues and of the first sound, as far as the start of the file leads to them."""
    size_bytes = reader.size_bytes
    head = reader.read_at(0, _HEAD_BYTES)

    def read_head(offset: int, length: int) -> bytes:
        return head[offset : offset + length]

    segment = next((item for item in read_elements(read_head, 0, size_bytes) if item.id == ebml.SEGMENT), None)
    if segment is None:
        return []
    ranges: list[ByteRange] = []
    for item in read_elements(read_head, segment.start, segment.end):
        if item.id == ebml.SEEK_HEAD:
            at = segment.start + ebml.read_seeks(read_head, item).get(ebml.CUES, 0)
            ranges += [(at, min(size_bytes - at, _CUES_BYTES))] if len(head) < at < size_bytes else []
        elif item.id == ebml.CLUSTER:
            end = _find_first_end(read_head, item)
            return [*ranges, (end, _SOUND_BYTES)] if len(head) < end < size_bytes else ranges
    return ranges


def _find_first_end(read_head: ReadAt, cluster: Element) -> int:
    """Return the end of the first element of a cluster that ends behind the head; 0 if there is none."""
    ends = (item.end for item in read_elements(read_head, cluster.start, cluster.end))
    return next((end for end in ends if not read_head(end, 1)), 0)
