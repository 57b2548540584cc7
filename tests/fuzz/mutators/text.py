"""Changes of text: JSON, keys, names and tokens."""

import random
import re
from collections.abc import Sequence

from tests.fuzz.mutators import blind

_VALUES = (
    *(b"null", b"true", b"0", b"-1", b"-0.0", b"1e308", b"1e999", b"-1e999", b"NaN", b"Infinity", b"1" * 5000, b'""'),
    *(
        b"[]",
        b"{}",
        b"[" * 5000,
        b'{"a":' * 2000,
        b'"\\ud800"',
        b'"\\u0000"',
        b'"' + b"a" * 3000 + b'"',
        b"1.5",
        b'" "',
    ),
    *(b"99999999999999999999999999", b"9007199254740993", b'"9999-12-31T23:59:59.999999Z"', b'"0001-01-01T00:00:00Z"'),
)
_PIECES = (
    *(
        b"%",
        b"%zz",
        b"%ff",
        b"%ed%a0%80",
        b"%00",
        b"+",
        b"/",
        b"//",
        b"..",
        b"\\",
        b"\0",
        b"~0123456789abcdef",
        b"_1.jpg",
    ),
    *(
        "\u202e".encode(),
        "é".encode(),
        "e\u0301".encode(),
        b"\xff",
        b"\xed\xa0\x80",
        b".",
        b"=",
        b"\n",
        b" ",
        b"a" * 1100,
    ),
    *(
        "ß".encode() * 600,
        "\U0001f600".encode() * 260,
        b".mp4",
        b"_1.jpg",
        b"_storyboard.jpg",
        b"_99.webp",
        "\u0663".encode(),
    ),
)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[\[{][^\[\]{}]*[\]}]')


def change_text(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return the text with one to four changes: values, keys, pieces, bytes."""
    for _ in range(dice.randint(1, 4)):
        kind = dice.randrange(4)
        tokens = [found.span() for found in _TOKEN.finditer(content)] if kind < 2 else []
        if tokens:
            start, end = dice.choice(tokens)
            other = dice.choice(tokens)
            new = content[slice(*other)] if dice.random() < 0.2 else dice.choice(_VALUES)
            content = content[:start] + new + content[end:]
        elif kind == 2 and dice.random() < 0.5:
            content = blind.damage(content, others, dice)
        else:
            at = dice.randrange(len(content) + 1)
            content = content[:at] + dice.choice(_PIECES) + content[at + dice.choice((0, 0, 1, 3)) :]
    return content[: 128 * 1024]
