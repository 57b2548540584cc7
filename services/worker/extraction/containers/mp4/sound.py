"""Tracks of sound in an MP4: when they start and end, for the presentation timeline. Their samples are not read."""

import struct
from dataclasses import dataclass

from services.worker.extraction.containers.mp4.boxes import Mp4Box
from services.worker.extraction.containers.mp4.edits import measure_delay, measure_end_s
from services.worker.extraction.reading.reader import RangedReader

_MAX_LIST_BYTES = 1 << 16
_HEADER_BYTES = 32


@dataclass(frozen=True)
class Mp4SoundTrack:
    """A track of sound. `duration` is that of its media in its own `time_scale`, 0 if unknown."""

    number: int
    time_scale: int
    duration: int
    edit_list: bytes

    def find_start_s(self, movie_scale: int) -> float:
        """Return the time at which the sound starts: after the empty edits at the start of its edit list."""
        return measure_delay(self.edit_list)[0] / movie_scale if movie_scale else 0.0

    def find_end_s(self, movie_scale: int) -> float:
        """Return the time at which the sound ends; that of its start if unknown."""
        return measure_end_s(self.edit_list, movie_scale, self.duration / self.time_scale)

    def find_shift_s(self, movie_scale: int) -> float:
        """Return how much later a sample is played than its time in a fragment says."""
        return self.find_start_s(movie_scale) - measure_delay(self.edit_list)[1] / self.time_scale


def read_sound(reader: RangedReader, boxes: dict[bytes, Mp4Box]) -> Mp4SoundTrack | None:
    """Return the track of some boxes; None if it is no sound, or without the usual headers."""
    if not {b"tkhd", b"mdhd", b"hdlr"} <= boxes.keys():
        return None
    if reader.read_at(boxes[b"hdlr"].start + 8, 4) != b"soun":
        return None
    track, media = (reader.read_at(boxes[kind].start, _HEADER_BYTES) for kind in (b"tkhd", b"mdhd"))
    if len(track) < _HEADER_BYTES or len(media) < _HEADER_BYTES:
        return None
    scale, duration = struct.unpack_from(">IQ", media, 20) if media[0] == 1 else struct.unpack_from(">II", media, 12)
    if not scale:
        return None
    edits = boxes.get(b"elst")
    return Mp4SoundTrack(
        number=int.from_bytes(track[20:24] if track[0] == 1 else track[12:16]),
        time_scale=scale,
        duration=0 if duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF) else duration,
        edit_list=reader.read_at(edits.start, min(edits.end - edits.start, _MAX_LIST_BYTES)) if edits else b"",
    )
