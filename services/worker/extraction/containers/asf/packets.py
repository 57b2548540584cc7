"""Packets of an ASF file, all of one size, and their payloads (Microsoft, "ASF Specification", section 5.2)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple

from services.worker.extraction.containers.stream import MAX_SAMPLE_BYTES
from services.worker.extraction.reading.reader import RangedReader

_WIDTHS = (0, 1, 2, 4)
_FIELDS = ("0s", "B", "H", "I")
_LENGTHS = tuple(struct.Struct("<" + field) for field in _FIELDS)
"""Length field of a payload, by the type that a packet with several payloads states."""
_REPLICATED_DATA = struct.Struct("<II")
"""Size of the media object, and its presentation time."""
_HAS_CORRECTION, _SEVERAL, _KEY = 0x80, 1, 0x80
_MIN_READ_BYTES = 64 * 1024
_MAX_READ_BYTES = 512 * 1024


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
    """A picture, put together from payloads. `start` is the offset of its first packet."""

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

    def read_times(self, offset: int, count: int) -> Iterator[tuple[int, int]]:
        """Yield stream and time of each object that begins in the next `count` packets."""
        for _, packet in islice(self._read_packets(offset), count):
            for payload in parse_payloads(packet):
                if payload.offset == 0:
                    yield payload.stream, payload.shown_ms

    def read_objects(self, offset: int) -> Iterator[MediaObject]:
        """Yield the objects that begin in a packet at or after an offset."""
        current: MediaObject | None = None
        number = -1
        for packet_at, packet in self._read_packets(offset):
            for payload in parse_payloads(packet):
                if payload.stream != self._stream:
                    continue
                # The first piece of an object. A player that starts here, as this reader does, skips pieces before it.
                if payload.offset == 0:
                    number = payload.number
                    size = payload.object_bytes
                    current = MediaObject(packet_at, payload.shown_ms, payload.is_key, size, bytearray())
                # A piece of another object, or after a lost one: wait for the next first piece.
                elif current is None or payload.number != number or payload.offset != len(current.data):
                    current = None
                    continue
                current.data += payload.data
                # An object of an impossible size is passed on, and refused by its reader.
                if len(current.data) >= current.size or current.size > MAX_SAMPLE_BYTES:
                    yield current
                    current = None

    def _read_packets(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Yield offset and bytes of each packet at or after an offset."""
        at = self._start + -(-max(offset - self._start, 0) // self._step) * self._step
        window = _MIN_READ_BYTES
        while at + self._step <= self._end:
            count = max(window // self._step, 1)
            data = self._reader.read_at(at, min(count * self._step, self._end - at))
            if len(data) < self._step:
                return
            for inside in range(0, len(data) - self._step + 1, self._step):
                yield at + inside, data[inside : inside + self._step]
            at += count * self._step
            window = min(2 * window, _MAX_READ_BYTES)


def parse_payloads(packet: bytes) -> Iterator[Payload]:
    """Yield the payloads of a packet; stop at one that does not fit into it."""
    # Error correction data is optional: its first byte has its length in the lower 4 bits.
    at = 1 + (packet[0] & 0xF) if packet[0] & _HAS_CORRECTION else 0
    if at + 2 > len(packet):
        return
    lengths, properties = packet[at], packet[at + 1]
    packet_header, payload_header = _packet_header(lengths), _payload_header(properties)
    at += 2
    if at + packet_header.size > len(packet):
        return
    length, padding = (field or 0 for field in packet_header.unpack_from(packet, at))
    at += packet_header.size
    # A packet without a length, as ffmpeg's asfenc writes it, is as long as all others.
    end = (length if 0 < length <= len(packet) else len(packet)) - padding
    count, own_length = 1, None
    # Number of payloads in the lower 6 bits, type of their lengths in the upper 2.
    if lengths & _SEVERAL and at < end:
        count, own_length, at = packet[at] & 0x3F, _LENGTHS[packet[at] >> 6], at + 1
    for _ in range(count):
        if at + payload_header.size > end:
            return
        head, number, offset, replicated = payload_header.unpack_from(packet, at)
        extra_at = at + payload_header.size
        at = extra_at + (replicated or 0)
        # A single payload reaches to the padding; one of several has a length of its own.
        size = end - at
        if own_length:
            if at + own_length.size > end:
                return
            (size,) = own_length.unpack_from(packet, at)
            at += own_length.size
        if not size or size < 0 or at + size > end:
            return
        # Replicated data of one byte marks compressed payloads, several small objects (5.2.3.2): no video has them.
        if replicated and replicated >= _REPLICATED_DATA.size:
            object_bytes, shown_ms = _REPLICATED_DATA.unpack_from(packet, extra_at)
            data = packet[at : at + size]
            yield Payload(head & 0x7F, number or 0, head >= _KEY, offset or 0, object_bytes, shown_ms, data)
        at += size


@cache
def _packet_header(lengths: int) -> struct.Struct:
    """Return the layout of a packet's length and padding; a sequence number and the send time are skipped."""
    length, sequence, padding = (lengths >> shift & 3 for shift in (5, 1, 3))
    return struct.Struct(f"<{_FIELDS[length]}{_WIDTHS[sequence]}x{_FIELDS[padding]}6x")


@cache
def _payload_header(properties: int) -> struct.Struct:
    """Return the layout of stream, object number, offset in the object and length of the replicated data.

    A field of length zero is left out and unpacks to an empty string.
    """
    return struct.Struct("<B" + "".join(_FIELDS[properties >> shift & 3] for shift in (4, 2, 0)))
