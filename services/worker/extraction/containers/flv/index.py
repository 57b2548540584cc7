"""FLV: keyframes by the table in its metadata, or by byte fractions (Adobe, FLV specification 10.1, annex E)."""

import math
import re
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.worker.extraction.containers.scan import ScanIndex, Step, run_up
from services.worker.extraction.containers.stream import BrokenIndexError, Index, Sample, Stream
from services.worker.extraction.reading.reader import RangedReader

_VIDEO, _SCRIPT = 9, 18
_TAG_BYTES, _BACK_BYTES = 11, 4
_KEYFRAME, _COMMAND = 1, 5
_AVC, _HEVC, _VP6, _FLV1 = 7, 12, 4, 2
_DECODERS = {_FLV1: "flv", _VP6: "vp6f", _AVC: "h264", _HEVC: "hevc"}
_FOURCCS = {b"avc1": "h264", b"hvc1": "hevc", b"av01": "av1", b"vp09": "vp9", b"vp08": "vp8"}
"""Of Enhanced RTMP: https://veovera.org/docs/enhanced/enhanced-rtmp-v2"""
_ENHANCED = 0x80
_START, _FRAMES, _FRAMES_AT_ONCE = 0, 1, 3
_HEAD_BYTES = 1024 * 1024
_WINDOW_BYTES = 256 * 1024
_TAIL_BYTES = 64 * 1024
_MOST_TAGS = 100_000
_MOST_TAIL_TAGS = 200
_MOST_TABLE = 1 << 20
_MOST_NEIGHBOURS = 6
_LOOKS_LIKE_VIDEO = re.compile(rb"\x09(...)....\0\0\0[\x12\x14\x17\x1c\x22\x24\x27\x2c\x80-\xaf]", re.DOTALL)


@dataclass(frozen=True)
class Tag:
    """A tag of video: its picture is between `body` and `end`, and is shown at `shown_ms`."""

    start: int
    body: int
    end: int
    shown_ms: int
    decoder: str
    is_key: bool
    is_header: bool
    """It holds the decoder's configuration in place of a picture."""


def open_index(reader: RangedReader) -> Index:
    """Raises: BrokenIndexError, SourceError."""
    start = int.from_bytes(reader.read_at(5, 4)) + _BACK_BYTES
    tags = FlvTags(reader)
    extradata = b""
    first: Tag | None = None
    for tag in tags.video(start, start + _HEAD_BYTES):
        if tag.is_header:
            extradata = reader.read_at(tag.body, tag.end - tag.body)
        elif tag.is_key:
            first = tag
            break
    if first is None:
        raise BrokenIndexError("no keyframe near the start")
    if first.decoder == "vp6f":
        extradata = reader.read_at(first.body - 1, 1)
    tags.zero_ms = first.shown_ms
    metadata = _metadata(reader, start)
    end_s = tags.end_s()
    duration_s = (_number(metadata, b"duration") or 0.0) if end_s is None else end_s
    rate = _number(metadata, b"framerate") or 0.0
    stream = Stream(
        decoder=first.decoder,
        extradata=extradata,
        width_px=int(_number(metadata, b"width") or 0),
        height_px=int(_number(metadata, b"height") or 0),
        frame_s=1 / rate if rate > 0 else 0.0,
        is_cut_off=end_s is None,
    )
    stream = replace(stream, duration_s=duration_s + stream.frame_s)
    table = _table(metadata)
    if len(table) > 1:
        return TableIndex(stream, tags, table)
    return ScanIndex(reader, stream, tags, (start, reader.size_bytes))


def _metadata(reader: RangedReader, start: int) -> bytes:
    """The body of the first tag, if it is a script."""
    header = reader.read_at(start, _TAG_BYTES)
    if len(header) < _TAG_BYTES or header[0] & 0x1F != _SCRIPT:
        return b""
    return reader.read_at(start + _TAG_BYTES, int.from_bytes(header[1:4]))


def _number(metadata: bytes, name: bytes) -> float | None:
    """A number in AMF0: its name, a 0, and a double."""
    at = metadata.find(struct.pack(">H", len(name)) + name + b"\0")
    if at < 0 or at + 3 + len(name) + 8 > len(metadata):
        return None
    value = float(struct.unpack_from(">d", metadata, at + 3 + len(name))[0])
    return value if math.isfinite(value) and value > 0 else None


