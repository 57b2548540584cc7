"""Display and comparison of text from outside, such as file names. Pure."""

import json
import re
import unicodedata
from typing import Any

DECEPTIVE = (
    r"\x00-\x1f\x7f-\x9f"  # control characters: escape sequences of terminals begin with one
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction: U+202E shows gpj.exe for exe.jpg
    r"\u2028\u2029"  # line ends
    r"\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # invisible ones
    r"\ud800-\udfff"  # parts of characters, which no terminal can print
)
"""Inside of a character class. The joiners U+200C and U+200D are not in it: Persian and emoji need them.

https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

_DECEPTIVE = re.compile(f"[{DECEPTIVE}]")


def escape_deceptive(text: str) -> str:
    r"""Return the text with an escape such as `\u202e` for each character that is invisible or moves others."""
    return _DECEPTIVE.sub(_escape_character, text)


def fold_text(text: str) -> str:
    """Return the text for a search that ignores case and accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def dump_log_line(event: Any, **options: Any) -> str:
    """Return one line of JSON with the same escapes, which still parses to the original text."""
    line = json.dumps(event, ensure_ascii=False, **options)
    return _DECEPTIVE.sub(lambda found: json.dumps(found[0])[1:-1], line)


def _escape_character(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
