"""Pictures of the whole video, where they are asked for: a storyboard, and a short animation. From keyframes only.

They never cost a video its thumbnails: what finding more keyframes would cost too much is left out, and the nearest
ones that are there stand for the others.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.containers.stream import BrokenIndexError, Index
from services.worker.extraction.frames.capture import Frame, Image
from services.worker.extraction.frames.keyframes import KeyframeSearch
from services.worker.extraction.frames.search import Limits
from services.worker.extraction.outcome import Preview, Storyboard
from services.worker.extraction.pixels import thumbnail as picture
from services.worker.extraction.reading.reader import RangedReader

_INTERVAL_S, _INTERVAL_SHARE = 5.0, 0.01
_TILE_PX, _COLUMNS = 160, 10
_PREVIEW_PX, _PREVIEW_FRAMES, _FRAME_MS = 320, 10, 500
_AT_ONCE = 8
"""Keyframes that are looked up together: in a container without an index each may cost 12 MiB."""
_MOST_WALL_S = 15.0
_MOST_FETCHES = 600


@dataclass(frozen=True)
class _Allowance:
    """How far the search for more keyframes may go; asked between two batches."""

    reader: RangedReader
    most_bytes: int
    most_fetches: int
    until_cpu_s: float
    until_s: float

    def left_bytes(self) -> int:
        """Zero when anything is used up."""
        is_over = (
            self.reader.fetches > self.most_fetches
            or time.process_time() > self.until_cpu_s
            or time.monotonic() > self.until_s
        )
        return 0 if is_over else max(self.most_bytes - self.reader.fetched_bytes, 0)


class Overview:
    """The pictures of one video, of which `index` knows the keyframes, and `shown` is a frame.

    Its methods raise what `KeyframeSearch` raises.
    """

    def __init__(
        self, reader: RangedReader, index: Index, options: ThumbnailOptions, limits: Limits, shown: Image
    ) -> None:
        self._reader, self._index, self._options = reader, index, options
        self._shape = shown.shape
        self._allowance = _Allowance(
            reader,
            most_bytes=reader.fetched_bytes + limits.read_bytes,
            most_fetches=reader.fetches + _MOST_FETCHES,
            until_cpu_s=limits.cpu_s / 2,
            until_s=time.monotonic() + _MOST_WALL_S,
        )

    def storyboard(self) -> Storyboard:
        duration_s = self._index.stream.duration_s
        interval_s = max(_INTERVAL_S, _INTERVAL_SHARE * duration_s)
        tiles = max(math.ceil(duration_s / interval_s - 1e-6), 1)
        middles_s = [min((number + 0.5) * interval_s, duration_s) for number in range(tiles)]
        size_px = fitted(self._shape, _TILE_PX)
        images = [_resized(frame.image, size_px) for frame in self._frames(middles_s, size_px[0])]
        sheet = composed(images, min(_COLUMNS, tiles))
        return Storyboard(
            interval_s=interval_s,
            tiles=tiles,
            columns=min(_COLUMNS, tiles),
            tile_width_px=size_px[0],
            tile_height_px=size_px[1],
            data=picture.encoded(sheet, self._options.format, quality=self._options.quality),
        )

    def preview(self) -> Preview | None:
        """None where there are no two different pictures to show in turn."""
        duration_s = self._index.stream.duration_s
        times_s = [(number + 0.5) / _PREVIEW_FRAMES * duration_s for number in range(_PREVIEW_FRAMES)]
        size_px = fitted(self._shape, _PREVIEW_PX)
        different = {frame.time_s: frame for frame in self._frames(times_s, size_px[0])}
        if len(different) < 2:
            return None
        animation = cv2.Animation()
        animation.frames = [_resized(different[time_s].image, size_px) for time_s in sorted(different)]
        animation.durations = [_FRAME_MS] * len(different)
        ok, data = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, self._options.quality])
        if not ok:
            raise ValueError("OpenCV could not encode the animation")
        # libwebp makes one frame of those that look alike, for as long as all of them together.
        frames = animated_frames(data.tobytes())
        if frames < 2:
            return None
        return Preview(
            frames=frames,
            duration_s=len(different) * _FRAME_MS / 1000,
            width_px=size_px[0],
            height_px=size_px[1],
            data=data.tobytes(),
        )

    def _frames(self, times_s: Sequence[float], width_px: int) -> list[Frame]:
        """The frame of a keyframe for each time: the nearest one, or as near a one as the allowance lets find."""
        search = KeyframeSearch(self._reader, self._index, self._options.model_copy(update={"width_px": width_px}))
        found: dict[int, Frame] = {}
        order = list(coarse_first(len(times_s)))
        for at in range(0, len(order), _AT_ONCE):
            left_bytes = self._allowance.left_bytes()
            numbers = sorted(order[at : at + _AT_ONCE])
            samples = self._index.find_nearest([times_s[number] for number in numbers]) if left_bytes else []
            if not samples or sum(sample.size_bytes for sample in samples if sample.data is None) > left_bytes:
                break
            frames = search.pictures(samples)
            found |= {number: frame for number, frame in zip(numbers, frames, strict=True) if frame}
        if not found:
            raise BrokenIndexError("no keyframe could be had")
        return [found[min(found, key=lambda other: abs(other - number))] for number in range(len(times_s))]


def animated_frames(webp: bytes) -> int:
    """How many frames an animated WebP has; 0 for a still one. Chunks are padded to even sizes (RFC 9649, 2.3)."""
    at, frames = 12, 0
    while at + 8 <= len(webp):
        frames += webp[at : at + 4] == b"ANMF"
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return frames


def coarse_first(count: int) -> Iterator[int]:
    """All numbers below `count`, each once: at every moment those so far are spread over the whole."""
    step = 1 << max(count - 1, 1).bit_length()
    yield from range(min(count, 1))
    while step > 1:
        yield from range(step // 2, count, step)
        step //= 2


def fitted(shape: Sequence[int], most_px: int) -> tuple[int, int]:
    """Width and height of a picture of this shape (height first) in a square, never enlarged."""
    scale = min(1.0, most_px / max(shape[:2]))
    return max(round(shape[1] * scale), 1), max(round(shape[0] * scale), 1)


def composed(images: Sequence[Image], columns: int) -> Image:
    """Images of one size on one sheet, row by row; what is left of the last row is black."""
    height, width = images[0].shape[:2]
    sheet = np.zeros((math.ceil(len(images) / columns) * height, columns * width, 3), np.uint8)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    return sheet


def _resized(image: Image, size_px: tuple[int, int]) -> Image:
    if image.shape[1::-1] == size_px:
        return image
    return cast("Image", cv2.resize(image, size_px, interpolation=cv2.INTER_AREA))
