"""Structure of a file as byte ranges, and changes of it that leave the rest of the structure valid.

A container's module parses a valid file into `Element`s, which nest, and `Field`s, which are numbers at known places.
The changes here are the same for all containers. After one, the sizes of the elements around it are mostly corrected,
so that a parser goes on to the next level instead of stopping at the first one.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

MAX_BYTES = 512 * 1024
"""Upper limit on a changed file: copies of elements must not fill the memory."""
MAX_DEPTH = 24
"""Upper limit on the levels that are parsed: a changed file may have thousands."""
_KEPT_CONSISTENT = 0.8
"""Share of the changes after which the sizes of the elements around are corrected."""
_COPIES = (1, 1, 1, 2, 8, 300)
_DEPTHS = (1, 2, 16, 200, 1500)


class Kind(Enum):
    """Meaning of a number, from which its hostile values follow."""

    COUNT = "count"
    OFFSET = "offset"
    SIZE = "size"
    TIME = "time"
    FLAGS = "flags"
    REAL = "real"


@dataclass(frozen=True)
class Field:
    """A number of `width` bytes at an offset of the file."""

    at: int
    width: int
    kind: Kind = Kind.FLAGS
    order: str = "big"


@dataclass(frozen=True)
class Size:
    """Size field of an element. `extra` is the difference of its value to the length of the element's body."""

    at: int
    width: int
    order: str = "big"
    extra: int = 0
    is_vint: bool = False


@dataclass(frozen=True)
class Element:
    """An element from `start` to `end`; its body begins at `body`. `parents` are those around it, the outermost first.

    `is_open` is True if its body consists of elements.
    """

    name: bytes
    start: int
    body: int
    end: int
    size: Size | None = None
    is_open: bool = False
    parents: tuple["Element", ...] = ()


@dataclass
class Structure:
    """The parsed file."""

    data: bytes
    elements: list[Element] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)


Change = Callable[[Structure, random.Random], bytes]


def write_number(data: bytes, place: Field | Size, value: int) -> bytes:
    """Return the data with a number in place of another one, cut to the width of the field."""
    value &= (1 << 8 * place.width) - 1
    if isinstance(place, Size) and place.is_vint:
        # The marker bit stays: it states the width.
        value = value & ((1 << 7 * place.width) - 1) | 1 << 7 * place.width
    written = value.to_bytes(place.width, "little" if place.order == "little" else "big")
    return data[: place.at] + written + data[place.at + place.width :]


def read_number(data: bytes, place: Field | Size) -> int:
    """Return the number at a place, of a variable-size integer without its marker."""
    value = int.from_bytes(data[place.at : place.at + place.width], "little" if place.order == "little" else "big")
    return value & ((1 << 7 * place.width) - 1) if isinstance(place, Size) and place.is_vint else value


def replace_range(structure: Structure, around: Sequence[Element], start: int, end: int, new: bytes) -> bytes:
    """Return the data with other bytes in a range inside some elements, whose sizes are corrected."""
    data = structure.data[:start] + new + structure.data[end:]
    grown = len(new) - (end - start)
    for element in around:
        size = element.size
        if size and size.at + size.width <= start:
            data = write_number(data, size, max(read_number(data, size) + grown, 0))
    return data


def _insert(structure: Structure, dice: random.Random, target: Element, at: int, new: bytes) -> bytes:
    around = (*target.parents, *((target,) if target.start < at < target.end else ()))
    is_kept = dice.random() < _KEPT_CONSISTENT
    room = max(MAX_BYTES - len(structure.data), 0)
    return replace_range(structure, around if is_kept else (), at, at, new[:room])


