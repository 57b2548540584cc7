"""MKV and WebM (RFC 9559): keyframes by the Cues, or by looking for clusters where there are none."""

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from services.worker.extraction.containers.matroska import head as matroska_head
from services.worker.extraction.containers.matroska.head import CLUSTER, Head
from services.worker.extraction.containers.matroska.inspect import Element, elements
from services.worker.extraction.containers.scan import ScanIndex, Step, run_up
from services.worker.extraction.containers.stream import MAX_SAMPLE_BYTES, BrokenIndexError, Index, Sample
from services.worker.extraction.reading.reader import RangedReader

_USUAL_CUE = re.compile(rb"\xbb[\x81-\xfe]\xb3[\x81-\x88](.{1,8}?)\xb7[\x81-\xfe]\xf7\x81(.)\xf1[\x81-\x88]", re.DOTALL)
"""A cue point as all muxers write it, up to the place of its cluster: time, and track of its first position."""
_SHORT = 0x80
"""Marks a size that takes one byte."""
_CUE_POINT, _CUE_TIME, _CUE_TRACK_POSITIONS, _CUE_TRACK, _CUE_CLUSTER = 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
_TIMESTAMP, _SIMPLE_BLOCK, _GROUP, _BLOCK, _REFERENCE = 0xE7, 0xA3, 0xA0, 0xA1, 0xFB
_KEYFRAME, _LACING = 0x80, 0x06
_MOST_CUES_BYTES = 8 * 1024 * 1024
_MOST_BLOCKS = 200_000
_HEAD_BYTES = 64 * 1024
_WINDOW_BYTES = 256 * 1024
_MOST_WINDOWS = 64
_MOST_NEIGHBOURS = 6
_CLUSTER_MARK = CLUSTER.to_bytes(4)


@dataclass(frozen=True)
class Block:
    """A block of the film: its time in ticks, and where its data is."""

    ticks: int
    is_key: bool
    start: int
    end: int


def open_index(reader: RangedReader) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    head = matroska_head.read(reader)
    clusters = Clusters(reader, head)
    first = next((block for block in clusters.blocks(head.clusters, head.end)), None)
    if first is None:
        raise BrokenIndexError("no block of the film")
    clusters.zero = first.ticks
    cues = _read_cues(reader, head)
    start_s = first.ticks * head.tick_s
    if cues and head.duration_s:
        stream = replace(head.track.stream, duration_s=_without_start(head.duration_s, start_s))
        return CuesIndex(replace(head, track=replace(head.track, stream=stream)), clusters, cues)
    end_s = head.duration_s or clusters.last_ticks() * head.tick_s
    stream = replace(head.track.stream, duration_s=end_s - start_s + head.track.stream.frame_s)
    return ScanIndex(reader, stream, clusters, (head.clusters, head.end))


def _without_start(duration_s: float, start_s: float) -> float:
    """Some muxers count a late start into the duration."""
    return duration_s - start_s if 0 < start_s < duration_s else duration_s


