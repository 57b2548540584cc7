"""OpenCV's FFmpeg backend on a reader: its properties, options and traps."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import cv2

from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.reading.reader import RangedReader

_DEMUXERS = "mov,matroska,avi,asf,flv,mpegts"


def prepare_process() -> None:
    """Set OpenCV to one thread and a silent stderr. Call it before the first capture is opened."""
    # AV_LOG_QUIET: a damaged file makes FFmpeg write thousands of lines.
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(1)


@dataclass(frozen=True)
class StreamInfo:
    """Video stream that FFmpeg selects: the default one, and a cover picture only if there is no other."""

    tag: str
    width_px: int
    height_px: int
    duration_s: float | None
    frame_s: float


@dataclass(frozen=True)
class Frame:
    """Decoded frame, upright. `time_s` counts from the start of the video; `note` describes a flaw of the picture."""

    image: Image
    time_s: float
    note: str | None = None


@contextlib.contextmanager
def set_ffmpeg_options(options: Mapping[str, str]) -> Iterator[None]:
    """Set FFmpeg's options for captures that are opened in the context.

    OpenCV reads them from the environment at every open, and accepts them nowhere else.
    """
    name = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
    os.environ[name] = "|".join(f"{option};{value}" for option, value in options.items())
    try:
        yield
    finally:
        del os.environ[name]


class Capture:
    """Open video. The reader must outlive it: OpenCV aborts Python if it releases the last reference to the reader."""

    def __init__(self, reader: RangedReader, demuxer: str, *, decoder_whitelist: str | None) -> None:
        """Open the video. If `decoder_whitelist` is None, no decoder is opened and packets are returned as they are."""
        self._reader = reader
        self._is_matroska = demuxer == "matroska"
        self._start_s: float | None = None
        options = {
            "format_whitelist": demuxer,
            "input_format": demuxer,
            # An HLS playlist or an SDP file under a video's name would open URLs, files and sockets.
            "protocol_whitelist": "none",
            # FFmpeg opens decoders to probe streams: that costs 28 ms and lets an unchecked codec see data.
            "codec_whitelist": decoder_whitelist or "none",
        }
        parameters = [cv2.CAP_PROP_N_THREADS, 1] if decoder_whitelist else [cv2.CAP_PROP_FORMAT, -1]
        with set_ffmpeg_options(options):
            self._capture = cv2.VideoCapture(cast("Any", reader), cv2.CAP_FFMPEG, parameters)
        self.is_open = self._capture.isOpened()

    @property
    def stream(self) -> StreamInfo:
        """Description of the selected stream."""
        get = self._capture.get
        # The property is a double; the tag is its lower four bytes.
        tag = (int(get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little").decode("latin-1").rstrip("\0")
        rate, frames = get(cv2.CAP_PROP_FPS), get(cv2.CAP_PROP_FRAME_COUNT)
        # A WebM that was written to a pipe has no sensible number of frames.
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
        """Width of a pixel over its height in the rotated picture; 1 if unknown."""
        get = self._capture.get
        width, height = get(cv2.CAP_PROP_SAR_NUM), get(cv2.CAP_PROP_SAR_DEN)
        ratio = width / height if width > 0 and height > 0 else 1.0
        # Phones store an upright video as a rotated wide one. OpenCV turns the frame, but not its aspect ratio.
        turned = int(get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
        return 1 / ratio if turned else ratio

    def seek(self, time_s: float) -> None:
        """Seek to the frame at a time by decoding from the keyframe before it."""
        self._capture.set(cv2.CAP_PROP_POS_MSEC, time_s * 1000)

    def advance(self) -> float | None:
        """Decode the next frame and return its time in seconds; None at the end."""
        if not self._capture.grab():
            return None
        # The time of the frame that was decoded, which is not always the one that was sought.
        time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return time_s + self._compute_drift_s(time_s) if self._is_matroska else time_s

    def _compute_drift_s(self, time_s: float) -> float:
        """Return how far the start of the stream, from which FFmpeg counts, has moved since the first frame.

        In Matroska, FFmpeg may detect the reordering of H.264 frames late, and then takes the current frame for the
        first. CAP_PROP_PTS counts as the container does, but in whole frames, and is zero in some AVI files.
        """
        frame_s = self.stream.frame_s
        start_s = self._capture.get(cv2.CAP_PROP_PTS) * frame_s - time_s
        if self._start_s is None:
            self._start_s = start_s
        drift_s = start_s - self._start_s
        # Both are rounded to a frame.
        return drift_s if abs(drift_s) > 1.5 * frame_s else 0.0

    def read_packet(self) -> bytes:
        """Return the next packet as it is; empty at the end. Only without a decoder."""
        ok, data = self._capture.retrieve() if self._capture.grab() else (False, None)
        return bytes(data) if ok and data is not None else b""

    def read_extradata(self) -> bytes:
        """Return the decoder configuration. Only without a decoder."""
        ok, data = self._capture.retrieve(flag=int(self._capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
        return bytes(data) if ok and data is not None else b""

    def retrieve_image(self) -> Image | None:
        """Return the frame that `advance` decoded; None if it cannot be converted."""
        ok, image = self._capture.retrieve()
        return cast("Image", image) if ok and image.size else None
