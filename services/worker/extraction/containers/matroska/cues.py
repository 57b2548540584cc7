"""Cues of a Matroska file (RFC 9559, 5.1.5): times of keyframes and offsets of their clusters."""

import re
from collections.abc import Iterator

from services.worker.extraction.containers.matroska.ebml import Element, parse_vint
from services.worker.extraction.containers.matroska.segment import Segment
from services.worker.extraction.containers.stream import BrokenIndexError
from services.worker.extraction.reading.reader import RangedReader

_USUAL_CUE = re.compile(rb"\xbb[\x81-\xfe]\xb3[\x81-\x88](.{1,8}?)\xb7[\x81-\xfe]\xf7\x81(.)\xf1[\x81-\x88]", re.DOTALL)
"""A cue point as all known muxers write it, up to the offset of its cluster: time, and track of its first position."""
_SHORT = 0x80
"""Marks a size that takes one byte."""
_CUE_POINT, _CUE_TIME, _CUE_TRACK_POSITIONS, _CUE_TRACK, _CUE_CLUSTER = 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
_MAX_CUES_BYTES = 8 * 1024 * 1024


def read_cues(reader: RangedReader, segment: Segment) -> list[tuple[int, int]]:
    """Return time in ticks and cluster offset of each keyframe; empty if there are no usable Cues.

    Offsets count from the start of the segment's data. Raises: BrokenIndexError, SourceError.
    """
    cues = segment.cues
    # A live recording has no Cues; too many would cost more than a scan.
    if cues is None or cues.end - cues.start > _MAX_CUES_BYTES:
        return []
    data = reader.read_at(cues.start, cues.end - cues.start)
    return sorted(set(_parse_cues(data, cues, segment.track.number)))


def _parse_cues(data: bytes, cues: Element, track: int) -> Iterator[tuple[int, int]]:
    """Yield time and cluster of each cue of a track.

    A tight loop, with a fast path for the usual form: two hours have thousands of cue points of some 20 bytes each.
    """
    at, end = 0, len(data)
    while at + 2 < end:
        usual = _USUAL_CUE.match(data, at)
        if usual and len(usual[1]) == data[at + 3] - _SHORT:
            offset_at, width = usual.end(), data[usual.end() - 1] - _SHORT
            if usual[2][0] == track:
                yield int.from_bytes(usual[1]), int.from_bytes(data[offset_at : offset_at + width])
            at += 2 + data[at + 1] - _SHORT
            continue
        size, body = _parse_size(data, at + 1, cues)
        following = body + size
        # Other children, as a checksum (CRC-32) or Void, are skipped.
        if data[at] == _CUE_POINT and following <= end:
            yield from _parse_cue(data, (body, following), cues, track)
        at = following


def _parse_cue(data: bytes, span: tuple[int, int], cues: Element, track: int) -> Iterator[tuple[int, int]]:
    """Yield time and cluster of each position of one cue point that is of the track."""
    at, end = span
    time = -1
    while at + 2 < end:
        child = data[at]
        size, start = _parse_size(data, at + 1, cues)
        at = start + size
        if child == _CUE_TIME:
            time = int.from_bytes(data[start:at])
        elif child == _CUE_TRACK_POSITIONS:
            if at > len(data):
                found = f"{len(data) - start}"
                raise BrokenIndexError.at(
                    "matroska CueTrackPositions", cues.start + start, expected=f"{size} bytes", found=found
                )
            number, cluster = _parse_position(data, (start, at), cues)
            if number == track and time >= 0:
                yield time, cluster


def _parse_position(data: bytes, span: tuple[int, int], cues: Element) -> tuple[int, int]:
    """Return track and cluster of a position; -1 for one that is missing."""
    at, end = span
    track = cluster = -1
    while at + 2 <= end:
        child = data[at]
        # Ids begin with a 1 bit for one byte and with 01 for two, as CueBlockNumber (0x5378).
        width = 2 if child >> 6 == 1 else 1
        size, start = _parse_size(data, at + width, cues)
        if width == 1 and child == _CUE_TRACK:
            track = int.from_bytes(data[start : start + size])
        elif width == 1 and child == _CUE_CLUSTER:
            cluster = int.from_bytes(data[start : start + size])
        at = start + size
    return track, cluster


def _parse_size(data: bytes, at: int, cues: Element) -> tuple[int, int]:
    """Return a size, and the offset after it. Raises: BrokenIndexError."""
    size = parse_vint(data, at, keep_marker=False)
    if size is None:
        found = data[at : at + 8].hex() or "the end"
        raise BrokenIndexError.at("matroska Cues", cues.start + at, expected="the size of an element", found=found)
    return size[0], at + size[1]
