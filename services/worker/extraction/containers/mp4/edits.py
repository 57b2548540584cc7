"""An MP4's edit list (ISO/IEC 14496-12, 8.6.6): which parts of a track are shown, and when."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from services.worker.extraction.containers.stream import BrokenIndexError

_EMPTY = -1
_MOST_EDITS = 1024
_NORMAL_RATE = 1 << 16


@dataclass(frozen=True)
class Edit:
    """A part of the media, `start` to `end` in its own time scale, that is shown from `shown` on."""

    start: int
    end: int
    shown: int


def whole(start: int, end: int) -> list[Edit]:
    """What is shown without an edit list."""
    return [Edit(start, end, 0)]


def read(elst: bytes, *, movie_scale: int, media_scale: int, first: int, end: int) -> list[Edit]:
    """The edits in a list; the first begins at 0. `first` and `end` bound the media. Raises: BrokenIndexError."""
    wide = elst[:1] == b"\1"
    entry = struct.Struct(">Qqi" if wide else ">Iii")
    count = min(int.from_bytes(elst[4:8]), (len(elst) - 8) // entry.size)
    if count > _MOST_EDITS or not movie_scale:
        raise BrokenIndexError(f"{count} edits")
    return _edits(
        (entry.unpack_from(elst, 8 + number * entry.size) for number in range(count)),
        media_scale / movie_scale,
        first,
        end,
    )


def _edits(entries: Iterable[tuple[int, int, int]], ratio: float, first: int, end: int) -> list[Edit]:
    edits: list[Edit] = []
    shown = 0
    for duration, media_time, rate in entries:
        length = round(duration * ratio)
        if media_time == _EMPTY:
            # One before the first picture delays the start, from which times are counted.
            shown += length if edits else 0
            continue
        if rate != _NORMAL_RATE:
            raise BrokenIndexError("a part that is shown faster or slower")
        start = max(media_time, 0)
        stop = min(start + length, end) if length else end
        if stop > start:
            edits.append(Edit(start, stop, shown))
            shown += stop - start
    return edits or whole(first, end)


def starting_with(edits: list[Edit], first: int) -> list[Edit]:
    """The same edits, counted from the first picture that is shown, at `first` in the media."""
    lead = first - edits[0].start
    head = Edit(first, max(edits[0].end, first + 1), 0)
    return [head, *(Edit(edit.start, edit.end, edit.shown - lead) for edit in edits[1:])]


def media_time(edits: list[Edit], shown: int) -> int:
    """Which time of the media is shown at a time."""
    for edit in edits:
        if shown < edit.shown + edit.end - edit.start:
            return edit.start + max(shown - edit.shown, 0)
    return edits[-1].end


def shown_time(edits: list[Edit], media: int) -> int | None:
    """When a time of the media is shown first; None if it is cut out."""
    return next((edit.shown + media - edit.start for edit in edits if edit.start <= media < edit.end), None)
