"""Packets of an ASF file, all of one size, and what is in them (Microsoft, "ASF Specification", section 5.2)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from services.worker.extraction.containers.stream import MAX_SAMPLE_BYTES
from services.worker.extraction.reading.reader import RangedReader

_WIDTHS = (0, 1, 2, 4)
_FIELDS = ("0s", "B", "H", "I")
_LENGTHS = tuple(struct.Struct("<" + field) for field in _FIELDS)
"""Of a payload, where there are several."""
_OF_OBJECT = struct.Struct("<II")
"""Its size, and when it is shown."""
_HAS_CORRECTION, _SEVERAL, _KEY = 0x80, 1, 0x80
_PER_READ_BYTES = 64 * 1024
_LONGEST_READ_BYTES = 512 * 1024


class Payload(NamedTuple):
    """A piece of a media object of one stream."""

    stream: int
    number: int
    is_key: bool
    offset: int
    object_bytes: int
    shown_ms: int
    data: bytes


@dataclass
class MediaObject:
    """A picture that is put together from payloads. `start` is where its first packet begins."""

    start: int
    shown_ms: int
    is_key: bool
    size: int
    data: bytearray


class PacketReader:
    """Reads media objects of one stream. Packets of `step` bytes lie between `start` and `end`."""

    def __init__(self, reader: RangedReader, start: int, end: int, step: int, stream: int) -> None:
        self._reader = reader
        self._start = start
        self._end = end
        self._step = step
        self._stream = stream

    def objects(self, offset: int) -> Iterator[MediaObject]:
        """The objects that begin in a packet at or after an offset."""
        current: MediaObject | None = None
        number = -1
        for place, packet in self._packets(offset):
            for payload in payloads(packet):
                if payload.stream != self._stream:
                    continue
                if payload.offset == 0:
                    number = payload.number
                    size = payload.object_bytes
                    current = MediaObject(place, payload.shown_ms, payload.is_key, size, bytearray())
                elif current is None or payload.number != number or payload.offset != len(current.data):
                    current = None
                    continue
                current.data += payload.data
                if len(current.data) >= current.size or current.size > MAX_SAMPLE_BYTES:
                    yield current
                    current = None

    def _packets(self, offset: int) -> Iterator[tuple[int, bytes]]:
        at = self._start + -(-max(offset - self._start, 0) // self._step) * self._step
        window = _PER_READ_BYTES
        while at + self._step <= self._end:
            count = max(window // self._step, 1)
            data = self._reader.read_at(at, min(count * self._step, self._end - at))
            if len(data) < self._step:
                return
            for inside in range(0, len(data) - self._step + 1, self._step):
                yield at + inside, data[inside : inside + self._step]
            at += count * self._step
            window = min(2 * window, _LONGEST_READ_BYTES)


def payloads(packet: bytes) -> Iterator[Payload]:
    """Stops where the packet makes no sense."""
    at = 1 + (packet[0] & 0xF) if packet[0] & _HAS_CORRECTION else 0
    if at + 2 > len(packet):
        return
    lengths, properties = packet[at], packet[at + 1]
    about, layout = _about(lengths), _layout(properties)
    at += 2
    if at + about.size > len(packet):
        return
    length, padding = (field or 0 for field in about.unpack_from(packet, at))
    at += about.size
    end = (length if 0 < length <= len(packet) else len(packet)) - padding
    count, own_length = 1, None
    if lengths & _SEVERAL and at < end:
        count, own_length, at = packet[at] & 0x3F, _LENGTHS[packet[at] >> 6], at + 1
    for _ in range(count):
        if at + layout.size > end:
            return
        head, number, offset, replicated = layout.unpack_from(packet, at)
        extra_at = at + layout.size
        at = extra_at + (replicated or 0)
        size = end - at
        if own_length:
            if at + own_length.size > end:
                return
            (size,) = own_length.unpack_from(packet, at)
            at += own_length.size
        if not size or size < 0 or at + size > end:
            return
        if replicated and replicated >= _OF_OBJECT.size:
            object_bytes, shown_ms = _OF_OBJECT.unpack_from(packet, extra_at)
            data = packet[at : at + size]
            yield Payload(head & 0x7F, number or 0, head >= _KEY, offset or 0, object_bytes, shown_ms, data)
        at += size


@cache
def _about(lengths: int) -> struct.Struct:
    """Of a packet: its length, and of its padding. Between them is a sequence number, then when to send it."""
    length, sequence, padding = (lengths >> shift & 3 for shift in (5, 1, 3))
    return struct.Struct(f"<{_FIELDS[length]}{_WIDTHS[sequence]}x{_FIELDS[padding]}6x")


@cache
def _layout(properties: int) -> struct.Struct:
    """Stream, number of the object, offset in it, length of what is told of it: a field that is left out is empty."""
    return struct.Struct("<B" + "".join(_FIELDS[properties >> shift & 3] for shift in (4, 2, 0)))
