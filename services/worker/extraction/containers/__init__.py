"""The containers that are read: recognised by their first bytes, never by the name of the file.

Playlists, images, subtitles and the other things that FFmpeg would open under a video's name are none of these.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.worker.extraction.containers import asf, avi, flv, isobmff, matroska, mpegts
from services.worker.extraction.containers.tracks import Contents, ReadAt, VideoTrack
from services.worker.extraction.reader import Place

__all__ = ["Container", "Contents", "ReadAt", "VideoTrack", "recognise"]


@dataclass(frozen=True)
class Container:
    """`name` is for people, `demuxer` is FFmpeg's. `inspect` gives None where the file is too odd to tell.

    `looks_ahead` tells what `inspect` and the index read, as far as it can be known before: all in one round trip.
    """

    name: str
    demuxer: str
    recognises: Callable[[bytes], bool]
    inspect: Callable[[ReadAt, int], Contents | None]
    looks_ahead: Callable[[ReadAt, int], list[Place]] = lambda _read_at, _size_bytes: []


HEAD_BYTES = 4096
"""How much of a file's start is enough to recognise it."""

CONTAINERS = (
    Container("mp4", "mov", isobmff.recognises, isobmff.inspect, isobmff.looks_ahead),
    Container("matroska", "matroska", matroska.recognises, matroska.inspect),
    Container("avi", "avi", avi.recognises, avi.inspect),
    Container("flv", "flv", flv.recognises, flv.inspect),
    Container("asf", "asf", asf.recognises, asf.inspect),
    Container("mpegts", "mpegts", mpegts.recognises, mpegts.inspect),
)


def recognise(head: bytes) -> Container | None:
    """The container that a file beginning with `head` is; none of ours if None."""
    return next((container for container in CONTAINERS if container.recognises(head)), None)
