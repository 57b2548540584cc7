"""Index of an FLV file: keyframes by the table in its metadata, or at estimated offsets without one."""

import math
import struct
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.flv.tags import (
    BACK_BYTES,
    SCRIPT,
    TAG_BYTES,
    TAG_TYPE,
    TICKS_PER_S,
    TagReader,
    VideoTag,
)
from services.worker.extraction.containers.scan import ScanIndex, take_decode_chain
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, Index, Stream
from services.worker.extraction.containers.timeline import Start, Timeline
from services.worker.extraction.reading.reader import RangedReader

_HEAD_BYTES = 1024 * 1024
_MAX_NUMBER = 1e12
"""Upper limit on a number of the metadata and on its inverse: ticks of a larger one may be infinite."""
_MAX_ENTRIES = 1 << 20
_MAX_NEIGHBOURS = 6


def open_index(reader: RangedReader) -> Index:
    """Return the index of the video. Raises: BrokenIndexError, SourceError."""
    start = int.from_bytes(reader.read_at(5, 4)) + BACK_BYTES
    tags = TagReader(reader)
    extradata = b""
    first = key = None
    for tag in tags.read_tags(start, start + _HEAD_BYTES):
        if tag.is_header:
            # H.264, HEVC and AV1 have one configuration before the first picture; a later one replaces it.
            extradata = reader.read_at(tag.body, tag.end - tag.body)
            continue
        first = first or tag
        if tag.is_key:
            # Pictures before the first keyframe, as of a stream that was joined late, are skipped.
            key = tag
            break
    if first is None or key is None:
        expected = f"a keyframe in the first {_HEAD_BYTES} bytes"
        raise BrokenIndexError.at("flv tags", start, expected=expected, found="none")
    if length := get_codec(key.decoder).flv_extradata_bytes:
        extradata = reader.read_at(key.body - length, length)
    metadata = _read_metadata(reader, start)
    rate = _find_number(metadata, b"framerate") or 0.0
    stream = Stream(
        decoder=key.decoder,
        extradata=extradata,
        width_px=int(_find_number(metadata, b"width") or 0),
        height_px=int(_find_number(metadata, b"height") or 0),
        frame_s=1 / rate if rate > 0 else 0.0,
    )
    if tags.first_sound is None:
        tags.find_first_sound(key.end)
    tags.timeline = _make_timeline(first, tags)
    stream = _set_times(stream, first, tags, metadata)
    table = _find_keyframe_table(metadata)
    if len(table) > 1:
        return KeyframeTableIndex(stream, tags, table)
    return ScanIndex(reader, stream, tags, (start, reader.size_bytes))


def find_start(reader: RangedReader) -> Start:
    """Return the start of the video. Raises: SourceError."""
    start = int.from_bytes(reader.read_at(5, 4)) + BACK_BYTES
    tags = TagReader(reader)
    first = next((tag for tag in tags.read_tags(start, start + _HEAD_BYTES) if not tag.is_header), None)
    if first and tags.first_sound is None:
        tags.find_first_sound(first.end)
    return Start(_make_timeline(first, tags).to_seconds(first.shown_ms)) if first else Start()


def _make_timeline(first: VideoTag, tags: TagReader) -> Timeline:
    """Return the timeline of a file with this first picture, and the sound that was read up to it."""
    return Timeline.starting(TICKS_PER_S, [start for start in (first.shown_ms, tags.first_sound) if start is not None])


def _set_times(stream: Stream, first: VideoTag, tags: TagReader, metadata: bytes) -> Stream:
    """Return the stream with its times: up to the last tags, which the metadata of a live recording leaves out."""
    last = tags.find_last()
    end = None if last is None else last + stream.frame_s * TICKS_PER_S
    if not tags.is_cut_off and (end is not None or tags.last_sound is not None):
        return tags.timeline.place(stream, first=first.shown_ms, end=end, sound_end=tags.last_sound)
    stated_s = _find_number(metadata, b"duration") or 0.0
    known_s = tags.timeline.to_seconds(end or 0)
    stream = tags.timeline.place(stream, first=first.shown_ms, end=tags.timeline.to_ticks(max(stated_s, known_s)))
    missing = f"The file is incomplete: it ends inside a tag, after {known_s:.1f} s."
    return replace(stream, is_cut_off=True, missing="" if stated_s > known_s else missing)


def _read_metadata(reader: RangedReader, start: int) -> bytes:
    """Return the body of the first tag if it is a script; else no bytes."""
    header = reader.read_at(start, TAG_BYTES)
    if len(header) < TAG_BYTES or header[0] & TAG_TYPE != SCRIPT:
        return b""
    return reader.read_at(start + TAG_BYTES, int.from_bytes(header[1:4]))


