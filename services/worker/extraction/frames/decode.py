"""From coded pictures to an upright image of a thumbnail's size, without their container."""

import io
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2

from services.worker.extraction.codecs import get_codec
from services.worker.extraction.codecs.coded import UNSPECIFIED, Coded
from services.worker.extraction.containers.stream import Stream
from services.worker.extraction.frames import avi_wrapper
from services.worker.extraction.frames.capture import ffmpeg_options
from services.worker.extraction.pixels import colour, interlace, orientation, thumbnail
from services.worker.extraction.pixels.orientation import Image

# No decoder while the file is probed: the one that OpenCV opens itself is not subject to this list, and the only one.
# And no parser, which would put the true size in place of the declared one.
_OPTIONS = {
    "codec_whitelist": "none",
    "format_whitelist": "avi",
    "protocol_whitelist": "none",
    "fflags": "nofillin+noparse",
}
_SMALLEST_PX = 16
_MACROBLOCK_PX = 16
_LOST = 4
"""How many pictures a decoder may swallow at the start of a run, before it knows how far they are reordered."""


class Memory(io.BufferedIOBase):
    """A file in memory, for OpenCV: it must be a BufferedIOBase, and must not raise."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._data.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._data.seek(offset, whence)
        except ValueError:
            return -1


@dataclass(frozen=True)
class Shape:
    """A picture as it is stored, as it is shown, and as its thumbnail is to be."""

    stored_px: tuple[int, int]
    shown_px: tuple[int, int]
    thumbnail_px: tuple[int, int]
    """Before it is turned."""


def compute_shape(stream: Stream, coded: Coded, *, max_width_px: int) -> Shape:
    """Sizes from the picture's own header, or from the container where that says nothing."""
    width = coded.width_px or stream.width_px
    height = coded.height_px or stream.height_px
    ratio = stream.sample_aspect_ratio or coded.sample_aspect_ratio or 1.0
    if stream.orientation.swaps_sides:
        shown = (height, width)
        across, down = thumbnail.shown_size(*shown, 1 / ratio, max_width_px=max_width_px)
        return Shape((width, height), shown, (down, across))
    return Shape(
        (width, height), (width, height), thumbnail.shown_size(width, height, ratio, max_width_px=max_width_px)
    )


def decode_pictures(
    stream: Stream, coded: Coded, pictures: Sequence[bytes], *, shown_after: Sequence[int] = (0,), max_width_px: int
) -> list[Image | None]:
    """Some of `pictures` as they are to be shown: those after which so many others are. None for one that is damaged.

    The first is a keyframe, whose header `coded` is. They are in decoding order.
    """
    nothing: list[Image | None] = [None] * len(shown_after)
    codec = get_codec(stream.decoder)
    pictures = [codec.isolate_keyframe(stream.extradata, pictures[0]), *pictures[1:]]
    extradata, transfer = stream.extradata, coded.colour.transfer
    if not coded.colour.is_plain:
        if codec.label_bt709:
            labelled = [codec.label_bt709(stream.extradata, picture) for picture in pictures]
            extradata, pictures = labelled[0][0], [picture for _, picture in labelled]
    elif transfer == UNSPECIFIED:
        transfer = stream.colour.transfer
    if coded.may_be_interlaced:
        progressive = codec.make_progressive(extradata, pictures) if codec.make_progressive else None
        if progressive is None:
            return nothing
        extradata, pictures = progressive
    has_lines = coded.may_be_interlaced and codec.has_interleaved_fields
    size = compute_shape(stream, coded, max_width_px=max_width_px)
    memory = Memory(_wrapped(stream, extradata, pictures, size, keeps_lines=has_lines))
    return [
        None if image is None else _shown(image, stream, size, transfer, has_lines=has_lines)
        for image in _images(memory, len(pictures), shown_after)
    ]


def _shown(image: Image, stream: Stream, size: Shape, transfer: int, *, has_lines: bool) -> Image:
    if has_lines:
        image = interlace.one_field_if_combed(image)
    image = thumbnail.resized(image, size.thumbnail_px)
    if colour.is_high_dynamic_range(transfer):
        image = colour.tone_mapped(image, transfer)
    return orientation.apply(image, stream.orientation)


def _wrapped(stream: Stream, extradata: bytes, pictures: Sequence[bytes], size: Shape, *, keeps_lines: bool) -> bytes:
    codec = get_codec(stream.decoder)
    width, height = size.thumbnail_px
    if codec.needs_container_size:
        width, height = stream.width_px, stream.height_px
    elif codec.crops_to_container_size and _macroblocks(size.thumbnail_px) == _macroblocks(size.stored_px):
        # FFmpeg would take the declared size for a crop that the container knows of.
        width, height = size.stored_px
    elif keeps_lines:
        height = size.stored_px[1]
    # FFmpeg's scaler wants some pixels to work on.
    width, height = max(width, _SMALLEST_PX), max(height, _SMALLEST_PX)
    return avi_wrapper.wrap_pictures(codec, extradata, (width, height), pictures, stream.tag)


def _macroblocks(size_px: tuple[int, int]) -> tuple[int, int]:
    width, height = size_px
    return -(-width // _MACROBLOCK_PX), -(-height // _MACROBLOCK_PX)


def open_wrapped(memory: Memory) -> cv2.VideoCapture:
    """A capture of a wrapped file. `memory` must outlive it: the last reference to a reader inside aborts Python."""
    with ffmpeg_options(_OPTIONS):
        return cv2.VideoCapture(cast("Any", memory), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])


def _images(memory: Memory, count: int, shown_after: Sequence[int], *, lost: int = 0) -> list[Image | None]:
    """Those of `count` pictures after which so many others are shown, where at most so many are `lost`.

    Few decoders lose any, and to convert a picture costs as much as to decode two: only where some turn out to be lost,
    all is decoded again, and as many more are kept as may be.
    """
    capture = open_wrapped(memory)
    latest: list[deque[tuple[int, Image]]] = [deque(maxlen=min(after, lost) + 1) for after in shown_after]
    number = 0
    while capture.isOpened() and capture.grab():
        number += 1
        left = count - number
        near = [images for images, after in zip(latest, shown_after, strict=True) if 0 <= left - after <= lost]
        ok, image = capture.retrieve() if near else (True, None)
        if not ok:
            break
        for images in near:
            images.append((number, cast("Image", image)))
        if number == count == 1:
            break  # the end need not be looked for
    if number < count and lost < _LOST and count > 1:
        del capture
        memory.seek(0)
        return _images(memory, count, shown_after, lost=_LOST)
    # Counted from the end: what is lost is at the start.
    return [dict(images).get(number - after) for images, after in zip(latest, shown_after, strict=True)]
