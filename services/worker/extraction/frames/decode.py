"""Decoding of coded pictures to upright images in thumbnail size, without their container."""

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
from services.worker.extraction.frames.capture import retrieve_picture, set_ffmpeg_options
from services.worker.extraction.pixels import colour, interlace, orientation, thumbnail
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


def decode_pictures(
    stream: Stream, coded: Coded, pictures: Sequence[bytes], *, shown_after: Sequence[int] = (0,), max_width_px: int
) -> list[Image | None]:
    """Decode pictures and return some as they are shown; None for a damaged one.

    Each number in `shown_after` selects the picture with that many others behind it in display order. `pictures` are in
    decoding order, the first a keyframe with the header `coded`.
    """
    nothing: list[Image | None] = [None] * len(shown_after)
    codec = get_codec(stream.decoder)
    pictures = [codec.isolate_keyframe(stream.extradata, pictures[0]), *pictures[1:]]
    extradata, transfer = stream.extradata, coded.colour.transfer
    if not coded.colour.is_plain:
        # BT.2020 and P3, as phones record HDR: FFmpeg's scaler builds a 3D table, which costs 2.8 s of CPU.
        if codec.label_bt709:
            labelled = [codec.label_bt709(stream.extradata, picture) for picture in pictures]
            extradata, pictures = labelled[0][0], [picture for _, picture in labelled]
    elif transfer == UNSPECIFIED:
        # Some muxers write the colour in the container only (`colr`, or Colour in Matroska).
        transfer = stream.colour.transfer
    if coded.may_be_interlaced:
        progressive = codec.make_progressive(extradata, pictures) if codec.make_progressive else None
        # OpenCV would return uninitialised memory: see `Codec.make_progressive`.
        if progressive is None:
            return nothing
        extradata, pictures = progressive
    has_lines = coded.may_be_interlaced and codec.has_interleaved_fields
    size = compute_shape(stream, coded, max_width_px=max_width_px)
    memory = Memory(_wrap(stream, extradata, pictures, size, keeps_lines=has_lines))
    return [
        None if image is None else _finish_image(image, stream, size, transfer, has_lines=has_lines)
        for image in _retrieve_images(memory, len(pictures), shown_after)
    ]


def _finish_image(image: Image, stream: Stream, size: PictureShape, transfer: int, *, has_lines: bool) -> Image:
    if has_lines:
        image = interlace.drop_combed_field(image)
    image = thumbnail.resize_image(image, size.thumbnail_px)
    if colour.is_high_dynamic_range(transfer):
        # PQ and HLG without tone mapping look grey and flat.
        image = colour.map_tones(image, transfer)
    return orientation.apply_orientation(image, stream.orientation)


def _wrap(
    stream: Stream, extradata: bytes, pictures: Sequence[bytes], size: PictureShape, *, keeps_lines: bool
) -> bytes:
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
    width, height = max(width, _MIN_PX), max(height, _MIN_PX)
    return avi_wrapper.wrap_pictures(codec, extradata, (width, height), pictures, stream.tag)


def _count_macroblocks(size_px: tuple[int, int]) -> tuple[int, int]:
    width, height = size_px
    return -(-width // _MACROBLOCK_PX), -(-height // _MACROBLOCK_PX)


def open_wrapped(memory: Memory) -> cv2.VideoCapture:
    """Open a wrapped file. `memory` must outlive the capture: see `Capture`."""
    with set_ffmpeg_options(_OPTIONS):
        return cv2.VideoCapture(cast("Any", memory), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])


def _retrieve_images(memory: Memory, count: int, shown_after: Sequence[int], *, lost: int = 0) -> list[Image | None]:
    """Return the selected ones of `count` pictures, of which at most `lost` are dropped by the decoder.

    Few decoders drop any, and converting a picture costs as much as decoding two. So all pictures are decoded again,
    with more candidates kept, only if some were dropped.
    """
    capture = open_wrapped(memory)
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
        return _retrieve_images(memory, count, shown_after, lost=_MAX_LOST)
    # Counted from the end: pictures are lost at the start.
    return [dict(images).get(number - after) for images, after in zip(latest, shown_after, strict=True)]