def _table(metadata: bytes) -> list[tuple[float, int]]:
    """Times and places of keyframes, as most tools that write FLV add them."""
    at = metadata.find(b"\0\x09keyframes")
    times, places = _numbers(metadata, b"times", at), _numbers(metadata, b"filepositions", at)
    pairs = zip(times, places, strict=False)
    return sorted((time, int(place)) for time, place in pairs if math.isfinite(time) and 0 <= place < 1 << 63)


def _numbers(metadata: bytes, name: bytes, start: int) -> list[float]:
    at = metadata.find(struct.pack(">H", len(name)) + name + b"\x0a", start) if start >= 0 else -1
    if at < 0:
        return []
    at += 3 + len(name)
    count = min(int.from_bytes(metadata[at : at + 4]), (len(metadata) - at - 4) // 9, _MOST_TABLE)
    return [value for kind, value in struct.iter_unpack(">Bd", metadata[at + 4 : at + 4 + 9 * count]) if kind == 0]


class FlvTags:
    """Tags of video, from any place on."""

    def __init__(self, reader: RangedReader) -> None:
        self.reader = reader
        self.zero_ms = 0
        self._starts: dict[int, int] = {}

    def sample(self, tag: Tag) -> Sample:
        self._starts[tag.body] = tag.start
        return Sample((tag.shown_ms - self.zero_ms) / 1000, tag.body, tag.end - tag.body)

    def video(self, start: int, end: int) -> Iterator[Tag]:
        """The tags of video that begin between two places, the first of which is the start of a tag."""
        at = start
        for _ in range(_MOST_TAGS):
            header = self.reader.read_at(at, _TAG_BYTES + 9)
            if at >= end or len(header) < _TAG_BYTES:
                return
            following = at + _TAG_BYTES + int.from_bytes(header[1:4]) + _BACK_BYTES
            if header[0] & 0x1F == _VIDEO and (tag := _video_tag(header, at)):
                yield tag
            at = following

    def keyframes(self, start: int, end: int) -> Iterator[Sample]:
        place = self._find(start, end)
        if place is not None:
            for tag in self.video(place, end):
                if tag.is_key and not tag.is_header:
                    yield self.sample(tag)

    def steps(self, offset: int) -> Iterator[Step]:
        for tag in self.video(self._starts.get(offset, self.reader.size_bytes), self.reader.size_bytes):
            if not tag.is_header:
                yield Step(self.sample(tag), tag.is_key)

    def _find(self, start: int, end: int) -> int | None:
        """Where the first tag of video begins: one whose length stands behind it again."""
        for at in range(start, end, _WINDOW_BYTES):
            data = self.reader.read_at(at, _WINDOW_BYTES + _TAG_BYTES)
            for match in _LOOKS_LIKE_VIDEO.finditer(data):
                length = _TAG_BYTES + int.from_bytes(match[1])
                behind = at + match.start() + length
                inside = data[match.start() + length : match.start() + length + _BACK_BYTES]
                if (inside if len(inside) == _BACK_BYTES else self.reader.read_at(behind, 4)) == length.to_bytes(4):
                    return at + match.start()
        return None

    def end_s(self) -> float | None:
        """When the last picture is shown: tags are chained backwards, too. None if the file ends inside of one."""
        at = known_from = self.reader.size_bytes
        ahead = _TAIL_BYTES
        latest: float | None = None
        for _ in range(_MOST_TAIL_TAGS):
            length = int.from_bytes(self.reader.read_at(at - _BACK_BYTES, _BACK_BYTES))
            start = at - _BACK_BYTES - length
            if length < _TAG_BYTES or start < _TAG_BYTES:
                return latest
            if start < known_from:
                known_from = max(start - ahead, 0)
                self.reader.prefetch([(known_from, at - known_from)])
                ahead = min(2 * ahead, _WINDOW_BYTES)
            header = self.reader.read_at(start, _TAG_BYTES + 9)
            if int.from_bytes(header[1:4]) + _TAG_BYTES != length:
                return latest
            tag = _video_tag(header, start) if header[0] & 0x1F == _VIDEO else None
            if tag and not tag.is_header:
                shown_s = (tag.shown_ms - self.zero_ms) / 1000
                if latest is not None and shown_s < latest - 1:
                    return latest
                latest = max(latest or 0.0, shown_s)
            at = start
        return latest


def _video_tag(header: bytes, start: int) -> Tag | None:
    """None where it holds no picture that may be decoded, and no configuration."""
    if len(header) < _TAG_BYTES + 2:
        return None
    end = start + _TAG_BYTES + int.from_bytes(header[1:4])
    time_ms = int.from_bytes(header[7:8] + header[4:7])
    first, second = header[_TAG_BYTES], header[_TAG_BYTES + 1]
    kind = first >> 4 & 7
    if kind == _COMMAND or header[0] & 0x20:
        return None
    body, is_header = _TAG_BYTES + 1, False
    if first & _ENHANCED:
        decoder = _FOURCCS.get(header[_TAG_BYTES + 1 : _TAG_BYTES + 5])
        packet = first & 0xF
        is_header = packet == _START
        body += 4
        if packet == _FRAMES and decoder in ("h264", "hevc"):
            time_ms += int.from_bytes(header[body : body + 3], signed=True)
            body += 3
        if packet not in (_START, _FRAMES, _FRAMES_AT_ONCE):
            return None
    else:
        decoder = _DECODERS.get(first & 0xF)
        if decoder in ("h264", "hevc"):
            if second not in (_START, _FRAMES):
                return None
            is_header = second == _START
            time_ms += 0 if is_header else int.from_bytes(header[body + 1 : body + 4], signed=True)
            body += 4
        elif decoder == "vp6f":
            body += 1
    if decoder is None or start + body >= end:
        return None
    return Tag(start, start + body, end, time_ms, decoder, kind == _KEYFRAME, is_header)


class TableIndex:
    """Keyframes as the metadata tells."""

    def __init__(self, stream: Stream, tags: FlvTags, table: Sequence[tuple[float, int]]) -> None:
        self.stream = stream
        self._tags = tags
        self._times_s = [time_s - tags.zero_ms / 1000 for time_s, _ in table]
        self._places = [place for _, place in table]

    def nearest(self, times_s: Sequence[float]) -> list[Sample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._tags.reader.prefetch([(self._places[number], _TAG_BYTES) for number in numbers])
        return [self._keyframe(number) for number in numbers]

    def _number_at(self, time_s: float) -> int:
        after = bisect_right(self._times_s, time_s)
        near = [number for number in (after - 1, after) if 0 <= number < len(self._times_s)]
        return min(near, key=lambda number: abs(self._times_s[number] - time_s))

    def _keyframe(self, number: int) -> Sample:
        """What the table tells is looked up, not believed. Raises: BrokenIndexError."""
        place = self._places[number]
        for tag in self._tags.video(place, place + 1):
            if tag.is_key and tag.is_header:
                break
            if tag.is_key and abs(tag.shown_ms / 1000 - self._tags.zero_ms / 1000 - self._times_s[number]) < 1:
                return self._tags.sample(tag)
        if number == 0:
            # The first entry is the configuration's, as a rule.
            for sample in self._tags.keyframes(place, place + _HEAD_BYTES):
                return sample
        raise BrokenIndexError("a table that leads nowhere")

    def around(self, time_s: float, within_s: float) -> list[Sample]:
        middle = self._number_at(time_s)
        numbers = range(max(middle - _MOST_NEIGHBOURS, 0), min(middle + _MOST_NEIGHBOURS + 1, len(self._places)))
        near = [number for number in numbers if abs(self._times_s[number] - time_s) <= within_s]
        self._tags.reader.prefetch([(self._places[number], _TAG_BYTES) for number in near])
        return sorted(map(self._keyframe, near), key=lambda sample: abs(sample.time_s - time_s))

    def run_up(self, time_s: float, most: int) -> list[Sample]:
        number = max(bisect_right(self._times_s, time_s) - 1, 0)
        first = self._keyframe(number)
        return run_up(self._tags.steps(first.offset), first.time_s, time_s, most)
