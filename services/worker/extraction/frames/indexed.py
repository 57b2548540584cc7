"""Frames through the container's index: only the keyframes next to each position are read and decoded."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.contract.records import ReasonCode
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.admission import MAX_DURATION_S, check_pixels
from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream, read_samples
from services.worker.extraction.dolby_vision import profile_5
from services.worker.extraction.frames import decode, quality, selection
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.request import (
    FoundFrames,
    FrameRequest,
    Shortfall,
    describe_cut_off,
    describe_distance,
    describe_picture,
    note_distances,
)
from services.worker.extraction.outcome import VideoInfo
from services.worker.extraction.pixels import alpha
from services.worker.extraction.pixels.orientation import Image, apply_orientation
from services.worker.extraction.reading.reader import RangedReader

_MAX_DECODED_PIXELS = 600 * 1920 * 1088
"""Upper limit of pixels decoded for one picture: 600 frames at 1080p, about 2 s of CPU."""
_MAX_CHAIN_BYTES = 64 * 1024 * 1024
_MAX_TRIES = 8


def find_frames(request: FrameRequest) -> FoundFrames:
    """Return the frames that the index leads to.

    Raises: BrokenIndexError if the index does not lead to a picture, ExtractionError, SourceError.
    """
    if request.index is None:
        container = request.examined.container.name
        raise BrokenIndexError.at(f"{container} file", 0, expected="an index", found="none")
    stream = request.index.stream
    request.limits.denied.check_decoder(stream.decoder)
    wanted_s = selection.compute_times_s(request.options.positions_pct, stream.duration_s)
    # Players show nothing before the first picture, and go on showing the last one while the sound goes on.
    shown_s = [stream.clamp(time_s) for time_s in wanted_s]
    search = IndexSearch(request.reader, request.index, request.options)
    found = search.find_frames(shown_s)
    info = VideoInfo(
        duration_s=stream.duration_s,
        width_px=search.shown_px[0],
        height_px=search.shown_px[1],
        codec=get_codec(stream.decoder).label,
        container=request.examined.container.name,
    )
    tolerance_s = selection.compute_tolerance_s(stream.duration_s, stream.frame_s)
    frames = note_distances(found.frames, found.nearest_s, wanted_s, tolerance_s)
    picture = describe_picture(
        stream.frame_s, search.colour, stream.orientation, is_dolby_vision=search.is_dolby_vision
    )
    shortfall = _find_shortfall(found, shown_s, stream)
    return FoundFrames(info, frames, shortfall, picture, others=search.list_decoded(), is_indexed=True)


@dataclass(frozen=True)
class IndexedFrames:
    """One frame for each time.

    `nearest_s` are the times of the nearest frames; a frame with a flaw may be replaced by one nearby. `is_last_resort`
    is True for a keyframe that replaces a frame too far behind it.
    """

    frames: list[Frame]
    nearest_s: list[float]
    is_last_resort: list[bool]


class IndexSearch:
    """Search through one index. `shown_px` is the size of the video as it is shown, `colour` that of its pictures."""

    def __init__(self, reader: RangedReader, index: Index, options: ThumbnailOptions) -> None:
        self._reader = reader
        self._index = index
        self._options = options
        self.shown_px = (index.stream.width_px, index.stream.height_px)
        self.colour = index.stream.colour
        self.is_dolby_vision = index.stream.is_ipt
        self._frames: dict[tuple[float, int], Frame | None] = {}

    def find_frames(self, wanted_s: Sequence[float]) -> IndexedFrames:
        """Return a frame for each time. Raises: BrokenIndexError, ExtractionError, SourceError."""
        stream = self._index.stream
        check_pixels(stream.width_px, stream.height_px)
        if not 0 < stream.duration_s <= MAX_DURATION_S:
            expected = f"a duration up to {MAX_DURATION_S} s"
            raise BrokenIndexError.at("stream", 0, expected=expected, found=f"{stream.duration_s} s")
        samples = self._index.find_nearest(wanted_s)
        # AVI: a long idx1 is read in parts, and one of them may have no keyframe.
        if len(samples) != len(wanted_s):
            expected = f"keyframes for {len(wanted_s)} times"
            raise BrokenIndexError.at("index", 0, expected=expected, found=len(samples))
        tolerance_s = selection.compute_tolerance_s(stream.duration_s, stream.frame_s)
        # x264 sets a keyframe every 250 frames by default, 10 s at 25 frames a second: those between are decoded too.
        chains = [
            self.find_chain(time_s) if abs(sample.time_s - time_s) > tolerance_s else []
            for time_s, sample in zip(wanted_s, samples, strict=True)
        ]
        self._decode_all([sample for sample, chain in zip(samples, chains, strict=True) if not chain])
        exact = self.decode_chains(chains)
        frames = [frame or self._require_keyframe(sample) for frame, sample in zip(exact, samples, strict=True)]
        is_last_resort = [
            frame is None and abs(sample.time_s - time_s) > tolerance_s
            for frame, sample, time_s in zip(exact, samples, wanted_s, strict=True)
        ]
        nearest_s = [frame.time_s for frame in frames]
        if self._options.smart:
            frames = [self._replace_flawed(frame, time_s) for frame, time_s in zip(frames, wanted_s, strict=True)]
        return IndexedFrames(frames, nearest_s, is_last_resort)

    def decode_keyframes(self, samples: Sequence[CodedSample]) -> list[Frame | None]:
        """Decode keyframes of the index; None for a damaged one. Raises: as `find_frames`."""
        self._decode_all(samples)
        return [self._frames[_key(sample)] for sample in samples]

    def list_decoded(self) -> list[Frame]:
        """Return the keyframes that have been decoded so far, without damaged ones."""
        return [frame for frame in self._frames.values() if frame]

    def find_chain(self, time_s: float) -> list[CodedSample]:
        """Return the samples to decode for the picture nearest to a time; none if they are over the limits."""
        stream = self._index.stream
        pixels = max(stream.width_px * stream.height_px, 1)
        samples = self._index.find_decode_chain(time_s, max(_MAX_DECODED_PIXELS // pixels, 1))
        return samples if sum(sample.size_bytes for sample in samples) <= _MAX_CHAIN_BYTES else []

    def _replace_flawed(self, frame: Frame, time_s: float) -> Frame:
        """Return the frame if it has no flaw, else the nearest one without; with a note if there is none nearby."""
        flaw = quality.find_flaw(frame.image)
        if flaw is None:
            return frame
        within_s = selection.compute_nearby_s(self._index.stream.duration_s)
        for other in self._find_others(frame, time_s, within_s):
            if quality.find_flaw(other.image) is None:
                return other
        notes = (frame.note, quality.describe_flaw(flaw))
        return replace(frame, note=" ".join(note for note in notes if note))

    def _find_others(self, frame: Frame, time_s: float, within_s: float) -> Iterator[Frame]:
        """Yield frames near a time, the nearest first: keyframes, or other frames if there are no keyframes."""
        keyframes = [sample for sample in self._index.find_near(time_s, within_s) if sample.time_s != frame.time_s]
        # Fades and titles are short: a few keyframes further, the picture has no flaw any more.
        for sample in keyframes[:_MAX_TRIES]:
            if other := self._decode_keyframe(sample):
                yield other
        if not keyframes:
            end_s = self._index.stream.duration_s
            # Screen recordings and animations may have one keyframe in minutes: frames between are tried.
            for distance_s in (0.0, within_s / 2, -within_s / 2, within_s, -within_s):
                chain = self.find_chain(time_s + distance_s) if 0 <= time_s + distance_s < end_s else []
                if chain and (other := self.decode_chains([chain])[0]):
                    yield other

    def decode_chains(self, chains: Sequence[Sequence[CodedSample]]) -> list[Frame | None]:
        """Return the last picture of each chain, None for an empty or damaged one.

        Chains of one keyframe are decoded together. Raises: as `find_frames`.
        """
        frames: dict[tuple[float, int], Frame | None] = {}
        for keyframe in {_key(chain[0]): None for chain in chains if chain}:
            together = [chain for chain in chains if chain and _key(chain[0]) == keyframe]
            # A short video has all its positions after one keyframe: its pictures are decoded once.
            longest = max(together, key=len)
            targets = {_key(chain[-1]): chain[-1] for chain in together}
            frames |= dict(zip(targets, self._decode_chain(longest, list(targets.values())), strict=True))
        return [frames[_key(chain[-1])] if chain else None for chain in chains]

    def _decode_chain(self, samples: Sequence[CodedSample], targets: Sequence[CodedSample]) -> list[Frame | None]:
        """Decode the targets in a chain, without pictures that no other refers to."""
        stream, pictures = self._index.stream, read_samples(self._reader, samples)
        target_keys = {_key(target) for target in targets}
        needed = list(enumerate(pictures))
        # AVI has no display times, so it is unknown which sample is the wanted picture.
        if stream.has_display_times:
            wanted = [_key(sample) in target_keys for sample in samples]
            needed = get_codec(stream.decoder).select_needed(stream.extradata, pictures, wanted)
        return self._decode([samples[at] for at, _ in needed], [picture for _, picture in needed], targets)

    def _decode_all(self, samples: Sequence[CodedSample]) -> None:
        new = {_key(sample): sample for sample in samples if _key(sample) not in self._frames}
        for (key, sample), data in zip(new.items(), read_samples(self._reader, list(new.values())), strict=True):
            self._frames[key] = self._decode([sample], [data], [sample])[0]

    def _decode_keyframe(self, sample: CodedSample) -> Frame | None:
        self._decode_all([sample])
        return self._frames[_key(sample)]

    def _require_keyframe(self, sample: CodedSample) -> Frame:
        frame = self._decode_keyframe(sample)
        if frame is None:
            expected = f"a keyframe at {sample.time_s:.3f} s that can be decoded"
            raise BrokenIndexError.at("sample", sample.offset, expected=expected, found="a damaged picture")
        return frame

    def _decode(
        self, samples: Sequence[CodedSample], pictures: Sequence[bytes], targets: Sequence[CodedSample]
    ) -> list[Frame | None]:
        stream, width_px = self._index.stream, self._options.width_px
        coded = get_codec(stream.decoder).describe(stream.extradata, pictures[0])
        # An MP4 without stss calls every sample a keyframe, whatever its picture needs.
        if coded.is_key is False:
            return [None] * len(targets)
        shape = decode.compute_shape(stream, coded, max_width_px=width_px)
        check_pixels(*shape.stored_px)
        self.shown_px = shape.shown_px
        # With B-frames, pictures are shown in another order than they are stored.
        shown_after = [sum(1 for sample in samples if sample.time_s > target.time_s) for target in targets]
        self.colour = coded.colour.complete(stream.colour)
        is_ipt = stream.is_ipt or profile_5.is_profile_5(stream.decoder, stream.extradata, pictures[0])
        self.is_dolby_vision = is_ipt
        # By offset: an AVI corrects the times of keyframes.
        offsets = [sample.offset for sample in samples]
        numbers = [offsets.index(target.offset) for target in targets]
        images = self._decode_ipt(pictures, numbers, shape) if is_ipt else [None]
        note = None
        if any(image is None for image in images):
            rendering = decode.Rendering(width_px, alpha.parse_background(self._options.background))
            images = decode.decode_pictures(stream, coded, pictures, rendering, shown_after=shown_after)
            note = profile_5.FALSE_COLOURS if is_ipt else None
        return [
            None if image is None else Frame(image, target.time_s, note)
            for image, target in zip(images, targets, strict=True)
        ]

    def _decode_ipt(
        self, pictures: Sequence[bytes], numbers: Sequence[int], shape: decode.PictureShape
    ) -> list[Image | None]:
        stream = self._index.stream
        if stream.decoder != "hevc":
            return [None] * len(numbers)
        images = profile_5.decode_pictures(stream.extradata, pictures, numbers, shape.thumbnail_px)
        return [None if image is None else apply_orientation(image, stream.orientation) for image in images]


def _find_shortfall(found: IndexedFrames, wanted_s: Sequence[float], stream: Stream) -> Shortfall | None:
    end_s = max(1.0, 0.02 * stream.duration_s, 2 * stream.frame_s)
    is_far = describe_distance(found.nearest_s, wanted_s, end_s) is not None
    # An upload or a recording that broke off: the index lists frames that the file does not have.
    if is_far and stream.is_cut_off:
        return describe_cut_off(found.nearest_s)
    if stream.missing:
        return ReasonCode.INCOMPLETE, stream.missing
    # A keyframe that is too far away: the pictures up to the position were over the limits.
    if any(found.is_last_resort):
        tolerance_s = selection.compute_tolerance_s(stream.duration_s, stream.frame_s)
        return describe_distance(found.nearest_s, wanted_s, tolerance_s)
    # The last picture may be shown for long: only a stated end can be one that the pictures do not reach.
    if is_far and math.isinf(stream.end_s):
        return ReasonCode.INCOMPLETE, f"The frames end at {max(found.nearest_s):.1f} s of {stream.duration_s:.1f} s."
    return None


def _key(sample: CodedSample) -> tuple[float, int]:
    return sample.time_s, sample.offset
