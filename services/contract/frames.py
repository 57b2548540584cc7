"""A frame on demand: what a request asks for, and the key under which the answer is cached.

The api signs requests, and the frames service answers them: see docs/frames.md.
"""

import hashlib
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.contract.thumbnails import Format, ImageFormat, Quality, Width

FRAMES_PATH = "/f"
"""Path of the frames, on the same origin as the dashboard and the stable URLs of thumbnails."""

FRAME_PREFIX = "frames/"
"""Prefix of the cached frames in the bucket. They can be deleted at any time."""

MAX_TIME_S = 366 * 24 * 3600
MAX_FRAMES = 64
"""Upper limit of frames in one picture or animation."""
MAX_SIDE_PX = 4096
"""Upper limit of the sides of a picture of several frames."""
MAX_ANIMATION_PX = 640
"""Upper limit of the sides of an animation."""


def _round_time(time_s: float) -> float:
    return round(time_s, 3)


FrameTime = Annotated[float, Field(ge=0, le=MAX_TIME_S, allow_inf_nan=False), AfterValidator(_round_time)]


class FrameForm(StrEnum):
    """Content of a picture: one frame, frames of a range next to each other, or one after the other."""

    FRAME = "frame"
    TILES = "tiles"
    ANIMATION = "animation"


Count = Annotated[int, Field(ge=1, le=MAX_FRAMES)]


class FrameOptions(BaseModel):
    """One frame, or several of a range: those that players show at a time, and their encoding.

    A frame is never enlarged. `end_s`, `columns`, `rows` and `fps` are for the forms of several frames.
    """

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
    form: FrameForm = Field(
        default=FrameForm.FRAME,
        strict=False,
        description="`frame`; `tiles` for frames of a range in rows and columns; `animation` for an animated WebP.",
        examples=["tiles"],
    )
    end_s: FrameTime | None = Field(
        default=None, description="End of the range in seconds, after `time_s`.", examples=[60]
    )
    columns: Count = Field(
        default=1,
        description="Columns of tiles; `columns` times `rows` is the number of frames, 64 at most.",
        examples=[5],
    )
    rows: Count = Field(default=1, description="Rows of tiles; one row is a strip.", examples=[4])
    fps: Annotated[int, Field(ge=1, le=25)] = Field(
        default=5, description="Frames a second of an animation.", examples=[5]
    )

    @model_validator(mode="after")
    def _form_fits(self) -> Self:
        if self.form is FrameForm.FRAME:
            if self.frames > 1 or self.end_s is not None:
                raise ValueError("a range needs the form tiles or animation")
            return self
        if self.end_s is None or self.end_s <= self.time_s:
            raise ValueError("the end of the range must be after its start")
        if not 2 <= self.frames <= MAX_FRAMES:
            raise ValueError(f"columns times rows must be 2 to {MAX_FRAMES}")
        if self.form is FrameForm.TILES and self.width_px * self.columns > MAX_SIDE_PX:
            raise ValueError(f"the width times columns must be at most {MAX_SIDE_PX}")
        if self.form is FrameForm.ANIMATION and self.format is not ImageFormat.WEBP:
            raise ValueError("the format of an animation must be webp")
        if self.form is FrameForm.ANIMATION and self.width_px > MAX_ANIMATION_PX:
            raise ValueError(f"the width of an animation must be at most {MAX_ANIMATION_PX}")
        return self

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return self.columns * self.rows

    @property
    def times_s(self) -> tuple[float, ...]:
        """Return the times of the frames: evenly spaced from the start of the range, without its end."""
        step_s = ((self.end_s or self.time_s) - self.time_s) / self.frames
        return tuple(self.time_s + number * step_s for number in range(self.frames))

    @property
    def max_height_px(self) -> int | None:
        """Return the maximum height of one frame, None for any."""
        limits = {FrameForm.TILES: MAX_SIDE_PX // self.rows, FrameForm.ANIMATION: MAX_ANIMATION_PX}
        given = [limit for limit in (self.height_px, limits.get(self.form)) if limit is not None]
        return min(given, default=None)

    @property
    def text(self) -> str:
        """Return the options as one line: equal options have equal lines, whatever the order in a URL."""
        height = "" if self.height_px is None else self.height_px
        text = f"t={self.time_s:.3f}&w={self.width_px}&h={height}&format={self.format}&quality={self.quality}"
        if self.form is FrameForm.FRAME:
            return text
        return f"{text}&form={self.form}&end={self.end_s:.3f}&columns={self.columns}&rows={self.rows}&fps={self.fps}"


def frame_folder(video_key: str) -> str:
    """Return the prefix of all cached frames of a video."""
    return f"{FRAME_PREFIX}{hashlib.sha256(video_key.encode()).hexdigest()[:32]}/"


def frame_key(video_key: str, etag: str, options: FrameOptions) -> str:
    """Return the object key of a cached frame. Another upload under the same key has other frames, by its ETag."""
    digest = hashlib.sha256(f"{etag}\n{options.text}".encode()).hexdigest()[:32]
    return f"{frame_folder(video_key)}{digest}.{options.format.extension}"
