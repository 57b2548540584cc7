"""Video tags of an FLV file (Adobe, "Flash Video File Format Specification" 10.1, annex E; Enhanced RTMP v2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.codecs import CODECS, get_codec
from services.worker.extraction.containers.scan import ScannedSample
from services.worker.extraction.containers.stream import CodedSample
from services.worker.extraction.reading.reader import RangedReader

AUDIO, VIDEO, SCRIPT = 8, 9, 18
TAG_TYPE, IS_ENCRYPTED = 0x1F, 0x20
TAG_BYTES, BACK_BYTES = 11, 4
"""Size of a tag's header, and of its length, which is written again after each tag."""

_MAX_VIDEO_HEADER_BYTES = 9
_KEYFRAME, _INTER_FRAME, _COMMAND = 1, 2, 5
_DECODERS = {number: codec.decoder for codec in CODECS for number in codec.flv_ids}
_DECODERS_BY_FOURCC = {fourcc: codec.decoder for codec in CODECS for fourcc in codec.flv_fourccs}
_ENHANCED = 0x80
_START, _FRAMES, _FRAMES_WITHOUT_OFFSET = 0, 1, 3
_WINDOW_BYTES = 256 * 1024
_TAIL_BYTES = 64 * 1024
_MAX_TAGS = 100_000
_MAX_TAIL_TAGS = 200
_FIRST_BYTES = bytes(kind << 4 | number for kind in (_KEYFRAME, _INTER_FRAME) for number in _DECODERS)
"""First byte of a video tag's body: kind of frame and codec. In Enhanced RTMP it is 0x80 to 0xaf."""
_LIKE_VIDEO_TAG = re.compile(rb"\x09(...)....\0\0\0[%b\x80-\xaf]" % re.escape(_FIRST_BYTES), re.DOTALL)


@dataclass(frozen=True)
class VideoTag:
    """A video tag: its picture is between `body` and `end`, and is shown at `shown_ms`."""

    start: int
    body: int
    end: int
    shown_ms: int
    decoder: str
    is_key: bool
    is_header: bool
    """The tag contains the decoder's configuration instead of a picture."""


