"""OpenCV's FFmpeg backend on a reader: its properties, options and traps."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import cv2

from services.worker.extraction.containers.timeline import SteadyClock
from services.worker.extraction.frames.messages import (
    QUIET,
    collect_messages,
    find_decoders,
    find_demuxer,
    is_unconverted,
)
from services.worker.extraction.pixels import alpha
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.reading.reader import RangedReader

_MAX_MESSAGES = 50
_LEAST_FRAME_S = 0.001


def prepare_process(log_level: int = QUIET) -> None:
    """Set OpenCV to one thread, and the level of FFmpeg's messages. Call it before the first capture is opened."""
    # FFmpeg writes thousands of lines about a damaged file, to the standard output.
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = str(log_level)
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
    """Decoded frame, upright. `time_s` is on the presentation timeline; `note` describes a flaw of the picture."""

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


def retrieve_picture(capture: cv2.VideoCapture, found: list[str] | None = None) -> Image | None:
    """Return the frame that the capture has decoded; None if OpenCV cannot convert it.

    OpenCV 4.14 returns uninitialised memory for a frame that FFmpeg's scaler refuses, and only FFmpeg's message reports
    it: see `is_unconverted` and `Codec.make_progressive`. `found` receives FFmpeg's messages.
    """
    said: list[str] = []
    with collect_messages(said):
        ok, image = capture.retrieve()
    if found is not None:
        found += said
    is_converted = not any(is_unconverted(line) for line in said)
    return cast("Image", image) if ok and image.size and is_converted else None


def recognise_demuxer(reader: RangedReader) -> str:
    """Return the names of the demuxer that FFmpeg recognises by content, without opening it; empty for none.

    FFmpeg names the format, and then finds that it is not on the list.
    """
    reader.rewind()
    said: list[str] = []
    options = {"format_whitelist": "none", "protocol_whitelist": "none", "codec_whitelist": "none"}
    with set_ffmpeg_options(options), collect_messages(said):
        cv2.VideoCapture(cast("Any", reader), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    reader.check()
    return find_demuxer(said)


class FrameSource(Protocol):
    """Frames of a video, from its start or from the place of a seek."""

    @property
    def sample_aspect_ratio(self) -> float: ...

    def seek(self, time_s: float) -> None:
        """Seek to a time."""
        ...

    def advance(self) -> float | None:
        """Go to the next frame and return its time in seconds; None at the end."""
        ...

    def retrieve_image(self) -> Image | None:
        """Return the frame in its stored size; None if it cannot be decoded or converted."""
        ...


class Capture:
    """Open video. The reader must outlive it: OpenCV aborts Python if it releases the last reference to the reader."""

    def __init__(
        self,
        reader: RangedReader,
        demuxer: str,
        *,
        decoder: str | None,
        first_s: float = 0.0,
        clock: SteadyClock | None = None,
    ) -> None:
        """Open the video with FFmpeg's decoder, and no other one. Without a decoder, packets are returned as they are.

        `first_s` is the time of the first picture in the file, from which OpenCV counts (CAP_PROP_POS_MSEC). `clock`
        makes times go on; the capture must then be read from its start. `messages` are the first ones of FFmpeg.
        """
        self._reader = reader
        self._first_s = first_s
        self._clock = clock
        self._is_matroska = demuxer == "matroska"
        self._start_s: float | None = None
        self._advances = 0
        self._has_times = False
        self.messages: list[str] = []
        options = {
            "format_whitelist": demuxer,
            "input_format": demuxer,
            # An HLS playlist or an SDP file under a video's name would open URLs, files and sockets.
            "protocol_whitelist": "none",
            # FFmpeg opens decoders to probe streams: that costs 28 ms and lets an unchecked codec see data.
            "codec_whitelist": decoder or "none",
        }
        if decoder:
            # OpenCV ignores the list, but opens this decoder or none for the stream that it selects.
            options["video_codec"] = decoder
        parameters = [cv2.CAP_PROP_N_THREADS, 1] if decoder else [cv2.CAP_PROP_FORMAT, -1]
        if decoder in alpha.DECODERS:
            parameters += [cv2.CAP_PROP_FORMAT, cv2.CV_8UC4]
        with set_ffmpeg_options(options), collect_messages(self.messages):
            self._capture = cv2.VideoCapture(cast("Any", reader), cv2.CAP_FFMPEG, parameters)
        self.is_open = self._capture.isOpened()

    @property
    def decoders(self) -> list[str]:
        """FFmpeg's decoders of all streams, also of audio, in the order of the file. Only without a decoder."""
        return find_decoders(self.messages)

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
        self._has_times = True
        self._capture.set(cv2.CAP_PROP_POS_MSEC, max(time_s - self._first_s, 0.0) * 1000)

    def advance(self) -> float | None:
        """Decode the next frame and return its time in seconds; None at the end."""
        said: list[str] = []
        with collect_messages(said):
            is_there = self._capture.grab()
        self._keep_messages(said)
        if not is_there:
            return None
        # The time of the frame that was decoded, which is not always the one that was sought.
        time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        self._advances += 1
        self._has_times |= abs(time_s) > _LEAST_FRAME_S * self._advances
        if not self._has_times:
            # A stream without a container, such as H.264: its packets have no times.
            return (self._advances - 1) * self.stream.frame_s
        time_s += self._first_s + (self._compute_drift_s(time_s) if self._is_matroska else 0.0)
        return self._clock.follow(time_s) if self._clock else time_s

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
        return self.retrieve_packet() if self._capture.grab() else b""

    def read_extradata(self) -> bytes:
        """Return the decoder configuration. Only without a decoder."""
        ok, data = self._capture.retrieve(flag=int(self._capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
        return bytes(data) if ok and data is not None else b""

    @property
    def is_key(self) -> bool:
        """True if the packet that `advance` found is a keyframe. Only without a decoder."""
        return bool(self._capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))

    def retrieve_packet(self) -> bytes:
        """Return the packet that `advance` found. Only without a decoder."""
        ok, data = self._capture.retrieve()
        return bytes(data) if ok and data is not None else b""

    def retrieve_image(self) -> Image | None:
        """Return the frame that `advance` decoded; None if it cannot be converted."""
        said: list[str] = []
        image = retrieve_picture(self._capture, said)
        self._keep_messages(said)
        return image

    def _keep_messages(self, said: list[str]) -> None:
        self.messages += said[: max(0, _MAX_MESSAGES - len(self.messages))]
