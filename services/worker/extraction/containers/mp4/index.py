"""Index of an MP4, MOV, M4V or 3GP file: keyframes by the sample tables, or by fragments."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.worker.extraction.containers.mp4 import edits, fragment_index
from services.worker.extraction.containers.mp4.boxes import read_boxes
from services.worker.extraction.containers.mp4.movie import Movie, read_movie
from services.worker.extraction.containers.mp4.tables import SampleTables
from services.worker.extraction.containers.stream import CodedSample, Index
from services.worker.extraction.containers.timeline import Start, Timeline
from services.worker.extraction.reading.reader import RangedReader

_MAX_NEIGHBOURS = 12
_MAX_REORDERED = 16
"""Upper limit on pictures by which decoding order and display order differ: that of H.264."""


def open_index(reader: RangedReader) -> Index:
    """Return the index of the video track. Raises: BrokenIndexError, SourceError."""
    movie = read_movie(reader)
    if _is_fragmented(reader, movie):
        return fragment_index.open_fragment_index(reader, movie)
    return SampleTableIndex(reader, movie)


def find_start(reader: RangedReader) -> Start:
    """Return the start of the video track by its edit list and its first sample. Raises: as `open_index`."""
    movie = read_movie(reader)
    track, scale = movie.track, movie.time_scale
    if _is_fragmented(reader, movie):
        return fragment_index.find_start(reader, movie)
    delay_s = edits.measure_delay(track.edit_list)[0] / scale if scale else 0.0
    end_s = edits.measure_end_s(track.edit_list, scale, track.duration / track.time_scale)
    if not track.edit_list and b"ctts" in track.boxes:
        # The composition offset of the first sample comes after version, count of entries and count of samples.
        delay_s = int.from_bytes(reader.read_at(track.boxes[b"ctts"].start + 12, 4), signed=True) / track.time_scale
        end_s += delay_s
    zero_s = min([delay_s, *(sound.find_start_s(scale) for sound in movie.sound)])
    last_s = max([end_s, *(sound.find_end_s(scale) for sound in movie.sound)])
    return Start(delay_s - zero_s, duration_s=last_s - zero_s if last_s > zero_s else None)


def _is_fragmented(reader: RangedReader, movie: Movie) -> bool:
    """Return True if fragments follow the movie box, or if the file ends before fragments that it announces."""
    for box in read_boxes(reader.read_at, movie.end, reader.size_bytes):
        if box.type == b"moof" or (box.is_cut_off and movie.extends is not None):
            return True
    return False


class SampleTableIndex:
    """Keyframes by the sample tables, with times by the edit list."""

    def __init__(self, reader: RangedReader, movie: Movie) -> None:
        track = movie.track
        self._tables = SampleTables(reader, track.boxes)
        self._scale = track.time_scale
        first = self._tables.shown_time(0)
        # Durations count in decoding order: the first composition offset delays the end as well.
        end = self._tables.duration + first
        self._edits = edits.show_whole(first, end)
        if track.edit_list:
            span = edits.MediaSpan(first, end, movie.time_scale, self._scale)
            self._edits = edits.parse_edit_list(track.edit_list, track.boxes[b"elst"].start, span)
        # An edit may begin between two pictures, or before the first: times are counted from the first one shown.
        begin = self._edits[0].start
        near = [self._tables.shown_time(sample) for sample in self._list_near(self._tables.sample_at(begin))]
        shown = [time for time in near if time >= begin]
        if shown:
            self._edits = edits.start_edits_at(self._edits, min(shown))
        starts = [sound.find_start_s(movie.time_scale) * self._scale for sound in movie.sound]
        ends = [sound.find_end_s(movie.time_scale) * self._scale for sound in movie.sound]
        last = self._edits[-1]
        frame_s = self._tables.duration / self._tables.count / self._scale
        self._timeline = Timeline.starting(self._scale, [self._edits[0].shown, *starts])
        self.stream = self._timeline.place(
            replace(track.stream, frame_s=frame_s),
            first=self._find_first(),
            end=last.shown + last.end - last.start,
            sound_end=max(ends, default=None),
        )

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        chosen = []
        for time_s in times_s:
            candidates = self._find_visible(self._list_candidates(time_s, 1))
            # An edit cuts out all keyframes near the time.
            if not candidates:
                return []
            chosen.append(min(candidates, key=lambda sample: abs(candidates[sample] - time_s)))
        return self._make_samples(chosen)

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        near = self._find_visible(self._list_candidates(time_s, _MAX_NEIGHBOURS))
        kept = [sample for sample, shown_s in near.items() if abs(shown_s - time_s) <= within_s]
        return self._make_samples(sorted(kept, key=lambda sample: abs(near[sample] - time_s)))

    def refine(self, time_s: float) -> None:
        """Read the tables around a time at once, from the keyframe before it on."""
        self._tables.read_all_offsets()
        sample = self._tables.sample_at(edits.find_media_time(self._edits, round(self._timeline.to_ticks(time_s))))
        near = self._list_near(sample)
        self._tables.keep_entries(self._tables.keyframe_at_or_before(near[0]), near[-1])

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        self._tables.read_all_offsets()
        media = edits.find_media_time(self._edits, round(self._timeline.to_ticks(time_s)))
        shown = self._find_visible(self._list_near(self._tables.sample_at(media)))
        if not shown:
            return []
        target = min(shown, key=lambda sample: abs(shown[sample] - time_s))
        first = self._tables.keyframe_at_or_before(target)
        # A leading picture of an open GOP is shown before its keyframe and decoded after it: it needs the GOP before.
        if self._tables.shown_time(target) < self._tables.shown_time(first):
            before = self._tables.keyframe_before(first)
            first = first if before is None else before
        if target - first >= max_samples:
            return []
        numbers = range(first, target + 1)
        samples = self._make_samples(numbers)
        return [sample for sample in samples if sample.time_s >= samples[0].time_s]

    def _list_near(self, sample: int) -> list[int]:
        """Return the samples around one that may be shown at its time, as B-frames are reordered."""
        return list(range(max(sample - _MAX_REORDERED, 0), min(sample + _MAX_REORDERED + 1, self._tables.count)))

    def _list_candidates(self, time_s: float, count: int) -> list[int]:
        """Return up to `count` keyframes on each side of a time."""
        sample = self._tables.sample_at(edits.find_media_time(self._edits, round(self._timeline.to_ticks(time_s))))
        found = [self._tables.keyframe_at_or_before(sample)]
        for step in (self._tables.keyframe_before, self._tables.keyframe_after):
            found += _walk_keyframes(step, found[0], count)
        return found

    def _find_visible(self, samples: Sequence[int]) -> dict[int, float]:
        """Return the time of each sample, in seconds, without the samples that an edit cuts out."""
        times = {sample: edits.find_shown_time(self._edits, self._tables.shown_time(sample)) for sample in samples}
        return {sample: self._timeline.to_seconds(time) for sample, time in times.items() if time is not None}

    def _find_first(self) -> int:
        """Return the time, in ticks, of the first sample in the file that is not cut out."""
        near = self._list_near(self._tables.sample_at(self._edits[0].start))
        times = (edits.find_shown_time(self._edits, self._tables.shown_time(sample)) for sample in near)
        return next((time for time in times if time is not None), self._edits[0].shown)

    def _find_shown(self, sample: int) -> int:
        """Return the time of a sample in ticks, also of one that is cut out but needed by one that is not."""
        first = self._edits[0]
        time = self._tables.shown_time(sample)
        shown = edits.find_shown_time(self._edits, time)
        return first.shown + time - first.start if shown is None else shown

    def _make_samples(self, numbers: Sequence[int]) -> list[CodedSample]:
        ranges = self._tables.locate_samples(numbers)
        return [
            CodedSample(self._timeline.to_seconds(self._find_shown(number)), *located)
            for number, located in zip(numbers, ranges, strict=True)
        ]


def _walk_keyframes(step: Callable[[int], int | None], sample: int, count: int) -> list[int]:
    """Return up to `count` keyframes, one step after the other from a sample."""
    found: list[int] = []
    following = step(sample)
    while following is not None and len(found) < count:
        found.append(following)
        following = step(following)
    return found
