"""Optional pictures of the whole video, from keyframes only: a storyboard and a short animation.

They never cost a video its thumbnails: the search for keyframes ends at its limits, and the nearest keyframes found
replace the others.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import cv2
import numpy as np

from services.contract.storyboards.layout import MAX_TILES, Arrangement, StoryboardFormat, arrange_tiles
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction.containers.stream import BrokenIndexError, Index
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.indexed import IndexSearch
from services.worker.extraction.frames.request import FrameRequest, SearchLimits
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import (
    ExtractedFile,
    ExtractedPreview,
    ExtractedStoryboard,
    ExtractionError,
    Outcome,
)
from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.pixels.composition import encode_animation
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.reading.reader import RangedReader

_MAX_TILE_BYTES = 128 * 1024 * 1024
"""Upper limit of the memory that all decoded tiles take."""
_PREVIEW_PX, _PREVIEW_FRAMES, _FRAME_MS = 320, 10, 500
_BATCH = 8
"""Keyframes that are read together: in a container without an index each may cost 12 MiB."""
_MAX_WALL_S, _MAX_WALL_OF_MANY_S = 15.0, 30.0
"""Time for the search, and for that of more than `_MANY_TILES`."""
_MANY_TILES = 100
_MAX_FETCHES = 600

_Made = TypeVar("_Made", ExtractedStoryboard, ExtractedPreview)


@dataclass(frozen=True)
class _Allowance:
    """Limits of the search for more keyframes, checked between two batches."""

    reader: RangedReader
    max_bytes: int
    max_fetches: int
    until_cpu_s: float
    until_s: float

    def count_left_bytes(self) -> int:
        """Return the bytes that may still be read; zero if any limit is reached."""
        is_over = (
            self.reader.fetches > self.max_fetches
            or time.process_time() > self.until_cpu_s
            or time.monotonic() > self.until_s
        )
        return 0 if is_over else max(self.max_bytes - self.reader.fetched_bytes, 0)


def add_overview(
    outcome: Outcome, request: FrameRequest, shown: Image, *, index_errors: tuple[type[Exception], ...]
) -> Outcome:
    """Return the outcome with the requested overview. `shown` is a frame of the video.

    A picture is left out if the index does not lead to it: the outcome then has the `index_errors` error as a failure.

    Raises: SourceError.
    """
    options, container = request.options, request.examined.container.name
    if request.index is None or not (options.storyboard or options.preview):
        return outcome
    overview = Overview(request.reader, request.index, options, request.limits, shown)

    def try_build(build: Callable[[], _Made | None]) -> tuple[_Made | None, IndexFailure | None]:
        try:
            return build(), None
        except index_errors as error:
            return None, IndexFailure.of(error, container)
        # libwebp refuses some sizes, and a child has little memory: the thumbnails are finished already.
        except (ExtractionError, MemoryError, cv2.error):
            return None, None

    storyboard, no_storyboard = try_build(overview.build_storyboard) if options.storyboard else (None, None)
    preview, no_preview = try_build(overview.build_preview) if options.preview else (None, None)
    return replace(outcome, storyboard=storyboard, preview=preview, index_failure=no_storyboard or no_preview)


class Overview:
    """Overview of one video from the keyframes in `index`. `shown` is a frame of the video.

    The methods raise the errors of `IndexSearch`.
    """

    def __init__(
        self, reader: RangedReader, index: Index, options: ThumbnailOptions, limits: SearchLimits, shown: Image
    ) -> None:
        self._reader, self._index, self._options = reader, index, options
        self._shape = shown.shape
        self._tile_px = fit_square(shown.shape, options.storyboard_layout.tile_px)
        self._interval_s, self._tiles = self._space_tiles()
        has_many = options.storyboard and self._tiles > _MANY_TILES
        self._allowance = _Allowance(
            reader,
            max_bytes=reader.fetched_bytes + limits.read_bytes,
            max_fetches=reader.fetches + max(_MAX_FETCHES, 2 * self._tiles if has_many else 0),
            until_cpu_s=limits.cpu_s / 2,
            until_s=time.monotonic() + (_MAX_WALL_OF_MANY_S if has_many else _MAX_WALL_S),
        )

    def _space_tiles(self) -> tuple[float, int]:
        """Return the interval in seconds and the number of tiles."""
        duration_s = self._index.stream.duration_s
        max_tiles = min(MAX_TILES, max(_MAX_TILE_BYTES // (self._tile_px[0] * self._tile_px[1] * 3), 1))
        interval_s = self._options.storyboard_layout.compute_interval_s(duration_s, max_tiles=max_tiles)
        # 1e-6: a duration of 10.0000001 s, as rounded time scales give it, has no tile of its own for the rest.
        return interval_s, max(math.ceil(duration_s / interval_s - 1e-6), 1)

    def build_storyboard(self) -> ExtractedStoryboard:
        """Return sheets of tiles, each from the keyframe nearest to the middle of its interval."""
        duration_s, options = self._index.stream.duration_s, self._options
        starts_s = [number * self._interval_s for number in range(self._tiles)]
        middles_s = [(start_s + min(start_s + self._interval_s, duration_s)) / 2 for start_s in starts_s]
        images = [_resize(frame.image, self._tile_px) for frame in self._find_frames(middles_s, self._tile_px[0])]
        arrangement = arrange_tiles(self._tiles, options.storyboard_layout.columns)
        has_bif = StoryboardFormat.BIF in options.storyboard_layout.formats

        def encode(image: Image, image_format: ImageFormat) -> ExtractedFile:
            return ExtractedFile(thumbnail.encode_image(image, image_format, quality=options.quality))

        return ExtractedStoryboard(
            interval_s=self._interval_s,
            tiles=self._tiles,
            columns=arrangement.columns,
            rows=arrangement.rows,
            tile_width_px=self._tile_px[0],
            tile_height_px=self._tile_px[1],
            sheets=tuple(encode(sheet, options.format) for sheet in compose_sheets(images, arrangement)),
            frames=tuple(encode(image, ImageFormat.JPEG) for image in images) if has_bif else (),
        )

    def build_preview(self) -> ExtractedPreview | None:
        """Return an animation of keyframes; None if fewer than two are different."""
        duration_s = self._index.stream.duration_s
        times_s = [(number + 0.5) / _PREVIEW_FRAMES * duration_s for number in range(_PREVIEW_FRAMES)]
        size_px = fit_square(self._shape, _PREVIEW_PX)
        # A short video has fewer keyframes than the animation has frames.
        different = {frame.time_s: frame for frame in self._find_frames(times_s, size_px[0])}
        if len(different) < 2:
            return None
        images = [_resize(different[time_s].image, size_px) for time_s in sorted(different)]
        data = encode_animation(images, frame_ms=_FRAME_MS, quality=self._options.quality)
        frames = count_frames(data)
        if frames < 2:
            return None
        return ExtractedPreview(
            frames=frames,
            duration_s=len(different) * _FRAME_MS / 1000,
            width_px=size_px[0],
            height_px=size_px[1],
            data=data,
        )

    def _find_frames(self, times_s: Sequence[float], width_px: int) -> list[Frame]:
        """Return for each time the nearest keyframe of those that the limits allow to decode."""
        search = IndexSearch(self._reader, self._index, self._options.model_copy(update={"width_px": width_px}))
        found: dict[int, Frame] = {}
        # Coarse first: at the limit, the tiles found so far are spread over the whole video.
        order = list(order_coarse_first(len(times_s)))
        for at in range(0, len(order), _BATCH):
            left_bytes = self._allowance.count_left_bytes()
            numbers = sorted(order[at : at + _BATCH])
            samples = self._index.find_nearest([times_s[number] for number in numbers]) if left_bytes else []
            # MPEG-TS and ASF have read a keyframe in order to find it: it costs nothing more.
            if not samples or sum(sample.size_bytes for sample in samples if sample.data is None) > left_bytes:
                break
            frames = search.decode_keyframes(samples)
            found |= {number: frame for number, frame in zip(numbers, frames, strict=True) if frame}
        if not found:
            expected = f"keyframes for {len(times_s)} times within the limits"
            raise BrokenIndexError.at("index", 0, expected=expected, found="none that can be decoded")
        return [found[min(found, key=lambda other: abs(other - number))] for number in range(len(times_s))]


def count_frames(webp: bytes) -> int:
    """Return the number of frames of an animated WebP, 0 for a still one. Chunks have even sizes (RFC 9649, 2.3)."""
    at, frames = 12, 0
    while at + 8 <= len(webp):
        frames += webp[at : at + 4] == b"ANMF"
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return frames


def order_coarse_first(count: int) -> Iterator[int]:
    """Yield all numbers below `count` so that the first ones of any length are spread evenly."""
    step = 1 << max(count - 1, 1).bit_length()
    yield from range(min(count, 1))
    while step > 1:
        yield from range(step // 2, count, step)
        step //= 2


def fit_square(shape: Sequence[int], max_px: int) -> tuple[int, int]:
    """Return width and height of a picture of this shape (height first) scaled down to fit in a square."""
    scale = min(1.0, max_px / max(shape[:2]))
    return max(round(shape[1] * scale), 1), max(round(shape[0] * scale), 1)


def compose_sheets(images: Sequence[Image], arrangement: Arrangement) -> Iterator[Image]:
    """Yield sheets with images of one size, row by row; the rest of the last one is black."""
    height, width = images[0].shape[:2]
    for first in range(0, len(images), arrangement.tiles_per_sheet):
        sheet = np.zeros((arrangement.rows * height, arrangement.columns * width, 3), np.uint8)
        for number, image in enumerate(images[first : first + arrangement.tiles_per_sheet]):
            row, column = divmod(number, arrangement.columns)
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
        yield sheet


def _resize(image: Image, size_px: tuple[int, int]) -> Image:
    if image.shape[1::-1] == size_px:
        return image
    return cast("Image", cv2.resize(image, size_px, interpolation=cv2.INTER_AREA))
