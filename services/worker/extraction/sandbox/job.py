"""Job of a child process: one video, as it is sent through the pipe."""

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from services.contract.formats import DENIED_DECODERS
from services.contract.frames import FrameOptions
from services.contract.thumbnails import ThumbnailOptions

if TYPE_CHECKING:
    # pydantic-settings is a fifth of what a child would load.
    from services.contract.settings.extraction import ExtractionSettings


class Bounds(BaseModel):
    """Limits of one video, beyond which its child is killed. Memory is address space, the deadline wall time.

    The child refuses a video that needs one of the denied decoders or demuxers of FFmpeg.
    """

    model_config = ConfigDict(frozen=True)

    deadline_s: float = 60.0
    cpu_s: int = 30
    memory_mb: int = 1024
    read_mb: int = 256
    requests: int = 2000
    denied_decoders: tuple[str, ...] = tuple(DENIED_DECODERS)
    denied_demuxers: tuple[str, ...] = ()

    @classmethod
    def from_settings(cls, settings: "ExtractionSettings", *, deadline_s: float) -> Self:
        return cls(
            deadline_s=deadline_s,
            cpu_s=settings.extraction_cpu_s,
            memory_mb=settings.extraction_memory_mb,
            read_mb=settings.extraction_read_mb,
            requests=settings.extraction_requests,
            denied_decoders=settings.extraction_denied_decoders,
            denied_demuxers=settings.extraction_denied_demuxers,
        )


class ExtractionJob(BaseModel):
    """Extraction of the thumbnails of one video of `size_bytes` bytes, or of the one frame `frame`."""

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    options: ThumbnailOptions
    bounds: Bounds
    frame: FrameOptions | None = None
    only_pin: bool = False
    """Of the poster, only the pinned frame is made: the video has its candidates."""

    @classmethod
    def for_frame(cls, size_bytes: int, frame: FrameOptions, bounds: Bounds) -> Self:
        """Return the job of a single frame."""
        options = ThumbnailOptions(width_px=frame.width_px, quality=frame.quality, format=frame.format, smart=False)
        return cls(size_bytes=size_bytes, options=options, bounds=bounds, frame=frame)

    def expects(self, positions_pct: tuple[float, ...]) -> bool:
        """Return True if pictures at these positions answer the job: none, or those that it asks for."""
        return positions_pct in ((), (0.0,) if self.frame else self.options.positions_pct)
