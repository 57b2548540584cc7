"""Contents of a Matroska file (RFC 9559)."""

import math

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack
from services.worker.extraction.containers.matroska import ebml
from services.worker.extraction.containers.matroska.ebml import Element, read_elements, read_float, read_unsigned

_CONTENT_ENCRYPTION = 0x5035


def matches_head(head: bytes) -> bool:
    """Return True if the file begins with the id of an EBML header."""
    return head[:4] == ebml.EBML


def inspect_contents(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Return the tracks that the segment lists; None if it has no list of tracks."""
    segment = next((element for element in read_elements(read_at, 0, size_bytes) if element.id == ebml.SEGMENT), None)
    if segment is None:
        return None
    found: dict[int, Element] = {}
    for element in read_elements(read_at, segment.start, segment.end):
        if element.id == ebml.CLUSTER:
            break
        # Of repeated elements the first counts.
        found.setdefault(element.id, element)
    # RFC 9559 allows Tracks after the clusters; then the seek head leads to them.
    if ebml.TRACKS not in found and ebml.SEEK_HEAD in found:
        found |= ebml.read_sought(read_at, segment, found[ebml.SEEK_HEAD])
    if ebml.TRACKS not in found:
        return None
    entries = [
        _read_entry(read_at, element)
        for element in read_elements(read_at, found[ebml.TRACKS].start, found[ebml.TRACKS].end)
        if element.id == ebml.TRACK_ENTRY
    ]
    video = tuple(entry for entry in entries if entry)
    duration_s = _read_duration_s(read_at, found[ebml.INFO]) if ebml.INFO in found else None
    return Contents(video=video, others=len(entries) - len(video), duration_s=duration_s)


def _read_entry(read_at: ReadAt, entry: Element) -> VideoTrack | None:
    """Return the track of an entry; None if it is not a video track."""
    kind = width = height = 0
    encrypted = False
    for element in read_elements(read_at, entry.start, entry.end):
        if element.id == ebml.TRACK_TYPE:
            kind = read_unsigned(read_at, element)
        elif element.id == ebml.VIDEO:
            values = {child.id: child for child in read_elements(read_at, element.start, element.end)}
            width = read_unsigned(read_at, values[ebml.PIXEL_WIDTH]) if ebml.PIXEL_WIDTH in values else 0
            height = read_unsigned(read_at, values[ebml.PIXEL_HEIGHT]) if ebml.PIXEL_HEIGHT in values else 0
        elif element.id == ebml.CONTENT_ENCODINGS:
            encrypted = any(
                child.id == _CONTENT_ENCRYPTION
                for encoding in read_elements(read_at, element.start, element.end)
                if encoding.id == ebml.CONTENT_ENCODING
                for child in read_elements(read_at, encoding.start, encoding.end)
            )
    return VideoTrack(width_px=width, height_px=height, encrypted=encrypted) if kind == ebml.VIDEO_TYPE else None


def _read_duration_s(read_at: ReadAt, info: Element) -> float | None:
    scale_ns, ticks = ebml.USUAL_TIMESTAMP_SCALE_NS, 0.0
    for element in read_elements(read_at, info.start, info.end):
        if element.id == ebml.TIMESTAMP_SCALE:
            scale_ns = read_unsigned(read_at, element)
        elif element.id == ebml.DURATION:
            ticks = read_float(read_at, element)
    duration_s = ticks * scale_ns / 1e9
    return duration_s if math.isfinite(duration_s) and duration_s > 0 else None