class TagReader:
    """Reads video tags from any offset."""

    def __init__(self, reader: RangedReader) -> None:
        self.reader = reader
        self.zero_ms = 0
        self._starts: dict[int, int] = {}

    def make_sample(self, tag: VideoTag) -> CodedSample:
        # A scan goes on from a sample later, but only its tag can be read again.
        self._starts[tag.body] = tag.start
        return CodedSample((tag.shown_ms - self.zero_ms) / 1000, tag.body, tag.end - tag.body)

    def read_tags(self, start: int, end: int) -> Iterator[VideoTag]:
        """Yield the video tags that begin between two offsets; `start` must be the start of a tag."""
        at = start
        for _ in range(_MAX_TAGS):
            header = self.reader.read_at(at, TAG_BYTES + _MAX_VIDEO_HEADER_BYTES)
            if at >= end or len(header) < TAG_BYTES:
                return
            # The size of a tag counts neither its header nor the length after it.
            following = at + TAG_BYTES + int.from_bytes(header[1:4]) + BACK_BYTES
            if header[0] & TAG_TYPE == VIDEO and (tag := _parse_video_tag(header, at)):
                yield tag
            at = following

    def scan_keyframes(self, start: int, end: int) -> Iterator[CodedSample]:
        first = self._find_tag(start, end)
        if first is not None:
            for tag in self.read_tags(first, end):
                if tag.is_key and not tag.is_header:
                    yield self.make_sample(tag)

    def scan_samples(self, offset: int) -> Iterator[ScannedSample]:
        for tag in self.read_tags(self._starts.get(offset, self.reader.size_bytes), self.reader.size_bytes):
            if not tag.is_header:
                yield ScannedSample(self.make_sample(tag), tag.is_key)

    def _find_tag(self, start: int, end: int) -> int | None:
        """Return the offset of the first video tag between two offsets: one whose length is repeated after it."""
        for at in range(start, end, _WINDOW_BYTES):
            data = self.reader.read_at(at, _WINDOW_BYTES + TAG_BYTES)
            for match in _LIKE_VIDEO_TAG.finditer(data):
                length = TAG_BYTES + int.from_bytes(match[1])
                behind = at + match.start() + length
                inside = data[match.start() + length : match.start() + length + BACK_BYTES]
                if (inside if len(inside) == BACK_BYTES else self.reader.read_at(behind, 4)) == length.to_bytes(4):
                    return at + match.start()
        return None

    def find_end_s(self) -> float | None:
        """Return the time of the last picture; None if the file ends inside a tag.

        Reads backwards from the end, by the length after each tag.
        """
        at = known_from = self.reader.size_bytes
        ahead = _TAIL_BYTES
        latest: float | None = None
        for _ in range(_MAX_TAIL_TAGS):
            length = int.from_bytes(self.reader.read_at(at - BACK_BYTES, BACK_BYTES))
            start = at - BACK_BYTES - length
            # Not the length of a tag: the file ends inside one, or its last bytes are not FLV.
            if length < TAG_BYTES or start < TAG_BYTES:
                return latest
            if start < known_from:
                known_from = max(start - ahead, 0)
                self.reader.prefetch([(known_from, at - known_from)])
                ahead = min(2 * ahead, _WINDOW_BYTES)
            header = self.reader.read_at(start, TAG_BYTES + _MAX_VIDEO_HEADER_BYTES)
            # The lengths before and after a tag disagree: the chain ends here.
            if int.from_bytes(header[1:4]) + TAG_BYTES != length:
                return latest
            tag = _parse_video_tag(header, start) if header[0] & TAG_TYPE == VIDEO else None
            if tag and not tag.is_header:
                shown_s = (tag.shown_ms - self.zero_ms) / 1000
                # With B-frames, the last tag is not always the last picture: go back one second.
                if latest is not None and shown_s < latest - 1:
                    return latest
                latest = max(latest or 0.0, shown_s)
            at = start
        return latest


def _parse_video_tag(header: bytes, start: int) -> VideoTag | None:
    """Return the tag at `start`; None if it has neither a picture that may be decoded nor a configuration."""
    if len(header) < TAG_BYTES + 2:
        return None
    end = start + TAG_BYTES + int.from_bytes(header[1:4])
    # The upper 8 bits of the time follow the lower 24.
    time_ms = int.from_bytes(header[7:8] + header[4:7])
    first, second = header[TAG_BYTES], header[TAG_BYTES + 1]
    kind = first >> 4 & 7
    # Command frames mark a seek of a server and hold no picture.
    if kind == _COMMAND or header[0] & IS_ENCRYPTED:
        return None
    body, is_header = TAG_BYTES + 1, False
    if first & _ENHANCED:
        # Enhanced RTMP: a four-character code replaces the codec number, and the packet type is in the first byte.
        decoder = _DECODERS_BY_FOURCC.get(header[TAG_BYTES + 1 : TAG_BYTES + 5])
        packet = first & 0xF
        is_header = packet == _START
        body += 4
        # Only H.264 and HEVC have a composition offset, and only in packets of type 1.
        if packet == _FRAMES and decoder and get_codec(decoder).has_flv_offset:
            time_ms += int.from_bytes(header[body : body + 3], signed=True)
            body += 3
        if packet not in (_START, _FRAMES, _FRAMES_WITHOUT_OFFSET):
            return None
    else:
        decoder = _DECODERS.get(first & 0xF)
        if decoder and get_codec(decoder).has_flv_offset:
            if second not in (_START, _FRAMES):
                return None
            # Packet type 0 is the decoder configuration (avcC or hvcC), 1 a picture, 2 the end of the sequence.
            is_header = second == _START
            time_ms += 0 if is_header else int.from_bytes(header[body + 1 : body + 4], signed=True)
            body += 4
        elif decoder:
            body += get_codec(decoder).flv_extradata_bytes
    if decoder is None or start + body >= end:
        return None
    return VideoTag(start, start + body, end, time_ms, decoder, kind == _KEYFRAME, is_header)
