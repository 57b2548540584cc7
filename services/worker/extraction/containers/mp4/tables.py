"""An MP4's sample tables (ISO/IEC 14496-12, 8.6 and 8.7), of which only the entries are read that are needed.

Two hours of film have 700 KB of sample sizes and as much of chunk offsets, of which three keyframes need some bytes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.worker.extraction.containers.mp4.boxes import Box
from services.worker.extraction.containers.mp4.fragment import FragmentSample
from services.worker.extraction.containers.stream import BrokenIndexError
from services.worker.extraction.reading.reader import RangedReader

_Numbers = np.ndarray[Any, np.dtype[np.int64]]

_MOST_TABLE_BYTES = 16 * 1024 * 1024
_EXACT_BYTES = 512 * 1024
"""A table of composition offsets up to this size is read whole."""
_MOST_SAMPLES = 1 << 26
_MOST_LISTED = 200_000
"""Most samples before the first fragment: they are listed, although few have more than a second there."""


@dataclass(frozen=True)
class _Steps:
    """A table of runs: of each run its first sample, and its value."""

    first: _Numbers
    value: _Numbers

    def at(self, sample: int) -> int:
        return max(int(self.first.searchsorted(sample, "right")) - 1, 0)


class SampleTables:
    """Times, places and keyframes of one track's samples, which are counted from 0. Raises: BrokenIndexError."""

    def __init__(self, reader: RangedReader, boxes: dict[bytes, Box]) -> None:
        self._reader = reader
        self._boxes = boxes
        if not {b"stts", b"stsc", b"stsz"} <= boxes.keys() or not boxes.keys() & {b"stco", b"co64"}:
            raise BrokenIndexError("a table is missing")
        # One round trip for the start of every table.
        reader.prefetch([(box.start, min(box.end - box.start, 64)) for box in boxes.values()])
        head = reader.read_at(boxes[b"stsz"].start, 12)
        if len(head) < 12:
            raise BrokenIndexError("no sample sizes")
        self._fixed_size, self.count = int.from_bytes(head[4:8]), int.from_bytes(head[8:12])
        if not 0 < self.count <= _MOST_SAMPLES:
            raise BrokenIndexError(f"{self.count} samples")
        whole = [boxes[kind] for kind in (b"stts", b"stsc", b"stss", b"stps") if kind in boxes]
        reader.prefetch([(box.start, min(box.end - box.start, _MOST_TABLE_BYTES)) for box in whole])
        self._read_times()
        self._read_chunks()
        self._keyframes = self._read_keyframes()

    def _table(self, kind: bytes, columns: int, signs: str = ">u4") -> _Numbers:
        """All entries of a table whose count stands first: entries x columns."""
        box = self._boxes[kind]
        count = int.from_bytes(self._reader.read_at(box.start + 4, 4))
        length = min(4 * columns * count, box.end - box.start - 8)
        if length > _MOST_TABLE_BYTES:
            raise BrokenIndexError(f"{length} bytes of {kind!r}")
        data = self._reader.read_at(box.start + 8, length)
        usable = len(data) // (4 * columns) * columns
        return np.frombuffer(data, signs, usable).astype(np.int64).reshape(-1, columns)

    def _read_times(self) -> None:
        table = self._table(b"stts", 2)
        counts, deltas = table[:, 0], table[:, 1]
        if not len(table):
            raise BrokenIndexError("no times")
        # Some muxers write a negative last delta: https://trac.ffmpeg.org/ticket/2171
        deltas = np.where(deltas > 0x7FFFFFFF, 0, deltas)
        # FFmpeg too gives samples without a time the last delta.
        counts[-1] += max(self.count - int(counts.sum()), 0)
        self._times = _Steps(np.concatenate(([0], counts.cumsum()[:-1])), deltas)
        self._starts = np.concatenate(([0], (counts * deltas).cumsum()))
        self.duration = int(self._starts[-1])
        self._offsets: _Steps | None = None
        self._usual_offset = 0
        if b"ctts" in self._boxes:
            self._read_offsets()

    def _read_offsets(self) -> None:
        """Reads composition offsets whole where that is cheap. Otherwise the first sample's stands for all keyframes.

        That is exact where frames have one length and no keyframe has leading pictures, and some frames off elsewhere.
        """
        box = self._boxes[b"ctts"]
        if box.end - box.start <= _EXACT_BYTES:
            table = self._table(b"ctts", 2, ">i4")
            if len(table):
                counts = table[:, 0]
                self._offsets = _Steps(np.concatenate(([0], counts.cumsum()[:-1])), table[:, 1])
        else:
            self._usual_offset = int.from_bytes(self._reader.read_at(box.start + 12, 4), signed=True)

    def _read_chunks(self) -> None:
        table = self._table(b"stsc", 3)
        self._chunk_kind = b"co64" if b"co64" in self._boxes else b"stco"
        self._chunk_box = self._boxes[self._chunk_kind]
        self._chunk_width = 8 if b"co64" in self._boxes else 4
        self._chunk_count = int.from_bytes(self._reader.read_at(self._chunk_box.start + 4, 4))
        if not len(table) or table[0, 0] != 1 or (table[:, 1] <= 0).any() or (np.diff(table[:, 0]) <= 0).any():
            raise BrokenIndexError("no chunks")
        self._first_chunk, self._per_chunk = table[:, 0] - 1, table[:, 1]
        spans = np.diff(self._first_chunk) * self._per_chunk[:-1]
        self._first_sample = np.concatenate(([0], spans.cumsum()))

    def _read_keyframes(self) -> Sequence[int] | None:
        """None: every sample is one."""
        if b"stss" not in self._boxes:
            return None
        numbers = self._table(b"stss", 1)[:, 0]
        if b"stps" in self._boxes:
            numbers = np.union1d(numbers, self._table(b"stps", 1)[:, 0])
        numbers = numbers[(numbers > 0) & (numbers <= self.count)] - 1
        if not len(numbers):
            raise BrokenIndexError("no keyframes")
        return [int(number) for number in np.sort(numbers)]

    def time(self, sample: int) -> int:
        """Presentation time of a sample in the media's own time scale, before any edit."""
        run = self._times.at(sample)
        decoded = int(self._starts[run] + (sample - self._times.first[run]) * self._times.value[run])
        if self._offsets is None:
            return decoded + self._usual_offset
        return decoded + int(self._offsets.value[self._offsets.at(sample)])

    def sample_at(self, time: int) -> int:
        """The sample that is decoded when the one at a presentation time is shown, roughly."""
        time -= self.time(0)
        run = min(max(int(self._starts.searchsorted(time, "right")) - 1, 0), len(self._times.value) - 1)
        delta = int(self._times.value[run])
        sample = int(self._times.first[run]) + ((time - int(self._starts[run])) // delta if delta else 0)
        return min(max(sample, 0), self.count - 1)

    def keyframe_at_or_before(self, sample: int) -> int:
        """The first keyframe, if there is none before."""
        if self._keyframes is None:
            return sample
        return self._keyframes[max(bisect_right(self._keyframes, sample) - 1, 0)]

    def keyframe_after(self, sample: int) -> int | None:
        if self._keyframes is None:
            return sample + 1 if sample + 1 < self.count else None
        place = bisect_right(self._keyframes, sample)
        return self._keyframes[place] if place < len(self._keyframes) else None

    def keyframe_before(self, sample: int) -> int | None:
        if self._keyframes is None:
            return sample - 1 if sample > 0 else None
        place = bisect_right(self._keyframes, sample - 1)
        return self._keyframes[place - 1] if place else None

    def whole(self) -> list[FragmentSample]:
        """Return all samples, with their places and times: for a movie box that fragments go on from."""
        if self.count > _MOST_LISTED:
            raise BrokenIndexError(f"{self.count} samples before the first fragment")
        numbers = np.arange(self.count)
        run = np.maximum(self._times.first.searchsorted(numbers, "right") - 1, 0)
        decoded = self._starts[run] + (numbers - self._times.first[run]) * self._times.value[run]
        shown = decoded + self._usual_offset
        if self._offsets is not None:
            shown = decoded + self._offsets.value[self._offsets.first.searchsorted(numbers, "right") - 1]
        sizes = (
            self._column(b"stsz", 12, 4, self.count) if not self._fixed_size else np.full(self.count, self._fixed_size)
        )
        chunk, first = self._all_chunks(numbers)
        if not ((chunk >= 0) & (first >= 0) & (first <= numbers)).all():
            raise BrokenIndexError("a sample in no chunk")
        starts = self._column(self._chunk_kind, 8, self._chunk_width, int(chunk[-1]) + 1)
        if len(sizes) < self.count or len(starts) <= chunk[-1]:
            raise BrokenIndexError("a table is cut short")
        ends = sizes.cumsum()
        offsets = starts[chunk] + ends - sizes - (ends - sizes)[first]
        keyframes = set(numbers.tolist() if self._keyframes is None else self._keyframes)
        columns = zip(decoded.tolist(), shown.tolist(), offsets.tolist(), sizes.tolist(), strict=True)
        return [
            FragmentSample(decoded=begin, shown=time, offset=offset, size=size, is_key=number in keyframes)
            for number, (begin, time, offset, size) in enumerate(columns)
        ]

    def _all_chunks(self, samples: _Numbers) -> tuple[_Numbers, _Numbers]:
        """Return the chunk of each sample, and the first sample in that chunk."""
        run = np.maximum(self._first_sample.searchsorted(samples, "right") - 1, 0)
        further = (samples - self._first_sample[run]) // self._per_chunk[run]
        return self._first_chunk[run] + further, self._first_sample[run] + further * self._per_chunk[run]

    def _column(self, kind: bytes, at: int, width: int, count: int) -> _Numbers:
        """Return the first numbers of a table whose entries begin at a place in its box, as many as there are."""
        box = self._boxes[kind]
        data = self._reader.read_at(box.start + at, min(width * count, max(box.end - box.start - at, 0)))
        return np.frombuffer(data, f">u{width}", len(data) // width).astype(np.int64)

    def places(self, samples: Sequence[int]) -> list[tuple[int, int]]:
        """Offset and size of each sample, in one round trip."""
        located = [self._chunk_of(sample) for sample in samples]
        chunks, width, sizes = self._chunk_box.start + 8, self._chunk_width, self._boxes[b"stsz"].start + 12
        offsets = [(chunks + chunk * width, width) for chunk, _ in located]
        entry_bytes = 0 if self._fixed_size else 4
        lengths = [entry_bytes * (at - first + 1) for at, (_, first) in zip(samples, located, strict=True)]
        if max(lengths, default=0) > _MOST_TABLE_BYTES:
            raise BrokenIndexError("a chunk of too many samples")
        before = [(sizes + 4 * first, length) for (_, first), length in zip(located, lengths, strict=True)]
        data = self._reader.read_all([*offsets, *before])
        found = zip(data[: len(samples)], data[len(samples) :], lengths, strict=True)
        return [
            self._place(sample - first, *there)
            for sample, (_, first), there in zip(samples, located, found, strict=True)
        ]

    def _chunk_of(self, sample: int) -> tuple[int, int]:
        """The chunk that a sample is in, and the first sample of that chunk."""
        run = max(int(self._first_sample.searchsorted(sample, "right")) - 1, 0)
        per_chunk = int(self._per_chunk[run])
        further = (sample - int(self._first_sample[run])) // per_chunk
        chunk = int(self._first_chunk[run]) + further
        if chunk >= self._chunk_count:
            raise BrokenIndexError("a sample in no chunk")
        return chunk, int(self._first_sample[run]) + further * per_chunk

    def _place(self, number: int, offset: bytes, sizes: bytes, sizes_bytes: int) -> tuple[int, int]:
        """Of a sample in its chunk: by the chunk's offset, and the sizes of those before it and its own."""
        start = int.from_bytes(offset)
        if self._fixed_size:
            return start + number * self._fixed_size, self._fixed_size
        if len(sizes) != sizes_bytes:
            raise BrokenIndexError("sample sizes are cut short")
        lengths = np.frombuffer(sizes, ">u4")
        return start + int(lengths[:-1].sum(dtype=np.int64)), int(lengths[-1])
