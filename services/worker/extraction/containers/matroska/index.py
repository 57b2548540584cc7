"""Index of a Matroska file (RFC 9559): keyframes by the Cues, or at estimated offsets where there are none."""

import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from services.worker.extraction.containers.matroska.cues import read_cues
from services.worker.extraction.containers.matroska.ebml import CLUSTER, Element, read_elements, read_unsigned
from services.worker.extraction.containers.matroska.segment import Segment, read_segment
from services.worker.extraction.containers.scan import ScanIndex, ScannedSample, take_decode_chain
from services.worker.extraction.containers.stream import MAX_SAMPLE_BYTES, BrokenIndexError, CodedSample, Index
from services.worker.extraction.reading.reader import RangedReader

_TIMESTAMP, _SIMPLE_BLOCK, _GROUP, _BLOCK, _REFERENCE, _CRC = 0xE7, 0xA3, 0xA0, 0xA1, 0xFB, 0xBF
_KEYFRAME, _LACING = 0x80, 0x06
_MAX_BLOCKS = 200_000
_HEAD_BYTES = 64 * 1024
_WINDOW_BYTES = 256 * 1024
_MAX_WINDOWS = 64
_MAX_NEIGHBOURS = 6
_CLUSTER_MARK = CLUSTER.to_bytes(4)


@dataclass(frozen=True)
class Block:
    """A block of the video: its time in ticks, and the range of its data."""

    ticks: int
    is_key: bool
    start: int
    end: int


def open_index(reader: RangedReader) -> Index:
    """Return the index of the video track. Raises: BrokenIndexError, SourceError."""
    segment = read_segment(reader)
    clusters = ClusterReader(reader, segment)
    first = next((block for block in clusters.read_blocks(segment.clusters, segment.end)), None)
    if first is None:
        expected = f"a block of track {segment.track.number}"
        raise BrokenIndexError.at("matroska Cluster", segment.clusters, expected=expected, found="none")
    # Times are counted from the first picture: a cut or live file may begin at any time.
    clusters.zero = first.ticks
    cues = read_cues(reader, segment)
    start_s = first.ticks * segment.tick_s
    if cues and segment.duration_s:
        stream = replace(segment.track.stream, duration_s=_without_start(segment.duration_s, start_s))
        return CuesIndex(replace(segment, track=replace(segment.track, stream=stream)), clusters, cues)
    # Without a duration (live), the last block has the end.
    end_s = segment.duration_s or clusters.find_last_ticks() * segment.tick_s
    stream = replace(segment.track.stream, duration_s=end_s - start_s + segment.track.stream.frame_s)
    return ScanIndex(reader, stream, clusters, (segment.clusters, segment.end))


def _without_start(duration_s: float, start_s: float) -> float:
    """Return the duration from the first picture on: muxers write the time of the end, which includes a late start."""
    return duration_s - start_s if 0 < start_s < duration_s else duration_s


