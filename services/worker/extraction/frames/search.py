"""The search for frames: seek first, walk where that misled, and settle for less at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.worker.extraction.codecs import get_codec
from services.worker.extraction.examine import Video
from services.worker.extraction.frames import quality, selection
from services.worker.extraction.frames.capture import Capture, Frame, Image
from services.worker.extraction.pixels import thumbnail as picture
from services.worker.extraction.reading.reader import RangedReader

_FIRST_FRAME_BYTES = 16 * 1024 * 1024
_FIRST_FRAME_CPU_S = 5.0
_REORDERED = 16
"""How far the order of decoding may differ from that of showing, in pictures: H.264 allows as many."""
_LOOKED_AT = (0.2, -0.2, 0.4, -0.4, 0.7, -0.7, 1.0, -1.0)
"""Where a better picture is looked for: shares of how far it may be, the nearest first."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Where each stage of a search stops, so that something is left for the next: bytes read and CPU seconds."""

    read_bytes: int
    cpu_s: float


class Search:
    """The state of one search. `shown_px` is the size of the frames as they are shown, `was_exhaustive` whether every
    frame of the video was looked at.
    """

    def __init__(self, reader: RangedReader, video: Video, limits: Limits, *, width_px: int) -> None:
        self._reader = reader
        self._video = video
        self._limits = limits
        self._width_px = width_px
        self.shown_px = (video.stream.width_px, video.stream.height_px)
        self.was_exhaustive = False

    def duration_s(self) -> tuple[float, bool]:
        """Return the duration, and whether it is the whole.

        The packets are read as far as the limits allow if the container has no duration, or if it goes on in fragments:
        its header may count the first one only.
        """
        stated_s = self._video.duration_s
        if stated_s is not None and not self._video.has_fragments:
            return stated_s, True
        self._reader.rewind(soft_bytes=self._limits.read_bytes, soft_cpu_s=self._limits.cpu_s / 4)
        packets = Capture(self._reader, self._video.container.demuxer, decoder_whitelist=None)
        times_s = list(iter(packets.advance, None)) if packets.is_open else []
        if self._video.has_fragments and _start_again(times_s, self._video.stream.frame_s):
            return max(times_s), False
        self._reader.check()
        span_s = max(times_s, default=0.0) - min(times_s, default=0.0)
        read_s = span_s + self._video.stream.frame_s
        if self._reader.exhausted and stated_s is not None and stated_s > read_s:
            return stated_s, True
        return read_s, not self._reader.exhausted

    def frames(self, wanted_s: Sequence[float]) -> list[Frame | None]:
        """The best frame for each time, as small as a thumbnail; all None if nothing could be decoded.

        Raises: SourceError.
        """
        frames: list[Frame | None] = [None] * len(wanted_s)
        if capture := self._open(self._limits.read_bytes, self._limits.cpu_s / 2):
            frames = selection.by_seeking(capture, wanted_s, self._shrinker(capture))
            del capture
        self._reader.check()
        if all(frame and self._is_close(frame, time_s) for frame, time_s in zip(frames, wanted_s, strict=True)):
            return frames
        if capture := self._open(self._limits.read_bytes, self._limits.cpu_s):
            walked = selection.by_walking(capture, wanted_s, self._shrinker(capture))
            self.was_exhaustive = not self._reader.exhausted
            del capture
            triples = zip(wanted_s, frames, walked, strict=True)
            frames = [selection.nearest(time_s, sought, found) for time_s, sought, found in triples]
        self._reader.check()
        if not any(frames) and (capture := self._open(_FIRST_FRAME_BYTES, self._limits.cpu_s + _FIRST_FRAME_CPU_S)):
            frames = selection.by_walking(capture, [0.0] * len(wanted_s), self._shrinker(capture))
            del capture
        self._reader.check()
        return frames

    def better(self, frames: Sequence[Frame], wanted_s: Sequence[float], duration_s: float) -> list[Frame]:
        """The same frames; in the place of one that is no good picture the nearest that is, or it with a note.

        Raises: SourceError.
        """
        flawed = {number: what for number, frame in enumerate(frames) if (what := quality.flaw(frame.image))}
        capture = self._open(self._limits.read_bytes, self._limits.cpu_s) if flawed else None
        if capture is None:
            return list(frames)
        shrink, chosen, within_s = self._shrinker(capture), list(frames), selection.nearby_s(duration_s)
        for number, what in flawed.items():
            chosen[number] = replace(frames[number], note=quality.note(what))
            for other_s in (wanted_s[number] + share * within_s for share in _LOOKED_AT):
                other = selection.sought(capture, other_s, shrink) if 0 <= other_s < duration_s else None
                if other and abs(other.time_s - wanted_s[number]) <= within_s and not quality.flaw(other.image):
                    chosen[number] = other
                    break
        del capture
        self._reader.check()
        return chosen

    def _open(self, soft_bytes: int, soft_cpu_s: float) -> Capture | None:
        self._reader.rewind(soft_bytes=soft_bytes, soft_cpu_s=soft_cpu_s)
        whitelist = get_codec(self._video.decoder).decoder_whitelist
        capture = Capture(self._reader, self._video.container.demuxer, decoder_whitelist=whitelist)
        return capture if capture.is_open else None

    def _is_close(self, frame: Frame, time_s: float) -> bool:
        """Whether seeking led where it should, give or take a frame. OpenCV counts frames at the average rate, which
        misleads it where the rate varies.
        """
        close_s = max(0.1, 2 * min(self._video.stream.frame_s, 1.0), 0.02 * (self._video.duration_s or 0.0))
        return abs(frame.time_s - time_s) <= close_s

    def _shrinker(self, capture: Capture) -> selection.Shrink:
        ratio = capture.sample_aspect_ratio

        def shrink(image: Image) -> Image:
            self.shown_px = (image.shape[1], image.shape[0])
            return picture.shrink(image, ratio, max_width_px=self._width_px)

        return shrink


def _start_again(times_s: Sequence[float], frame_s: float) -> bool:
    """Tell whether times go back by more than pictures are reordered, as in recordings that were put together."""
    return any(later_s < time_s - max(1.0, _REORDERED * frame_s) for time_s, later_s in pairwise(times_s))
