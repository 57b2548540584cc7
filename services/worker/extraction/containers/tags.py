"""Reading of tags: each is worth no request, and none may cost a video its thumbnails."""

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from services.worker.extraction.probe import MAX_ENTRIES, MAX_TEXT, ProbedChapter, ProbedLocation

_Read = TypeVar("_Read")

_COORDINATES = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?![\d.])")
_MAX_YEAR = 2200


def read_or_none(read: Callable[[], _Read]) -> _Read | None:
    """Return what a parser reads; None if its bytes were not read before, or are damaged."""
    try:
        return read()
    except (LookupError, ValueError, ArithmeticError, struct.error):
        return None


def clean_text(data: bytes) -> str:
    """Return a text of a file in one line and of limited length."""
    text = " ".join(data.decode("utf-8", "replace").replace("\0", " ").split())
    return "".join(letter for letter in text if letter.isprintable())[:MAX_TEXT]


def format_time(epoch: datetime, elapsed_s: float) -> str | None:
    """Return a time in ISO 8601; None for a clock that was never set, and for an impossible time."""
    if elapsed_s <= 0:
        return None
    time = epoch + timedelta(seconds=elapsed_s)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time.year < _MAX_YEAR else None


def parse_time(text: str) -> str | None:
    """Return a time with a zone in UTC, in ISO 8601. Raises: ValueError."""
    time = datetime.fromisoformat(text)
    return None if time.tzinfo is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_location(text: str) -> ProbedLocation | None:
    """Return a place in degrees (ISO 6709, annex H); None for any other notation."""
    found = _COORDINATES.match(text.strip())
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return ProbedLocation(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def end_chapters(chapters: Sequence[ProbedChapter]) -> tuple[ProbedChapter, ...]:
    """Return chapters in order; one without an end ends with the start of the next one."""
    ordered = sorted(chapters, key=lambda chapter: chapter.start_s)[:MAX_ENTRIES]
    following = [*(chapter.start_s for chapter in ordered[1:]), None]
    return tuple(
        chapter if chapter.end_s is not None else replace(chapter, end_s=end_s)
        for chapter, end_s in zip(ordered, following, strict=True)
    )
