"""OpenCV's FFmpeg backend on a reader: the only place that knows its properties, options and traps."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from services.worker.extraction.reading.reader import RangedReader

Image = np.ndarray[Any, np.dtype[np.uint8]]
"""Height x width x 3 bytes, blue first."""


def prepare() -> None:
    """Settings for a process that extracts: no threads, and silence on stderr. To be called before the first open."""
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(1)


@dataclass(frozen=True)
class StreamInfo:
    """The video stream that FFmpeg picked: the default one, never a cover picture where there is a real one."""

    tag: str
    width_px: int
    height_px: int
    duration_s: float | None
    frame_s: float


@dataclass(frozen=True)
class Frame:
    """A decoded frame, rotated as it is to be shown. `time_s` counts from the start of the video.

    `note` says what is wrong with the picture, if something is.
    """

    image: Image
    time_s: float
    note: str | None = None


@contextlib.contextmanager
def ffmpeg_options(options: Mapping[str, str]) -> Iterator[None]:
    """FFmpeg's options for a capture that is opened meanwhile: OpenCV reads them from the environment, at every open,
    and takes them from nowhere else.
    """
    name = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
    os.environ[name] = "|".join(f"{option};{value}" for option, value in options.items())
    try:
        yield
    finally:
        del os.environ[name]


class Capture:
    """An open video. The reader must outlive it: releasing the last reference to a reader inside aborts Python."""

    def __init__(self, reader: RangedReader, demuxer: str, *, decoder_whitelist: str | None) -> None:
        """With `decoder_whitelist` None packets are handed out as they are, and no decoder is opened at all."""
        self._reader = reader
        self._is_matroska = demuxer == "matroska"
        self._start_s: float | None = None
        options = {
            "format_whitelist": demuxer,
            "input_format": demuxer,
            "protocol_whitelist": "none",
            "codec_whitelist": decoder_whitelist or "none",
        }
        parameters = [cv2.CAP_PROP_N_THREADS, 1] if decoder_whitelist else [cv2.CAP_PROP_FORMAT, -1]
        with ffmpeg_options(options):
            self._capture = cv2.VideoCapture(cast("Any", reader), cv2.CAP_FFMPEG, parameters)
        self.is_open = self._capture.isOpened()

    @property
    def stream(self) -> StreamInfo:
        get = self._capture.get
        tag = (int(get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little").decode("latin-1").rstrip("\0")
        rate, frames = get(cv2.CAP_PROP_FPS), get(cv2.CAP_PROP_FRAME_COUNT)
        known = rate > 0 and frames > 0
        return StreamInfo(
            tag=tag,
            width_px=int(get(cv2.CAP_PROP_FRAME_WIDTH)),
            height_px=int(get(cv2.CAP_PROP_FRAME_HEIGHT)),
            duration_s=frames / rate if known else None,
            frame_s=1 / rate if rate > 0 else 0.0,
        )

    @property
    def sample_aspect_ratio(self) -> float:
        """Width of a pixel over its height, in the rotated picture; 1 where it is not told."""
        get = self._capture.get
        width, height = get(cv2.CAP_PROP_SAR_NUM), get(cv2.CAP_PROP_SAR_DEN)
        ratio = width / height if width > 0 and height > 0 else 1.0
        turned = int(get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
        return 1 / ratio if turned else ratio

    def seek(self, time_s: float) -> None:
        """Goes to the frame at a time, decoding from the keyframe before it."""
        self._capture.set(cv2.CAP_PROP_POS_MSEC, time_s * 1000)

    def advance(self) -> float | None:
        """Decodes the next frame, and returns its time in seconds; None at the end."""
        if not self._capture.grab():
            return None
        time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return time_s + self._drift_s(time_s) if self._is_matroska else time_s

    def _drift_s(self, time_s: float) -> float:
        """How far the start of the stream, from which FFmpeg counts, has moved since the first frame.

        In Matroska it may find out some H.264 frames late that frames come reordered, and then takes the one at hand
        for the first. CAP_PROP_PTS counts as the container does, but in whole frames, and is zero in some AVI files.
        """
        frame_s = self.stream.frame_s
        start_s = self._capture.get(cv2.CAP_PROP_PTS) * frame_s - time_s
        if self._start_s is None:
            self._start_s = start_s
        drift_s = start_s - self._start_s
        # Both are rounded to a frame.
        return drift_s if abs(drift_s) > 1.5 * frame_s else 0.0

    def packet(self) -> bytes:
        """The next packet, as it is: without a decoder. Nothing at the end."""
        ok, data = self._capture.retrieve() if self._capture.grab() else (False, None)
        return bytes(data) if ok and data is not None else b""

    def extradata(self) -> bytes:
        """The decoder's configuration. Only without a decoder."""
        ok, data = self._capture.retrieve(flag=int(self._capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
        return bytes(data) if ok and data is not None else b""

    def image(self) -> Image | None:
        """The frame that `advance` decoded."""
        ok, image = self._capture.retrieve()
        return cast("Image", image) if ok and image.size else None
