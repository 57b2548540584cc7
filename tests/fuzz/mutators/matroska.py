"""Changes of Matroska and WebM files: ids, sizes of every width, unknown sizes, lacing, cues, floats."""

import random
from collections.abc import Iterator

from services.worker.extraction.containers.matroska.ebml import parse_vint
from tests.fuzz.mutators.elements import MAX_DEPTH, Change, Element, Field, Kind, Size, Structure, replace_range

_OPEN = {
    0x18538067, 0x114D9B74, 0x4DBB, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0xE1, 0x55B0, 0x7670, 0x6D80, 0x6240, 0x5034,
    0x1F43B675, 0xA0, 0x1C53BB6B, 0xBB, 0xB7,
}  # fmt: skip
_REALS = {0x4489, 0x7673, 0x7675, 0xB5}
_OFFSETS = {0x53AC, 0xF1, 0x53AB}
_TIMES = {0xB3, 0xE7, 0x2AD7B1, 0x23E383, 0x9B}
_BLOCKS = {0xA3, 0xA1}
_PRIVATE = 0x63A2
_MAX_FIELDS_OF_BLOCKS = 40


def parse(data: bytes) -> Structure:
    """Return the elements of a valid file, and the numbers in them."""
    structure = Structure(data)
    blocks = 0
    for identity, element in _parse_elements(data, 0, len(data), ()):
        structure.elements.append(element)
        blocks += identity in _BLOCKS
        if identity not in _BLOCKS or blocks <= _MAX_FIELDS_OF_BLOCKS:
            structure.fields += _list_fields(identity, element)
    return structure


def _parse_elements(data: bytes, start: int, end: int, parents: tuple[Element, ...]) -> Iterator[tuple[int, Element]]:
    while start < end:
        identity = parse_vint(data, start, keep_marker=True)
        length = parse_vint(data, start + identity[1], keep_marker=False) if identity else None
        if identity is None or length is None:
            return
        body = start + identity[1] + length[1]
        is_unknown = length[0] == (1 << 7 * length[1]) - 1
        stop = end if is_unknown else body + length[0]
        if stop > end:
            return
        size = None if is_unknown else Size(start + identity[1], length[1], is_vint=True)
        is_open = identity[0] in _OPEN
        element = Element(data[start : start + identity[1]], start, body, stop, size, is_open, parents)
        yield identity[0], element
        if is_open and len(parents) < MAX_DEPTH:
            yield from _parse_elements(data, body, stop, (*parents, element))
        start = stop


def _list_fields(identity: int, element: Element) -> Iterator[Field]:
    length = element.end - element.body
    # The id and the first byte of the size, which states its width.
    yield Field(element.start, 1)
    yield Field(element.start + len(element.name), 1)
    if identity in _BLOCKS:
        # Number of the track, relative time, flags with the kind of lacing, and the first byte after them.
        yield Field(element.body, 1)
        yield Field(element.body + 1, 2, Kind.TIME)
        yield from (Field(element.body + at, 1) for at in (3, 4) if at < length)
    elif identity == _PRIVATE:
        yield from (Field(element.body + at, 1) for at in range(min(length, 40)))
        yield from (Field(element.body + at, 2, Kind.SIZE) for at in range(max(min(length - 1, 40), 0)))
    elif not element.is_open and 0 < length <= 8:
        kind = Kind.REAL if identity in _REALS and length in (4, 8) else Kind.SIZE
        kind = Kind.OFFSET if identity in _OFFSETS else Kind.TIME if identity in _TIMES else kind
        yield from [Field(element.body, length, kind)] * 2


def widen_size(structure: Structure, dice: random.Random) -> bytes:
    """Write the size of an element in another width, or as an unknown one."""
    sized = [(element, element.size) for element in structure.elements if element.size]
    if not sized:
        return structure.data
    element, size = dice.choice(sized)
    width = dice.randint(1, 8)
    length = element.end - element.body
    full = (1 << 7 * width) - 1
    value = dice.choice((min(length, full), min(length, full), full, full - 1, 0))
    written = (value | 1 << 7 * width).to_bytes(width)
    return replace_range(structure, element.parents, size.at, size.at + size.width, written)


def rewrite_number(structure: Structure, dice: random.Random) -> bytes:
    """Give a number 0 to 9 bytes: longer ones are invalid, and of floats only 4 and 8 are valid."""
    small = [element for element in structure.elements if not element.is_open and element.end - element.body <= 8]
    if not small:
        return structure.data
    element = dice.choice(small)
    width = dice.randint(0, 9)
    new = dice.choice((bytes(width), b"\xff" * width, b"\x7f" + b"\xff" * 8, dice.randbytes(width)))[:width]
    return replace_range(structure, (*element.parents, element), element.body, element.end, new)


def lace_block(structure: Structure, dice: random.Random) -> bytes:
    """Put several frames into a block by Xiph, fixed-size or EBML lacing, with right or wrong sizes."""
    blocks = [element for element in structure.elements if element.name in (b"\xa3", b"\xa1")]
    if not blocks:
        return structure.data
    block = dice.choice(blocks[:20])
    kind = dice.choice((0x02, 0x04, 0x06))
    frames = dice.choice((0, 1, 2, 8, 255))
    length = block.end - block.body - 4
    sizes = {
        0x02: b"\xff" * dice.choice((0, 1, 300)) + bytes([dice.randrange(256)]) * frames,
        0x04: b"",
        0x06: bytes(dice.choice((0x80, 0x81, 0x40, 0x01, 0xFF, 0x00)) for _ in range(frames)),
    }[kind]
    head = bytearray(structure.data[block.body : block.body + 4])
    if len(head) < 4 or length < 0:
        return structure.data
    head[3] = head[3] & ~0x06 | kind
    new = bytes(head) + bytes([frames]) + sizes
    return replace_range(structure, (*block.parents, block), block.body, block.body + 4, new)


def make_cues(structure: Structure, dice: random.Random) -> bytes:
    """Replace the cues by others: overlapping, backwards, beyond the file, in themselves, of other tracks."""
    cues = next((element for element in structure.elements if element.name == b"\x1c\x53\xbb\x6b"), None)
    if cues is None:
        return structure.data
    segment = cues.parents[-1] if cues.parents else cues
    places = [element.start - segment.body for element in structure.elements if element.name == b"\x1f\x43\xb6\x75"]
    points = b""
    for _ in range(dice.choice((1, 2, 5, 40))):
        offset = dice.choice([*places, cues.start - segment.body, 0, (1 << 64) - 1, 1 << 63, len(structure.data)])
        time = dice.choice((0, 1, 1000, dice.randrange(5000), (1 << 64) - 1))
        position = _element(b"\xf7", bytes([dice.choice((1, 1, 1, 2, 0))])) + _element(b"\xf1", _unsigned(offset))
        points += _element(b"\xbb", _element(b"\xb3", _unsigned(time)) + _element(b"\xb7", position))
    return replace_range(structure, (*cues.parents, cues), cues.body, cues.end, points)


def _element(identity: bytes, body: bytes) -> bytes:
    return (
        identity + (len(body) | 1 << 14).to_bytes(2) + body
        if len(body) > 126
        else identity + bytes([0x80 | len(body)]) + body
    )


def _unsigned(value: int) -> bytes:
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1))


CHANGES: tuple[Change, ...] = (widen_size, widen_size, rewrite_number, rewrite_number, lace_block, make_cues)
