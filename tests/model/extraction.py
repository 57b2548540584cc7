"""Replacement of the extraction: pictures that name their upload, and videos that fail in every way."""

from functools import partial

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.outcome import (
    ExtractedFile,
    ExtractedPicture,
    ExtractedPreview,
    ExtractedStoryboard,
    Outcome,
    VideoInfo,
)
from services.worker.extraction.reading.source import SourceError, VideoSource
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from tests.model.simulation import running

FIRST_BYTES = 16
"""Bytes that the first request of a video reads: less than a video has, so that another read follows."""

_WORK_S = (0.5, 0.0, 2.0, 8.0, 40.0, 0.1, 1.0, 0.0)
_INFO = VideoInfo(100.0, 640, 360, "h264", "mp4")


class SimulatedSandbox(Sandbox):
    """A sandbox that takes its time, and that makes pictures of a video's own bytes and the worker's settings."""

    def __init__(self, settings_hash: str, tried: dict[bytes, int]) -> None:
        self._settings_hash = settings_hash
        self._tried = tried
        self._is_killed = False

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        simulation = running()
        settings_hash = options.fingerprint if options else self._settings_hash
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
        board = ExtractedStoryboard(5.0, 4, 2, 2, 160, 90, (ExtractedFile(draw("board")),)) if kind == "full" else None
        preview = ExtractedPreview(4, 2.0, 320, 180, draw("preview")) if kind == "full" else None
        if is_degraded:
            reason = reason_of(content)
            return Outcome(VideoState.DEGRADED, _INFO, pictures, None, None, ReasonCode.NEARBY_FRAME, reason)
        return Outcome(VideoState.DONE, _INFO, pictures, board, preview)

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
