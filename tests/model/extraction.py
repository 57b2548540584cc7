"""Replacement of the extraction: pictures that name their upload, and videos that fail in every way."""

from dataclasses import replace
from functools import partial

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import (
    ExtractedFile,
    ExtractedPicture,
    ExtractedPoster,
    ExtractedPreview,
    ExtractedStoryboard,
    Outcome,
    ScoredFrame,
    VideoInfo,
)
from services.worker.extraction.reading.source import SourceError, VideoSource
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from tests.model.simulation import running

FIRST_BYTES = 16
"""Bytes that the first request of a video reads: less than a video has, so that another read follows."""

_WORK_S = (0.5, 0.0, 2.0, 8.0, 40.0, 0.1, 1.0, 0.0)
_FRAME = ScoredFrame(10.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
_INFO = VideoInfo(100.0, 640, 360, "h264", "mp4")


class SimulatedSandbox(Sandbox):
    """A sandbox that takes its time, and that makes pictures of a video's own bytes and the worker's settings."""

    def __init__(self, settings: ThumbnailOptions, tried: dict[bytes, int], without_pin: dict[str, str]) -> None:
        self._settings = settings
        self._tried = tried
        self._without_pin = without_pin
        self._is_killed = False

    def extract_pin(self, source: VideoSource, options: ThumbnailOptions) -> Outcome:
        outcome = self.extract(source, options)
        if outcome.poster is None:
            return outcome
        poster = replace(outcome.poster, strip=ExtractedFile(outcome.poster.strip.data + b" of the pin"))
        return replace(outcome, storyboard=None, preview=None, poster=poster)

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        simulation = running()
        options = options or self._settings
        settings_hash = options.fingerprint
        # The pin changes nothing in the other outputs.
        unpinned = options.model_copy(update={"poster_time_s": None}).fingerprint
        self._without_pin[settings_hash] = unpinned
        try:
            content = source.read(0, FIRST_BYTES)
            self._work()
            content += source.read(FIRST_BYTES, source.size_bytes - FIRST_BYTES)
        except SourceError as error:
            return Outcome(VideoState.FAILED, reason_code=ReasonCode.STORAGE, reason=str(error), retryable=True)
        self._work()
        kind = content[:8].decode().strip()
        self._tried[content] = tries = self._tried.get(content, 0) + 1
        if kind == "broken":
            return Outcome(VideoState.FAILED, reason_code=ReasonCode.DAMAGED, reason=reason_of(content))
        if kind == "flaky" and tries % 7:
            return Outcome(VideoState.FAILED, reason_code=ReasonCode.TIMEOUT, reason=reason_of(content), retryable=True)
        if kind == "once" and tries % 3 != 1:
            return Outcome(VideoState.FAILED, reason_code=ReasonCode.MEMORY, reason=reason_of(content))
        if kind == "poison" and simulation.current is not None:
            simulation.current.process.kill()
        is_degraded = kind == "degraded"
        draw = partial(_draw, content, settings_hash)
        pictures = tuple(
            ExtractedPicture(at, at, 640, 360, draw(str(at)), "nearby" if is_degraded else None) for at in (25.0, 75.0)
        )
        overview = partial(_draw, content, unpinned)
        board = preview = poster = None
        if kind == "full":
            board = ExtractedStoryboard(5.0, 4, 2, 2, 160, 90, (ExtractedFile(overview("board")),))
            preview = ExtractedPreview(4, 2.0, 320, 180, overview("preview"))
        if isinstance(options.poster_time_s, float):
            strip = ExtractedFile(overview("strip"))
            size_px = (640, 360, 160, 90)
            poster = ExtractedPoster(options.poster_time_s, *size_px, strip, (_FRAME,), draw("poster"), is_pinned=True)
        if is_degraded:
            reason = reason_of(content)
            code = ReasonCode.NEARBY_FRAME
            return Outcome(VideoState.DEGRADED, _INFO, pictures, reason_code=code, reason=reason, poster=poster)
        return Outcome(VideoState.DONE, _INFO, pictures, board, preview, poster=poster)

    def kill_children(self) -> None:
        self._is_killed = True

    def _work(self) -> None:
        simulation = running()
        work_s = _WORK_S[simulation.choices.below(8)]
        if work_s:
            simulation.sleep(work_s)
        if self._is_killed:
            raise SandboxError("the children were killed")


def _draw(content: bytes, settings_hash: str, what: str) -> bytes:
    return b"|".join((content, settings_hash.encode(), what.encode()))


def reason_of(content: bytes) -> str:
    """Return the reason with which a video fails: it names the video."""
    return f"as {content.rstrip(b'.').decode()}"
