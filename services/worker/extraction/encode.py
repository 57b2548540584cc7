"""Encoding of the frames that were found: thumbnails with their placeholders, or the picture of a frame request."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace

from services.contract.frames import FrameForm, FrameOptions
from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.request import FoundFrames
from services.worker.extraction.outcome import ExtractedPicture, Outcome, Placeholder
from services.worker.extraction.pixels import composition, placeholder, thumbnail
from services.worker.extraction.pixels.blurhash import encode_blurhash
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.pixels.thumbhash import encode_thumbhash


def build_outcome(found: FoundFrames, options: ThumbnailOptions) -> Outcome:
    """Return the outcome of a video, with an encoded thumbnail for each position."""
    pictures = []
    for frame, position_pct in zip(found.frames, options.positions_pct, strict=True):
        image = thumbnail.limit_size(frame.image, options.format)
        picture = _encode_frame(replace(frame, image=image), position_pct, options)
        pictures.append(replace(picture, placeholder=_make_placeholder(image)))
    code, reason = found.shortfall or (None, None)
    state = VideoState.DEGRADED if found.shortfall else VideoState.DONE
    return Outcome(state, found.info, tuple(pictures), reason_code=code, reason=reason)


def encode_shown(shown: Sequence[Frame], frame: FrameOptions, options: ThumbnailOptions) -> ExtractedPicture:
    """Return one picture of the shown frames, in the form, size and encoding of the request."""
    first, images = shown[0], [one.image for one in shown]
    if frame.max_height_px is not None:
        images = [thumbnail.limit_height(image, frame.max_height_px) for image in images]
    image = composition.compose_tiles(images, frame.columns) if frame.form is FrameForm.TILES else images[0]
    image = thumbnail.limit_size(image, options.format)
    if frame.form is not FrameForm.ANIMATION:
        return _encode_frame(replace(first, image=image), 0.0, options)
    data = composition.encode_animation(images, frame_ms=round(1000 / frame.fps), quality=options.quality)
    return ExtractedPicture(0.0, round(max(first.time_s, 0.0), 6), image.shape[1], image.shape[0], data, first.note)


def _encode_frame(frame: Frame, position_pct: float, options: ThumbnailOptions) -> ExtractedPicture:
    height_px, width_px = frame.image.shape[:2]
    data = thumbnail.encode_image(frame.image, options.format, quality=options.quality)
    return ExtractedPicture(position_pct, round(max(frame.time_s, 0.0), 6), width_px, height_px, data, frame.note)


def _make_placeholder(image: Image) -> Placeholder:
    small = placeholder.shrink_to_placeholder(image)
    return Placeholder(
        thumbhash=b64encode(encode_thumbhash(small)).decode(),
        blurhash=encode_blurhash(small),
        colour=placeholder.find_dominant_colour(small),
    )
