"""Tags of a Matroska file: tracks of sound, chapters and time of creation (RFC 9559)."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from services.worker.extraction.containers.contents import ReadAt
from services.worker.extraction.containers.matroska import ebml
from services.worker.extraction.containers.matroska.ebml import Element, read_elements, read_float, read_unsigned
from services.worker.extraction.containers.tags import clean_text, end_chapters, format_time, read_or_none
from services.worker.extraction.probe import MAX_ENTRIES, MAX_TEXT, UNTAGGED, ProbedChapter, Sound, Tags

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_DATE, _CODEC = 0x4461, 0x86
_AUDIO, _RATE, _SHOWN_RATE, _CHANNELS = 0xE1, 0xB5, 0x78B5, 0x9F
_USUAL_RATE_HZ, _USUAL_CHANNELS = 8000, 1
"""Values of elements that are left out."""
_CHAPTERS, _EDITION, _ATOM, _START, _END = 0x1043A770, 0x45B9, 0xB6, 0x91, 0x92
_DISPLAY, _TITLE = 0x80, 0x85
_CODECS = {"mpeg/l3": "mp3", "mpeg/l2": "mp2", "mpeg/l1": "mp1"}
_FAMILIES = ("aac", "pcm", "dts")
"""Codecs of which ids have more parts: `A_AAC/MPEG4/LC`, `A_PCM/INT/LIT`."""


def read_tags(read_at: ReadAt, size_bytes: int) -> Tags:
    """Return the tags before the clusters, and the chapters behind them. Raises: LookupError if these were not read."""
    segment = next((item for item in read_elements(read_at, 0, size_bytes) if item.id == ebml.SEGMENT), None)
    if segment is None:
        return UNTAGGED
    found: dict[int, Element] = {}
    for item in read_elements(read_at, segment.start, segment.end):
        if item.id == ebml.CLUSTER:
            break
        found.setdefault(item.id, item)
    return Tags(
        audio=read_or_none(lambda: tuple(_list_sound(read_at, found[ebml.TRACKS]))[:MAX_ENTRIES]),
        chapters=read_or_none(lambda: _read_chapters(read_at, segment, found)),
        created_at=read_or_none(lambda: _read_date(read_at, found[ebml.INFO])),
    )


def _read_children(read_at: ReadAt, element: Element) -> dict[int, Element]:
    """Return the children of an element by id; of repeated ones the first."""
    children: dict[int, Element] = {}
    for item in read_elements(read_at, element.start, element.end):
        children.setdefault(item.id, item)
    return children


def _read_text(read_at: ReadAt, element: Element) -> str:
    return clean_text(read_at(element.start, min(element.end - element.start, 4 * MAX_TEXT)))


def _list_sound(read_at: ReadAt, tracks: Element) -> Iterator[Sound]:
    for entry in read_elements(read_at, tracks.start, tracks.end):
        parts = _read_children(read_at, entry) if entry.id == ebml.TRACK_ENTRY else {}
        if ebml.TRACK_TYPE in parts and read_unsigned(read_at, parts[ebml.TRACK_TYPE]) == ebml.SOUND_TYPE:
            audio = _read_children(read_at, parts[_AUDIO]) if _AUDIO in parts else {}
            # HE-AAC is stored with half of the rate that is played.
            rate = read_float(read_at, audio.get(_SHOWN_RATE, audio.get(_RATE)))
            yield Sound(
                codec=_name_codec(_read_text(read_at, parts[_CODEC])),
                channels=read_unsigned(read_at, audio[_CHANNELS]) if _CHANNELS in audio else _USUAL_CHANNELS,
                sample_rate_hz=round(rate) or _USUAL_RATE_HZ,
            )


def _name_codec(identity: str) -> str:
    """Return the name of a codec for its id, such as `A_OPUS`."""
    name = identity.lower().removeprefix("a_")
    family = name.partition("/")[0]
    return family if family in _FAMILIES else _CODECS.get(name, name)


def _read_date(read_at: ReadAt, info: Element) -> str | None:
    date = _read_children(read_at, info)[_DATE]
    (elapsed_ns,) = struct.unpack(">q", read_at(date.start, 8))
    return format_time(_EPOCH, elapsed_ns / 1e9)


def _read_chapters(read_at: ReadAt, segment: Element, found: dict[int, Element]) -> tuple[ProbedChapter, ...] | None:
    """Return the chapters of the first edition. None if no seek head says that there are none."""
    if _CHAPTERS not in found:
        if ebml.SEEK_HEAD not in found:
            return None
        found = ebml.read_sought(read_at, segment, found[ebml.SEEK_HEAD], {_CHAPTERS})
    if _CHAPTERS not in found:
        return ()
    edition = _read_children(read_at, found[_CHAPTERS])[_EDITION]
    chapters = []
    for atom in read_elements(read_at, edition.start, edition.end):
        if atom.id == _ATOM:
            parts = _read_children(read_at, atom)
            display = _read_children(read_at, parts[_DISPLAY]) if _DISPLAY in parts else {}
            end_s = read_unsigned(read_at, parts[_END]) / 1e9 if _END in parts else None
            title = _read_text(read_at, display[_TITLE]) if _TITLE in display else ""
            chapters.append(ProbedChapter(read_unsigned(read_at, parts[_START]) / 1e9, end_s, title))
    return end_chapters(chapters)
