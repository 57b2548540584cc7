"""TS: MPEG-2 transport stream (ISO/IEC 13818-1), in packets of 188, 192 (M2TS) or 204 bytes."""

from collections import Counter
from collections.abc import Iterator

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_SYNC = 0x47
_PACKET_SIZES = (188, 192, 204)
_SEARCHED_BYTES = 1 << 20
_VIDEO_TYPES = {0x01, 0x02, 0x10, 0x1B, 0x24, 0x33, 0x42, 0xD1, 0xEA}
_LOOKED_AT = 64
"""Packets of video that tell whether it is scrambled."""
_NO_PICTURES = "The file is incomplete: it announces a video, and ends before the first picture."
_PRIVATE = 0x06
"""May hold AV1 or VP9 as well as subtitles: https://aomediacodec.github.io/av1-mpeg2-ts/"""


def recognises(head: bytes) -> bool:
    return find_framing(head) is not None


def find_framing(head: bytes) -> tuple[int, int] | None:
    """Offset of the first packet and size of a packet: five sync bytes in a row."""
    for size in _PACKET_SIZES:
        for start in range(size):
            if len(head) > start + 4 * size and all(head[start + n * size] == _SYNC for n in range(5)):
                return start, size
    return None


def inspect(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Follows the program association table to the program maps, whose stream types tell video from the rest."""
    framing = find_framing(read_at(0, 4096))
    if framing is None:
        return None
    map_pids: set[int] = set()
    video: dict[int, bool] = {}
    others: set[int] = set()
    may_hide_video = False
    looked_at = 0
    seen: Counter[int] = Counter()
    for pid, scrambled, section in packets(read_at, *framing, min(size_bytes, _SEARCHED_BYTES)):
        seen[pid] += 1
        if pid in video:
            if scrambled:
                video[pid] = True
            looked_at += 1
            if looked_at >= _LOOKED_AT:
                break
        if pid == 0 and section:
            map_pids |= mapped_pids(section)
        elif pid in map_pids and section:
            for kind, stream in streams(section):
                if kind in _VIDEO_TYPES:
                    video.setdefault(stream, False)
                else:
                    others.add(stream)
                    may_hide_video |= kind == _PRIVATE
            # A long map goes on in the next packet, where it is not followed.
            may_hide_video |= _section_end(section) > len(section)
    tracks = tuple(VideoTrack(encrypted=scrambled) for scrambled in video.values())
    was_all_seen = seen.total() == len(range(framing[0], size_bytes - 187, framing[1]))
    missing = _NO_PICTURES if video and was_all_seen and not video.keys() & seen.keys() else None
    return Contents(video=tracks, others=len(others), may_hide_video=may_hide_video, missing=missing)


def packets(read_at: ReadAt, start: int, size: int, end: int) -> Iterator[tuple[int, bool, bytes]]:
    """PID, whether it is scrambled, and the section that begins in it (or nothing), packet by packet."""
    for at in range(start, end - 187, size):
        packet = read_at(at, 188)
        if len(packet) < 188 or packet[0] != _SYNC:
            return
        pid = int.from_bytes(packet[1:3]) & 0x1FFF
        begins, scrambled = bool(packet[1] & 0x40), bool(packet[3] & 0xC0)
        payload = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        section = packet[payload + 1 + packet[payload] :] if begins and payload < 188 else b""
        yield pid, scrambled, section


def mapped_pids(section: bytes) -> set[int]:
    entries = section[8 : _section_end(section)] if section[:1] == b"\x00" else b""
    programs = [entries[at : at + 4] for at in range(0, len(entries) - 3, 4)]
    return {int.from_bytes(entry[2:]) & 0x1FFF for entry in programs if int.from_bytes(entry[:2])}


def _section_end(section: bytes) -> int:
    """Where the entries of a section end: its last 4 bytes are a checksum."""
    return 3 + (int.from_bytes(section[1:3]) & 0xFFF) - 4


def streams(section: bytes) -> Iterator[tuple[int, int]]:
    """Stream type and PID of each stream in a program map."""
    if section[:1] != b"\x02" or len(section) < 12:
        return
    end = min(_section_end(section), len(section))
    at = 12 + (int.from_bytes(section[10:12]) & 0xFFF)
    while at + 5 <= end:
        yield section[at], int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF
        at += 5 + (int.from_bytes(section[at + 3 : at + 5]) & 0xFFF)
