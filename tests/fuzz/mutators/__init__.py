"""Changes of valid files that lead a parser deep into them: one module a container, each with `parse` and `CHANGES`."""

import random
import struct
from collections.abc import Mapping, Sequence
from types import ModuleType

from tests.fuzz.mutators import asf, avi, blind, elements, flv, matroska, mp4, mpegts

CONTAINERS: Mapping[str, ModuleType] = {
    "mp4": mp4,
    "matroska": matroska,
    "avi": avi,
    "asf": asf,
    "flv": flv,
    "mpegts": mpegts,
}
_MAX_CHANGES = 5
_SPLICED, _BLIND, _REPAIRED = 0.12, 0.1, 0.4


def change_file(name: str, data: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return a file of a container with one to five changes. `others` are files whose elements may be taken."""
    for _ in range(dice.choice((1, 1, 2, 2, 3, _MAX_CHANGES))):
        try:
            data = _change_once(CONTAINERS[name], data, others, dice) or b"\0"
        # What a change before this one has left may have no structure any more.
        except (ValueError, LookupError, ArithmeticError, struct.error):
            data = blind.damage(data, others, dice)
    return flv.repair_lengths(data) if name == "flv" and dice.random() < _REPAIRED else data


def _change_once(module: ModuleType, data: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    if dice.random() < _BLIND:
        return blind.damage(data, others, dice)
    structure = module.parse(data)
    if not structure.elements:
        return blind.damage(data, others, dice)
    if dice.random() < _SPLICED and (other := module.parse(dice.choice(others))).elements:
        return elements.splice_element(structure, dice, other)
    changes: Sequence[elements.Change] = (*elements.USUAL_CHANGES, *module.CHANGES, *module.CHANGES)
    return dice.choice(changes)(structure, dice)
