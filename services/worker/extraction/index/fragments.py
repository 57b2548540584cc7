"""Fragmented MP4 (ISO/IEC 14496-12, 8.8 and 8.16)."""

from services.worker.extraction.index.movie import Movie
from services.worker.extraction.reader import RangedReader
from services.worker.extraction.stream import BrokenIndexError, Index


def open_index(reader: RangedReader, film: Movie) -> Index:
    raise BrokenIndexError("fragments")
