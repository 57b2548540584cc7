"""Changes of transport streams: packets, adaptation fields, program tables, PES headers and time stamps."""

import random
from collections.abc import Iterator

from services.worker.extraction.containers.mpegts.tables import find_framing
from tests.fuzz.mutators.elements import Change, Element, Field, Kind, Structure

_PACKET_BYTES = 188
_MAX_PACKETS = 60


def parse(data: bytes) -> Structure:
    """Return the packets of a valid file, and the numbers in their headers, tables and PES headers."""
    structure = Structure(data)
    first, stride = find_framing(data[:4096]) or (0, _PACKET_BYTES)
    for number, start in enumerate(range(first, len(data) - _PACKET_BYTES + 1, stride)):
        structure.elements.append(Element(_name(data, start), start, start + 4, start + _PACKET_BYTES))
        if number < _MAX_PACKETS or number % 16 == 0:
            structure.fields += _list_fields(data, start)
    return structure


def _name(data: bytes, start: int) -> bytes:
    """Return the PID of a packet, so that packets of one stream are alike."""
    return bytes([data[start + 1] & 0x1F, data[start + 2]])


def _list_fields(data: bytes, start: int) -> Iterator[Field]:
    # Flags and PID, control of the adaptation field, continuity.
    yield Field(start + 1, 2)
    yield Field(start + 3, 1)
    payload = 4
    if data[start + 3] & 0x20:
        yield from [Field(start + 4, 1, Kind.SIZE)] * 2
        yield Field(start + 5, 1)
        payload += 1 + data[start + 4]
    if not data[start + 1] & 0x40 or payload > _PACKET_BYTES - 32:
        return
    at = start + payload
    if data[at : at + 3] == b"\0\0\1":
        # Stream, length, flags, length of the header, time stamps, and the first bytes of the picture.
        yield from (Field(at + place, 1) for place in range(3, 32))
        yield Field(at + 4, 2, Kind.SIZE)
        yield from [Field(at + 9, 5, Kind.TIME)] * 2
        return
    # A section: pointer, table, length, then the entries.
    yield from (Field(at + place, 1) for place in range(min(32, start + _PACKET_BYTES - at)))
    yield from [Field(at + 2, 2, Kind.SIZE)] * 2
    yield from (Field(at + place, 2, Kind.SIZE) for place in range(9, 30))


def reorder_packets(structure: Structure, dice: random.Random) -> bytes:
    """Move, drop or repeat a run of packets: continuity, joined recordings, clocks that jump."""
    packets = structure.elements
    if len(packets) < 4:
        return structure.data
    first = dice.randrange(len(packets) - 1)
    last = min(first + dice.choice((1, 2, 16, len(packets))), len(packets))
    data = structure.data
    start, end = packets[first].start, packets[last - 1].end
    run, rest = data[start:end], data[:start] + data[end:]
    at = dice.choice(packets).start
    return dice.choice((rest, data + run, rest[:at] + run + rest[at:], data[:at] + run + data[at:]))[: 512 * 1024]


def loop_tables(structure: Structure, dice: random.Random) -> bytes:
    """Replace the first program association table: many programs, its own PID, that of the video, wrong lengths."""
    data = structure.data
    start = next((element.start for element in structure.elements if element.name == b"\0\0"), None)
    if start is None:
        return data
    pids = [0, 0x1FFF, 0x100, 0x1000, 0x101, dice.randrange(0x2000)]
    programs = b"".join(
        dice.choice((0, 1, 2)).to_bytes(2) + (0xE000 | dice.choice(pids)).to_bytes(2)
        for _ in range(dice.choice((0, 1, 2, 40)))
    )
    length = dice.choice((5 + len(programs) + 4, 0, 3, 0xFFF, 8))
    section = b"\0\0" + (0xB000 | length).to_bytes(2) + b"\0\1\xc1\0\0" + programs + bytes(4)
    packet = data[start : start + 4] + section
    packet = packet[:_PACKET_BYTES].ljust(_PACKET_BYTES, b"\xff")
    # No adaptation field before it.
    packet = packet[:1] + bytes([packet[1] | 0x40, packet[2], 0x10]) + packet[4:]
    return data[:start] + packet + data[start + _PACKET_BYTES :]


def list_many_streams(structure: Structure, dice: random.Random) -> bytes:
    """Replace the first program map: many streams, of one PID, with descriptors that are too long."""
    data = structure.data
    maps = [element for element in structure.elements if data[element.body : element.body + 2] == b"\0\x02"]
    if not maps:
        return data
    start = maps[0].start
    streams = b""
    for _ in range(dice.choice((0, 1, 3, 30))):
        kind = dice.choice((0x1B, 0x1B, 0x24, 0x02, 0x0F, 0x06, dice.randrange(256)))
        pid = dice.choice((0x100, 0x101, 0, 0x1000, dice.randrange(0x2000)))
        about = dice.choice((b"", b"\x05\xffAC-3", b"\x6a\x00", b"\x05", dice.randbytes(9)))
        stated = dice.choice((len(about), len(about), 0xFFF))
        streams += bytes([kind]) + (0xE000 | pid).to_bytes(2) + (0xF000 | stated).to_bytes(2) + about
    program = 0xF000 | dice.choice((0, 0, 0xFFF, 100))
    length = dice.choice((9 + len(streams) + 4, 0, 0xFFF, 12))
    section = b"\0\x02" + (0xB000 | length).to_bytes(2) + b"\0\1\xc1\0\0\xe1\0" + program.to_bytes(2) + streams
    packet = (data[start : start + 4] + section + bytes(4))[:_PACKET_BYTES].ljust(_PACKET_BYTES, b"\xff")
    return data[:start] + packet + data[start + _PACKET_BYTES :]


def change_stride(structure: Structure, dice: random.Random) -> bytes:
    """Write the packets at another distance: M2TS with times before them, error correction after them, or shifted."""
    before, after = dice.choice(((4, 0), (0, 16), (1, 0), (0, 4)))
    packets = (structure.data[element.start : element.end] for element in structure.elements)
    junk = dice.randbytes(before), dice.randbytes(after)
    return b"".join(junk[0] + packet + junk[1] for packet in packets)[: 512 * 1024]


CHANGES: tuple[Change, ...] = (reorder_packets, reorder_packets, loop_tables, list_many_streams, change_stride)
