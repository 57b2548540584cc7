"""Video tags of an FLV file (Adobe, "Flash Video File Format Specification" 10.1, annex E; Enhanced RTMP v2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.codecs import CODECS, get_codec
from services.worker.extraction.containers.scan import ScannedSample
from services.worker.extraction.containers.stream import CodedSample
from services.worker.extraction.containers.timeline import Timeline
from services.worker.extraction.reading.reader import RangedReader

AUDIO, VIDEO, SCRIPT = 8, 9, 18
TAG_TYPE, IS_ENCRYPTED = 0x1F, 0x20
TAG_BYTES, BACK_BYTES = 11, 4
"""Size of a tag's header, and of its length, which is written again after each tag."""
TICKS_PER_S = 1000

_MAX_VIDEO_HEADER_BYTES = 9
_KEYFRAME, _INTER_FRAME, _COMMAND = 1, 2, 5
_DECODERS = {number: codec.decoder for codec in CODECS for number in codec.flv_ids}
_DECODERS_BY_FOURCC = {fourcc: codec.decoder for codec in CODECS for fourcc in codec.flv_fourccs}
_ENHANCED = 0x80
_START, _FRAMES, _FRAMES_WITHOUT_OFFSET = 0, 1, 3
_WINDOW_BYTES = 256 * 1024
_TAIL_BYTES = 64 * 1024
_MAX_TAGS = 100_000
_AAC_HEADER = b"\xaf\0"
_MAX_TAIL_BYTES = 4 * 1024 * 1024
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
        self.timeline = Timeline(TICKS_PER_S)
        self.first_sound: int | None = None
        self.last_sound: int | None = None
        """Times of the first and last sound that was read, in ticks."""
        self.is_cut_off = False
        """`find_last` found that the file ends inside a tag."""
        self._starts: dict[int, int] = {}

    def make_sample(self, tag: VideoTag) -> CodedSample:
        # A scan goes on from a sample later, but only its tag can be read again.
        self._starts[tag.body] = tag.start
        return CodedSample(self.timeline.to_seconds(tag.shown_ms), tag.body, tag.end - tag.body)

    def read_tags(self, start: int, end: int) -> Iterator[VideoTag]:
        """Yield the complete video tags that begin between two offsets; `start` must be the start of a tag."""
        at = start
        for _ in range(_MAX_TAGS):
            header = self.reader.read_at(at, TAG_BYTES + _MAX_VIDEO_HEADER_BYTES)
            if at >= end or len(header) < TAG_BYTES:
                return
            # The size of a tag counts neither its header nor the length after it.
            following = at + TAG_BYTES + int.from_bytes(header[1:4]) + BACK_BYTES
            if following - BACK_BYTES > self.reader.size_bytes:
                return
            if header[0] & TAG_TYPE == VIDEO and (tag := _parse_video_tag(header, at)):
                yield tag
            elif self.first_sound is None:
                self.first_sound = _parse_sound_time(header)
            at = following

    def _find_last_complete(self) -> int | None:
        """Return the time of the last picture before an incomplete tag at the end; None if there is none near it."""
        for number in range(1, _MAX_TAIL_BYTES // _WINDOW_BYTES):
            start = max(self.reader.size_bytes - number * _WINDOW_BYTES, 0)
            first = self._find_tag(start, self.reader.size_bytes)
            tags = self.read_tags(first, self.reader.size_bytes) if first is not None else iter(())
            if times := [tag.shown_ms for tag in tags if not tag.is_header]:
                return max(times)
        return None

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

    def find_first_sound(self, after: int) -> None:
        """Read on from the end of a tag until the first sound: it may be earlier than the picture before it."""
        # Together with the end of the file, which is read next.
        tail = max(self.reader.size_bytes - _TAIL_BYTES, 0)
        self.reader.prefetch([(after + BACK_BYTES, TAG_BYTES), (tail, _TAIL_BYTES)])
        for _ in self.read_tags(after + BACK_BYTES, after + _TAIL_BYTES):
            if self.first_sound is not None:
                return

    def find_last(self) -> int | None:
        """Return the time of the last picture, in ticks; None if it is not near the end of the file.

        Reads backwards from the end, by the length after each tag.
        """
        at = known_from = self.reader.size_bytes
        ahead = _TAIL_BYTES
        latest: int | None = None
        while at > self.reader.size_bytes - _MAX_TAIL_BYTES:
            length = int.from_bytes(self.reader.read_at(at - BACK_BYTES, BACK_BYTES))
            start = at - BACK_BYTES - length
            if start < known_from and length >= TAG_BYTES:
                known_from = max(start - ahead, 0)
                self.reader.prefetch([(known_from, at - known_from)])
                ahead = min(2 * ahead, _WINDOW_BYTES)
            # The header of the file: all tags are read.
            if start < TAG_BYTES and at < self.reader.size_bytes:
                return latest
            header = self.reader.read_at(start, TAG_BYTES + _MAX_VIDEO_HEADER_BYTES) if start >= TAG_BYTES else b""
            # Not the length of a tag: the file ends inside one, or its last bytes are not FLV.
            if length < TAG_BYTES or int.from_bytes(header[1:4]) + TAG_BYTES != length:
                if at == self.reader.size_bytes:
                    self.is_cut_off = True
                    return self._find_last_complete()
                return latest
            tag = _parse_video_tag(header, start) if header[0] & TAG_TYPE == VIDEO else None
            if tag and not tag.is_header:
                # With B-frames, the last tag is not always the last picture: go back one second.
                if latest is not None and tag.shown_ms < latest - TICKS_PER_S:
                    return latest
                latest = max(latest or 0, tag.shown_ms)
            elif self.last_sound is None:
                self.last_sound = _parse_sound_time(header)
            at = start
        return latest


def _parse_sound_time(header: bytes) -> int | None:
    """Return the time of a tag of sound; None if it is another tag, or the configuration of AAC."""
    if header[0] & TAG_TYPE != AUDIO or len(header) < TAG_BYTES + 2 or header[TAG_BYTES : TAG_BYTES + 2] == _AAC_HEADER:
        return None
    return _parse_time(header)


def _parse_time(header: bytes) -> int:
    """Return the time of a tag: the upper 8 bits follow the lower 24."""
    return int.from_bytes(header[7:8] + header[4:7])


def _parse_video_tag(header: bytes, start: int) -> VideoTag | None:
    """Return the tag at `start`; None if it has neither a picture that may be decoded nor a configuration."""
    if len(header) < TAG_BYTES + 2:
        return None
    end = start + TAG_BYTES + int.from_bytes(header[1:4])
    time_ms = _parse_time(header)
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