class Clusters:
    """The blocks of one track, cluster by cluster."""

    def __init__(self, reader: RangedReader, head: Head) -> None:
        self.reader = reader
        self._head = head
        self.zero = 0
        """Ticks of the first block."""

    def seconds(self, ticks: int) -> float:
        return (ticks - self.zero) * self._head.tick_s

    def blocks(self, start: int, end: int) -> Iterator[Block]:
        """The film's blocks in the clusters that begin between two places; a cluster begins at the first of them."""
        read_at = self.reader.read_at
        ticks = 0
        at = start
        for _ in range(_MOST_BLOCKS):
            item = next(elements(read_at, at, self._head.end), None)
            if item is None:
                return
            if item.id == CLUSTER:
                if at >= end:
                    return
                at = item.start  # into it: its children follow, and then the next cluster
                continue
            if item.id == _TIMESTAMP:
                ticks = matroska_head.unsigned(self.reader, item)
            elif item.id == _SIMPLE_BLOCK:
                if block := self._block(item, ticks, is_key=None):
                    yield block
            elif item.id == _GROUP:
                parts = {part.id: part for part in elements(read_at, item.start, item.end)}
                if _BLOCK in parts and (block := self._block(parts[_BLOCK], ticks, is_key=_REFERENCE not in parts)):
                    yield block
            at = item.end

    def _block(self, item: Element, ticks: int, *, is_key: bool | None) -> Block | None:
        """None if it is of another track. Raises: BrokenIndexError."""
        header = self.reader.read_at(item.start, 12)
        if len(header) < 5:
            return None
        width = 9 - header[0].bit_length() if header[0] else 9
        track = int.from_bytes(header[:width]) & ((1 << (7 * width)) - 1)
        if width > 8 or track != self._head.track.number:
            return None
        relative = int.from_bytes(header[width : width + 2], signed=True)
        flags = header[width + 2]
        if flags & _LACING:
            raise BrokenIndexError("several pictures in a block")
        is_key = bool(flags & _KEYFRAME) if is_key is None else is_key
        return Block(ticks + relative, is_key, item.start + width + 3, item.end)

    def sample(self, block: Block) -> Sample:
        track = self._head.track
        size = block.end - block.start
        if track.is_deflated:
            data = zlib.decompressobj().decompress(self.reader.read_at(block.start, size), MAX_SAMPLE_BYTES)
            return Sample(self.seconds(block.ticks), block.start, size, data=data)
        return Sample(self.seconds(block.ticks), block.start, size, prefix=track.stripped)

    def last_ticks(self) -> int:
        """The time of the last block, which is looked for from the end. Raises: BrokenIndexError."""
        end = min(self._head.end, self.reader.size_bytes)
        for number in range(1, _MOST_WINDOWS):
            start = max(end - number * _WINDOW_BYTES, self._head.clusters)
            place = self._find(start, min(start + _WINDOW_BYTES + 16, end))
            ticks = [block.ticks for block in self.blocks(place, end)] if place is not None else []
            if ticks:
                return max(ticks)
        raise BrokenIndexError("no last cluster")

    def keyframes(self, start: int, end: int) -> Iterator[Sample]:
        return (self.sample(block) for block in self._from(start, end) if block.is_key)

    def steps(self, offset: int) -> Iterator[Step]:
        # The cluster of a block is not known: look for it, a window at a time, before the block.
        for number in range(1, _MOST_WINDOWS):
            place = self._find_last(max(offset - number * _WINDOW_BYTES, self._head.clusters), offset)
            if place is not None:
                blocks = (block for block in self.blocks(place, self._head.end) if block.start >= offset)
                return (Step(self.sample(block), block.is_key) for block in blocks)
        return iter(())

    def _from(self, start: int, end: int) -> Iterator[Block]:
        for at in range(start, end, _WINDOW_BYTES):
            place = self._find(at, min(at + _WINDOW_BYTES + 16, self._head.end))
            if place is not None:
                yield from self.blocks(place, end)
                return

    def _find(self, start: int, end: int) -> int | None:
        """Where the first cluster between two places begins."""
        data = self.reader.read_at(start, end - start)
        at = data.find(_CLUSTER_MARK)
        while at >= 0:
            if self._is_cluster(start + at):
                return start + at
            at = data.find(_CLUSTER_MARK, at + 1)
        return None

    def _find_last(self, start: int, end: int) -> int | None:
        data = self.reader.read_at(start, end - start)
        at = data.rfind(_CLUSTER_MARK)
        while at >= 0:
            if self._is_cluster(start + at):
                return start + at
            at = data.rfind(_CLUSTER_MARK, 0, at)
        return None

    def _is_cluster(self, at: int) -> bool:
        """Four bytes may stand anywhere: a cluster has a timestamp first, perhaps behind a checksum."""
        item = next(elements(self.reader.read_at, at, self._head.end), None)
        first = next(elements(self.reader.read_at, item.start, item.end), None) if item else None
        return first is not None and first.id in (_TIMESTAMP, 0xBF)


def _read_cues(reader: RangedReader, head: Head) -> list[tuple[int, int]]:
    """Time in ticks and cluster of each keyframe of the film; none where there are no Cues that can be used."""
    if head.cues is None or head.cues.end - head.cues.start > _MOST_CUES_BYTES:
        return []
    data = reader.read_at(head.cues.start, head.cues.end - head.cues.start)
    return sorted(set(_cues(data, head.track.number)))


