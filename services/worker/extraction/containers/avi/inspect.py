"""Contents of an AVI file (Microsoft, "AVI RIFF File Reference")."""

import struct

from services.worker.extraction.containers.avi.riff import Chunk, read_chunks
from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_MAX_PART_BYTES = 64


def matches_head(head: bytes) -> bool:
    """Return True if the file begins with a RIFF list of an AVI."""
    return head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX")


def inspect_contents(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Return the streams that the header list has; None if there is no header list."""
    headers = next((chunk for chunk in read_chunks(read_at, 12, size_bytes) if chunk.kind == b"hdrl"), None)
    if headers is None:
        return None
    video, others, duration_s, has_both = [], 0, None, False
    for stream in read_chunks(read_at, headers.start, headers.end):
        if stream.kind != b"strl":
            continue
        parts = {part.kind: part for part in read_chunks(read_at, stream.start, stream.end)}
        header, picture = _read_part(read_at, parts.get(b"strh")), _read_part(read_at, parts.get(b"strf"))
        # DV of a camera has picture and sound in one stream (type 1): only FFmpeg separates them.
        has_both |= header[:4] == b"iavs"
        if header[:4] != b"vids" or len(header) < 36 or len(picture) < 20:
            others += 1
            continue
        # BITMAPINFOHEADER: a negative height means rows from top to bottom.
        width, height = struct.unpack_from("<ii", picture, 4)
        video.append(VideoTrack(width_px=abs(width), height_px=abs(height)))
        scale, rate, _, length = struct.unpack_from("<4I", header, 20)
        # Length is in units of scale / rate seconds.
        duration_s = duration_s or (length * scale / rate if rate else 0) or None
    return Contents(video=tuple(video), others=others, may_hide_video=has_both, duration_s=duration_s)


def _read_part(read_at: ReadAt, part: Chunk | None) -> bytes:
    return read_at(part.start, min(part.end - part.start, _MAX_PART_BYTES)) if part else b""
