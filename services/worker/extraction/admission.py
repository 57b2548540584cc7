"""Admission limits of a video, checked before memory is allocated for it."""

from services.contract.records import ReasonCode
from services.worker.extraction.outcome import ExtractionError

MAX_PIXELS = 8192 * 8192
"""Upper limit of pixels in a frame. 8K has 33 million; a larger frame needs more memory than a child process has."""

MAX_TRACKS = 200
"""Upper limit of tracks in a file. Each takes memory in the demuxer; a film in twenty languages has fifty."""

MAX_SAMPLES = 20_000_000
"""Upper limit of pictures in an index: nine days at 25 a second. FFmpeg takes 24 bytes for each."""

MAX_DURATION_S = 366 * 24 * 3600


def check_pixels(width_px: int, height_px: int) -> None:
    """Raise ExtractionError if a frame has too many pixels, or a negative size: FFmpeg copies that of a header."""
    if min(width_px, height_px) < 0:
        reason = f"The file names a frame of {width_px} x {height_px} pixels: it is damaged."
        raise ExtractionError(ReasonCode.DAMAGED, reason)
    if width_px * height_px > MAX_PIXELS:
        reason = f"A frame has {width_px} x {height_px} pixels, more than {MAX_PIXELS // 1_000_000} million."
        raise ExtractionError(ReasonCode.TOO_MANY_PIXELS, reason)


def check_tracks(count: int) -> None:
    """Raise ExtractionError if the file has too many tracks."""
    if count > MAX_TRACKS:
        raise ExtractionError(ReasonCode.TOO_LARGE, f"The file has {count} tracks, more than {MAX_TRACKS}.")


def check_samples(count: int) -> None:
    """Raise ExtractionError if the index lists too many pictures."""
    if count > MAX_SAMPLES:
        reason = f"The index lists {count} pictures, more than {MAX_SAMPLES // 1_000_000} million."
        raise ExtractionError(ReasonCode.TOO_LARGE, reason)


def check_duration(duration_s: float) -> None:
    """Raise ExtractionError if the video is too long."""
    if not duration_s <= MAX_DURATION_S:
        reason = f"The video claims to last {duration_s / 86400:.0f} days, more than {MAX_DURATION_S // 86400}."
        raise ExtractionError(ReasonCode.TOO_LARGE, reason)