def hostile_number(structure: Structure, dice: random.Random, place: Field | Size, kind: Kind) -> int:
    """Return a value for a number that a careless parser believes."""
    now, top, size = read_number(structure.data, place), 1 << 8 * place.width, len(structure.data)
    usual = [0, 1, 2, top - 1, top // 2, top // 2 - 1, now + 1, now - 1, now * 2, now ^ (1 << dice.randrange(32))]
    offsets = [place.at, place.at - 8, size, size - 1, size + 1, size - now, dice.randrange(size + 1), 1 << 32, 1 << 62]
    others = [read_number(structure.data, other) for other in dice.choices(structure.fields or [Field(0, 4)], k=2)]
    choices = {
        Kind.COUNT: [*usual, 0x10000, 0x1000000, size, size // 4, 4096, 200_001],
        Kind.OFFSET: [*usual[:6], *offsets, *offsets, *others],
        Kind.SIZE: [*usual, *offsets, 7, 8, 9, 15, 16],
        Kind.TIME: [*usual, 1 << 20, 1 << 40, 1 << 63, *others],
        Kind.FLAGS: [*usual, dice.randrange(top), dice.randrange(256)],
    }
    return dice.choice(choices[kind])


_REALS = (
    *("7ff0000000000000", "fff0000000000000", "7ff8000000000000", "7fefffffffffffff", "8000000000000001"),
    *("0000000000000000", "c08f400000000000", "3ff0000000000000", "426d1a94a2000000", "0010000000000000"),
)
"""Infinities, no number, the largest and the smallest double, zero, -1000, 1, 10^12, a tiny one."""


def change_field(structure: Structure, dice: random.Random) -> bytes:
    """Set a field to a hostile value."""
    if not structure.fields:
        return structure.data
    place = dice.choice(structure.fields)
    if place.kind is Kind.REAL:
        real = bytes.fromhex(dice.choice(_REALS))
        value = int.from_bytes(real) if place.width == 8 else dice.choice((0x7F800000, 0xFFC00000, 0, 0xC47A0000))
    else:
        value = hostile_number(structure, dice, place, place.kind)
    return write_number(structure.data, place, value)


def change_size(structure: Structure, dice: random.Random) -> bytes:
    """Set the size of an element: 0, 1, into the parent's end, beyond the file."""
    sized = [element for element in structure.elements if element.size]
    if not sized:
        return structure.data
    element = dice.choice(sized)
    size = element.size
    assert size is not None
    length = element.end - element.body
    ends = [parent.end - element.body for parent in element.parents] + [len(structure.data) - element.body]
    near = [length + 1, length - 1, length + 8, 0, 1, size.extra, size.extra - 1, *ends, ends[-1] + 1, ends[0] + 1]
    value = dice.choice([*near, hostile_number(structure, dice, size, Kind.SIZE)])
    return write_number(structure.data, size, max(value, 0))


def delete_element(structure: Structure, dice: random.Random) -> bytes:
    """Delete an element."""
    element = dice.choice(structure.elements)
    return replace_range(structure, element.parents, element.start, element.end, b"")


def duplicate_element(structure: Structure, dice: random.Random) -> bytes:
    """Insert copies of an element after it."""
    element = dice.choice(structure.elements)
    copy = structure.data[element.start : element.end]
    return _insert(structure, dice, element, element.end, copy * dice.choice(_COPIES))


def swap_elements(structure: Structure, dice: random.Random) -> bytes:
    """Exchange an element with one that follows it in the same parent."""
    element = dice.choice(structure.elements)
    later = [other for other in structure.elements if other.parents == element.parents and other.start >= element.end]
    if not later:
        return structure.data
    other, data = dice.choice(later), structure.data
    parts = data[other.start : other.end], data[element.end : other.start], data[element.start : element.end]
    return data[: element.start] + b"".join(parts) + data[other.end :]


def cut_body(structure: Structure, dice: random.Random) -> bytes:
    """Shorten the body of an element, and correct its size: a configuration or a table without its end."""
    element = dice.choice(structure.elements)
    length = element.end - element.body
    if length <= 0:
        return structure.data
    kept = dice.choice((0, 1, 4, 7, 8, length // 2, length - 1, dice.randrange(length)))
    start = element.body + min(kept, length)
    return replace_range(structure, (*element.parents, element), start, element.end, b"")


def nest_element(structure: Structure, dice: random.Random) -> bytes:
    """Put an element into many copies of its own header, or of that of its parent."""
    sized = [element for element in structure.elements if element.size and element.parents]
    if not sized:
        return structure.data
    element = dice.choice(sized)
    outer = dice.choice([parent for parent in (*element.parents, element) if parent.size])
    inner = structure.data[element.start : element.end]
    header, size = structure.data[outer.start : outer.body], outer.size
    assert size is not None
    moved = Size(size.at - outer.start, size.width, size.order, size.extra, size.is_vint)
    limit = (1 << (7 if size.is_vint else 8) * size.width) - 1
    for _ in range(dice.choice(_DEPTHS)):
        if len(inner) + moved.extra > limit or len(inner) > MAX_BYTES:
            break
        inner = write_number(header, moved, len(inner) + moved.extra) + inner
    return replace_range(structure, element.parents, element.start, element.end, inner)


def splice_element(structure: Structure, dice: random.Random, other: Structure) -> bytes:
    """Replace an element by one of another file, of the same name if there is one, or insert it."""
    element = dice.choice(structure.elements)
    alike = [found for found in other.elements if found.name == element.name]
    found = dice.choice(alike if alike and dice.random() < 0.8 else other.elements)
    new = other.data[found.start : found.end][: MAX_BYTES - min(len(structure.data), MAX_BYTES)]
    start = element.start if dice.random() < 0.7 else element.end
    return replace_range(structure, element.parents, start, element.end, new)


def cut_file(structure: Structure, dice: random.Random) -> bytes:
    """End the file at the border of an element, or inside one."""
    element = dice.choice(structure.elements)
    at = dice.choice((element.start, element.body, element.end, (element.body + element.end) // 2, element.end - 1))
    return structure.data[: max(at, 1)]


USUAL_CHANGES: tuple[Change, ...] = (
    *(change_field,) * 6,
    *(change_size,) * 2,
    delete_element,
    duplicate_element,
    swap_elements,
    cut_body,
    nest_element,
    cut_file,
)
"""Changes for every container, as often as they are chosen."""
