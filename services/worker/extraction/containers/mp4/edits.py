"""Edit list of an MP4 track (ISO/IEC 14496-12, 8.6.6): the parts of the media that are shown, and their times."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.stream import BrokenIndexError

_EMPTY = -1
_MAX_EDITS = 1024
_NORMAL_RATE = 1 << 16


@dataclass(frozen=True)
class Edit:
    """A part of the media from `start` to `end`, in its own time scale, that is shown from `shown` on."""

    start: int
    end: int
    shown: int


def show_whole(start: int, end: int) -> list[Edit]:
    """Return the edits of a track without an edit list."""
    return [Edit(start, end, start)]


@dataclass(frozen=True)
class MediaSpan:
    """The media of a track from `first` to `end`, and the scales of times in edit lists and media."""

    first: int
    end: int
    movie_scale: int
    media_scale: int


def parse_edit_list(elst: bytes, offset: int, span: MediaSpan) -> list[Edit]:
    """Return the edits of a list at an offset of the file, in the media's time scale. Raises: BrokenIndexError."""
    entries = list(read_entries(elst))
    if len(entries) > _MAX_EDITS or not span.movie_scale:
        expected = f"at most {_MAX_EDITS} edits and a time scale"
        found = f"{len(entries)}, scale {span.movie_scale}"
        raise BrokenIndexError.at("mp4 elst", offset, expected=expected, found=found)
    return _make_edits(entries, offset, span)


def read_entries(elst: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield duration, media time (-1 of an empty edit) and rate of each entry of an edit list."""
    entry = struct.Struct(">Qqi" if elst[:1] == b"\1" else ">Iii")
    count = min(int.from_bytes(elst[4:8]), max(len(elst) - 8, 0) // entry.size)
    yield from (entry.unpack_from(elst, 8 + number * entry.size) for number in range(count))


def measure_delay(elst: bytes) -> tuple[int, int]:
    """Return the duration of the empty edits at the start of a list, and the media time of the edit after them."""
    delay = 0
    for duration, media_time, _ in read_entries(elst):
        if media_time != _EMPTY:
            return delay, max(media_time, 0)
        delay += duration
    return delay, 0


def measure_end_s(elst: bytes, movie_scale: int, media_s: float) -> float:
    """Return the time at which a track ends, by its edit list and the duration of its media."""
    durations = [duration for duration, _, _ in read_entries(elst)]
    # A duration of 0 reaches to the end of the media.
    if movie_scale and durations and all(durations):
        return sum(durations) / movie_scale
    return media_s + (measure_delay(elst)[0] / movie_scale if movie_scale else 0.0)


def _make_edits(entries: Iterable[tuple[int, int, int]], offset: int, span: MediaSpan) -> list[Edit]:
    ratio = span.media_scale / span.movie_scale
    edits: list[Edit] = []
    shown = 0
    for duration, media_time, rate in entries:
        # Durations are in the scale of the movie, media times in that of the track.
        length = round(duration * ratio)
        if media_time == _EMPTY:
            shown += length
            continue
        # Slow motion, fast motion and dwells (rate 0) are not supported.
        if rate != _NORMAL_RATE:
            expected = f"rate {_NORMAL_RATE:#x}"
            raise BrokenIndexError.at("mp4 elst", offset, expected=expected, found=f"{rate:#x}")
        # Other negative times are invalid; they are read as 0.
        start = max(media_time, 0)
        # ffmpeg's movenc writes duration 0 into fragmented files: the edit reaches to the end.
        stop = min(start + length, span.end) if length else span.end
        if stop > start:
            edits.append(Edit(start, stop, shown))
            shown += stop - start
    # A list of only empty edits hides nothing.
    return edits or show_whole(span.first, span.end)


def start_edits_at(edits: list[Edit], first: int) -> list[Edit]:
    """Return the same edits so that the first picture shown, at `first` in the media, begins them.

    As FFmpeg does: a player shows no gap in place of a picture that begins before the edit.
    """
    lead = first - edits[0].start
    head = Edit(first, max(edits[0].end, first + 1), edits[0].shown)
    return [head, *(Edit(edit.start, edit.end, edit.shown - lead) for edit in edits[1:])]


def find_media_time(edits: list[Edit], shown: int) -> int:
    """Return the time of the media that is shown at a time."""
    for edit in edits:
        if shown < edit.shown + edit.end - edit.start:
            return edit.start + max(shown - edit.shown, 0)
    return edits[-1].end


def find_shown_time(edits: list[Edit], media: int) -> int | None:
    """Return the time at which a time of the media is shown first; None if it is cut out."""
    return next((edit.shown + media - edit.start for edit in edits if edit.start <= media < edit.end), None)
