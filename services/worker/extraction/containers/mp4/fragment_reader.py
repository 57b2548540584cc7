"""Reader of all fragments of one track in a fragmented MP4 (ISO/IEC 14496-12, 8.8)."""

from collections.abc import Iterator, Sequence

from services.worker.extraction.containers.mp4.boxes import Mp4Box, read_boxes
from services.worker.extraction.containers.mp4.edits import measure_delay
from services.worker.extraction.containers.mp4.fragment import (
    Fragment,
    FragmentSample,
    SampleDefaults,
    delay_fragment,
    read_defaults,
    read_fragment,
    trim_fragment,
)
from services.worker.extraction.containers.mp4.movie import Movie
from services.worker.extraction.containers.mp4.tables import SampleTables
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample
from services.worker.extraction.containers.timeline import Timeline
from services.worker.extraction.reading.reader import RangedReader

_MAX_BOXES = 1 << 16
_MAX_BEGIN_S = 1e11
"""Live streams count their times from 1970; a fragment that begins after 3,000 years is damaged."""
_MAX_TRACKS = 4
"""Number of fragments that are searched for sound at the end: some muxers write one for each track."""


class FragmentReader:
    """Reads fragments of one track."""

    def __init__(self, reader: RangedReader, movie: Movie) -> None:
        self.reader = reader
        self._movie = movie
        self._track = movie.track
        extends = movie.extends
        self._usual = read_defaults(reader, extends, movie.track.number) if extends else SampleDefaults()
        self._read: dict[int, Fragment] = {}
        self._headers: list[Mp4Box] = []
        """Headers of all fragments, also of other tracks, in the order in which they were found."""
        delay, skipped = measure_delay(self._track.edit_list)
        scale = self._track.time_scale
        self._shift = (delay * scale / movie.time_scale if movie.time_scale else 0.0) - skipped
        """Delay of the pictures by the edit list or by FFmpeg, in ticks: a sample does not include it."""
        self.timeline = Timeline(scale)
        self.is_cut_off = False
        """The file ends inside a fragment."""

    def read_at(self, box: Mp4Box, decoded: int | None) -> Fragment:
        """Return the fragment with this header. `decoded` is its time if it does not state one."""
        start = self._movie.start if box.type == b"moov" else box.start - 8
        if start not in self._read:
            found = self._read_initial() if box.type == b"moov" else self._read_fragment(box, decoded)
            self._read[start] = trim_fragment(found, self.reader.size_bytes)
        return self._read[start]

    def _read_initial(self) -> Fragment:
        """Return the samples that the movie box lists itself as those of a fragment; it may list none."""
        boxes_of_track = self._track.boxes
        sizes = self.reader.read_at(boxes_of_track[b"stsz"].start, 12) if b"stsz" in boxes_of_track else b""
        samples: tuple[FragmentSample, ...] = ()
        duration = 0
        # `empty_moov` writes tables without entries.
        if int.from_bytes(sizes[8:12]):
            tables = SampleTables(self.reader, boxes_of_track)
            samples, duration = tuple(tables.list_samples()), tables.duration
        return Fragment(self._movie.start, self._movie.end, samples, duration)

    def _read_fragment(self, moof: Mp4Box, decoded: int | None) -> Fragment:
        found = read_fragment(self.reader, moof, self._track.number, self._usual, decoded=decoded or 0)
        if found.samples and decoded is None and not found.has_time:
            # Smooth Streaming: only the sum of all durations before would give the time.
            raise BrokenIndexError.at("mp4 moof", moof.start, expected="a time (tfdt)", found="none")
        begin_s = found.samples[0].decoded / self._track.time_scale if found.samples else 0.0
        if begin_s > _MAX_BEGIN_S:
            expected = f"a time (tfdt) of at most {_MAX_BEGIN_S:.0e} s"
            raise BrokenIndexError.at("mp4 moof", moof.start, expected=expected, found=f"{begin_s:.0e} s")
        return found

    def has_read(self, start: int) -> bool:
        """Return True if a fragment that begins there was read before."""
        return start in self._read

    def read_between(self, start: int, end: int, decoded: int | None = None) -> Iterator[Fragment]:
        """Yield the fragments that begin between two offsets; `start` must be the start of a box.

        `decoded` is the time of the first one if it does not state one.
        """
        following = read_boxes(self.reader.read_at, start, self.reader.size_bytes, before=end, max_boxes=_MAX_BOXES)
        for number, box in enumerate(following, start=1):
            if number == _MAX_BOXES:
                expected = f"fewer than {_MAX_BOXES} boxes"
                raise BrokenIndexError.at("mp4 file", box.start, expected=expected, found="more")
            # A moov or free box beyond the end of the file does not shorten the video.
            self.is_cut_off |= box.is_cut_off and box.type in (b"moof", b"mdat")
            # Segments of some packagers repeat ftyp and moov before each moof: only the first movie box counts.
            if box.type == b"moof" and not box.is_cut_off:
                self._headers.append(box)
            is_header = box.type == b"moof" or (box.type == b"moov" and box.end == self._movie.end)
            if is_header and not box.is_cut_off:
                found = self.read_at(box, decoded)
                if found.samples:
                    decoded = found.samples[0].decoded + found.duration
                    yield found

    def read_all(self) -> Iterator[Fragment]:
        """Yield all fragments. If their times start again, as in joined recordings, they are delayed to go on."""
        previous: Fragment | None = None
        for found in self.read_between(self._movie.start, self.reader.size_bytes, 0):
            kept = found
            if previous and found.samples[0].decoded <= previous.samples[0].decoded:
                # Go on where the previous recording ended.
                gap = previous.samples[0].decoded + previous.duration - found.samples[0].decoded
                kept = self._read[found.start] = delay_fragment(found, gap)
            yield kept
            previous = kept

    def begin_timeline(self, first: Fragment) -> None:
        """Begin the timeline with the first picture of the first fragment, or with the first sound."""
        starts: list[float] = [min(sample.shown for sample in first.samples)]
        if first.start == self._movie.start:
            starts += [self._to_ticks(sound.find_start_s(self._movie.time_scale)) for sound in self._movie.sound]
        else:
            # FFmpeg (`dts_shift` in mov.c) and the players that use it show no picture of a fragment before it is
            # decoded, and delay all of them if composition offsets are negative.
            self._shift += max(0, *(sample.decoded - sample.shown for sample in first.samples))
            starts += [start for start, _ in self._read_sound([*self._headers, *self._find_following(first)])]
        self.timeline = Timeline.starting(self._track.time_scale, starts)

    def _find_following(self, first: Fragment) -> list[Mp4Box]:
        """Return the next fragment's header if there is sound: some muxers write a fragment for each track."""
        if not self._movie.sound or any(True for _ in self._read_sound(self._headers)):
            return []
        following = read_boxes(self.reader.read_at, first.start, self.reader.size_bytes, max_boxes=_MAX_TRACKS)
        return [box for box in following if box.type == b"moof" and not box.is_cut_off and box.end != first.end]

    def find_sound_end(self) -> float | None:
        """Return the latest end, in ticks, of the sound in the fragments found last; None if they have none."""
        return max((end for _, end in self._read_sound(self._headers[: -_MAX_TRACKS - 1 : -1])), default=None)

    def _to_ticks(self, sound_s: float) -> float:
        """Return a time of the movie as a time of samples of this track."""
        return sound_s * self._track.time_scale - self._shift

    def _read_sound(self, headers: Sequence[Mp4Box]) -> Iterator[tuple[float, float]]:
        """Yield start and end, in ticks, of the first fragment of each sound among several."""
        for sound in self._movie.sound:
            extends = self._movie.extends
            usual = read_defaults(self.reader, extends, sound.number) if extends else SampleDefaults()
            shift_s = sound.find_shift_s(self._movie.time_scale)
            for header in headers:
                found = read_fragment(self.reader, header, sound.number, usual, decoded=0)
                # Without a time, the first fragment begins at zero.
                if found.samples and (found.has_time or header == self._headers[0]):
                    start_s = found.samples[0].decoded / sound.time_scale + shift_s
                    end_s = start_s + found.duration / sound.time_scale
                    # The decoder's delay is in the first samples, which the edit list cuts out.
                    heard_s = max(start_s, sound.find_start_s(self._movie.time_scale))
                    yield self._to_ticks(heard_s), self._to_ticks(end_s)
                    break

    def make_sample(self, sample: FragmentSample) -> CodedSample:
        return CodedSample(self.timeline.to_seconds(sample.shown), sample.offset, sample.size)
