"""Changes of bytes without any structure, for files and messages."""

import random
from collections.abc import Sequence

_NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def damage(data: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return the data with one to eight changes: bits, bytes, numbers, cuts, deletions, insertions, copies."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        if len(out) < 4:
            break
        # Headers are at the ends, as a rule.
        near = dice.choice((len(out), min(len(out), 4096), min(len(out), 256)))
        at = dice.randrange(near) if dice.random() < 0.8 else len(out) - 1 - dice.randrange(near)
        kind = dice.randrange(7)
        if kind == 0:
            out[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            out[at] = dice.randrange(256)
        elif kind == 2:
            number = dice.choice(_NUMBERS)
            out[at : at + 4] = number.to_bytes(4, "big" if dice.random() < 0.5 else "little")
        elif kind == 3:
            del out[max(at, 1) :]
        elif kind == 4:
            del out[at : at + dice.randint(1, 512)]
        elif kind == 5:
            other = dice.choice(others)
            start = dice.randrange(max(len(other), 1))
            out[at:at] = other[start : start + dice.randint(1, 2048)]
        else:
            out[at:at] = out[at : at + dice.randint(1, 512)]
    return bytes(out)
