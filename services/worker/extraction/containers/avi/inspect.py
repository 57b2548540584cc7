"""AVI: chunks of RIFF (Microsoft, "AVI RIFF File Reference")."""

import struct
from collections.abc import Iterator

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_MAX_CHUNKS = 1024


def recognises(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX")


def _chunks(read_at: ReadAt, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each chunk between two places; a list has its own type, and starts behind it."""
    for _ in range(_MAX_CHUNKS):
        header = read_at(start, 12) if start + 8 <= end else b""
        if len(header) < 8:
            return
        kind, size = header[:4], int.from_bytes(header[4:8], "little")
        is_list = kind in (b"LIST", b"RIFF")
        yield (header[8:12] if is_list else kind), start + (12 if is_list else 8), min(start + 8 + size, end)
        start += 8 + size + size % 2


def inspect(read_at: ReadAt, size_bytes: int) -> Contents | None:
    video, others, duration_s = [], 0, None
    for kind, start, end in _chunks(read_at, 12, size_bytes):
        if kind != b"hdrl":
            continue
        for inner, inner_start, inner_end in _chunks(read_at, start, end):
            if inner != b"strl":
                continue
            parts = {
                part: read_at(at, min(stop - at, 64)) for part, at, stop in _chunks(read_at, inner_start, inner_end)
            }
            header, stream_format = parts.get(b"strh", b""), parts.get(b"strf", b"")
            if header[:4] != b"vids" or len(header) < 36 or len(stream_format) < 20:
                others += 1
                continue
            width, height = struct.unpack_from("<ii", stream_format, 4)
            video.append(VideoTrack(width_px=abs(width), height_px=abs(height)))
            scale, rate, _, length = struct.unpack_from("<4I", header, 20)
            duration_s = duration_s or (length * scale / rate if rate else 0) or None
        return Contents(video=tuple(video), others=others, duration_s=duration_s)
    return None
