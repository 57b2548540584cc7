"""MP4, MOV, M4V and 3GP: the keyframes of the film, by its sample tables."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.worker.extraction.containers.mp4 import edits, fragments, movie
from services.worker.extraction.containers.mp4.boxes import boxes
from services.worker.extraction.containers.mp4.movie import Movie
from services.worker.extraction.containers.mp4.tables import SampleTables
from services.worker.extraction.containers.stream import Index, Sample
from services.worker.extraction.reading.reader import RangedReader

_MOST_NEIGHBOURS = 12
_REORDERED = 16
"""How far the order of decoding may differ from that of showing, in pictures: H.264 allows as many."""


def open_index(reader: RangedReader) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    film = movie.read(reader)
    return fragments.open_index(reader, film) if _goes_on(reader, film) else TableIndex(reader, film)


def _goes_on(reader: RangedReader, film: Movie) -> bool:
    """Tell whether fragments follow the movie box, or the file ends before fragments that were announced."""
    for box in boxes(reader.read_at, film.end, reader.size_bytes):
        if box.type == b"moof" or (box.is_cut_off and film.extends is not None):
            return True
    return False


class TableIndex:
    """The sample tables of the film, seen through its edit list."""

    def __init__(self, reader: RangedReader, film: Movie) -> None:
        track = film.track
        self._tables = SampleTables(reader, track.boxes)
        self._scale = track.time_scale
        first = self._tables.time(0)
        end = self._tables.duration + min(first, 0) + max(first, 0)
        self._edits = edits.whole(first, end)
        if track.edit_list:
            self._edits = edits.read(
                track.edit_list, movie_scale=film.time_scale, media_scale=self._scale, first=first, end=end
            )
        begin = self._edits[0].start
        shown = [
            time for sample in self._near(self._tables.sample_at(begin)) if (time := self._tables.time(sample)) >= begin
        ]
        if shown:
            self._edits = edits.starting_with(self._edits, min(shown))
        last = self._edits[-1]
        duration_s = (last.shown + last.end - last.start) / self._scale
        frame_s = self._tables.duration / self._tables.count / self._scale
        self.stream = replace(track.stream, duration_s=duration_s, frame_s=frame_s)

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        chosen = []
        for time_s in times_s:
            candidates = self._visible(self._candidates(time_s, 1))
            if not candidates:
                return []
            chosen.append(min(candidates, key=lambda sample: abs(candidates[sample] - time_s)))
        return self._samples(chosen)

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        near = self._visible(self._candidates(time_s, _MOST_NEIGHBOURS))
        kept = [sample for sample, shown_s in near.items() if abs(shown_s - time_s) <= within_s]
        return self._samples(sorted(kept, key=lambda sample: abs(near[sample] - time_s)))

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        media = edits.media_time(self._edits, round(time_s * self._scale))
        shown = self._visible(self._near(self._tables.sample_at(media)))
        if not shown:
            return []
        target = min(shown, key=lambda sample: abs(shown[sample] - time_s))
        first = self._tables.keyframe_at_or_before(target)
        if target - first >= most:
            return []
        numbers = range(first, target + 1)
        samples = self._samples(numbers)
        # Pictures that are shown before the keyframe, but decoded after it, need what comes before it.
        return [sample for sample in samples if sample.time_s >= samples[0].time_s]

    def _near(self, sample: int) -> list[int]:
        """A sample and those that may be shown in its place, as pictures are reordered."""
        return list(range(max(sample - _REORDERED, 0), min(sample + _REORDERED + 1, self._tables.count)))

    def _candidates(self, time_s: float, count: int) -> list[int]:
        """Keyframes on both sides of a time, so many each."""
        sample = self._tables.sample_at(edits.media_time(self._edits, round(time_s * self._scale)))
        found = [self._tables.keyframe_at_or_before(sample)]
        for step in (self._tables.keyframe_before, self._tables.keyframe_after):
            found += _steps(step, found[0], count)
        return found

    def _visible(self, samples: Sequence[int]) -> dict[int, float]:
        """When each sample is shown, in seconds, without those that an edit cuts out."""
        times = {sample: edits.shown_time(self._edits, self._tables.time(sample)) for sample in samples}
        return {sample: time / self._scale for sample, time in times.items() if time is not None}

    def _time_s(self, sample: int) -> float:
        """When a sample would be shown: also for one that is cut out, but comes before one that is not."""
        first = self._edits[0]
        time = self._tables.time(sample)
        shown = edits.shown_time(self._edits, time)
        return (first.shown + time - first.start if shown is None else shown) / self._scale

    def _samples(self, numbers: Sequence[int]) -> list[Sample]:
        places = self._tables.places(numbers)
        return [Sample(self._time_s(number), *place) for number, place in zip(numbers, places, strict=True)]


def _steps(step: Callable[[int], int | None], sample: int, count: int) -> list[int]:
    found: list[int] = []
    following = step(sample)
    while following is not None and len(found) < count:
        found.append(following)
        following = step(following)
    return found
