"""Changes of FLV files: tags, the lengths after them, times, AMF metadata and its table of keyframes."""

import random
import struct
from collections.abc import Iterator

from tests.fuzz.mutators.elements import Change, Element, Field, Kind, Size, Structure, replace_range

_TAG_BYTES, _BACK_BYTES = 11, 4
_SCRIPT = 18
_MAX_TAGS = 40
_NESTED = (b"\x03\0\x01a", b"\x0a\0\0\0\x01", b"\x08\0\0\0\x01\0\x01a", b"\x08\xff\xff\xff\xff\0\x01a")
_NAMES = (b"duration", b"width", b"height", b"framerate", b"times", b"filepositions", b"keyframes")


def parse(data: bytes) -> Structure:
    """Return the tags of a valid file, and the numbers in their headers and in the metadata."""
    structure = Structure(data, fields=[Field(4, 1), *[Field(5, 4, Kind.OFFSET)] * 2])
    for number, element in enumerate(_parse_tags(data)):
        structure.elements.append(element)
        if number < _MAX_TAGS:
            structure.fields += _list_fields(data, element)
    return structure


def _parse_tags(data: bytes) -> Iterator[Element]:
    start = int.from_bytes(data[5:9]) + _BACK_BYTES
    while start + _TAG_BYTES <= len(data):
        length = int.from_bytes(data[start + 1 : start + 4])
        end = min(start + _TAG_BYTES + length + _BACK_BYTES, len(data))
        # The size counts the body without the length after it.
        size = Size(start + 1, 3, extra=-_BACK_BYTES)
        yield Element(data[start : start + 1], start, start + _TAG_BYTES, end, size)
        start = end


def _list_fields(data: bytes, element: Element) -> Iterator[Field]:
    yield Field(element.start, 1)
    yield Field(element.start + 4, 3, Kind.TIME)
    yield Field(element.start + 7, 1, Kind.TIME)
    if element.end - element.start > _TAG_BYTES + _BACK_BYTES:
        yield Field(element.end - _BACK_BYTES, 4, Kind.SIZE)
    for at in range(min(16, element.end - element.body - _BACK_BYTES)):
        yield Field(element.body + at, 1)
    if data[element.start] == _SCRIPT:
        yield from _list_numbers(data, element)


def _list_numbers(data: bytes, element: Element) -> Iterator[Field]:
    """Yield the doubles of the metadata, and the counts of arrays."""
    for name in _NAMES:
        at = data.find(name, element.body, element.end)
        if at < 0:
            continue
        at += len(name)
        if data[at] == 0:
            yield from [Field(at + 1, 8, Kind.REAL)] * 3
        elif data[at] == 0x0A:
            yield from [Field(at + 1, 4, Kind.COUNT)] * 2
            count = int.from_bytes(data[at + 1 : at + 5])
            for number in range(min(count, 12)):
                yield Field(at + 5 + 9 * number, 1)
                yield Field(at + 6 + 9 * number, 8, Kind.REAL)


def repair_lengths(data: bytes) -> bytes:
    """Return the file with the right length after each tag, so that it can be read backwards too."""
    out = bytearray(data)
    for element in _parse_tags(data):
        back = element.start + _TAG_BYTES + int.from_bytes(data[element.start + 1 : element.start + 4])
        if back + _BACK_BYTES <= len(out):
            out[back : back + _BACK_BYTES] = (back - element.start).to_bytes(_BACK_BYTES)
    return bytes(out)


def nest_metadata(structure: Structure, dice: random.Random) -> bytes:
    """Put metadata of nested objects and arrays before the file's own: deep, endless, cut short."""
    depth = dice.choice((1, 10, 1000, 20_000))
    opened = dice.choice(_NESTED)
    text = (
        b"\x02\0\x0aonMetaData\x08\0\0\0\x01"
        + opened * depth
        + b"\0"
        + bytes(8)
        + b"\0\0\x09" * dice.choice((0, 1, depth))
    )
    first = structure.elements[0] if structure.elements else None
    if first is None:
        return structure.data
    tag = bytes([_SCRIPT]) + len(text).to_bytes(3) + bytes(7) + text + (len(text) + _TAG_BYTES).to_bytes(4)
    end = first.start if dice.random() < 0.5 else first.end
    return replace_range(structure, (), first.start, end, tag)


def make_table(structure: Structure, dice: random.Random) -> bytes:
    """Replace the metadata by a table of keyframes: backwards, beyond the file, infinite, of different lengths."""
    first = structure.elements[0] if structure.elements else None
    if first is None:
        return structure.data
    starts = [element.start for element in structure.elements]
    count = dice.choice((0, 1, 2, 5, 300))
    reals = (0.0, 1.0, -1.0, 1e300, float("inf"), float("nan"), -0.0, 1e9)
    times = [dice.choice((*reals, number * 0.5)) for number in range(count)]
    places = [dice.choice((*map(float, starts[:50]), *reals, float(len(structure.data)))) for _ in range(count)]
    arrays = b""
    for name, values in ((b"times", times), (b"filepositions", places)):
        stated = dice.choice((len(values), len(values), 0, 0xFFFFFFFF))
        arrays += struct.pack(">H", len(name)) + name + b"\x0a" + stated.to_bytes(4)
        arrays += b"".join(struct.pack(">Bd", 0, value) for value in values)
    duration = struct.pack(">d", dice.choice((*reals, 2.0)))
    text = b"\x02\0\x0aonMetaData\x08\0\0\0\x02\0\x08duration\0" + duration + b"\0\x09keyframes\x03" + arrays
    tag = bytes([_SCRIPT]) + len(text).to_bytes(3) + bytes(7) + text + (len(text) + _TAG_BYTES).to_bytes(4)
    return replace_range(structure, (), first.start, first.end, tag)


def repair_after_field(structure: Structure, dice: random.Random) -> bytes:
    """Change a size, and correct the lengths after all tags."""
    sized = [element for element in structure.elements if element.size]
    if not sized:
        return structure.data
    element = dice.choice(sized)
    return repair_lengths(replace_range(structure, (element,), element.body, element.end - _BACK_BYTES, b""))


CHANGES: tuple[Change, ...] = (nest_metadata, make_table, make_table, repair_after_field)
