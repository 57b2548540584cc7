"""Job of a child process: one video, as it is sent through the pipe."""

from pydantic import BaseModel, ConfigDict

from services.contract.formats import DENIED_DECODERS
from services.contract.thumbnails import ThumbnailOptions


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


class ExtractionJob(BaseModel):
    """Extraction of one video of `size_bytes` bytes."""

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    options: ThumbnailOptions
    bounds: Bounds
