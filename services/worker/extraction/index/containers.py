"""Which module finds the keyframes in which container."""

from collections.abc import Callable

from services.worker.extraction.index import asf, avi, flv, isobmff, matroska, mpegts
from services.worker.extraction.reader import RangedReader
from services.worker.extraction.stream import BrokenIndexError, Index

_OPENERS: dict[str, Callable[[RangedReader], Index]] = {
    "mp4": isobmff.open_index,
    "matroska": matroska.open_index,
    "asf": asf.open_index,
    "avi": avi.open_index,
    "flv": flv.open_index,
    "mpegts": mpegts.open_index,
}


def open_index(reader: RangedReader, container: str) -> Index:
    """Raises: BrokenIndexError where there is none that can be used, SourceError."""
    opener = _OPENERS.get(container)
    if opener is None:
        raise BrokenIndexError(f"{container} is not indexed")
    return opener(reader)
