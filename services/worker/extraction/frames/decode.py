"""Decoding of coded pictures to upright images in thumbnail size, without their container."""

import io
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import cv2
import numpy as np

from services.worker.extraction.codecs import get_codec
from services.worker.extraction.codecs.coded import BT601, BT709, UNSPECIFIED, Coded
from services.worker.extraction.containers.stream import Stream
from services.worker.extraction.frames import avi_wrapper
from services.worker.extraction.frames.capture import retrieve_picture, set_ffmpeg_options
from services.worker.extraction.pixels import alpha, colour, interlace, orientation, scaler, thumbnail
from services.worker.extraction.pixels.orientation import Image

# No decoder while the file is probed: OpenCV opens its own decoder, which ignores this list, as the only one.
# No parser, which would replace the declared size by the true one.
_OPTIONS = {
    "codec_whitelist": "none",
    "format_whitelist": "avi",
    "protocol_whitelist": "none",
    "fflags": "nofillin+noparse",
}
_MIN_PX = 16
_MACROBLOCK_PX = 16
_TINT_PX, _GREY = 64, 128
_MAX_LOST = 4
"""Upper limit of pictures that FFmpeg drops at the start until it knows how far H.264 and HEVC are reordered."""


class Memory(io.BufferedIOBase):
    """File in memory for OpenCV, which needs a BufferedIOBase that never raises."""

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
class PictureShape:
    """Sizes of a picture: stored, shown, and of its thumbnail."""

    stored_px: tuple[int, int]
    shown_px: tuple[int, int]
    thumbnail_px: tuple[int, int]
    """Before the rotation."""


def compute_shape(stream: Stream, coded: Coded, *, max_width_px: int) -> PictureShape:
    """Return the sizes from the header of the picture, or from the container if the header has none."""
    width = coded.width_px or stream.width_px
    height = coded.height_px or stream.height_px
    ratio = stream.sample_aspect_ratio or coded.sample_aspect_ratio or 1.0
    # The size of the thumbnail is that after the rotation, but scaling comes before it.
    if stream.orientation.swaps_sides:
        shown = (height, width)
        across, down = thumbnail.compute_size(*shown, 1 / ratio, max_width_px=max_width_px)
        return PictureShape((width, height), shown, (down, across))
    return PictureShape(
        (width, height), (width, height), thumbnail.compute_size(width, height, ratio, max_width_px=max_width_px)
    )


@dataclass(frozen=True)
class Rendering:
    """Upper limit of the width, and the colour behind a transparent picture: blue, green, red."""

    max_width_px: int
    background: tuple[int, int, int] = (0, 0, 0)


def decode_pictures(
    stream: Stream, coded: Coded, pictures: Sequence[bytes], rendering: Rendering, *, shown_after: Sequence[int] = (0,)
) -> list[Image | None]:
    """Decode pictures and return some as they are shown; None for a damaged one.

    Each number in `shown_after` selects the picture with that many others behind it in display order. `pictures` are in
    decoding order, the first a keyframe with the header `coded`.
    """
    nothing: list[Image | None] = [None] * len(shown_after)
    codec = get_codec(stream.decoder)
    pictures = [codec.isolate_keyframe(stream.extradata, pictures[0]), *pictures[1:]]
    extradata = stream.extradata
    # Some muxers write the colour in the container only (`colr`, or Colour in Matroska).
    shown_colour = coded.colour.complete(stream.colour)
    if not coded.colour.is_plain:
        # BT.2020 and P3, as phones record HDR: FFmpeg's scaler builds a 3D table, which costs 2.8 s of CPU.
        if codec.label_bt709:
            labelled = [codec.label_bt709(stream.extradata, picture) for picture in pictures]
            extradata, pictures = labelled[0][0], [picture for _, picture in labelled]
        else:
            shown_colour = replace(shown_colour, primaries=BT709, transfer=BT709)
    if coded.may_be_interlaced:
        progressive = codec.make_progressive(extradata, pictures) if codec.make_progressive else None
        # OpenCV would return uninitialised memory: see `Codec.make_progressive`.
        if progressive is None:
            return nothing
        extradata, pictures = progressive
    has_lines = coded.may_be_interlaced and codec.has_interleaved_fields
    size = compute_shape(stream, coded, max_width_px=rendering.max_width_px)
    declared_px = _choose_declared_size(stream, size, keeps_lines=has_lines)
    # Measured even if unused: the fork server does it for all children when it warms up.
    tint = measure_tint()
    has_tint = scaler.has_tint(coded, is_scaled=declared_px != size.stored_px)
    # The AVI file around the pictures states no matrix, for which the scaler takes BT.601.
    is_guessed = codec.states_matrix and coded.colour.matrix == UNSPECIFIED
    correction = scaler.Correction(
        tint=tint if has_tint else scaler.NO_TINT,
        assumed=BT601 if is_guessed else UNSPECIFIED,
        matrix=scaler.choose_matrix(shown_colour, *size.stored_px),
    )
    memory = Memory(avi_wrapper.wrap_pictures(codec, extradata, declared_px, pictures, stream.tag))

    def finish_image(image: Image) -> Image:
        if has_lines:
            image = interlace.drop_combed_field(image)
        image, transparency = alpha.split_alpha(thumbnail.resize_image(image, size.thumbnail_px))
        image = colour.show_colour(scaler.apply_correction(image, correction), shown_colour)
        image = alpha.blend_background(image, transparency, rendering.background)
        return orientation.apply_orientation(image, stream.orientation)

    images = _retrieve_images(memory, len(pictures), shown_after, has_alpha=coded.has_alpha)
    return [None if image is None else finish_image(image) for image in images]


