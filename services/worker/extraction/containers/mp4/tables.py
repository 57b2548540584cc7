"""Sample tables of an MP4 (ISO/IEC 14496-12, 8.6 and 8.7), of which only the needed entries are read.

Two hours of video have 700 KB of sample sizes and as much of chunk offsets; three keyframes need some bytes of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.worker.extraction.containers.mp4.boxes import Mp4Box
from services.worker.extraction.containers.mp4.fragment import FragmentSample
from services.worker.extraction.containers.stream import BrokenIndexError
from services.worker.extraction.reading.reader import ByteRange, RangedReader

_NEEDED, _CHUNK_OFFSETS = {b"stts", b"stsc", b"stsz"}, {b"stco", b"co64"}
_Numbers = np.ndarray[Any, np.dtype[np.int64]]

_MAX_TABLE_BYTES = 16 * 1024 * 1024
_MAX_EXACT_BYTES = 512 * 1024
"""Upper limit, in bytes, on a table of composition offsets that is read whole."""
_CACHED_BYTES, _MIN_CHECKED_BYTES = 64 * 1024, 4096
_MAX_SAMPLES = 1 << 26
_MAX_LISTED = 200_000
"""Upper limit on samples in the movie box of a fragmented file; usually it has at most a second of video."""


@dataclass(frozen=True)
class _Runs:
    """A table of runs: first sample and value of each run."""

    first: _Numbers
    value: _Numbers

    def number_at(self, sample: int) -> int:
        """Return the number of the run that a sample is in."""
        return max(int(self.first.searchsorted(sample, "right")) - 1, 0)


class SampleTables:
    """Times, offsets and keyframes of one track's samples, which are counted from 0.

    Every method may raise BrokenIndexError or SourceError.
    """

    def __init__(self, reader: RangedReader, boxes: dict[bytes, Mp4Box]) -> None:
        self._reader = reader
        self._boxes = boxes
        if _NEEDED - boxes.keys() or not boxes.keys() & _CHUNK_OFFSETS:
            found = " ".join(sorted(kind.decode("latin-1") for kind in boxes.keys() & (_NEEDED | _CHUNK_OFFSETS)))
            start = min((box.start for box in boxes.values()), default=0)
            raise BrokenIndexError.at("mp4 stbl", start, expected="stts, stsc, stsz and stco or co64", found=found)
        # One round trip for the start of every table.
        reader.prefetch([(box.start, min(box.end - box.start, 64)) for box in boxes.values()])
        head = reader.read_at(boxes[b"stsz"].start, 12)
        if len(head) < 12:
            raise BrokenIndexError.at("mp4 stsz", boxes[b"stsz"].start, expected="12 bytes", found=len(head))
        # A fixed size replaces the table, as for uncompressed video.
        self._fixed_size, self.count = int.from_bytes(head[4:8]), int.from_bytes(head[8:12])
        if not 0 < self.count <= _MAX_SAMPLES:
            expected = f"1 to {_MAX_SAMPLES} samples"
            raise BrokenIndexError.at("mp4 stsz", boxes[b"stsz"].start, expected=expected, found=self.count)
        whole = [boxes[kind] for kind in (b"stts", b"stsc", b"stss", b"stps") if kind in boxes]
        reader.prefetch([(box.start, min(box.end - box.start, _MAX_TABLE_BYTES)) for box in whole])
        self._read_times()
        self._read_chunks()
        self._keyframes = self._read_keyframes()
        self._read_offsets()

    def _error(self, kind: bytes, *, expected: str, found: object) -> BrokenIndexError:
        element = f"mp4 {kind.decode('latin-1')}"
        return BrokenIndexError.at(element, self._boxes[kind].start, expected=expected, found=found)

    def _read_table(self, kind: bytes, columns: int, dtype: str = ">u4") -> _Numbers:
        """Return all entries of a table that begins with their count, as an array of entries x columns."""
        box = self._boxes[kind]
        count = int.from_bytes(self._reader.read_at(box.start + 4, 4))
        # A count that does not fit into the box is cut down to it.
        length = min(4 * columns * count, box.end - box.start - 8)
        if length > _MAX_TABLE_BYTES:
            raise self._error(kind, expected=f"at most {_MAX_TABLE_BYTES} bytes", found=length)
        data = self._reader.read_at(box.start + 8, length)
        # The table may be cut off by the end of the file.
        usable = len(data) // (4 * columns) * columns
        return np.frombuffer(data, dtype, usable).astype(np.int64).reshape(-1, columns)

    def _read_times(self) -> None:
        table = self._read_table(b"stts", 2)
        counts, deltas = table[:, 0], table[:, 1]
        if not len(table):
            raise self._error(b"stts", expected="entries", found="none")
        # Some muxers write a negative last duration: https://trac.ffmpeg.org/ticket/2171
        deltas = np.where(deltas > 0x7FFFFFFF, 0, deltas)
        # A table that is too short: as FFmpeg does, give the samples without an entry the last duration.
        counts[-1] += max(self.count - int(counts.sum()), 0)
        self._times = _Runs(np.concatenate(([0], counts.cumsum()[:-1])), deltas)
        self._starts = np.concatenate(([0], (counts * deltas).cumsum()))
        self.duration = int(self._starts[-1])
        self._offsets: _Runs | None = None
        self._usual_offset = 0

    def _read_offsets(self) -> None:
        """Read all composition offsets if the table is small, or if its first part has several for keyframes.

        Else take the offset of the first sample for all. That is exact for keyframes at a constant rate that no leading
        pictures follow, as encoders set them by default.
        """
        if b"ctts" not in self._boxes:
            return
        box = self._boxes[b"ctts"]
        if box.end - box.start <= _MAX_EXACT_BYTES:
            self.read_all_offsets()
            return
        # What is in the cache already, or a little more.
        start = box.start + 8
        data = self._reader.read_at(start, max(-start % _CACHED_BYTES, _MIN_CHECKED_BYTES))
        table = np.frombuffer(data, ">i4", len(data) // 8 * 2).astype(np.int64).reshape(-1, 2)
        offsets = _Runs(np.concatenate(([0], table[:-1, 0].cumsum())), table[:, 1])
        known = int(table[:, 0].sum())
        keyframes = range(known) if self._keyframes is None else self._keyframes[: bisect_left(self._keyframes, known)]
        self._usual_offset = int(offsets.value[0])
        if any(offsets.value[offsets.number_at(sample)] != self._usual_offset for sample in keyframes):
            self.read_all_offsets()

    def read_all_offsets(self) -> None:
        """Read all composition offsets: for samples that are not keyframes."""
        if b"ctts" not in self._boxes or self._offsets is not None:
            return
        table = self._read_table(b"ctts", 2, ">i4")
        if len(table):
            self._offsets = _Runs(np.concatenate(([0], table[:-1, 0].cumsum())), table[:, 1])

    def _read_chunks(self) -> None:
        table = self._read_table(b"stsc", 3)
        # 64-bit offsets, for files over 4 GB.
        self._chunk_kind = b"co64" if b"co64" in self._boxes else b"stco"
        self._chunk_box = self._boxes[self._chunk_kind]
        self._chunk_width = 8 if b"co64" in self._boxes else 4
        self._chunk_count = int.from_bytes(self._reader.read_at(self._chunk_box.start + 4, 4))
        if not len(table) or table[0, 0] != 1 or (table[:, 1] <= 0).any() or (np.diff(table[:, 0]) <= 0).any():
            raise self._error(b"stsc", expected="ascending chunks, none empty, from 1 on", found=table[:3].tolist())
        self._first_chunk, self._per_chunk = table[:, 0] - 1, table[:, 1]
        spans = np.diff(self._first_chunk) * self._per_chunk[:-1]
        self._first_sample = np.concatenate(([0], spans.cumsum()))

    def _read_keyframes(self) -> Sequence[int] | None:
        """Return the numbers of keyframes; None if every sample is one, as in intra-only codecs (ProRes, MJPEG)."""
        # Without the table every sample is a keyframe.
        if b"stss" not in self._boxes:
            return None
        numbers = self._read_table(b"stss", 1)[:, 0]
        # QuickTime: partial sync samples are the keyframes of open GOPs.
        if b"stps" in self._boxes:
            numbers = np.union1d(numbers, self._read_table(b"stps", 1)[:, 0])
        # Numbers begin at 1; those beyond the last sample are of a damaged table.
        numbers = numbers[(numbers > 0) & (numbers <= self.count)] - 1
        if not len(numbers):
            raise self._error(b"stss", expected=f"numbers from 1 to {self.count}", found="none")
        return [int(number) for number in np.sort(numbers)]

    def shown_time(self, sample: int) -> int:
        """Return the presentation time of a sample in the media's own time scale, before any edit."""
        run = self._times.number_at(sample)
        decoded = int(self._starts[run] + (sample - self._times.first[run]) * self._times.value[run])
        if self._offsets is None:
            return decoded + self._usual_offset
        return decoded + int(self._offsets.value[self._offsets.number_at(sample)])

    def sample_at(self, time: int) -> int:
        """Return the sample decoded at a presentation time, which is near the one that is shown."""
        time -= self.shown_time(0)
        run = min(max(int(self._starts.searchsorted(time, "right")) - 1, 0), len(self._times.value) - 1)
        delta = int(self._times.value[run])
        sample = int(self._times.first[run]) + ((time - int(self._starts[run])) // delta if delta else 0)
        return min(max(sample, 0), self.count - 1)

    def keyframe_at_or_before(self, sample: int) -> int:
        """Return the last keyframe up to a sample; the first one if there is none before."""
        if self._keyframes is None:
            return sample
        return self._keyframes[max(bisect_right(self._keyframes, sample) - 1, 0)]

    def keyframe_after(self, sample: int) -> int | None:
        """Return the first keyframe after a sample; None if there is none."""
        if self._keyframes is None:
            return sample + 1 if sample + 1 < self.count else None
        following = bisect_right(self._keyframes, sample)
        return self._keyframes[following] if following < len(self._keyframes) else None

    def keyframe_before(self, sample: int) -> int | None:
        """Return the last keyframe before a sample; None if there is none."""
        if self._keyframes is None:
            return sample - 1 if sample > 0 else None
        following = bisect_right(self._keyframes, sample - 1)
        return self._keyframes[following - 1] if following else None

    def list_samples(self) -> list[FragmentSample]:
        """Return all samples, with their offsets and times: for a movie box that lists the first ones of many."""
        if self.count > _MAX_LISTED:
            expected = f"at most {_MAX_LISTED} samples before the first fragment"
            raise self._error(b"stsz", expected=expected, found=self.count)
        numbers = np.arange(self.count)
        run = np.maximum(self._times.first.searchsorted(numbers, "right") - 1, 0)
        decoded = self._starts[run] + (numbers - self._times.first[run]) * self._times.value[run]
        shown = decoded + self._usual_offset
        if self._offsets is not None:
            shown = decoded + self._offsets.value[self._offsets.first.searchsorted(numbers, "right") - 1]
        sizes = (
            self._read_column(b"stsz", 12, 4, self.count)
            if not self._fixed_size
            else np.full(self.count, self._fixed_size)
        )
        chunk, first = self._find_chunks(numbers)
        if not ((chunk >= 0) & (first >= 0) & (first <= numbers)).all():
            raise self._error(b"stsc", expected=f"{self.count} samples", found="fewer")
        starts = self._read_column(self._chunk_kind, 8, self._chunk_width, int(chunk[-1]) + 1)
        if len(sizes) < self.count or len(starts) <= chunk[-1]:
            expected = f"{self.count} samples in {chunk[-1] + 1} chunks"
            raise self._error(b"stsz", expected=expected, found=f"{len(sizes)} in {len(starts)}")
        ends = sizes.cumsum()
        offsets = starts[chunk] + ends - sizes - (ends - sizes)[first]
        keyframes = set(numbers.tolist() if self._keyframes is None else self._keyframes)
        columns = zip(decoded.tolist(), shown.tolist(), offsets.tolist(), sizes.tolist(), strict=True)
        return [
            FragmentSample(decoded=begin, shown=time, offset=offset, size=size, is_key=number in keyframes)
            for number, (begin, time, offset, size) in enumerate(columns)
        ]

    def _find_chunks(self, samples: _Numbers) -> tuple[_Numbers, _Numbers]:
        """Return the chunk of each sample, and the first sample in that chunk."""
        run = np.maximum(self._first_sample.searchsorted(samples, "right") - 1, 0)
        further = (samples - self._first_sample[run]) // self._per_chunk[run]
        return self._first_chunk[run] + further, self._first_sample[run] + further * self._per_chunk[run]

    def _read_column(self, kind: bytes, at: int, width: int, count: int) -> _Numbers:
        """Return the first `count` numbers of a table that begins `at` bytes into its box; fewer if it is shorter."""
        box = self._boxes[kind]
        data = self._reader.read_at(box.start + at, min(width * count, max(box.end - box.start - at, 0)))
        return np.frombuffer(data, f">u{width}", len(data) // width).astype(np.int64)

    def locate_samples(self, samples: Sequence[int]) -> list[ByteRange]:
        """Return the byte range of each sample, read in one round trip."""
        located = [self._find_chunk(sample) for sample in samples]
        chunks, width, sizes = self._chunk_box.start + 8, self._chunk_width, self._boxes[b"stsz"].start + 12
        offsets = [(chunks + chunk * width, width) for chunk, _ in located]
        entry_bytes = 0 if self._fixed_size else 4
        lengths = [entry_bytes * (at - first + 1) for at, (_, first) in zip(samples, located, strict=True)]
        if max(lengths, default=0) > _MAX_TABLE_BYTES:
            raise self._error(b"stsc", expected=f"chunks of at most {_MAX_TABLE_BYTES // 4} samples", found="more")
        before = [(sizes + 4 * first, length) for (_, first), length in zip(located, lengths, strict=True)]
        data = self._reader.read_all([*offsets, *before])
        found = zip(data[: len(samples)], data[len(samples) :], lengths, strict=True)
        return [
            self._locate_sample(sample - first, *there)
            for sample, (_, first), there in zip(samples, located, found, strict=True)
        ]

    def keep_entries(self, first: int, last: int) -> None:
        """Read the entries of a run of samples once: `locate_samples` then reads nothing more for them."""
        (chunk, start), (last_chunk, _) = self._find_chunk(first), self._find_chunk(last)
        offsets = self._chunk_box.start + 8 + chunk * self._chunk_width, (last_chunk - chunk + 1) * self._chunk_width
        sizes = self._boxes[b"stsz"].start + 12 + 4 * start, 0 if self._fixed_size else 4 * (last - start + 1)
        self._reader.prefetch([offsets, sizes])
        # A single block is not read ahead.
        for wanted in (offsets, sizes):
            self._reader.read_at(*wanted)

    def _find_chunk(self, sample: int) -> tuple[int, int]:
        """Return the chunk that a sample is in, and the first sample of that chunk."""
        run = max(int(self._first_sample.searchsorted(sample, "right")) - 1, 0)
        per_chunk = int(self._per_chunk[run])
        further = (sample - int(self._first_sample[run])) // per_chunk
        chunk = int(self._first_chunk[run]) + further
        if chunk >= self._chunk_count:
            raise self._error(self._chunk_kind, expected=f"more than {chunk} chunks", found=self._chunk_count)
        return chunk, int(self._first_sample[run]) + further * per_chunk

    def _locate_sample(self, number: int, offset: bytes, sizes: bytes, sizes_bytes: int) -> ByteRange:
        """Return the byte range of a sample, by its chunk's offset and the sizes of the chunk's samples up to it."""
        start = int.from_bytes(offset)
        if self._fixed_size:
            return start + number * self._fixed_size, self._fixed_size
        if len(sizes) != sizes_bytes:
            raise self._error(b"stsz", expected=f"{sizes_bytes} more bytes", found=len(sizes))
        lengths = np.frombuffer(sizes, ">u4")
        return start + int(lengths[:-1].sum(dtype=np.int64)), int(lengths[-1])
