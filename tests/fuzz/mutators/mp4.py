"""Changes of MP4 and MOV files, also of fragmented ones: boxes, tables, edit lists, runs, configuration records."""

import random
import struct
from collections.abc import Iterator

from tests.fuzz.mutators.elements import MAX_DEPTH, Change, Element, Field, Kind, Size, Structure, replace_range

_OPEN = {
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf", b"dinf", b"mfra", b"udta"),
    *(b"tref", b"sinf", b"schi"),
}
_ENTRIES_AT = {b"stsd": 8, b"dref": 8}
"""Boxes whose children come after a count."""
_VISUAL_BYTES, _SOUND_BYTES = 78, 28
_VISUAL = {b"avc1", b"hvc1", b"hev1", b"av01", b"vp09", b"mp4v", b"apco", b"encv", b"avc3", b"dvh1"}
_CONFIGURATIONS = {b"avcC", b"hvcC", b"av1C", b"vpcC", b"esds", b"colr", b"pasp", b"dvcC", b"dvvC"}
_KINDS = {
    b"stco": Kind.OFFSET, b"co64": Kind.OFFSET, b"stsz": Kind.SIZE, b"stts": Kind.TIME, b"ctts": Kind.TIME,
    b"stss": Kind.COUNT, b"stps": Kind.COUNT, b"stsc": Kind.COUNT, b"elst": Kind.TIME, b"mvhd": Kind.TIME,
    b"mdhd": Kind.TIME, b"tfdt": Kind.TIME, b"trun": Kind.OFFSET, b"tfhd": Kind.OFFSET, b"trex": Kind.SIZE,
    b"mehd": Kind.TIME, b"sidx": Kind.OFFSET, b"tfra": Kind.OFFSET, b"mfro": Kind.SIZE, b"tkhd": Kind.SIZE,
    b"chap": Kind.COUNT, b"hdlr": Kind.FLAGS,
}  # fmt: skip
_MAX_WORDS = 24


def parse(data: bytes) -> Structure:
    """Return the boxes of a valid file, and the numbers of the boxes that the index needs."""
    structure = Structure(data)
    for element in _parse_boxes(data, 0, len(data), ()):
        structure.elements.append(element)
        structure.fields += _list_fields(element)
    return structure


def _parse_boxes(data: bytes, start: int, end: int, parents: tuple[Element, ...]) -> Iterator[Element]:
    while start + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, start)
        body, size = start + 8, Size(start, 4, extra=8)
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, start + 8)
            body, size = start + 16, Size(start + 8, 8, extra=16)
        stop = start + length if length else end
        if (length and length < body - start) or stop > end:
            return
        inside = _find_children(kind)
        element = Element(kind, start, body, stop, size, inside is not None, parents)
        yield element
        if inside is not None and len(parents) < MAX_DEPTH:
            yield from _parse_boxes(data, body + inside, stop, (*parents, element))
        start = stop


def _find_children(kind: bytes) -> int | None:
    if kind in _OPEN:
        return 0
    return _VISUAL_BYTES if kind in _VISUAL else _ENTRIES_AT.get(kind)


def _list_fields(element: Element) -> Iterator[Field]:
    length = element.end - element.body
    if element.name in _CONFIGURATIONS:
        yield from (Field(element.body + at, 1) for at in range(min(length, 32)))
        yield from (Field(element.body + at, 2, Kind.SIZE) for at in range(max(min(length - 1, 24), 0)))
        return
    if element.name in _VISUAL or element.name in _ENTRIES_AT:
        yield from (Field(element.body + at, 2, Kind.SIZE) for at in range(0, min(length - 1, 40), 2))
        return
    kind = _KINDS.get(element.name)
    if kind is None or length < 8:
        return
    # Version and flags, then mostly a count, then the entries: the first ones and the last ones.
    yield Field(element.body, 1)
    yield Field(element.body + 1, 3)
    yield Field(element.body + 4, 4, Kind.COUNT)
    words = range(4, length - 3, 4)
    for at in (*words[:_MAX_WORDS], *words[-4:]):
        yield Field(element.body + at, 4, kind)
    if length >= 16:
        yield Field(element.body + 4, 8, kind)
        yield Field(element.body + length - 8, 8, kind)


