"""Index of a Matroska file (RFC 9559): keyframes by the Cues, or at estimated offsets where there are none."""

import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, pairwise

from services.worker.extraction.containers.matroska.cues import read_cues
from services.worker.extraction.containers.matroska.ebml import CLUSTER, Element, read_elements, read_unsigned
from services.worker.extraction.containers.matroska.segment import Segment, read_segment
from services.worker.extraction.containers.scan import ScanIndex, ScannedSample, take_decode_chain
from services.worker.extraction.containers.stream import MAX_SAMPLE_BYTES, BrokenIndexError, CodedSample, Index, Stream
from services.worker.extraction.containers.timeline import Start, Timeline
from services.worker.extraction.reading.reader import RangedReader

_TIMESTAMP, _SIMPLE_BLOCK, _GROUP, _BLOCK, _REFERENCE, _CRC = 0xE7, 0xA3, 0xA0, 0xA1, 0xFB, 0xBF
_KEYFRAME, _LACING = 0x80, 0x06
_MAX_BLOCKS = 200_000
_HEAD_BYTES = 64 * 1024
_MAX_AHEAD_BYTES = 1024 * 1024
_MAX_PREFETCHED_BYTES = 12 * 1024 * 1024
_WINDOW_BYTES = 256 * 1024
_MAX_WINDOWS = 64
_BLOCK_HEADER_BYTES = 32
_MAX_NEIGHBOURS = 6
_COMPARED_CUES, _MAX_AFTER_CUE_S = 64, 12.0
"""If the stated end is further from the last cue than those cues are from each other, it is checked.

The second is for a video with a single keyframe.
"""
_MAX_LATE_SHARE = 0.01
"""Upper limit on a late start, as a share of the stated duration, that may be counted wrong."""
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
    first = clusters.find_start()
    if first is None:
        expected = f"a block of track {segment.track.number}"
        raise BrokenIndexError.at("matroska Cluster", segment.clusters, expected=expected, found="none")
    cues = read_cues(reader, segment)
    stream = _set_times(segment, clusters, first, cues)
    if segment.is_followed:
        missing = f"Several recordings were joined: the one after {stream.duration_s:.1f} s is not shown."
        stream = replace(stream, missing=missing)
    if cues:
        segment = replace(segment, track=replace(segment.track, stream=stream))
        return CuesIndex(segment, clusters, cues, keyframe_bytes=first.end - first.start)
    return ScanIndex(reader, stream, clusters, (segment.clusters, segment.end))


def _set_times(segment: Segment, clusters: "ClusterReader", first: Block, cues: Sequence[tuple[int, int]]) -> Stream:
    """Return the stream with its times: by the header if the cues agree with it, else by the last blocks."""
    timeline, stream = clusters.timeline, segment.track.stream
    stated = _find_stated_end(segment, clusters, cues)
    if stated is not None and (not cues or stated - cues[-1][0] <= _find_usual_end(timeline, cues)):
        return timeline.place(stream, first=first.ticks, end=None, sound_end=stated)
    # Without a duration (live), or if the video may end before it.
    end = clusters.find_last_ticks() + timeline.ticks_per_s * stream.frame_s
    stream = timeline.place(stream, first=first.ticks, end=end, sound_end=clusters.last_sound)
    if not clusters.is_cut_off:
        return stream
    missing = f"The file is incomplete: it ends inside a block, after {stream.end_s:.1f} s."
    if stated is not None:
        # The header of a file that was whole once.
        stream = timeline.place(stream, first=first.ticks, end=max(end, stated))
    return replace(stream, is_cut_off=True, missing=missing)


def _find_usual_end(timeline: Timeline, cues: Sequence[tuple[int, int]]) -> float:
    """Return the longest time, in ticks, that a video may go on after its last cue if it goes on as before."""
    last = [ticks for ticks, _ in cues[-_COMPARED_CUES:]]
    longest = max((later - ticks for ticks, later in pairwise(last)), default=_MAX_AFTER_CUE_S * timeline.ticks_per_s)
    return longest + timeline.ticks_per_s