def _find_number(metadata: bytes, name: bytes) -> float | None:
    """Return a positive number of the AMF0 metadata: its name, a 0, and a double; None if there is none."""
    # AMF0 is searched for the name instead of parsed: nested objects of encoders need no schema here.
    at = metadata.find(struct.pack(">H", len(name)) + name + b"\0")
    if at < 0 or at + 3 + len(name) + 8 > len(metadata):
        return None
    value = float(struct.unpack_from(">d", metadata, at + 3 + len(name))[0])
    return value if 1 / _MAX_NUMBER < value < _MAX_NUMBER else None


def _find_keyframe_table(metadata: bytes) -> list[tuple[float, int]]:
    """Return time in seconds and offset of each keyframe; empty if the metadata has no table.

    The table is not in the specification: ffmpeg writes it with `-flvflags add_keyframe_index`.
    """
    at = metadata.find(b"\0\x09keyframes")
    times_s, offsets = _find_numbers(metadata, b"times", at), _find_numbers(metadata, b"filepositions", at)
    pairs = zip(times_s, offsets, strict=False)
    return sorted((time_s, int(offset)) for time_s, offset in pairs if math.isfinite(time_s) and 0 <= offset < 1 << 63)


def _find_numbers(metadata: bytes, name: bytes, start: int) -> list[float]:
    """Return the numbers of a strict array in AMF0 that is after `start`; empty if there is none."""
    at = metadata.find(struct.pack(">H", len(name)) + name + b"\x0a", start) if start >= 0 else -1
    if at < 0:
        return []
    at += 3 + len(name)
    count = min(int.from_bytes(metadata[at : at + 4]), (len(metadata) - at - 4) // 9, _MAX_ENTRIES)
    return [value for kind, value in struct.iter_unpack(">Bd", metadata[at + 4 : at + 4 + 9 * count]) if kind == 0]


class KeyframeTableIndex:
    """Keyframes by the table in the metadata."""

    def __init__(self, stream: Stream, tags: TagReader, table: Sequence[tuple[float, int]]) -> None:
        self.stream = stream
        self._tags = tags
        self._times_s = [tags.timeline.to_seconds(time_s * TICKS_PER_S) for time_s, _ in table]
        self._offsets = [offset for _, offset in table]

    def find_nearest(self, times_s: Sequence[float]) -> list[CodedSample]:
        numbers = [self._number_at(time_s) for time_s in times_s]
        self._tags.reader.prefetch([(self._offsets[number], TAG_BYTES) for number in numbers])
        return [self._read_keyframe(number) for number in numbers]

    def _number_at(self, time_s: float) -> int:
        after = bisect_right(self._times_s, time_s)
        near = [number for number in (after - 1, after) if 0 <= number < len(self._times_s)]
        return min(near, key=lambda number: abs(self._times_s[number] - time_s))

    def _read_keyframe(self, number: int) -> CodedSample:
        """Return the keyframe of an entry, after a check that its tag is there. Raises: BrokenIndexError."""
        offset = self._offsets[number]
        for tag in self._tags.read_tags(offset, offset + 1):
            # The configuration of the decoder is marked as a keyframe too.
            if tag.is_key and tag.is_header:
                break
            if tag.is_key and abs(self._tags.timeline.to_seconds(tag.shown_ms) - self._times_s[number]) < 1:
                return self._tags.make_sample(tag)
        if number == 0:
            # Some tools (not ffmpeg's flvenc) list the decoder's configuration as the first keyframe.
            for sample in self._tags.scan_keyframes(offset, offset + _HEAD_BYTES):
                return sample
        expected = f"the tag of the keyframe at {self._times_s[number]:.3f} s"
        raise BrokenIndexError.at("flv keyframes", offset, expected=expected, found="none")

    def find_near(self, time_s: float, within_s: float) -> list[CodedSample]:
        middle = self._number_at(time_s)
        numbers = range(max(middle - _MAX_NEIGHBOURS, 0), min(middle + _MAX_NEIGHBOURS + 1, len(self._offsets)))
        listed = [number for number in numbers if abs(self._times_s[number] - time_s) <= within_s]
        self._tags.reader.prefetch([(self._offsets[number], TAG_BYTES) for number in listed])
        # The time of a tag may differ from that of its entry.
        near = [sample for sample in map(self._read_keyframe, listed) if abs(sample.time_s - time_s) <= within_s]
        return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

    def find_decode_chain(self, time_s: float, max_samples: int) -> list[CodedSample]:
        number = max(bisect_right(self._times_s, time_s) - 1, 0)
        first = self._read_keyframe(number)
        scanned = self._tags.scan_samples(first.offset)
        return take_decode_chain(scanned, first_s=first.time_s, time_s=time_s, max_samples=max_samples)