def _cues(data: bytes, track: int) -> Iterator[tuple[int, int]]:
    """A tight loop: two hours have thousands of cue points, of some 20 bytes each."""
    at, end = 0, len(data)
    while at + 2 < end:
        usual = _USUAL_CUE.match(data, at)
        if usual and len(usual[1]) == data[at + 3] - _SHORT:
            place, width = usual.end(), data[usual.end() - 1] - _SHORT
            if usual[2][0] == track:
                yield int.from_bytes(usual[1]), int.from_bytes(data[place : place + width])
            at += 2 + data[at + 1] - _SHORT
            continue
        size, body = _size(data, at + 1)
        following = body + size
        if data[at] == _CUE_POINT and following <= end:
            yield from _cue(data, body, following, track)
        at = following


def _cue(data: bytes, at: int, end: int, track: int) -> Iterator[tuple[int, int]]:
    time = -1
    while at + 2 < end:
        child = data[at]
        size, start = _size(data, at + 1)
        at = start + size
        if child == _CUE_TIME:
            time = int.from_bytes(data[start:at])
        elif child == _CUE_TRACK_POSITIONS:
            number, cluster = _positions(data, start, at)
            if number == track and time >= 0:
                yield time, cluster


def _positions(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Track and cluster of a cue."""
    track = cluster = -1
    while at + 2 <= end:
        child = data[at]
        width = 2 if child >> 6 == 1 else 1
        size, start = _size(data, at + width)
        if width == 1 and child == _CUE_TRACK:
            track = int.from_bytes(data[start : start + size])
        elif width == 1 and child == _CUE_CLUSTER:
            cluster = int.from_bytes(data[start : start + size])
        at = start + size
    return track, cluster


def _size(data: bytes, at: int) -> tuple[int, int]:
    """A size, and where it ends. Raises: BrokenIndexError."""
    first = data[at] if at < len(data) else 0
    if not first:
        raise BrokenIndexError("an element of no size")
    width = 9 - first.bit_length()
    return int.from_bytes(data[at : at + width]) & ((1 << (7 * width)) - 1), at + width


class CuesIndex:
    """Keyframes as the Cues tell."""

    def __init__(self, head: Head, clusters: Clusters, cues: Sequence[tuple[int, int]]) -> None:
        self.stream = head.track.stream
        self._head = head
        self._clusters = clusters
        self._ticks = [ticks for ticks, _ in cues]
        self._places = [head.start + place for _, place in cues]

    def _number_at(self, time_s: float) -> int:
        """The cue nearest to a time."""
        ticks = time_s / self._head.tick_s + self._clusters.zero
        after = bisect_right(self._ticks, ticks)
        near = [number for number in (after - 1, after) if 0 <= number < len(self._ticks)]
        return min(near, key=lambda number: abs(self._ticks[number] - ticks))

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._clusters.reader.prefetch([(self._places[number], _HEAD_BYTES) for number in numbers])
        return [self._keyframe(number) for number in numbers]

    def _keyframe(self, number: int) -> Sample:
        """The keyframe of a cue: what it tells is looked up, not believed. Raises: BrokenIndexError."""
        place, ticks = self._places[number], self._ticks[number]
        # Of two cues for one cluster the second is somewhere behind its start.
        for block in self._clusters.blocks(place, place + 1):
            if block.is_key and block.ticks >= ticks:
                if block.ticks == ticks:
                    return self._clusters.sample(block)
                break
        raise BrokenIndexError("a cue that leads nowhere")

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        middle = self._number_at(time_s)
        numbers = range(max(middle - _MOST_NEIGHBOURS, 0), min(middle + _MOST_NEIGHBOURS + 1, len(self._ticks)))
        near = [number for number in numbers if abs(self._clusters.seconds(self._ticks[number]) - time_s) <= within_s]
        self._clusters.reader.prefetch([(self._places[number], _HEAD_BYTES) for number in near])
        samples = [self._keyframe(number) for number in near]
        return sorted(samples, key=lambda sample: abs(sample.time_s - time_s))

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        ticks = time_s / self._head.tick_s + self._clusters.zero
        number = max(bisect_right(self._ticks, ticks) - 1, 0)
        blocks = self._clusters.blocks(self._places[number], self._clusters.reader.size_bytes)
        run = dropwhile(lambda block: not block.is_key or block.ticks != self._ticks[number], blocks)
        steps = (Step(self._clusters.sample(block), block.is_key) for block in run)
        return run_up(steps, self._clusters.seconds(self._ticks[number]), time_s, most)