@cache
def measure_tint() -> scaler.Tint:
    """Return how much darker blue, green and red of a grey picture are after FFmpeg has scaled it.

    Its fast paths for x86 round the two chroma terms of green down: grey of level 128 has green 126. OpenCV has no
    option for the exact path. A declared odd width selects it, but takes 40 % more CPU for a picture of 1080p.
    """
    grey = np.full((_TINT_PX, _TINT_PX, 3), _GREY, np.uint8)
    _, picture = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 100])
    scaled_px = (_TINT_PX // 2, _TINT_PX // 2)
    memory = Memory(avi_wrapper.wrap_pictures(get_codec("mjpeg"), b"", scaled_px, [picture.tobytes()]))
    (image,) = _retrieve_images(memory, 1, (0,))
    if image is None:
        return scaler.NO_TINT
    blue, green, red = (max(_GREY - round(level), 0) for level in image.mean(axis=(0, 1)))
    return blue, green, red


def _choose_declared_size(stream: Stream, size: PictureShape, *, keeps_lines: bool) -> tuple[int, int]:
    """Return the size to which FFmpeg scales the pictures: that of the thumbnail, where this is possible."""
    codec = get_codec(stream.decoder)
    width, height = size.thumbnail_px
    if codec.needs_container_size:
        # WMV and MS-MPEG-4 have no size in their pictures.
        width, height = stream.width_px, stream.height_px
    elif codec.crops_to_container_size and _count_macroblocks(size.thumbnail_px) == _count_macroblocks(size.stored_px):
        # FFmpeg's H.264 decoder takes a declared size within the last macroblock for a crop of the picture.
        width, height = size.stored_px
    # Scaled lines of two fields would be mixed: the height stays until one field is dropped.
    elif keeps_lines:
        height = size.stored_px[1]
    # FFmpeg's scaler needs a minimum of pixels.
    return max(width, _MIN_PX), max(height, _MIN_PX)


def _count_macroblocks(size_px: tuple[int, int]) -> tuple[int, int]:
    width, height = size_px
    return -(-width // _MACROBLOCK_PX), -(-height // _MACROBLOCK_PX)


def open_wrapped(memory: Memory, *, has_alpha: bool = False) -> cv2.VideoCapture:
    """Open a wrapped file. `memory` must outlive the capture: see `Capture`. Alpha is a fourth component."""
    parameters = [cv2.CAP_PROP_N_THREADS, 1, *((cv2.CAP_PROP_FORMAT, cv2.CV_8UC4) if has_alpha else ())]
    with set_ffmpeg_options(_OPTIONS):
        return cv2.VideoCapture(cast("Any", memory), cv2.CAP_FFMPEG, parameters)


def _retrieve_images(
    memory: Memory, count: int, shown_after: Sequence[int], *, lost: int = 0, has_alpha: bool = False
) -> list[Image | None]:
    """Return the selected ones of `count` pictures, of which at most `lost` are dropped by the decoder.

    Few decoders drop any, and converting a picture costs as much as decoding two. So all pictures are decoded again,
    with more candidates kept, only if some were dropped.
    """
    # Named only where it is needed, as benchmarks and tests replace the function.
    capture = open_wrapped(memory, has_alpha=True) if has_alpha else open_wrapped(memory)
    latest: list[deque[tuple[int, Image]]] = [deque(maxlen=min(after, lost) + 1) for after in shown_after]
    number = 0
    while capture.isOpened() and capture.grab():
        number += 1
        left = count - number
        near = [images for images, after in zip(latest, shown_after, strict=True) if 0 <= left - after <= lost]
        image = retrieve_picture(capture) if near else None
        if near and image is None:
            break
        for images in near:
            images.append((number, cast("Image", image)))
        if number == count == 1:
            break  # saves the search for the end
    if number < count and lost < _MAX_LOST and count > 1:
        del capture
        memory.seek(0)
        return _retrieve_images(memory, count, shown_after, lost=_MAX_LOST, has_alpha=has_alpha)
    # Counted from the end: pictures are lost at the start.
    return [dict(images).get(number - after) for images, after in zip(latest, shown_after, strict=True)]