def make_wide_size(structure: Structure, dice: random.Random) -> bytes:
    """Give a box a size of 64 bits: its own, or a hostile one."""
    boxes = [box for box in structure.elements if box.size and box.size.width == 4]
    if not boxes:
        return structure.data
    box = dice.choice(boxes)
    length = box.end - box.body + 16
    stated = dice.choice((length, length, 0, 8, 1 << 63, (1 << 64) - 1, (1 << 64) - 1 - box.start))
    header = struct.pack(">I4sQ", 1, box.name, stated)
    return replace_range(structure, box.parents, box.start, box.body, header)


def change_table(structure: Structure, dice: random.Random) -> bytes:
    """Replace a table by one of few entries that promise a lot: long runs, equal chunks, no or overlapping samples."""
    tables = [box for box in structure.elements if box.name in (b"stts", b"ctts", b"stsc", b"stsz", b"stco", b"stss")]
    if not tables:
        return structure.data
    box = dice.choice(tables)
    many = dice.choice((0, 1, 0xFFFF, 200_001, 0x7FFFFFFF, 0xFFFFFFFF))
    value = dice.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, box.start, len(structure.data)))
    bodies = {
        b"stsz": struct.pack(">III", 0, value, many),
        b"stsc": struct.pack(">II3I3I", 0, 2, 1, many, 1, 2, max(value, 1), 1),
        b"stco": struct.pack(">II2I", 0, dice.choice((2, many)), value, value),
        b"stss": struct.pack(">II2I", 0, dice.choice((2, many)), value, 1),
    }
    body = bodies.get(box.name, struct.pack(">II2I2I", 0, dice.choice((2, many)), many, value, 1, value))
    return replace_range(structure, (*box.parents, box), box.body, box.end, body)


def change_run(structure: Structure, dice: random.Random) -> bytes:
    """Change flags and count of a run in a fragment, or leave out the columns that the flags announce."""
    runs = [box for box in structure.elements if box.name in (b"trun", b"tfhd")]
    if not runs:
        return structure.data
    box = dice.choice(runs)
    flags = dice.choice((0, 1, 4, 5, 0x100, 0x200, 0x301, 0xF01, 0xF05, 0xFFFFFF, 2, 0x3B, 0x20000))
    count = dice.choice((0, 1, 2, 99_999, 100_001, 0xFFFFFFFF))
    offset = dice.choice((0, -8, -(1 << 31), (1 << 31) - 1, len(structure.data), -box.start))
    body = struct.pack(">IIi", flags, count, offset) + structure.data[box.body + 12 : box.end]
    return replace_range(structure, (*box.parents, box), box.body, box.end, body)


def change_edits(structure: Structure, dice: random.Random) -> bytes:
    """Insert an edit list: empty, negative, overlapping and endless edits, rates, version 1."""
    tracks = [box for box in structure.elements if box.name == b"trak"]
    if not tracks:
        return structure.data
    track, is_wide = dice.choice(tracks), dice.random() < 0.3
    limit = (1 << 63) - 1 if is_wide else (1 << 31) - 1
    entries = b""
    count = dice.choice((0, 1, 2, 5, 1025))
    for _ in range(count):
        duration = dice.choice((0, 1, 1000, limit, dice.randrange(100_000)))
        media = dice.choice((-1, -2, 0, 1, limit, -limit, dice.randrange(100_000)))
        rate = dice.choice((1 << 16, 1 << 16, 1 << 16, 0, -(1 << 16)))
        entries += struct.pack(">Qqi" if is_wide else ">Iii", duration, media, rate)
    stated = dice.choice((count, count, count + 1, 0xFFFFFFFF))
    elst = bytes([is_wide, 0, 0, 0]) + struct.pack(">I", stated) + entries
    inner = struct.pack(">I4s", 8 + len(elst), b"elst") + elst
    edts = struct.pack(">I4s", 8 + len(inner), b"edts") + inner
    return replace_range(structure, (*track.parents, track), track.body, track.body, edts)


CHANGES: tuple[Change, ...] = (make_wide_size, change_table, change_table, change_run, change_run, change_edits)
