"""Contents of an MPEG-2 transport stream (ISO/IEC 13818-1)."""

from collections import Counter

from services.worker.extraction.codecs import CODECS
from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack
from services.worker.extraction.containers.mpegts import tables

_HEAD_BYTES = 4096
_MAX_SEARCHED_BYTES = 1 << 20
_VIDEO_TYPES = {kind for codec in CODECS for kind in codec.mpegts_types} | {0x33, 0x42, 0xD1, 0xEA}
"""The supported codecs, and VVC, CAVS, Dirac and VC-1: a file of these has video, but of an unsupported codec."""
_CHECKED_VIDEO_PACKETS = 64
"""Number of packets of video that are checked for scrambling."""
_NO_PICTURES = "The file is incomplete: it announces a video, and ends before the first picture."


def matches_head(head: bytes) -> bool:
    """Return True if there are five sync bytes at the distance of packets."""
    return tables.find_framing(head) is not None


def inspect_contents(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Return the streams of all programs near the start: video by its stream type, and others.

    The program association table leads to the program maps, which list the streams.
    """
    framing = tables.find_framing(read_at(0, _HEAD_BYTES))
    if framing is None:
        return None
    map_pids: set[int] = set()
    video: dict[int, bool] = {}
    others: set[int] = set()
    may_hide_video = False
    checked = 0
    seen: Counter[int] = Counter()
    for pid, scrambled, section in tables.read_packets(read_at, *framing, min(size_bytes, _MAX_SEARCHED_BYTES)):
        seen[pid] += 1
        if pid in video:
            if scrambled:
                # Pay TV scrambles the payload and leaves the tables readable.
                video[pid] = True
            checked += 1
            if checked >= _CHECKED_VIDEO_PACKETS:
                break
        if pid == 0 and section:
            map_pids |= tables.parse_program_pids(section)
        elif pid in map_pids and section:
            for kind, stream in tables.parse_streams(section):
                if kind in _VIDEO_TYPES:
                    video.setdefault(stream, False)
                else:
                    # Audio, subtitles and data count as other tracks.
                    others.add(stream)
                    may_hide_video |= kind == tables.PRIVATE
            # A long map continues in the next packet, which is not read.
            may_hide_video |= tables.find_section_end(section) > len(section)
    tracks = tuple(VideoTrack(encrypted=scrambled) for scrambled in video.values())
    packets = len(range(framing[0], size_bytes - tables.PACKET_BYTES + 1, framing[1]))
    missing = _NO_PICTURES if video and seen.total() == packets and not video.keys() & seen.keys() else None
    return Contents(video=tracks, others=len(others), may_hide_video=may_hide_video, missing=missing)
