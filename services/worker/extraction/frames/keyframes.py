"""The fast way to thumbnails: the index leads to the nearest keyframes, and nothing else is read or decoded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import admission as limits
from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.stream import BrokenIndexError, Index, Sample, load
from services.worker.extraction.frames import decode, quality, selection
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.reading.reader import RangedReader

_RUN_UP_PIXELS = 600 * 1920 * 1088
"""Most pixels decoded to reach one picture: 600 frames at 1080p, some 2 s of CPU."""
_MOST_TRIES = 8
_RUN_UP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """A frame for each time, and the size at which the video is shown.

    `nearest_s` are the times of the nearest frames that could be had, which some frames may stand in for, as theirs are
    no good pictures. `is_last_resort` says that such a frame is a keyframe, as the frame itself was too far behind one.
    """

    frames: list[Frame]
    nearest_s: list[float]
    is_last_resort: list[bool]
    shown_px: tuple[int, int]


class KeyframeSearch:
    """One search through one index."""

    def __init__(self, reader: RangedReader, index: Index, options: ThumbnailOptions) -> None:
        self._reader = reader
        self._index = index
        self._options = options
        self._shown_px = (index.stream.width_px, index.stream.height_px)
        self._frames: dict[tuple[float, int], Frame | None] = {}

    def frames(self, wanted_s: Sequence[float]) -> Found:
        """Raises: BrokenIndexError where a picture cannot be had this way, ExtractionError, SourceError."""
        stream = self._index.stream
        limits.check_pixels(stream.width_px, stream.height_px)
        if not 0 < stream.duration_s <= limits.MAX_DURATION_S:
            raise BrokenIndexError(f"a duration of {stream.duration_s} s")
        samples = self._index.nearest(wanted_s)
        if len(samples) != len(wanted_s):
            raise BrokenIndexError("no keyframe")
        tolerance_s = selection.tolerance_s(stream.duration_s, stream.frame_s)
        run_ups = [
            self._run_up(time_s) if abs(sample.time_s - time_s) > tolerance_s else []
            for time_s, sample in zip(wanted_s, samples, strict=True)
        ]
        self._decode_all([sample for sample, run_up in zip(samples, run_ups, strict=True) if not run_up])
        exact = self._decode_runs(run_ups)
        frames = [frame or self._frame(sample) for frame, sample in zip(exact, samples, strict=True)]
        is_last_resort = [
            frame is None and abs(sample.time_s - time_s) > tolerance_s
            for frame, sample, time_s in zip(exact, samples, wanted_s, strict=True)
        ]
        nearest_s = [frame.time_s for frame in frames]
        if self._options.smart:
            frames = [self._better(frame, time_s) for frame, time_s in zip(frames, wanted_s, strict=True)]
        return Found(frames, nearest_s, is_last_resort, self._shown_px)

    def pictures(self, samples: Sequence[Sample]) -> list[Frame | None]:
        """Keyframes of the index, decoded; None for one that is damaged. Raises: as `frames`."""
        self._decode_all(samples)
        return [self._frames[_key(sample)] for sample in samples]

    def _better(self, frame: Frame, time_s: float) -> Frame:
        """The nearest frame with a good picture; the given one if it has, or if none nearby has."""
        what = quality.flaw(frame.image)
        if what is None:
            return frame
        within_s = selection.nearby_s(self._index.stream.duration_s)
        for other in self._others(frame, time_s, within_s):
            if quality.flaw(other.image) is None:
                return other
        return replace(frame, note=quality.note(what))

    def _others(self, frame: Frame, time_s: float, within_s: float) -> Iterator[Frame]:
        """Frames near a time, the nearest first: keyframes, and if there are none some others."""
        keyframes = [sample for sample in self._index.around(time_s, within_s) if sample.time_s != frame.time_s]
        for sample in keyframes[:_MOST_TRIES]:
            if other := self._frame_if_any(sample):
                yield other
        if not keyframes:
            end_s = self._index.stream.duration_s
            for distance_s in (0.0, within_s / 2, -within_s / 2, within_s, -within_s):
                run_up = self._run_up(time_s + distance_s) if 0 <= time_s + distance_s < end_s else []
                if run_up and (other := self._decode_runs([run_up])[0]):
                    yield other

    def _run_up(self, time_s: float) -> list[Sample]:
        stream = self._index.stream
        pixels = max(stream.width_px * stream.height_px, 1)
        samples = self._index.run_up(time_s, max(_RUN_UP_PIXELS // pixels, 1))
        return samples if sum(sample.size_bytes for sample in samples) <= _RUN_UP_BYTES else []

    def _decode_runs(self, runs: Sequence[Sequence[Sample]]) -> list[Frame | None]:
        """The last picture of each run; None for an empty run. Those that begin with one keyframe share the longest."""
        frames: dict[tuple[float, int], Frame | None] = {}
        for keyframe in {_key(run[0]): None for run in runs if run}:
            together = [run for run in runs if run and _key(run[0]) == keyframe]
            longest = max(together, key=len)
            targets = {_key(run[-1]): run[-1] for run in together}
            frames |= dict(zip(targets, self._decode_run(longest, list(targets.values())), strict=True))
        return [frames[_key(run[-1])] if run else None for run in runs]

    def _decode_run(self, samples: Sequence[Sample], targets: Sequence[Sample]) -> list[Frame | None]:
        """Some pictures of a run, without those that neither they nor others need."""
        stream, pictures = self._index.stream, load(self._reader, samples)
        places = {_key(target) for target in targets}
        needed = list(enumerate(pictures))
        if stream.tells_order:
            wanted = [_key(sample) in places for sample in samples]
            needed = get_codec(stream.decoder).select_needed(stream.extradata, pictures, wanted)
        return self._decode([samples[at] for at, _ in needed], [picture for _, picture in needed], targets)

    def _decode_all(self, samples: Sequence[Sample]) -> None:
        new = {_key(sample): sample for sample in samples if _key(sample) not in self._frames}
        for (key, sample), data in zip(new.items(), load(self._reader, list(new.values())), strict=True):
            self._frames[key] = self._decode([sample], [data], [sample])[0]

    def _frame_if_any(self, sample: Sample) -> Frame | None:
        self._decode_all([sample])
        return self._frames[_key(sample)]

    def _frame(self, sample: Sample) -> Frame:
        frame = self._frame_if_any(sample)
        if frame is None:
            raise BrokenIndexError(f"no picture at {sample.time_s} s")
        return frame

    def _decode(
        self, samples: Sequence[Sample], pictures: Sequence[bytes], targets: Sequence[Sample]
    ) -> list[Frame | None]:
        stream, width_px = self._index.stream, self._options.width_px
        coded = get_codec(stream.decoder).describe(stream.extradata, pictures[0])
        if coded.is_key is False:
            return [None] * len(targets)
        shape = decode.compute_shape(stream, coded, max_width_px=width_px)
        limits.check_pixels(*shape.stored_px)
        self._shown_px = shape.shown_px
        shown_after = [sum(1 for sample in samples if sample.time_s > target.time_s) for target in targets]
        images = decode.decode_pictures(stream, coded, pictures, shown_after=shown_after, max_width_px=width_px)
        return [
            None if image is None else Frame(image, target.time_s)
            for image, target in zip(images, targets, strict=True)
        ]


def _key(sample: Sample) -> tuple[float, int]:
    return sample.time_s, sample.offset
