"""Changes of ASF files: objects and their sizes, stream properties, packets and payloads."""

import random
import struct
from collections.abc import Iterator

from services.worker.extraction.containers.asf import objects
from tests.fuzz.mutators.elements import MAX_DEPTH, Change, Element, Field, Kind, Size, Structure

_HEADER_BYTES, _FIRST_AT, _DATA_HEADER_BYTES = 24, 30, 50
_MAX_PACKETS = 12


def parse(data: bytes) -> Structure:
    """Return the objects and packets of a valid file, and the numbers in them."""
    structure = Structure(data)
    for element in _parse_objects(data, 0, len(data), ()):
        structure.elements.append(element)
        structure.fields += _list_fields(element)
        if element.name == objects.DATA:
            packets = list(_list_packets(data, element))
            structure.elements += packets
            step = _find_packet_bytes(data)
            for packet in packets[:_MAX_PACKETS]:
                # Error correction, flags of lengths and properties, and the fields of the first payload.
                structure.fields += [Field(packet.start + at, 1) for at in range(min(40, packet.end - packet.start))]
                structure.fields += [Field(packet.start + at, 4, Kind.SIZE, "little") for at in range(3, min(30, step))]
    return structure


def _parse_objects(data: bytes, start: int, end: int, parents: tuple[Element, ...]) -> Iterator[Element]:
    while start + _HEADER_BYTES <= end:
        guid, length = struct.unpack_from("<16sQ", data, start)
        stop = min(start + length, end)
        if length < _HEADER_BYTES:
            return
        size = Size(start + 16, 8, "little", extra=_HEADER_BYTES)
        is_open = guid == objects.HEADER
        element = Element(guid, start, start + _HEADER_BYTES, stop, size, is_open, parents)
        yield element
        if is_open and len(parents) < MAX_DEPTH:
            yield from _parse_objects(data, start + _FIRST_AT, stop, (*parents, element))
        start = stop


def _list_fields(element: Element) -> Iterator[Field]:
    length = element.end - element.body
    if element.name == objects.FILE_PROPERTIES:
        # File size, packets, play and send duration, preroll; flags, smallest and largest packet, bit rate.
        yield from (Field(element.body + at, 8, Kind.TIME, "little") for at in range(16, min(length - 7, 64), 8))
        yield from [Field(element.body + at, 4, Kind.SIZE, "little") for at in range(64, min(length - 3, 80), 4)] * 2
    elif element.name == objects.STREAM_PROPERTIES:
        yield from (Field(element.body + at, 1) for at in range(min(length, 54)))
        yield from (Field(element.body + at, 4, Kind.SIZE, "little") for at in range(40, min(length - 3, 110), 2))
    elif element.name == objects.HEADER:
        yield Field(element.body, 4, Kind.COUNT, "little")
        yield Field(element.start + 16, 8, Kind.SIZE, "little")
    elif element.name == objects.DATA:
        yield Field(element.body + 16, 8, Kind.COUNT, "little")
        yield Field(element.start + 16, 8, Kind.SIZE, "little")
    else:
        yield from (Field(element.body + at, 4, Kind.SIZE, "little") for at in range(0, min(length - 3, 24), 4))


def _find_packet_bytes(data: bytes) -> int:
    at = data.find(objects.FILE_PROPERTIES)
    return int.from_bytes(data[at + 92 : at + 96], "little") if at >= 0 else 0


def _list_packets(data: bytes, element: Element) -> Iterator[Element]:
    step = _find_packet_bytes(data)
    if not step:
        return
    for start in range(element.start + _DATA_HEADER_BYTES, element.end - step + 1, step):
        yield Element(b"packet", start, start + 3, start + step, parents=(*element.parents, element))


def change_packet(structure: Structure, dice: random.Random) -> bytes:
    """Change flags and counts at the start of a packet: lengths of no bytes, many payloads, compressed payloads."""
    packets = [element for element in structure.elements if element.name == b"packet"]
    if not packets:
        return structure.data
    packet = dice.choice(packets[:_MAX_PACKETS])
    out = bytearray(structure.data)
    out[packet.start] = dice.choice((0x82, 0x82, 0x80, 0x8F, 0x00, out[packet.start]))
    at = packet.start + 1 + (out[packet.start] & 0xF if out[packet.start] & 0x80 else 0)
    for place, choices in enumerate(((0x11, 0x09, 0x79, 0x00, 0x01, 0xFF), (0x5D, 0x00, 0xFF, 0x5D, 0x55))):
        if at + place < len(out):
            out[at + place] = dice.choice((*choices, dice.randrange(256)))
    return bytes(out)


def change_packet_size(structure: Structure, dice: random.Random) -> bytes:
    """State another packet size, the same in both fields, so that packets begin elsewhere."""
    at = structure.data.find(objects.FILE_PROPERTIES)
    if at < 0:
        return structure.data
    step = dice.choice((0, 1, 2, 3, 16, 100, 1 << 20, (1 << 20) + 1, 0xFFFFFFFF, dice.randrange(1, 5000)))
    sizes = struct.pack("<II", step, step)
    return structure.data[: at + 92] + sizes + structure.data[at + 100 :]


CHANGES: tuple[Change, ...] = (change_packet, change_packet, change_packet, change_packet_size)
