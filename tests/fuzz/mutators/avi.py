"""Changes of AVI files, also with an OpenDML index: chunks, stream headers, idx1, indx, ix##."""

import random
import struct
from collections.abc import Iterator

from tests.fuzz.mutators.elements import MAX_DEPTH, Change, Element, Field, Kind, Size, Structure, replace_range

_LISTS = (b"RIFF", b"LIST")
_KINDS = {b"strh": Kind.TIME, b"strf": Kind.SIZE, b"avih": Kind.TIME, b"vprp": Kind.SIZE, b"dmlh": Kind.COUNT}
_INDEXES = (b"idx1", b"indx", b"ix00", b"ix01")


def parse(data: bytes) -> Structure:
    """Return the chunks of a valid file, and the numbers of its headers and indexes."""
    structure = Structure(data)
    for element in _parse_chunks(data, 0, len(data), ()):
        structure.elements.append(element)
        structure.fields += _list_fields(element)
    return structure


def _parse_chunks(data: bytes, start: int, end: int, parents: tuple[Element, ...]) -> Iterator[Element]:
    while start + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, start)
        stop = min(start + 8 + length, end)
        is_open = kind in _LISTS
        name = data[start + 8 : start + 12] if is_open else kind
        body = start + (12 if is_open else 8)
        size = Size(start + 4, 4, "little", extra=body - start - 8)
        element = Element(name, start, min(body, stop), stop, size, is_open, parents)
        yield element
        if is_open and len(parents) < MAX_DEPTH:
            yield from _parse_chunks(data, body, stop, (*parents, element))
        start = stop + length % 2


def _list_fields(element: Element) -> Iterator[Field]:
    length = element.end - element.body
    if element.name in _INDEXES:
        words = range(0, length - 3, 4)
        for at in (*words[:20], *words[-8:]):
            yield Field(element.body + at, 4, Kind.OFFSET, "little")
        if element.name != b"idx1":
            yield Field(element.body, 2, Kind.COUNT, "little")
            yield from (Field(element.body + at, 1) for at in (2, 3))
            yield Field(element.body + 4, 4, Kind.COUNT, "little")
            # Base of an ix##, and the offset of the first part of an indx.
            yield from (Field(element.body + at, 8, Kind.OFFSET, "little") for at in (12, 24) if at + 8 <= length)
    elif element.name in _KINDS:
        for at in range(0, min(length - 3, 64), 4):
            yield Field(element.body + at, 4, _KINDS[element.name], "little")
        if element.name == b"strf":
            yield from (Field(element.body + at, 1) for at in range(40, min(length, 80)))


def rebuild_index(structure: Structure, dice: random.Random) -> bytes:
    """Replace the entries of an idx1: of no size, of another stream, overlapping, beyond the file, very many."""
    index = next((element for element in structure.elements if element.name == b"idx1"), None)
    if index is None:
        return structure.data
    data = structure.data
    movi = next((element.body for element in structure.elements if element.name == b"movi"), 0)
    entries = b""
    for _ in range(dice.choice((0, 1, 3, 50, 5000))):
        name = dice.choice((b"00dc", b"00dc", b"00db", b"01wb", b"rec ", b"\xff\xff\xff\xff"))
        offset = dice.choice((4, 4, 0, movi, len(data), 0xFFFFFFFF, dice.randrange(len(data))))
        size = dice.choice((0, 1, 100, 0x7FFFFFFF, 0xFFFFFFFF))
        entries += struct.pack("<4sIII", name, dice.choice((0, 0x10, 0x10, 0xFFFFFFFF)), offset, size)
    keeps = data[index.body : index.end] if dice.random() < 0.5 else b""
    return replace_range(structure, (*index.parents, index), index.body, index.end, keeps + entries)


def rebuild_parts(structure: Structure, dice: random.Random) -> bytes:
    """Replace the parts of an OpenDML index: self-referring, beyond the file, of billions of frames."""
    indx = next((element for element in structure.elements if element.name == b"indx"), None)
    if indx is None:
        return structure.data
    places = [element.start for element in structure.elements if element.name[:2] == b"ix"]
    count = dice.choice((0, 1, 2, 6))
    entries = b""
    for _ in range(count):
        offset = dice.choice([*places, *places, indx.start, 0, len(structure.data) - 1, 1 << 63, (1 << 64) - 1])
        entries += struct.pack(
            "<QII", offset, dice.choice((0, 24, 0xFFFFFFFF)), dice.choice((1, 25, 1 << 24, 0xFFFFFFFF))
        )
    kind = dice.choice((0, 0, 0, 1, 0xFF))
    head = struct.pack("<HBBI4s12x", dice.choice((4, 4, 2, 0)), 0, kind, dice.choice((count, 0xFFFFFFFF)), b"00dc")
    return replace_range(structure, (*indx.parents, indx), indx.body, indx.end, head + entries)


CHANGES: tuple[Change, ...] = (rebuild_index, rebuild_index, rebuild_parts, rebuild_parts)
