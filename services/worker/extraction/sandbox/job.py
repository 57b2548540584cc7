"""One video's work order, as it crosses the pipe."""

from pydantic import BaseModel, ConfigDict

from services.contract.thumbnails import ThumbnailOptions


class Bounds(BaseModel):
    """What one video may cost. Memory is address space; the deadline is wall time; beyond them the child is ended."""

    model_config = ConfigDict(frozen=True)

    deadline_s: float = 60.0
    cpu_s: int = 30
    memory_mb: int = 1024
    read_mb: int = 256
    requests: int = 2000


class Job(BaseModel):
    model_config = ConfigDict(frozen=True)

    size_bytes: int
    options: ThumbnailOptions
    bounds: Bounds