class ClusterReader:
    """Reads the blocks of one track, cluster by cluster."""

    def __init__(self, reader: RangedReader, segment: Segment) -> None:
        self.reader = reader
        self._segment = segment
        self.zero = 0
        """Ticks of the first block."""

    def to_seconds(self, ticks: int) -> float:
        return (ticks - self.zero) * self._segment.tick_s

    def read_blocks(self, start: int, end: int) -> Iterator[Block]:
        """Yield the track's blocks of the clusters that begin between two offsets; a cluster must begin at `start`."""
        read_at = self.reader.read_at
        ticks = 0
        at = start
        for _ in range(_MAX_BLOCKS):
            item = next(read_elements(read_at, at, self._segment.end), None)
            if item is None:
                return
            if item.id == CLUSTER:
                if at >= end:
                    return
                # Go on inside it: its children follow, then the next cluster. So its size does not matter, which
                # live muxers leave unknown.
                at = item.start
                continue
            if item.id == _TIMESTAMP:
                ticks = read_unsigned(read_at, item)
            elif item.id == _SIMPLE_BLOCK:
                if block := self._read_block(item, ticks, is_key=None):
                    yield block
            elif item.id == _GROUP:
                # A block in a group has no flag for keyframes: it is one if it references no other block.
                parts = {part.id: part for part in read_elements(read_at, item.start, item.end)}
                is_key = _REFERENCE not in parts
                if _BLOCK in parts and (block := self._read_block(parts[_BLOCK], ticks, is_key=is_key)):
                    yield block
            at = item.end

    def _read_block(self, item: Element, ticks: int, *, is_key: bool | None) -> Block | None:
        """Return a block; None if it is of another track. `is_key` None reads the flag. Raises: BrokenIndexError."""
        header = self.reader.read_at(item.start, 12)
        if len(header) < 5:
            return None
        width = 9 - header[0].bit_length() if header[0] else 9
        # The track number is a variable-size integer.
        track = int.from_bytes(header[:width]) & ((1 << (7 * width)) - 1)
        if width > 8 or len(header) < width + 3 or track != self._segment.track.number:
            return None
        # 16 bits, counted from the cluster's timestamp.
        relative = int.from_bytes(header[width : width + 2], signed=True)
        flags = header[width + 2]
        if flags & _LACING:
            raise BrokenIndexError.at("matroska Block", item.start, expected="one picture", found="lacing")
        is_key = bool(flags & _KEYFRAME) if is_key is None else is_key
        return Block(ticks + relative, is_key, item.start + width + 3, item.end)

    def make_sample(self, block: Block) -> CodedSample:
        track = self._segment.track
        size = block.end - block.start
        # A compressed block must be read to know its size; the limit stops a decompression bomb.
        if track.is_deflated:
            data = zlib.decompressobj().decompress(self.reader.read_at(block.start, size), MAX_SAMPLE_BYTES)
            return CodedSample(self.to_seconds(block.ticks), block.start, size, data=data)
        return CodedSample(self.to_seconds(block.ticks), block.start, size, prefix=track.stripped)

    def find_last_ticks(self) -> int:
        """Return the time of the last block, found from the end of the file. Raises: BrokenIndexError."""
        end = min(self._segment.end, self.reader.size_bytes)
        for number in range(1, _MAX_WINDOWS):
            start = max(end - number * _WINDOW_BYTES, self._segment.clusters)
            cluster = self._find_cluster(start, min(start + _WINDOW_BYTES + 16, end))
            ticks = [block.ticks for block in self.read_blocks(cluster, end)] if cluster is not None else []
            if ticks:
                return max(ticks)
        expected = f"a cluster in the last {_MAX_WINDOWS * _WINDOW_BYTES} bytes"
        raise BrokenIndexError.at("matroska Segment", end, expected=expected, found="none")

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        return (self.make_sample(block) for block in self._read_blocks_after(start, end) if block.is_key)

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        # The cluster of a block is unknown: find it before the block, window by window.
        for number in range(1, _MAX_WINDOWS):
            cluster = self._find_last_cluster(max(offset - number * _WINDOW_BYTES, self._segment.clusters), offset)
            if cluster is not None:
                blocks = (block for block in self.read_blocks(cluster, self._segment.end) if block.start >= offset)
                return (ScannedSample(self.make_sample(block), block.is_key) for block in blocks)
        return iter(())

    def _read_blocks_after(self, start: int, end: int) -> Iterator[Block]:
        """Yield the blocks from the first cluster between two offsets on."""
        for at in range(start, end, _WINDOW_BYTES):
            cluster = self._find_cluster(at, min(at + _WINDOW_BYTES + 16, self._segment.end))
            if cluster is not None:
                yield from self.read_blocks(cluster, end)
                return

    def _find_cluster(self, start: int, end: int) -> int | None:
        """Return the offset of the first cluster between two offsets; None if there is none."""
        data = self.reader.read_at(start, end - start)
        at = data.find(_CLUSTER_MARK)
        while at >= 0:
            if self._is_cluster(start + at):
                return start + at
            at = data.find(_CLUSTER_MARK, at + 1)
        return None

    def _find_last_cluster(self, start: int, end: int) -> int | None:
        """Return the offset of the last cluster between two offsets; None if there is none."""
        data = self.reader.read_at(start, end - start)
        at = data.rfind(_CLUSTER_MARK)
        while at >= 0:
            if self._is_cluster(start + at):
                return start + at
            at = data.rfind(_CLUSTER_MARK, 0, at)
        return None

    def _is_cluster(self, at: int) -> bool:
        """Return True if the four bytes of a cluster's id are followed by a timestamp, perhaps after a checksum."""
        item = next(read_elements(self.reader.read_at, at, self._segment.end), None)
        first = next(read_elements(self.reader.read_at, item.start, item.end), None) if item else None
        return first is not None and first.id in (_TIMESTAMP, _CRC)


class CuesIndex:
    """Keyframes by the Cues."""

    def __init__(self, segment: Segment, clusters: ClusterReader, cues: Sequence[tuple[int, int]]) -> None:
        self.stream = segment.track.stream
        self._segment = segment
        self._clusters = clusters
        self._ticks = [ticks for ticks, _ in cues]
        self._offsets = [segment.start + offset for _, offset in cues]

    def _number_at(self, time_s: float) -> int:
        """Return the number of the cue nearest to a time."""
        ticks = time_s / self._segment.tick_s + self._clusters.zero
        after = bisect_right(self._ticks, ticks)
        near = [number for number in (after - 1, after) if 0 <= number < len(self._ticks)]
        return min(near, key=lambda number: abs(self._ticks[number] - ticks))

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._clusters.reader.prefetch([(self._offsets[number], _HEAD_BYTES) for number in numbers])
        return [self._read_keyframe(number) for number in numbers]

    def _read_keyframe(self, number: int) -> CodedSample:
        """Return the keyframe of a cue, after a check that it is there. Raises: BrokenIndexError."""
        offset, ticks = self._offsets[number], self._ticks[number]
        # Of two cues for one cluster, the second keyframe is not the first block.
        for block in self._clusters.read_blocks(offset, offset + 1):
            if block.is_key and block.ticks >= ticks:
                if block.ticks == ticks:
                    return self._clusters.make_sample(block)
                break
        expected = f"a cluster with a keyframe at {ticks} ticks"
        raise BrokenIndexError.at("matroska CuePoint", offset, expected=expected, found="none")

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        middle = self._number_at(time_s)
        numbers = range(max(middle - _MAX_NEIGHBOURS, 0), min(middle + _MAX_NEIGHBOURS + 1, len(self._ticks)))
        near = [n for n in numbers if abs(self._clusters.to_seconds(self._ticks[n]) - time_s) <= within_s]
        self._clusters.reader.prefetch([(self._offsets[number], _HEAD_BYTES) for number in near])
        samples = [self._read_keyframe(number) for number in near]
        return sorted(samples, key=lambda sample: abs(sample.time_s - time_s))

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        ticks = time_s / self._segment.tick_s + self._clusters.zero
        number = max(bisect_right(self._ticks, ticks) - 1, 0)
        blocks = self._clusters.read_blocks(self._offsets[number], self._clusters.reader.size_bytes)
        chain = dropwhile(lambda block: not block.is_key or block.ticks != self._ticks[number], blocks)
        scanned = (ScannedSample(self._clusters.make_sample(block), block.is_key) for block in chain)
        first_s = self._clusters.to_seconds(self._ticks[number])
        return take_decode_chain(scanned, first_s=first_s, time_s=time_s, max_samples=max_samples)
