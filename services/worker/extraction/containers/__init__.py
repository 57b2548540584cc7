"""The containers that are read: recognised by their first bytes, never by the name of the file.

Playlists, images, subtitles and the other things that FFmpeg would open under a video's name are none of these.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.worker.extraction.containers.asf import index as asf_index
from services.worker.extraction.containers.asf import inspect as asf
from services.worker.extraction.containers.avi import index as avi_index
from services.worker.extraction.containers.avi import inspect as avi
from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack
from services.worker.extraction.containers.flv import index as flv_index
from services.worker.extraction.containers.flv import inspect as flv
from services.worker.extraction.containers.matroska import index as matroska_index
from services.worker.extraction.containers.matroska import inspect as matroska
from services.worker.extraction.containers.mp4 import boxes as mp4
from services.worker.extraction.containers.mp4 import index as mp4_index
from services.worker.extraction.containers.mpegts import index as mpegts_index
from services.worker.extraction.containers.mpegts import inspect as mpegts
from services.worker.extraction.containers.stream import Index
from services.worker.extraction.reading.reader import Place, RangedReader

__all__ = ["CONTAINERS", "HEAD_BYTES", "Container", "Contents", "ReadAt", "VideoTrack", "open_index", "recognise"]


@dataclass(frozen=True)
class Container:
    """A container format. `name` is for people, `demuxer` is FFmpeg's.

    `inspect` returns None if the file is too odd to tell. `open_index` raises BrokenIndexError if there is no index
    that can be used, and SourceError. `looks_ahead` lists what both of them read, as far as it can be known before, so
    that one round trip brings it.
    """

    name: str
    demuxer: str
    recognises: Callable[[bytes], bool]
    inspect: Callable[[ReadAt, int], Contents | None]
    open_index: Callable[[RangedReader], Index]
    looks_ahead: Callable[[ReadAt, int], list[Place]] = lambda _read_at, _size_bytes: []


HEAD_BYTES = 4096
"""Bytes of a file's start that are enough to recognise it."""

CONTAINERS = (
    Container("mp4", "mov", mp4.recognises, mp4.inspect, mp4_index.open_index, mp4.looks_ahead),
    Container("matroska", "matroska", matroska.recognises, matroska.inspect, matroska_index.open_index),
    Container("avi", "avi", avi.recognises, avi.inspect, avi_index.open_index),
    Container("flv", "flv", flv.recognises, flv.inspect, flv_index.open_index),
    Container("asf", "asf", asf.recognises, asf.inspect, asf_index.open_index),
    Container("mpegts", "mpegts", mpegts.recognises, mpegts.inspect, mpegts_index.open_index),
)

_BY_NAME = {container.name: container for container in CONTAINERS}


def recognise(head: bytes) -> Container | None:
    """Return the container that a file beginning with `head` is; None if it is none of ours."""
    return next((container for container in CONTAINERS if container.recognises(head)), None)


def open_index(reader: RangedReader, name: str) -> Index:
    """Open the index of a file in the container of that name. Raises: BrokenIndexError, SourceError."""
    return _BY_NAME[name].open_index(reader)
