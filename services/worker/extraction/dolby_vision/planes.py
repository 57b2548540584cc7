"""Samples of HEVC pictures as they are stored, by the FFmpeg inside OpenCV.

OpenCV returns blue, green and red only, and cuts off what a matrix moves out of their range: most dark and saturated
colours of IPT. So this module calls the libraries of OpenCV's wheel.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np

from services.worker.extraction.codecs import hevc
from services.worker.extraction.dolby_vision.rpu import ENHANCEMENT_TYPE, UNIT_TYPE

_VERSIONS = {"libavcodec": ("avcodec_version", 62), "libavutil": ("avutil_version", 60)}
"""Major versions whose structures are below: FFmpeg 8. Fields keep their place within one."""
_FORMAT = b"yuv420p10le"
_START = b"\0\0\0\1"

Samples = np.ndarray[Any, np.dtype[np.uint16]]


class _Packet(ctypes.Structure):
    """AVPacket, up to the fields that are used."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("pts", ctypes.c_int64),
        ("dts", ctypes.c_int64),
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_int),
    )


class _Frame(ctypes.Structure):
    """AVFrame, up to the fields that are used."""

    _fields_ = (
        ("data", ctypes.c_void_p * 8),
        ("linesize", ctypes.c_int * 8),
        ("extended_data", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("nb_samples", ctypes.c_int),
        ("format", ctypes.c_int),
        ("pict_type", ctypes.c_int),
        ("sample_aspect_ratio", ctypes.c_int * 2),
        ("pts", ctypes.c_int64),
    )


@dataclass(frozen=True)
class _Libraries:
    avcodec: ctypes.CDLL
    avutil: ctypes.CDLL


@cache
def load_libraries() -> _Libraries | None:
    """Return FFmpeg's libraries; None if the wheel has none, or others. A child has to find them loaded."""
    found = {}
    for file in metadata.files("opencv-python-headless") or ():
        name = file.name.partition("-")[0].partition(".")[0]
        if name in _VERSIONS and ".so" in file.name:
            found[name] = ctypes.CDLL(str(file.locate()))
    for name, (get_version, major) in _VERSIONS.items():
        if name not in found or getattr(found[name], get_version)() >> 16 != major:
            return None
    avcodec, avutil = found["libavcodec"], found["libavutil"]
    for function in (avcodec.avcodec_find_decoder_by_name, avcodec.avcodec_alloc_context3, avutil.av_get_pix_fmt_name):
        function.restype = ctypes.c_void_p
    avutil.av_get_pix_fmt_name.restype = ctypes.c_char_p
    avcodec.av_packet_alloc.restype = ctypes.POINTER(_Packet)
    avutil.av_frame_alloc.restype = ctypes.POINTER(_Frame)
    return _Libraries(avcodec, avutil)


def decode_planes(
    extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[int]
) -> dict[int, tuple[Samples, Samples, Samples]]:
    """Decode pictures and return the planes of the wanted ones by their number; damaged ones are left out.

    Only 4:2:0 with 10 bits a sample, as in Dolby Vision.
    """
    libraries = load_libraries()
    if libraries is None:
        return {}
    decoding = _Decoding(libraries)
    try:
        sets = _join_units(extradata, hevc.find_units(extradata, b"")[0])
        for number, picture in enumerate(pictures):
            units = _join_units(picture, hevc.find_units(extradata, picture)[1])
            decoding.send(units if number else sets + units, number)
            decoding.receive(wanted)
        decoding.finish()
        decoding.receive(wanted)
        return decoding.planes
    finally:
        decoding.close()


class _Decoding:
    def __init__(self, libraries: _Libraries) -> None:
        self._avcodec, self._avutil = libraries.avcodec, libraries.avutil
        codec = ctypes.c_void_p(self._avcodec.avcodec_find_decoder_by_name(b"hevc"))
        self._context = ctypes.c_void_p(self._avcodec.avcodec_alloc_context3(codec))
        self._packet, self._frame = self._avcodec.av_packet_alloc(), self._avutil.av_frame_alloc()
        self._is_open = self._avcodec.avcodec_open2(self._context, codec, None) == 0
        self.planes: dict[int, tuple[Samples, Samples, Samples]] = {}

    def send(self, data: bytes, number: int) -> None:
        if not self._is_open or self._avcodec.av_new_packet(self._packet, len(data)):
            return
        ctypes.memmove(self._packet.contents.data, data, len(data))
        self._packet.contents.pts = number
        self._avcodec.avcodec_send_packet(self._context, self._packet)
        self._avcodec.av_packet_unref(self._packet)

    def finish(self) -> None:
        if self._is_open:
            self._avcodec.avcodec_send_packet(self._context, None)

    def receive(self, wanted: Sequence[int]) -> None:
        while self._is_open and self._avcodec.avcodec_receive_frame(self._context, self._frame) == 0:
            frame = self._frame.contents
            if frame.pts in wanted and self._avutil.av_get_pix_fmt_name(frame.format) == _FORMAT:
                self.planes[frame.pts] = (_copy_plane(frame, 0), _copy_plane(frame, 1), _copy_plane(frame, 2))
            self._avutil.av_frame_unref(self._frame)

    def close(self) -> None:
        self._avutil.av_frame_free(ctypes.byref(self._frame))
        self._avcodec.av_packet_free(ctypes.byref(self._packet))
        self._avcodec.avcodec_free_context(ctypes.byref(self._context))


def _copy_plane(frame: _Frame, number: int) -> Samples:
    width, height, line = frame.width, frame.height, frame.linesize[number]
    if number:
        width, height = -(-width // 2), -(-height // 2)
    # The last line may end with its last sample.
    data = (ctypes.c_uint8 * (line * (height - 1) + 2 * width)).from_address(frame.data[number])
    lines = np.ndarray((height, width), np.uint16, data, strides=(line, 2))
    return lines.copy()


def _join_units(data: bytes, units: Any) -> bytes:
    return b"".join(
        _START + data[start:end] for start, end in units if data[start] >> 1 & 63 not in (UNIT_TYPE, ENHANCEMENT_TYPE)
    )
