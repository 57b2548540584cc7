"""Tables of docs/formats.md: `python -m tests.support.formats_page` prints the page with fresh tables."""

import sys
from collections.abc import Iterator
from pathlib import Path

from services.contract.formats import DENIED_DECODERS
from tests.support.formats import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
_START, _END = "<!-- generated: {} -->\n", "<!-- end of {} -->\n"


def render_page(page: str) -> str:
    """Return the page with its generated parts replaced. Raises: ValueError if it has no place for one."""
    for name, lines in (("formats", _list_formats()), ("denied decoders", _list_denied())):
        start = page.index(_START.format(name)) + len(_START.format(name))
        end = page.index(_END.format(name))
        page = page[:start] + "\n" + "".join(f"{line}\n" for line in lines) + "\n" + page[end:]
    return page


def _list_formats() -> Iterator[str]:
    yield "| format | name | container | codec | found by |"
    yield "| --- | --- | --- | --- | --- |"
    for one in FORMATS:
        way = "index" if one.is_indexed else "seeking"
        yield f"| {one.title} | `{one.extension}` | `{one.container}` | `{one.codec}` | {way} |"


def _list_denied() -> Iterator[str]:
    yield "| decoder | reason |"
    yield "| --- | --- |"
    for decoder, reason in DENIED_DECODERS.items():
        yield f"| `{decoder}` | {reason} |"


if __name__ == "__main__":
    sys.stdout.write(render_page(PAGE.read_text(encoding="utf-8")))
