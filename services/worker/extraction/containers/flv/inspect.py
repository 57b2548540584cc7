"""FLV: Adobe Flash Video File Format Specification, version 10.1, annex E."""

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_AUDIO, _VIDEO = 8, 9
_SEARCHED_BYTES = 1 << 20


def recognises(head: bytes) -> bool:
    return head[:3] == b"FLV"


def inspect(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Looks for a video tag near the start: the flags of the header are often wrong."""
    at = int.from_bytes(read_at(5, 4)) + 4
    audio = 0
    while at + 11 <= min(size_bytes, _SEARCHED_BYTES):
        tag = read_at(at, 4)
        if tag[0] & 0x1F == _VIDEO:
            return Contents(video=(VideoTrack(encrypted=bool(tag[0] & 0x20)),), others=audio)
        audio |= int(tag[0] & 0x1F == _AUDIO)
        at += 11 + int.from_bytes(tag[1:4]) + 4
    return Contents(others=audio, may_hide_video=at < size_bytes)
