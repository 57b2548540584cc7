"""WMV: Advanced Systems Format (Microsoft, "ASF Specification", revision 01.20.05)."""

import struct

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack

_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_VIDEO_MEDIA = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_ENCRYPTION = {
    bytes.fromhex("fbb31122 23bdd211b4b700a0c955fc6e"),  # content encryption
    bytes.fromhex("14e68a29 2226174cb935dae07ee9289c"),  # extended content encryption
}
_MAX_OBJECTS = 256


def recognises(head: bytes) -> bool:
    return head[:16] == _HEADER


def inspect(read_at: ReadAt, size_bytes: int) -> Contents | None:
    end = min(int.from_bytes(read_at(16, 8), "little"), size_bytes)
    at, video, others, encrypted, duration_s = 30, [], 0, False, None
    for _ in range(_MAX_OBJECTS):
        identity, size = read_at(at, 16), int.from_bytes(read_at(at + 16, 8), "little")
        if at + 24 > end or size < 24:
            break
        body = read_at(at + 24, min(size - 24, 128))
        if identity == _FILE_PROPERTIES and len(body) >= 64:
            play_100ns, _, preroll_ms = struct.unpack_from("<QQQ", body, 40)
            duration_s = max(play_100ns / 1e7 - preroll_ms / 1e3, 0) or None
        elif identity == _STREAM_PROPERTIES:
            if body[:16] == _VIDEO_MEDIA and len(body) >= 62:
                width, height = struct.unpack_from("<II", body, 54)
                video.append(VideoTrack(width_px=width, height_px=height))
            else:
                others += 1
        encrypted = encrypted or identity in _ENCRYPTION
        at += size
    if not video and not others:
        return None
    tracks = tuple(VideoTrack(track.width_px, track.height_px, encrypted=encrypted) for track in video)
    return Contents(video=tracks, others=others, duration_s=duration_s)
