"""Real children that extract from damaged videos, and the properties of their answers.

A worker must not crash, hang or lie: `done` with pictures that are none. Each content selects what is asked for: other
positions, formats and widths, with a storyboard and a preview or without.
"""

import zlib
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from services.contract.records import ReasonCode, VideoState
from services.contract.storyboards.layout import MAX_SHEET_PX, StoryboardFormat, StoryboardLayout
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction.outcome import ExtractedPicture, ExtractedPreview, ExtractedStoryboard, Outcome
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.fuzz.checks import require
from tests.support.sandboxes import Source

_CHOICES = (
    ThumbnailOptions(width_px=160),
    ThumbnailOptions(
        width_px=160,
        storyboard=True,
        preview=True,
        storyboard_layout=StoryboardLayout(formats=tuple(StoryboardFormat), interval_s=0.5, tile_px=64, columns=2),
    ),
    ThumbnailOptions(width_px=64, smart=False, format=ImageFormat.WEBP, storyboard=True),
    ThumbnailOptions(width_px=320, format=ImageFormat.AVIF, preview=True, positions_pct=(50.0,)),
    ThumbnailOptions(width_px=160, smart=False, positions_pct=tuple(range(5, 100, 5))),
    ThumbnailOptions(width_px=4096, storyboard=True, preview=True, positions_pct=(0.01, 99.99)),
)
_MAGIC = {ImageFormat.JPEG: b"\xff\xd8\xff", ImageFormat.WEBP: b"RIFF", ImageFormat.AVIF: b"\0\0\0"}
_BOUNDS = Bounds(deadline_s=30, cpu_s=20, memory_mb=1024, read_mb=64, requests=2000)
_UNEXPECTED = {ReasonCode.CRASHED, ReasonCode.TIMEOUT, ReasonCode.INTERNAL, ReasonCode.STORAGE}


class Children:
    """Sandboxes, one for each choice of options. `check` gives one of them a file."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._sandboxes: list[tuple[ThumbnailOptions, Sandbox]] = []

    def __enter__(self) -> Self:
        for options in _CHOICES:
            self._sandboxes.append((options, self._stack.enter_context(Sandbox(options, _BOUNDS))))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def check(self, content: bytes) -> None:
        """Extract from a file in a child. Raises UnsaneError for an answer that no file may cause."""
        options, sandbox = self._sandboxes[zlib.crc32(content) % len(self._sandboxes)]
        check_outcome(sandbox.extract(Source(content)), options)


def check_outcome(outcome: Outcome, options: ThumbnailOptions) -> None:
    """Raise UnsaneError for an outcome that no file may cause."""
    require(outcome.reason_code not in _UNEXPECTED, f"{outcome.reason_code}: {outcome.reason}")
    if outcome.state is VideoState.FAILED:
        return
    require([made.position_pct for made in outcome.pictures] == list(options.positions_pct), "other pictures")
    require(all(_is_picture(made, options.format) for made in outcome.pictures), "a picture that is none")
    board, preview = outcome.storyboard, outcome.preview
    require(board is None or (options.storyboard and _is_sheet(board)), "a storyboard that is none")
    require(preview is None or (options.preview and _is_animation(preview)), "a preview that is none")


def _is_picture(picture: ExtractedPicture, image_format: ImageFormat) -> bool:
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    is_right_size = image is not None and image.shape[:2] == (picture.height_px, picture.width_px)
    return is_right_size and picture.data.startswith(_MAGIC[image_format])


def _is_sheet(storyboard: ExtractedStoryboard) -> bool:
    size = (storyboard.rows * storyboard.tile_height_px, storyboard.columns * storyboard.tile_width_px)
    sheets = [cv2.imdecode(np.frombuffer(file.data, np.uint8), cv2.IMREAD_COLOR) for file in storyboard.sheets]
    return max(size) <= MAX_SHEET_PX and all(sheet is not None and sheet.shape[:2] == size for sheet in sheets)


def _is_animation(preview: ExtractedPreview) -> bool:
    ok, animation = cv2.imdecodeanimation(np.frombuffer(preview.data, np.uint8).reshape(1, -1))
    sizes = {frame.shape[:2] for frame in animation.frames}
    return ok and len(animation.frames) == preview.frames and sizes == {(preview.height_px, preview.width_px)}