def find_start(reader: RangedReader) -> Start:
    """Return the start of the video track. Raises: BrokenIndexError, SourceError."""
    segment = read_segment(reader)
    clusters = ClusterReader(reader, segment)
    first = clusters.find_start()
    if first is None:
        return Start()
    timeline, stated = clusters.timeline, _find_stated_end(segment, clusters, ())
    return Start(timeline.to_seconds(first.ticks), None if stated is None else timeline.to_seconds(stated))


def _find_stated_end(segment: Segment, clusters: "ClusterReader", cues: Sequence[tuple[int, int]]) -> float | None:
    """Return the time in ticks at which the header ends the video; None without one, or if keyframes follow.

    ffmpeg writes the time of the end. mkvmerge writes a duration that counts from a late start: then pictures or sound
    follow that time. The last blocks are read only if the difference matters.
    """
    timeline = clusters.timeline
    if segment.duration_s is None:
        return None
    ticks = segment.duration_s * timeline.ticks_per_s
    last: float = cues[-1][0] if cues else 0
    if timeline.zero > _MAX_LATE_SHARE * ticks > 0 and last <= ticks:
        last = max(last, clusters.find_last_ticks(), clusters.last_sound or 0)
    if ticks > max(timeline.zero, last):
        return ticks
    return timeline.zero + ticks if timeline.zero + ticks > last else None


