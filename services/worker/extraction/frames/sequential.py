"""Frames without an index: FFmpeg seeks, then decodes from the start where the seek missed, then takes any frame."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from services.contract.records import ReasonCode
from services.worker.extraction.admission import MAX_DURATION_S
from services.worker.extraction.containers.timeline import MAX_GAP_S, SteadyClock
from services.worker.extraction.dolby_vision import profile_5
from services.worker.extraction.examine import ExaminedVideo, examine_video, refuse_interlaced
from services.worker.extraction.frames import quality, selection
from services.worker.extraction.frames.capture import Capture, Frame, FrameSource
from services.worker.extraction.frames.keyframes import KeyframeSource
from services.worker.extraction.frames.messages import describe_messages, is_interlaced, is_unconverted
from services.worker.extraction.frames.request import (
    FoundFrames,
    FrameRequest,
    Shortfall,
    describe_cut_off,
    describe_distance,
    describe_picture,
    note_distances,
)
from services.worker.extraction.outcome import ExtractionError, VideoInfo
from services.worker.extraction.pixels import alpha, thumbnail
from services.worker.extraction.pixels.orientation import Image

_FIRST_FRAME_BYTES = 16 * 1024 * 1024
_FIRST_FRAME_CPU_S = 5.0
_STEPS_BACK_S = (0.0, 2.0, 10.0)
"""Distances before a time to which a seek goes, until it finds a frame that is not after the time."""
_MAX_REORDERED = 16
"""Upper limit, in pictures, of the difference between decoding order and display order in H.264."""
_SHARES = (0.2, -0.2, 0.4, -0.4, 0.7, -0.7, 1.0, -1.0)
"""Distances at which a better picture is searched, in shares of the maximum, the nearest first."""


def find_frames(request: FrameRequest) -> FoundFrames:
    """Return the frames that seeking and decoding find. Raises: ExtractionError, SourceError."""
    video, options = examine_video(request.reader, request.examined, request.limits.denied), request.options
    search = SequentialSearch(request, video)
    duration_s, is_whole = search.measure_duration_s()
    wanted_s = selection.compute_times_s(options.positions_pct, duration_s)
    # Players show nothing before the first picture, and go on showing the last one while the sound goes on.
    shown_s = [search.clamp(time_s) for time_s in wanted_s]
    frames = search.find_frames(shown_s)
    info = VideoInfo(
        duration_s=duration_s if is_whole else None,
        width_px=search.shown_px[0],
        height_px=search.shown_px[1],
        codec=video.codec.label,
        container=video.container.name,
    )
    decoded = [frame for frame in frames if frame]
    if not decoded:
        raise _explain_no_frame(video, info, search.messages)
    # A damaged part of the video: the last frame that was decoded replaces those that were not.
    chosen = [frame or decoded[-1] for frame in frames]
    if is_whole:
        shortfall = _find_shortfall(video, chosen, shown_s, duration_s, was_exhaustive=search.was_exhaustive)
    else:
        reason = f"The duration is not known; the pictures are of the first {duration_s:.0f} s."
        shortfall = (ReasonCode.NEARBY_FRAME, reason)
    nearest_s = [frame.time_s for frame in chosen]
    if options.smart:
        chosen = search.replace_flawed(chosen, shown_s, duration_s)
    if video.has_false_colours:
        chosen = [replace(frame, note=profile_5.FALSE_COLOURS) for frame in chosen]
    tolerance_s = selection.compute_tolerance_s(duration_s, video.stream.frame_s)
    # FFmpeg turns the pictures: only an index tells how.
    picture = describe_picture(
        video.stream.frame_s,
        video.colour,
        request.index.stream.orientation if request.index else None,
        is_dolby_vision=video.has_false_colours,
    )
    return FoundFrames(info, note_distances(chosen, nearest_s, wanted_s, tolerance_s), shortfall, picture)


class SequentialSearch:
    """Search through one video. `shown_px` is the size of the frames as they are shown.

    `was_exhaustive` is True after every frame of the video was decoded. `messages` are the first ones of FFmpeg.
    """

    def __init__(self, request: FrameRequest, video: ExaminedVideo) -> None:
        self._request = request
        self._reader = request.reader
        self._video = video
        self._limits = request.limits
        self._options = request.options
        self.shown_px = (video.stream.width_px, video.stream.height_px)
        self.was_exhaustive = False
        self.messages: list[str] = []

    def clamp(self, time_s: float) -> float:
        """Return the time, or that of the nearest picture if the video begins later or ends earlier."""
        index = self._request.index
        return index.stream.clamp(time_s) if index else max(time_s, self._request.start.first_s)

    def measure_duration_s(self) -> tuple[float, bool]:
        """Return the duration, and True if it is that of the whole video.

        The packets are read as far as the limits allow if the container has no duration, if its clock jumps, or if it
        goes on in fragments: its header may count the first one only.
        """
        has_fragments, has_jumps = self._video.has_fragments, self._request.has_jumps
        indexed_s = self._request.index.stream.duration_s if self._request.index else 0.0
        if not 0 < indexed_s <= MAX_DURATION_S:
            indexed_s = 0.0
        if indexed_s and not has_fragments:
            return indexed_s, True
        # A recording of a browser (MediaRecorder) or of ffmpeg to a pipe is a WebM without a duration.
        stated_s = self._video.duration_s
        start = self._request.start
        if stated_s is not None and not has_fragments and not has_jumps:
            return start.duration_s or stated_s, True
        self._reader.rewind(soft_bytes=self._limits.read_bytes, soft_cpu_s=self._limits.cpu_s / 4)
        packets = self._capture(decoder=None)
        times_s = list(iter(packets.advance, None)) if packets.is_open else []
        # Recordings that were joined start again at zero: no time after the first one can be sought.
        if has_fragments and _has_restart(times_s, self._video.stream.frame_s):
            return max(times_s), False
        self._reader.check()
        read_s = max(times_s, default=0.0) + self._video.stream.frame_s
        # The limit ended the reading, so the stated duration is the better one.
        if self._reader.exhausted and not has_jumps and stated_s is not None and stated_s > read_s:
            return stated_s, True
        # FFmpeg leaves out fragments that it cannot follow.
        return max(read_s, indexed_s), not self._reader.exhausted

    def find_frames(self, wanted_s: Sequence[float]) -> list[Frame | None]:
        """Return the best frame for each time, in thumbnail size; all None if nothing could be decoded.

        Raises: SourceError.
        """
        frames: list[Frame | None] = [None] * len(wanted_s)
        has_jumps = self._request.has_jumps
        if not has_jumps and (capture := self._open(self._limits.read_bytes, self._limits.cpu_s / 2)):
            # FFmpeg seeks by its own index, or by bisection in MPEG-TS: cheap, but it may miss.
            frames = selection.seek_frames(capture, wanted_s, self._build_shrink(capture))
            del capture
        self._reader.check()
        if all(frame and self._is_close(frame, time_s) for frame, time_s in zip(frames, wanted_s, strict=True)):
            return frames
        if capture := self._open(self._limits.read_bytes, self._limits.cpu_s):
            # The seek missed, as in videos of a variable rate and in damaged ones.
            walked = selection.walk_frames(capture, wanted_s, self._build_shrink(capture))
            self.was_exhaustive = not self._reader.exhausted
            del capture
            triples = zip(wanted_s, frames, walked, strict=True)
            frames = [selection.choose_nearest(time_s, sought, found) for time_s, sought, found in triples]
        self._reader.check()
        # Nothing near the positions can be decoded: any frame of the video is better than none.
        if not any(frames) and (capture := self._open(_FIRST_FRAME_BYTES, self._limits.cpu_s + _FIRST_FRAME_CPU_S)):
            frames = selection.walk_frames(capture, [0.0] * len(wanted_s), self._build_shrink(capture))
            del capture
        self._reader.check()
        return frames

    def find_shown(self, time_s: float) -> Frame | None:
        """Return the frame that players show at a time; None if it cannot be reached. Raises: SourceError."""
        for back_s in () if self._request.has_jumps else _STEPS_BACK_S:
            if capture := self._open(self._limits.read_bytes, self._limits.cpu_s):
                found = selection.walk_to(capture, time_s, self._build_shrink(capture), start_s=time_s - back_s)
                del capture
                self._reader.check()
                if found and not self._reader.exhausted:
                    return found
        # Times first: which picture it is shows only at the next one.
        if not (capture := self._open(self._limits.read_bytes, self._limits.cpu_s)):
            return None
        number = selection.count_to(capture, time_s)
        is_whole = not self._reader.exhausted
        del capture
        self._reader.check()
        found = None
        if is_whole and (capture := self._open(self._limits.read_bytes, self._limits.cpu_s)):
            found = selection.take_frame(capture, number, self._build_shrink(capture))
            del capture
            self._reader.check()
        return found

    def replace_flawed(self, frames: Sequence[Frame], wanted_s: Sequence[float], duration_s: float) -> list[Frame]:
        """Return the frames, each with a flaw replaced by the nearest one without, or with a note if there is none.

        Raises: SourceError.
        """
        flawed = {number: flaw for number, frame in enumerate(frames) if (flaw := quality.find_flaw(frame.image))}
        has_jumps = self._request.has_jumps
        capture = self._open(self._limits.read_bytes, self._limits.cpu_s) if flawed and not has_jumps else None
        if capture is None:
            return list(frames)
        shrink, chosen, within_s = self._build_shrink(capture), list(frames), selection.compute_nearby_s(duration_s)
        for number, flaw in flawed.items():
            chosen[number] = replace(frames[number], note=quality.describe_flaw(flaw))
            for other_s in (wanted_s[number] + share * within_s for share in _SHARES):
                other = selection.seek_frame(capture, other_s, shrink) if 0 <= other_s < duration_s else None
                if other and abs(other.time_s - wanted_s[number]) <= within_s and not quality.find_flaw(other.image):
                    chosen[number] = other
                    break
        del capture
        self._reader.check()
        return chosen

    def _open(self, soft_bytes: int, soft_cpu_s: float) -> FrameSource | None:
        self._reader.rewind(soft_bytes=soft_bytes, soft_cpu_s=soft_cpu_s)
        video = self._video
        packets = self._capture(decoder=None if video.is_rewritten else video.decoder)
        self.messages = self.messages or packets.messages
        if not packets.is_open:
            return None
        return KeyframeSource(packets, video.codec) if video.is_rewritten else packets

    def _capture(self, *, decoder: str | None) -> Capture:
        container, clock = self._video.container, None
        if self._request.has_jumps:
            clock = SteadyClock(self._video.stream.frame_s, MAX_GAP_S if container.name == "mpegts" else math.inf)
        return Capture(
            self._reader, container.demuxer, decoder=decoder, first_s=self._request.start.first_s, clock=clock
        )

    def _is_close(self, frame: Frame, time_s: float) -> bool:
        """Return True if a seek found the right frame, give or take one.

        OpenCV counts frames at the average rate, so that it misses in videos of a variable rate, as phones record them.
        """
        if self._video.is_rewritten:
            # Only keyframes are decoded.
            return abs(frame.time_s - time_s) <= selection.compute_tolerance_s(self._video.duration_s or 0.0)
        close_s = max(0.1, 2 * min(self._video.stream.frame_s, 1.0), 0.02 * (self._video.duration_s or 0.0))
        return abs(frame.time_s - time_s) <= close_s

    def _build_shrink(self, capture: FrameSource) -> selection.Shrink:
        ratio = capture.sample_aspect_ratio

        def shrink(image: Image) -> Image:
            self.shown_px = (image.shape[1], image.shape[0])
            image = alpha.blend_background(*alpha.split_alpha(image), alpha.parse_background(self._options.background))
            return thumbnail.shrink_image(image, ratio, max_width_px=self._options.width_px)

        return shrink


def _has_restart(times_s: Sequence[float], frame_s: float) -> bool:
    """Return True if times go back further than reordering explains, as in concatenated recordings."""
    return any(later_s < time_s - max(1.0, _MAX_REORDERED * frame_s) for time_s, later_s in pairwise(times_s))


def _explain_no_frame(video: ExaminedVideo, info: VideoInfo, messages: Sequence[str]) -> ExtractionError:
    if any(is_interlaced(line) for line in messages):
        return refuse_interlaced(video.codec)
    if any(is_unconverted(line) for line in messages):
        reason = (
            f"HDR or a wide gamut in {video.codec.label} video is not supported: only the container states the colours."
        )
        return ExtractionError(ReasonCode.UNSUPPORTED_CODEC, reason, info=info)
    if video.is_cut_off:
        reason = "The file is incomplete: it ends before the first frame."
        return ExtractionError(ReasonCode.INCOMPLETE, reason, info=info)
    reason = f"No frame of the {video.codec.label} video could be decoded: the file is damaged."
    return ExtractionError(ReasonCode.DAMAGED, reason + describe_messages(messages), info=info)


def _find_shortfall(
    video: ExaminedVideo, chosen: Sequence[Frame], wanted_s: Sequence[float], duration_s: float, *, was_exhaustive: bool
) -> Shortfall | None:
    times_s = [frame.time_s for frame in chosen]
    if video.is_cut_off:
        return describe_cut_off(times_s)
    if was_exhaustive:
        missing_s = wanted_s[-1] - max(times_s)
        if missing_s <= max(1.0, 0.02 * duration_s, 2 * video.stream.frame_s):
            return None
        return ReasonCode.INCOMPLETE, f"The frames end at {max(times_s):.1f} s of {duration_s:.1f} s."
    return describe_distance(times_s, wanted_s, selection.compute_tolerance_s(duration_s))
