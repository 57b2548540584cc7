"""A frame on demand: what a request asks for, and the key under which the answer is cached.

The api signs requests, and the frames service answers them: see docs/frames.md.
"""

import hashlib
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contract.thumbnails import Format, ImageFormat, Quality, Width

FRAMES_PATH = "/f"
"""Path of the frames, on the same origin as the dashboard and the stable URLs of thumbnails."""

FRAME_PREFIX = "frames/"
"""Prefix of the cached frames in the bucket. They can be deleted at any time."""

MAX_TIME_S = 366 * 24 * 3600


def _round_time(time_s: float) -> float:
    return round(time_s, 3)


FrameTime = Annotated[float, Field(ge=0, le=MAX_TIME_S, allow_inf_nan=False), AfterValidator(_round_time)]


class FrameOptions(BaseModel):
    """One frame: the one that players show at a time, and its encoding. It is never enlarged."""

    model_config = ConfigDict(frozen=True)

    time_s: FrameTime = Field(
        description="Time in seconds from the start of the video, to the millisecond.", examples=[12.5]
    )
    width_px: Width = Field(default=640, description="Maximum width in pixels.", examples=[320])
    height_px: Width | None = Field(
        default=None, description="Maximum height in pixels; the frame keeps its shape.", examples=[180]
    )
    format: Format = Field(default=ImageFormat.JPEG, description="Format of the picture.", examples=["avif"])
    quality: Quality = Field(default=82, description="Quality of the picture.", examples=[82])

    @property
    def text(self) -> str:
        """Return the options as one line: equal options have equal lines, whatever the order in a URL."""
        height = "" if self.height_px is None else self.height_px
        return f"t={self.time_s:.3f}&w={self.width_px}&h={height}&format={self.format}&quality={self.quality}"


def frame_folder(video_key: str) -> str:
    """Return the prefix of all cached frames of a video."""
    return f"{FRAME_PREFIX}{hashlib.sha256(video_key.encode()).hexdigest()[:32]}/"


def frame_key(video_key: str, etag: str, options: FrameOptions) -> str:
    """Return the object key of a cached frame. Another upload under the same key has other frames, by its ETag."""
    digest = hashlib.sha256(f"{etag}\n{options.text}".encode()).hexdigest()[:32]
    return f"{frame_folder(video_key)}{digest}.{options.format.extension}"
