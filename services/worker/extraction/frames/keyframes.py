"""Keyframes of an interlaced or HDR video in a container that only FFmpeg demuxes, as OpenCV cannot convert these."""

import sys
from dataclasses import replace

from services.worker.extraction.codecs import Codec
from services.worker.extraction.codecs.coded import Coded
from services.worker.extraction.containers.stream import Stream
from services.worker.extraction.frames import decode
from services.worker.extraction.frames.capture import Capture
from services.worker.extraction.pixels.orientation import Image


class KeyframeSource:
    """Keyframes among the packets of a capture without a decoder; each is decoded alone, with rewritten headers.

    Create it before the first packet is read. See `FrameSource`.
    """

    def __init__(self, packets: Capture, codec: Codec) -> None:
        info = packets.stream
        self._packets = packets
        self._codec = codec
        # The shape of pixels is left to the caller, as with a whole capture.
        self._stream = Stream(
            decoder=codec.decoder, width_px=info.width_px, height_px=info.height_px, sample_aspect_ratio=1.0
        )
        self._extradata = packets.read_extradata()
        self._coded = Coded()
        self._picture = b""

    @property
    def sample_aspect_ratio(self) -> float:
        ratio = self._packets.sample_aspect_ratio
        return ratio if ratio != 1.0 else self._coded.sample_aspect_ratio or 1.0

    def seek(self, time_s: float) -> None:
        self._packets.seek(time_s)

    def advance(self) -> float | None:
        while (time_s := self._packets.advance()) is not None:
            picture = self._packets.retrieve_packet()
            coded = self._codec.describe(self._extradata, picture)
            if self._packets.is_key if coded.is_key is None else coded.is_key:
                self._coded, self._picture = coded, picture
                return time_s
        return None

    def retrieve_image(self) -> Image | None:
        stream = replace(self._stream, extradata=self._extradata)
        return decode.decode_pictures(stream, self._coded, [self._picture], decode.Rendering(sys.maxsize))[0]