class ClusterReader:
    """Reads the blocks of one track, cluster by cluster."""

    def __init__(self, reader: RangedReader, segment: Segment) -> None:
        self.reader = reader
        self._segment = segment
        self._first_sound: dict[int, int] = {}
        self.last_sound: float | None = None
        """Start, in ticks, of the latest frame of sound that was read."""
        self.is_cut_off = False
        """The file ends inside a block that was to be read."""
        self.timeline = Timeline(1 / segment.tick_s)

    def find_start(self) -> Block | None:
        """Return the first block, and let the timeline begin with it or with the first sound; None if there is none."""
        blocks = self.read_blocks(self._segment.clusters, self._segment.end)
        first = next(blocks, None)
        if first is None:
            return None
        # Sound that is as early may follow the first picture. Its block is read, together with the Cues.
        if self._segment.sound.keys() - self._first_sound.keys():
            cues = self._segment.cues
            self.reader.prefetch(
                [(first.end, _BLOCK_HEADER_BYTES), *([(cues.start, cues.end - cues.start)] if cues else [])]
            )
        for block in blocks:
            if self._first_sound.keys() >= self._segment.sound.keys() or block.end > first.end + _HEAD_BYTES:
                break
        self.timeline = Timeline.starting(1 / self._segment.tick_s, [first.ticks, *self._first_sound.values()])
        return first

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
            if item.is_cut_off:
                self.is_cut_off = True
                return
            if item.id == _TIMESTAMP:
                ticks = read_unsigned(read_at, item)
            elif block := self._read_any_block(item, ticks):
                yield block
            at = item.end

    def _read_any_block(self, item: Element, ticks: int) -> Block | None:
        """Return the block of an element; None if it has none, or one of another track. Raises: BrokenIndexError."""
        if item.id == _SIMPLE_BLOCK:
            return self._read_block(item, ticks, is_key=None)
        if item.id != _GROUP:
            return None
        # A block in a group has no flag for keyframes: it is one if it references no other block.
        parts = {part.id: part for part in read_elements(self.reader.read_at, item.start, item.end)}
        return self._read_block(parts[_BLOCK], ticks, is_key=_REFERENCE not in parts) if _BLOCK in parts else None

    def _read_block(self, item: Element, ticks: int, *, is_key: bool | None) -> Block | None:
        """Return a block; None if it is of another track. `is_key` None reads the flag. Raises: BrokenIndexError."""
        header = self.reader.read_at(item.start, 12)
        if len(header) < 5:
            return None
        width = 9 - header[0].bit_length() if header[0] else 9
        # The track number is a variable-size integer.
        track = int.from_bytes(header[:width]) & ((1 << (7 * width)) - 1)
        if width > 8 or len(header) < width + 3:
            return None
        # 16 bits, counted from the cluster's timestamp.
        relative = int.from_bytes(header[width : width + 2], signed=True)
        flags = header[width + 2]
        if track != self._segment.track.number:
            if track in self._segment.sound:
                self._first_sound.setdefault(track, ticks + relative)
                # Most muxers put several frames of sound into a block; the byte after the flags has their number.
                laced = header[width + 3] if flags & _LACING and len(header) > width + 3 else 0
                last = ticks + relative + laced * self._segment.sound[track] / self._segment.tick_s
                self.last_sound = max(self.last_sound or 0, last)
            return None
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
            return CodedSample(self.timeline.to_seconds(block.ticks), block.start, size, data=data)
        return CodedSample(self.timeline.to_seconds(block.ticks), block.start, size, prefix=track.stripped)

    def find_last_ticks(self) -> int:
        """Return the time of the last block, found from the end of the file. Raises: BrokenIndexError."""
        end = min(self._segment.end, self.reader.size_bytes)
        following = end
        for number in range(1, _MAX_WINDOWS):
            start = max(end - number * _WINDOW_BYTES, self._segment.clusters)
            cluster = self._find_cluster(start, min(start + _WINDOW_BYTES + 16, end))
            if cluster is None or cluster >= following:
                continue
            ticks = [block.ticks for block in self.read_blocks(cluster, following)]
            if ticks:
                return max(ticks)
            following = cluster
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
    """Keyframes by the Cues. `keyframe_bytes` is the size of the first one: others are about as large."""

    def __init__(
        self, segment: Segment, clusters: ClusterReader, cues: Sequence[tuple[int, int]], *, keyframe_bytes: int
    ) -> None:
        self.stream = segment.track.stream
        self._segment = segment
        self._clusters = clusters
        self._ticks = [ticks for ticks, _ in cues]
        self._offsets = [segment.start + offset for _, offset in cues]
        self._ahead_bytes = min(max(keyframe_bytes, _HEAD_BYTES), _MAX_AHEAD_BYTES)

    def _number_at(self, time_s: float) -> int:
        """Return the number of the cue nearest to a time."""
        ticks = self._clusters.timeline.to_ticks(time_s)
        after = bisect_right(self._ticks, ticks)
        near = [number for number in (after - 1, after) if 0 <= number < len(self._ticks)]
        return min(near, key=lambda number: abs(self._ticks[number] - ticks))

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        # The keyframe with its cluster, to save a second request for most of it.
        self._clusters.reader.prefetch([(self._offsets[number], self._ahead_bytes) for number in numbers])
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
        near = [n for n in numbers if abs(self._clusters.timeline.to_seconds(self._ticks[n]) - time_s) <= within_s]
        self._clusters.reader.prefetch([(self._offsets[number], _HEAD_BYTES) for number in near])
        samples = [self._read_keyframe(number) for number in near]
        return sorted(samples, key=lambda sample: abs(sample.time_s - time_s))

    def refine(self, time_s: float) -> None:
        """Read the clusters from the keyframe before a time at once: a scan alone begins with small reads."""
        ticks = self._clusters.timeline.to_ticks(time_s)
        number = max(bisect_right(self._ticks, ticks) - 1, 0)
        start, size_bytes = self._offsets[number], self._clusters.reader.size_bytes
        if number + 1 < len(self._ticks):
            share = (ticks - self._ticks[number]) / max(self._ticks[number + 1] - self._ticks[number], 1)
            # The keyframe is larger than the other pictures, and some of these are stored after they are shown.
            length = min(max(share, 0.0) + 0.25, 1.0) * (self._offsets[number + 1] - start)
        else:
            length = size_bytes - start
        self._clusters.reader.prefetch([(start, min(int(length) + self._ahead_bytes, _MAX_PREFETCHED_BYTES))])

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        ticks = self._clusters.timeline.to_ticks(time_s)
        number = max(bisect_right(self._ticks, ticks) - 1, 0)
        blocks = self._clusters.read_blocks(self._offsets[number], self._clusters.reader.size_bytes)
        chain = dropwhile(lambda block: not block.is_key or block.ticks != self._ticks[number], blocks)
        scanned = (ScannedSample(self._clusters.make_sample(block), block.is_key) for block in chain)
        first_s = self._clusters.timeline.to_seconds(self._ticks[number])
        return take_decode_chain(scanned, first_s=first_s, time_s=time_s, max_samples=max_samples)
