"""What a video may ask for, checked before anything is allocated for it."""

from services.contract.records import ReasonCode
from services.worker.extraction.outcome import ExtractionError

MAX_PIXELS = 8192 * 8192
"""Most pixels in a frame. 8K has 33 million; a frame beyond this costs more memory than a child process has."""


def check_pixels(width_px: int, height_px: int) -> None:
    """Raises: ExtractionError."""
    if width_px * height_px > MAX_PIXELS:
        reason = f"A frame has {width_px} x {height_px} pixels, more than {MAX_PIXELS // 1_000_000} million."
        raise ExtractionError(ReasonCode.TOO_MANY_PIXELS, reason)
