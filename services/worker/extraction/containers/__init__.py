"""The container formats. Files are recognised by their first bytes, never by their names.

`CONTAINERS` have readers of our own, which find tracks and keyframes at little cost. FFmpeg recognises and demuxes the
`others`.
"""

from services.worker.extraction.containers import asf, avi, flv, matroska, mp4, mpegts
from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.contents import Contents, VideoTrack
from services.worker.extraction.containers.stream import Index
from services.worker.extraction.containers.tags import read_or_none
from services.worker.extraction.probe import UNTAGGED, Tags
from services.worker.extraction.reading.reader import RangedReader

__all__ = [
    "CONTAINERS",
    "HEAD_BYTES",
    "Container",
    "Contents",
    "VideoTrack",
    "open_index",
    "read_tags",
    "recognise_container",
]

HEAD_BYTES = 4096
"""Number of bytes at the start of a file that are enough to recognise it."""

CONTAINERS = (
    mp4.CONTAINER,
    matroska.CONTAINER,
    avi.CONTAINER,
    flv.CONTAINER,
    asf.CONTAINER,
    mpegts.CONTAINER,
)
"""In the order in which they are tried: MPEG-TS last, as its five sync bytes are the weakest mark."""

_BY_NAME = {container.name: container for container in CONTAINERS}


def recognise_container(head: bytes) -> Container | None:
    """Return the container of a file that begins with `head`; None if FFmpeg must recognise it."""
    return next((container for container in CONTAINERS if container.matches_head(head)), None)


def open_index(reader: RangedReader, name: str) -> Index:
    """Open the index of a file in the container with this name. Raises: BrokenIndexError, SourceError."""
    return _BY_NAME[name].open_index(reader)


def read_tags(reader: RangedReader, container: Container) -> Tags:
    """Return the tags of a file as far as they are in the bytes that were read already."""
    return read_or_none(lambda: container.read_tags(reader.read_cached, reader.size_bytes)) or UNTAGGED
