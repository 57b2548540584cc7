"""Contents of an ASF file (Microsoft, "ASF Specification", revision 01.20.05)."""

import struct

from services.worker.extraction.containers.asf import objects
from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_MAX_BODY_BYTES = 128


def matches_head(head: bytes) -> bool:
    """Return True if the file begins with the GUID of a header object."""
    return head[:16] == objects.HEADER


def inspect_contents(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Return the tracks that the header lists; None if it lists none."""
    video, others, encrypted, duration_s = [], 0, False, None
    for item in objects.read_objects(read_at, objects.read_header_end(read_at, size_bytes)):
        body = read_at(item.start, min(item.size_bytes, _MAX_BODY_BYTES))
        if item.guid == objects.FILE_PROPERTIES and len(body) >= 64:
            play_100ns, _, preroll_ms = struct.unpack_from("<QQQ", body, 40)
            # The play duration includes the preroll (section 3.2).
            duration_s = max(play_100ns / 1e7 - preroll_ms / 1e3, 0) or None
        elif item.guid == objects.STREAM_PROPERTIES:
            if body[:16] == objects.VIDEO_MEDIA and len(body) >= 62:
                width, height = struct.unpack_from("<II", body, 54)
                video.append(VideoTrack(width_px=width, height_px=height))
            else:
                # Audio, scripts and images count as other tracks.
                others += 1
        # Content encryption objects are for the whole file, not for a track.
        encrypted = encrypted or item.guid in objects.ENCRYPTION
    if not video and not others:
        return None
    tracks = tuple(VideoTrack(track.width_px, track.height_px, encrypted=encrypted) for track in video)
    return Contents(video=tracks, others=others, duration_s=duration_s)
